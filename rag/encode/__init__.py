"""Text flows in; terms for the full-text leg and vectors for the dense leg flow out.

Terms are jieba's words and character bigrams of the normalised text; vectors come from an
:class:`~rag.encode.encoder.Encoder`. A :class:`~rag.encode.reranker.Reranker` scores passages for a
question. The text itself is never changed.
"""

from rag.encode.counterparts import counterparts
from rag.encode.encoder import Additive, Encoder, Tokens, Vectors, embedded_encoder, load_encoder
from rag.encode.lexicon import UNSEEN, Lexicon, load_lexicon
from rag.encode.normalise import normalise, whole
from rag.encode.reranker import Reranker, load_reranker
from rag.encode.terms import (
    TERMS_IDENTITY,
    bigrams,
    cut,
    cut_normal,
    tagged,
    words,
    words_and_bigrams,
)

__all__ = [
    "TERMS_IDENTITY",
    "UNSEEN",
    "Additive",
    "Encoder",
    "Lexicon",
    "Reranker",
    "Tokens",
    "Vectors",
    "bigrams",
    "counterparts",
    "cut",
    "cut_normal",
    "embedded_encoder",
    "load_encoder",
    "load_lexicon",
    "load_reranker",
    "normalise",
    "tagged",
    "whole",
    "words",
    "words_and_bigrams",
]
