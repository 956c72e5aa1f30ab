"""A shard: some passages and their vectors in a folder that never changes.

A build puts what is new into a shard of its own and links the others, so that it costs what
changed. Which shards it takes into the new one, that they stay few, says :func:`taken`.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from rag.encode import Additive, Encoder
from rag.errors import IndexDamaged
from rag.store import passages
from rag.store.places import Ints, Places
from rag.store.prepared import Prepared
from rag.store.seams import DenseStore, DenseWriter

_RATIO = 4
"""A shard that is less than so many times as large as what is written anyway is taken into it: the
shards grow fourfold, ten of them hold a million passages, and each passage is written anew a few
times in its life."""
_ALIVE = 0.8
"""A shard with fewer passages alive is written anew."""


class ShardWriter:
    """Writes one shard."""

    def __init__(self, folder: Path, encoder: Encoder, opened: ExitStack) -> None:
        from rag.store.dense import FaissWriter

        folder.mkdir(parents=True)
        self.passages = passages.PassagesWriter(folder / passages.FILE)
        opened.callback(self.passages.abandon)
        additive = encoder if isinstance(encoder, Additive) else None
        self.dense: DenseWriter = FaissWriter(folder, encoder.dimension, additive)

    def add(self, first: int, prepared: Prepared) -> None:
        """Add the passages of a document; their vectors too, where they are told by tokens."""
        self.passages.add(first, prepared.starts, prepared.rows)
        if prepared.tokens:
            serials = range(first, first + len(prepared.rows))
            tokens = prepared.tokens
            self.dense.add(serials, tokens.counts, tokens=(tokens.lengths, tokens.tokens))

    def take(self, folder: Path, serials: Ints) -> None:
        """Add passages of another shard."""
        from rag.store.dense import ranges_of

        ranges = [(start, end) for start, end in ranges_of(serials).tolist()]
        self.passages.take(folder / passages.FILE, ranges)
        self.dense.take(folder, serials)

    def close(self) -> None:
        """Everything is on disk."""
        self.passages.close()
        self.dense.close()


class Shard:
    """Reads one shard."""

    def __init__(self, folder: Path, dimension: int, places: Places, opened: ExitStack) -> None:
        from rag.store.dense import FaissStore

        self.passages = passages.Passages(folder / passages.FILE)
        opened.callback(self.passages.close)
        self.dense: DenseStore = FaissStore(folder, dimension)
        opened.callback(self.dense.close)
        if self.passages.count != len(self.dense.serials):
            reason = f"{self.passages.count} ≠ {len(self.dense.serials)}"
            raise IndexDamaged(folder, reason=reason)
        ids = places.ids(self.dense.serials)
        self.ids = ids[ids >= 0]
        """Of the passages that documents have, in order of serial."""
        self.dead = len(ids) - len(self.ids)
        """How many passages are of documents that were deleted."""


def taken(sizes: Sequence[tuple[int, int]], new: int) -> list[int]:
    """Which shards a build takes into the one that it writes, by place.

    Args:
        sizes: passages alive, and all, of each shard.
        new: passages that are new.
    """
    chosen = [one for one, (alive, every) in enumerate(sizes) if alive < _ALIVE * every]
    size = new + sum(sizes[one][0] for one in chosen)
    rest = [(alive, one) for one, (alive, _) in enumerate(sizes) if one not in chosen]
    for alive, one in sorted(rest):
        if alive >= _RATIO * size:
            break
        chosen.append(one)
        size += alive
    return sorted(chosen)
