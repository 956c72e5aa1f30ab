"""A document made ready for the index: what a worker does, so that writing has little to do.

Passages packed as they are kept, the terms of each field as the full text takes them, and what
tells their vectors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rag.encode import embedded_encoder
from rag.split import windows
from rag.store.packing import packed, start_of
from rag.store.terms import terms_of
from rag.types import Chunk


@dataclass(frozen=True, slots=True)
class PreparedTokens:
    """The tokens of the windows of some passages, flat, as an additive encoder cuts them."""

    counts: npt.NDArray[np.uint16]
    """Windows of each passage."""
    lengths: npt.NDArray[np.uint16]
    """Tokens of each window."""
    tokens: npt.NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document's passages in order of place."""

    starts: tuple[int, ...]
    """First code point of each in the file."""
    rows: tuple[bytes, ...]
    """Each as :func:`~rag.store.packing.packed` gives it."""
    terms: tuple[tuple[str, ...], ...]
    """Of each, as :func:`~rag.store.terms.terms_of` gives them."""
    tokens: PreparedTokens | None
    """None where the encoder is not the embedded one: its vectors are made later."""


def prepare(chunks: Sequence[Chunk], window_chars: int | None, additive: bool) -> Prepared:
    """Make the passages of one document ready; ``additive``: for the embedded encoder."""
    in_order = sorted(chunks, key=start_of)
    return Prepared(
        starts=tuple(map(start_of, in_order)),
        rows=tuple(map(packed, in_order)),
        terms=tuple(map(terms_of, in_order)),
        tokens=_tokens(in_order, window_chars) if additive else None,
    )


def _tokens(chunks: Sequence[Chunk], window_chars: int | None) -> PreparedTokens:
    cut = [windows(chunk.text, chunk.sentences, window_chars) for chunk in chunks]
    found = embedded_encoder().tokens([window for one in cut for window in one])
    return PreparedTokens(
        np.array([len(one) for one in cut], np.uint16),
        np.diff(found.starts).astype(np.uint16),
        found.ids.astype(np.uint16),
    )
