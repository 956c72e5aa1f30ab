"""What people would pick instead, over the same passages and with the same embedding.

- **txtai**: ``Embeddings(hybrid=True)``, as its documentation sets it up: FAISS and its own BM25,
  added half and half; the words are jieba's, without which its tokenizer finds none in Chinese.
- **bm25s and FAISS**: put together by hand: bm25s over jieba's words, every vector in FAISS, the
  reciprocal ranks of both added up.
- **LangChain**: ``EnsembleRetriever`` of its FAISS store and its BM25 retriever over jieba's words,
  by reciprocal rank at equal weights, as most Chinese guides set it up.

Installed by the extra ``bench``; what is not installed is left out by :func:`rivals`.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from rag.encode import Encoder, cut


class Rival(Protocol):
    """Another way to search passages."""

    name: str

    def index(self, passages: Sequence[str]) -> None:
        """Take the passages; from then on each is known by its place among them."""

    def add(self, passages: Sequence[str]) -> None:
        """Take some more, behind the others, in the way that costs it least."""

    def search(self, question: str, k: int) -> list[int]:
        """The places of the ``k`` best, best first."""


class Txtai:
    """txtai's hybrid index."""

    name = "txtai hybrid"

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._index: Any = None

    def index(self, passages: Sequence[str]) -> None:
        """Dense and sparse, in memory."""
        from txtai import Embeddings

        self._index = Embeddings(
            method="external",
            transform=lambda texts: self._vectors(texts),
            scoring={"method": "bm25", "terms": True, "normalize": True},
            hybrid=True,
        )
        self._count = len(passages)
        self._index.index(
            [(place, _spaced(passage), None) for place, passage in enumerate(passages)]
        )

    def add(self, passages: Sequence[str]) -> None:
        """It takes them into what it has."""
        rows = [(place, _spaced(one), None) for place, one in enumerate(passages, self._count)]
        self._index.upsert(rows)
        self._count += len(rows)

    def search(self, question: str, k: int) -> list[int]:
        """One query."""
        return [int(place) for place, _ in self._index.search(_spaced(question), k)]

    def _vectors(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        # its index hands dense and sparse the same text; the embedding cuts it anew all the same
        return self._encoder.encode_passages(["".join(text.split()) for text in texts])


class LangChain:
    """LangChain's ensemble of FAISS and BM25."""

    name = "LangChain ensemble"

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._parts: Any = None

    def index(self, passages: Sequence[str]) -> None:
        """Dense and sparse, in memory."""
        from langchain_classic.retrievers import EnsembleRetriever
        from langchain_community.retrievers import BM25Retriever
        from langchain_community.vectorstores import FAISS
        from langchain_core.embeddings import Embeddings

        encoder = self._encoder

        class Embedded(Embeddings):
            def embed_documents(self, texts: list[str]) -> list[list[float]]:
                return encoder.encode_passages(texts).tolist()

            def embed_query(self, text: str) -> list[float]:
                return encoder.encode_queries([text])[0].tolist()

        places = [{"place": place} for place in range(len(passages))]
        texts = list(passages)
        self._dense = FAISS.from_texts(texts, Embedded(), metadatas=places)
        self._sparse = BM25Retriever.from_texts(texts, metadatas=places, preprocess_func=cut)
        self._ensemble = EnsembleRetriever
        self._texts = texts

    def add(self, passages: Sequence[str]) -> None:
        """Its FAISS store takes them; its BM25 retriever takes all texts again."""
        self._texts = [*self._texts, *passages]
        places = [{"place": place} for place in range(len(self._texts))]
        self._dense.add_texts(list(passages), places[-len(passages) :])
        build = type(self._sparse).from_texts
        self._sparse = build(self._texts, metadatas=places, preprocess_func=cut)

    def search(self, question: str, k: int) -> list[int]:
        """One query."""
        self._sparse.k = k
        both = self._ensemble(
            retrievers=[self._sparse, self._dense.as_retriever(search_kwargs={"k": k})],
            weights=[0.5, 0.5],
        )
        return [int(one.metadata["place"]) for one in both.invoke(question)][:k]


class ByHand:
    """bm25s and FAISS, by reciprocal rank."""

    name = "bm25s + FAISS by hand"
    _DEPTH, _K = 50, 60

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._texts: list[str] = []
        self._dense: Any = None
        self._sparse: Any = None

    def index(self, passages: Sequence[str]) -> None:
        """Dense and sparse, in memory."""
        import faiss

        self._texts = []
        self._dense = faiss.IndexFlatIP(self._encoder.dimension)
        self.add(passages)

    def add(self, passages: Sequence[str]) -> None:
        """FAISS takes them; bm25s, whose scores are computed when it indexes, takes all again."""
        import bm25s

        self._texts = [*self._texts, *passages]
        self._dense.add(self._encoder.encode_passages(list(passages)))
        self._sparse = bm25s.BM25()
        self._sparse.index([cut(text) for text in self._texts], show_progress=False)

    def search(self, question: str, k: int) -> list[int]:
        """One query of each."""
        depth = min(self._DEPTH, len(self._texts))
        _, near = self._dense.search(self._encoder.encode_queries([question]), depth)
        found, _ = self._sparse.retrieve([cut(question)], k=depth, show_progress=False)
        scores: dict[int, float] = {}
        for places in (near[0], found[0]):
            for rank, place in enumerate(places.tolist()):
                scores[place] = scores.get(place, 0.0) + 1 / (self._K + rank)
        return sorted(scores, key=lambda place: (-scores[place], place))[:k]


def rivals(encoder: Encoder) -> list[Rival]:
    """Those that are installed."""
    found: list[Rival] = []
    if importlib.util.find_spec("txtai"):
        found.append(Txtai(encoder))
    if importlib.util.find_spec("langchain_community"):
        found.append(LangChain(encoder))
    if importlib.util.find_spec("bm25s"):
        found.append(ByHand(encoder))
    return found


def _spaced(text: str) -> str:
    return " ".join(cut(text))
