"""Proving an index by asking it: every passage is found by each leg, and nothing else is.

A build proves a sample of a generation before it goes live; ``rag verify`` proves all of the live
one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from rag.encode import Encoder, bigrams
from rag.errors import IndexNotWritable, LawBroken, ReadError
from rag.intake import Intake
from rag.read import Found, digest, is_quote
from rag.split import windows
from rag.store import Field, Index, Vector, Vectors
from rag.types import Chunk

_SAMPLE = 16
"""Passages that a build asks for."""
_AT_ONCE = 200
_NEAR = 0.01
"""Difference between two computations of a number of a vector; a model's batches differ."""
_FIRST = 50
"""Places within which a passage comes when it is asked for by its own terms."""
_GONE = 500
"""Passages that are gone whose words are looked for."""


def prove(index: Index, intake: Intake, found: dict[str, Found]) -> None:
    """Ask a generation that is not live yet for a sample of its passages.

    Raises:
        IndexNotWritable: a leg does not find one of them.
        LawBroken: one of them is not what its file says.
    """
    ids = spread(index.manifest.passages, _SAMPLE)
    for chunk_id, leg in unfound(index, ids):
        raise IndexNotWritable(index.where, reason=f"{chunk_id}: {leg}")
    texts: dict[str, str] = {}
    for chunk in index.chunks(ids):
        source = chunk.source
        if chunk.metadata.recognised is not None:
            continue  # its worker has proven it; the pages would have to be recognised once more
        if source not in texts:
            text = _text(index, intake, found.get(source))
            if text is None:
                continue
            texts[source] = text
        if not is_quote(chunk.text, texts[source], chunk.spans):
            raise LawBroken(source, reason=chunk.chunk_id)


def _text(index: Index, intake: Intake, found: Found | None) -> str | None:
    """The text of a file as it was indexed; None where it is out of sight or changed meanwhile."""
    if found is None:
        return None
    try:
        text = intake.text_of(found).text
        return text if digest(found) == index.document(found.source).sha256 else None
    except (ReadError, OSError):
        return None


def spread(count: int, at_most: int) -> list[int]:
    """Up to ``at_most`` ids of ``count``, evenly."""
    return sorted({int(one) for one in np.linspace(0, max(count - 1, 0), min(count, at_most))})


def unfound(
    index: Index, ids: Sequence[int], encoder: Encoder | None = None
) -> Iterator[tuple[str, str]]:
    """``(chunk_id, leg)`` of passages that a leg does not find, or has as something else.

    Both searches have to bring them when asked for just them. With the ``encoder``, their vectors
    have to be those of their words as they stand, too.
    """
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        chunks = index.chunks(some)
        counts, rows = index.window_counts(some), index.vectors(some)
        ends = np.cumsum([0, *counts])
        for place, (one, chunk) in enumerate(zip(some, chunks, strict=True)):
            own = rows[ends[place] : ends[place + 1]]
            if encoder and not _is_its_own(encoder, chunk, own):
                yield chunk.chunk_id, "dense"
            elif own[0].any() and not _is_near(index, one, own[0]):
                yield chunk.chunk_id, "dense"
            if not _is_matched(index, one, chunk):
                yield chunk.chunk_id, "fulltext"


def ghosts(live: Index, former: Index) -> Iterator[tuple[str, str]]:
    """``(chunk_id, term)`` of passages that words bring up which only a former generation had."""
    kept = {hash(chunk.text) for chunk in live.all_chunks()}
    gone = [chunk for chunk in former.all_chunks() if hash(chunk.text) not in kept]
    terms: set[str] = set()
    for chunk in (gone[place] for place in spread(len(gone), _GONE)):
        terms.update(bigrams(chunk.text))
    if not terms:
        return
    for chunk in live.all_chunks():
        terms.difference_update(bigrams(chunk.text), bigrams(chunk.section or ""))
    for term in sorted(terms):
        for hit in live.search_fulltext(Field.BIGRAMS, [term], 1):
            (chunk,) = live.chunks([hit.id])
            yield chunk.chunk_id, term


def _is_its_own(encoder: Encoder, chunk: Chunk, vectors: Vectors) -> bool:
    fresh = encoder.encode_passages(windows(chunk.text, chunk.sentences, encoder.window_chars))
    return fresh.shape == vectors.shape and np.allclose(fresh, vectors, atol=_NEAR)


def _is_near(index: Index, one: int, vector: Vector) -> bool:
    hits = index.search_dense_beside(vector, _FIRST, [one])
    least = float(vector @ vector) - _NEAR
    # as many that are alike may stand before it
    return any(hit.id == one for hit in hits) or (len(hits) == _FIRST and hits[-1].score >= least)


def _is_matched(index: Index, one: int, chunk: Chunk) -> bool:
    terms = [*dict.fromkeys(bigrams(chunk.text))]
    if not terms:
        return True
    if any(hit.id == one for hit in index.search_fulltext(Field.BIGRAMS, terms, _FIRST)):
        return True
    every = index.document(chunk.source).chunks
    hits = index.search_fulltext(Field.BIGRAMS, terms, every, [chunk.source])
    return any(hit.id == one for hit in hits)
