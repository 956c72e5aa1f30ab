"""The engines behind the border of the store: each contract is asked of both.

Milvus is milvus-lite in a process of its own, with a port: what a cluster is to its clients, but
for the size. Every test gets a database there.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import numpy as np

from rag.store import Field, Scored
from rag.store.dense import FaissStore, FaissWriter
from rag.store.fulltext import TantivyStore, TantivyWriter
from rag.store.milvus import Collections, coded, passages_of, windows_of
from rag.store.milvus_legs import MilvusDense, MilvusFullText
from rag.store.terms import joined, key

ENGINES = ("files", "milvus")
_SERVE = """
import sys
from milvus_lite.adapter.grpc.server import start_server_in_thread
server, db, port = start_server_in_thread(sys.argv[1], "127.0.0.1", 0)
print(port, flush=True)
sys.stdin.read()
server.stop(grace=0)
db.close()
"""
_databases = count(1)


@contextmanager
def serving_milvus(folder: Path) -> Iterator[str]:
    """A Milvus of its own; yields its address."""
    command = [sys.executable, "-W", "ignore", "-c", _SERVE, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdin
        assert server.stdout
        try:
            yield f"http://127.0.0.1:{int(server.stdout.readline())}"
        finally:
            server.stdin.close()
            server.wait(60)


def database(address: str) -> str:
    """The address of an empty database."""
    from pymilvus import MilvusClient

    from rag.store.milvus import UNHURRIED

    name = f"d{next(_databases)}"
    MilvusClient(address, timeout=60, grpc_options=UNHURRIED).create_database(name)
    return f"{address}/{name}"


class Ordered:
    """An engine of files with its best in order of place.

    It gives all that score as much as the last of them; the index cuts them.
    """

    def __init__(self, store):
        self._store = store

    def __getattr__(self, name):
        return getattr(self._store, name)

    def search(self, query, k, ranges):
        serials, scores = self._store.search(query, k, ranges)
        pairs = zip(serials.tolist(), scores.tolist(), strict=True)
        return [Scored(*one) for one in sorted(pairs, key=lambda one: (-one[1], one[0]))[:k]]


def dense(engine, folder, rows, counts=None, address=None):
    """Vectors in an engine, added in two portions."""
    rows = np.asarray(rows, dtype=np.float32)
    counts = [1] * len(rows) if counts is None else counts
    if engine == "files":
        half = len(counts) // 2
        split = sum(counts[:half])
        writer = FaissWriter(folder, rows.shape[1])
        # what is numbered lower may come later: a shard takes others in
        writer.add(range(half, len(counts)), counts[half:], rows[split:])
        writer.add(range(half), counts[:half], rows[:split])
        writer.close()
        return Ordered(FaissStore(folder, rows.shape[1]))
    milvus = Collections(database(address), "")
    milvus.create("000001", rows.shape[1])
    owners = np.repeat(np.arange(len(counts)), counts)
    milvus.insert(
        windows_of("000001"),
        [
            {"id": i, "passage": int(owner), "vector": row}
            for i, (owner, row) in enumerate(zip(owners, rows, strict=True))
        ],
    )
    milvus.finish("000001", len(rows))
    return MilvusDense(milvus, windows_of("000001"), rows.shape[1], len(counts))


def fulltext(engine, folder, passages, field=Field.WORDS, address=None):
    """Terms in one field of an engine; the other fields are empty."""
    if engine == "files":
        writer = TantivyWriter(folder / "fulltext")
        for serial, terms in enumerate(passages):
            writer.add(serial, [joined(terms) if one is field else "" for one in Field])
        writer.close()
        return Ordered(TantivyStore(folder / "fulltext"))
    milvus = Collections(database(address), "")
    milvus.create("000001", 2)
    milvus.insert(
        passages_of("000001"),
        [
            {"id": i, "start": 0, "record": "{}"}
            | {
                one.value: " ".join(coded(key(term)) for term in terms) if one is field else ""
                for one in Field
            }
            for i, terms in enumerate(passages)
        ],
    )
    milvus.finish("000001", 0)
    return MilvusFullText(milvus, passages_of("000001"), len(passages))
