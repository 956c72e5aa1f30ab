"""A question and an index flow in; an :class:`~rag.types.Answer` with proven citations flows out.

question → follow-up rewriting → candidates of every leg → features → learned ranking → status,
highlights, citations.
"""

from rag.retrieve.retriever import Retriever, retrieve

__all__ = ["Retriever", "retrieve"]
