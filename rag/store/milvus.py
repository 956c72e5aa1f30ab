"""The collections of an index in Milvus: the one module that imports pymilvus.

A generation is three collections. Readers come in by an alias, and a build moves it at one stroke:

    wenju                     the alias: the live generation's manifest
    wenju_000012              its manifest and its documents, in pieces
    wenju_000012_passages     a row a passage: its record, its terms by field, BM25 by Milvus
    wenju_000012_windows      a row a window: its vector, and whose it is

The second and third are named in the manifest: a generation that is published anew after a
rollback names those of the one that it is again.

The terms are ours, as in :mod:`rag.store.fulltext`: each is coded as one word of letters and
figures, which Milvus's ``standard`` tokenizer leaves whole, so both engines count the same terms.
"""

from __future__ import annotations

import base64
import hashlib
import logging
import re
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from rag.errors import (
    IndexDamaged,
    IndexMissing,
    IndexProblem,
    MilvusFailed,
    MilvusMissing,
    MilvusRefused,
    MilvusUnreachable,
    printable,
)
from rag.store.records import Field, Range
from rag.store.seams import Vector, Vectors
from rag.store.terms import key

if TYPE_CHECKING:
    from pymilvus import MilvusClient

ALIAS = "wenju"
AT_MOST = 16_384
"""Rows that one request may return: a limit of Milvus."""
FLAT_ROWS = 70_000
"""Windows up to which every vector is compared; beyond, HNSW."""
_COLLECTION = re.compile(rf"{ALIAS}_([0-9]{{6,12}})(_passages|_windows)?")
_PIECE = 60_000
"""Characters of a row; Milvus keeps 65,535 bytes."""
_LONGEST_TEXT = 65_535
_LONGEST_CODED = 60
"""Bytes of a term that is coded letter by letter; a longer one stands as its digest."""
_AT_ONCE = 500
"""Ids named in one request."""
_BYTES_AT_ONCE = 8_000_000
"""Of rows in one request; Milvus takes 64 MB."""
UNHURRIED = {"grpc.keepalive_permit_without_calls": False}
"""pymilvus asks an idle server every ten seconds whether it is there; some hang up at that."""
_ANSWERS_WITHIN = 30
"""Seconds for a question; a build waits :data:`_BUILDS_WITHIN`."""
_BUILDS_WITHIN = 3_600
_BM25 = {"bm25_k1": 1.2, "bm25_b": 0.75}


def coded(term: str) -> str:
    """The term as one word of ``a-z2-7``, or ``0`` and a digest where it is long."""
    data = term.encode("utf-8", "surrogatepass")
    if len(data) > _LONGEST_CODED:
        return "0" + hashlib.blake2b(data, digest_size=16).hexdigest()
    return base64.b32encode(data).decode("ascii").rstrip("=").lower()


def passages_of(name: str) -> str:
    """The collection of a generation's passages."""
    return f"{ALIAS}_{name}_passages"


def windows_of(name: str) -> str:
    """The collection of a generation's vectors."""
    return f"{ALIAS}_{name}_windows"


class Collections:
    """The collections of one Milvus database. Safe from many threads.

    Everything raises MilvusUnreachable, MilvusRefused or MilvusFailed where Milvus does not answer,
    does not let us in, or cannot do it.
    """

    def __init__(self, uri: str, token: str) -> None:
        """Args: ``uri`` is ``http://host:19530/database``, or a file ``*.db`` for milvus-lite."""
        self.uri = _without_password(uri)
        self._client = _connected(uri, token, self.uri)

    # -- generations

    def live(self) -> str | None:
        """The generation that the alias names."""
        with self._asking():
            try:
                target = self._client.describe_alias(ALIAS, timeout=_ANSWERS_WITHIN)
            except Exception as error:
                if _is_no_alias(error):
                    return None
                raise
        found = _COLLECTION.fullmatch(str(target["collection_name"]))
        if found is None or found[2]:
            raise IndexDamaged(self.uri, reason=f"{ALIAS} → {target['collection_name']}")
        return found[1]

    def names(self) -> dict[str, str]:
        """Every collection of an index here, with the number of its generation."""
        with self._asking():
            every = self._client.list_collections(timeout=_ANSWERS_WITHIN)
        found = {name: _COLLECTION.fullmatch(name) for name in every}
        return {name: match[1] for name, match in sorted(found.items()) if match}

    def switch(self, name: str) -> None:
        """Make a generation the live one."""
        target = f"{ALIAS}_{name}"
        if self.live() is None:
            with self._asking():
                self._client.create_alias(target, ALIAS, timeout=_ANSWERS_WITHIN)
        else:
            with self._asking():
                self._client.alter_alias(target, ALIAS, timeout=_ANSWERS_WITHIN)

    def drop(self, collection: str) -> None:
        """Let go of a collection."""
        with self._asking():
            self._client.drop_collection(collection, timeout=_BUILDS_WITHIN)

    # -- manifests

    def write_manifest(self, name: str, parts: Mapping[str, bytes]) -> None:
        """Keep named bytes as a generation's manifest; it is whole once this is done."""
        collection = f"{ALIAS}_{name}"
        with self._asking():
            schema = self._schema()
            schema.add_field("part", _types().VARCHAR, max_length=200)
            schema.add_field("piece", _types().VARCHAR, max_length=_LONGEST_TEXT)
            schema.add_field("unused", _types().FLOAT_VECTOR, dim=2)  # Milvus wants one
            self._create(collection, schema)
        pieces = [
            (part, text[start : start + _PIECE])
            for part, data in parts.items()
            for text in [base64.b64encode(zlib.compress(data)).decode("ascii")]
            for start in range(0, len(text), _PIECE)
        ]
        self.insert(
            collection,
            [
                {"id": i, "part": part, "piece": piece, "unused": [1.0, 0.0]}
                for i, (part, piece) in enumerate(pieces)
            ],
        )
        self._ready(collection, {"unused": ("FLAT", "IP", {})})

    def read_manifest(self, name: str) -> dict[str, bytes]:
        """What :meth:`write_manifest` kept.

        Raises:
            IndexDamaged: it is not there or not whole.
        """
        collection = f"{ALIAS}_{name}"
        if not self.has(collection):
            raise IndexDamaged(f"{self.uri} {collection}", reason=collection)
        self.load(collection)
        count = self.count(collection)
        rows = self.rows(collection, list(range(count)), ["part", "piece"])
        texts: dict[str, list[str]] = {}
        for _, row in sorted(rows.items()):
            texts.setdefault(row["part"], []).append(row["piece"])
        try:
            return {
                part: zlib.decompress(base64.b64decode("".join(pieces), validate=True))
                for part, pieces in texts.items()
            }
        except (ValueError, zlib.error) as error:
            raise IndexDamaged(f"{self.uri} {collection}", reason=error) from error

    # -- passages and windows

    def create(self, name: str, dimension: int) -> None:
        """Make room for the passages and windows of a generation."""
        with self._asking():
            types = _types()
            schema = self._schema()
            schema.add_field("start", types.INT64)
            schema.add_field("record", types.VARCHAR, max_length=_LONGEST_TEXT)
            for field in Field:
                self._add_terms(schema, field)
            self._create(passages_of(name), schema)
            schema = self._schema()
            schema.add_field("passage", types.INT64)
            schema.add_field("vector", types.FLOAT_VECTOR, dim=dimension)
            self._create(windows_of(name), schema)

    def finish(self, name: str, windows: int) -> None:
        """Everything is on Milvus's disk, indexed and open for questions."""
        self._ready(
            passages_of(name),
            {f"{field}_bm25": ("SPARSE_INVERTED_INDEX", "BM25", _BM25) for field in Field},
        )
        dense: tuple[str, str, dict[str, Any]] = ("FLAT", "IP", {})
        if windows > FLAT_ROWS:
            dense = ("HNSW", "IP", {"M": 32, "efConstruction": 360})
        self._ready(windows_of(name), {"vector": dense})

    def insert(self, collection: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Append rows, in portions that a request can hold."""
        for some in _portions(rows):
            with self._asking():
                self._client.insert(collection, [*map(dict, some)], timeout=_BUILDS_WITHIN)

    def has(self, collection: str) -> bool:
        """Whether there is such a collection."""
        with self._asking():
            return bool(self._client.has_collection(collection, timeout=_ANSWERS_WITHIN))

    def load(self, collection: str) -> None:
        """Open it for questions, unless it is; a Milvus that was started anew may have it shut."""
        with self._asking():
            self._client.load_collection(collection, timeout=_BUILDS_WITHIN)

    def count(self, collection: str) -> int:
        """How many rows it has."""
        with self._asking():
            (row,) = self._client.query(
                collection,
                filter="",
                output_fields=["count(*)"],
                consistency_level="Strong",
                timeout=_ANSWERS_WITHIN,
            )
        return int(row["count(*)"])

    def rows(
        self, collection: str, ids: Sequence[int], fields: Sequence[str]
    ) -> dict[int, dict[str, Any]]:
        """Rows by id; those that are not there are left out."""
        found: dict[int, dict[str, Any]] = {}
        for start in range(0, len(ids), _AT_ONCE):
            some = [int(one) for one in ids[start : start + _AT_ONCE]]
            for row in self.where(collection, f"id in {some}", fields):
                found[row["id"]] = row
        return found

    def where(self, collection: str, condition: str, fields: Sequence[str]) -> list[dict[str, Any]]:
        """The rows for which ``condition`` holds, in order of id; at most :data:`AT_MOST`."""
        with self._asking():
            rows: list[dict[str, Any]] = list(
                self._client.query(
                    collection,
                    filter=condition,
                    output_fields=["id", *fields],
                    limit=AT_MOST,
                    timeout=_ANSWERS_WITHIN,
                )
            )
        return sorted(rows, key=lambda row: int(row["id"]))

    def nearest(
        self, collection: str, query: Vector, limit: int, condition: str
    ) -> list[tuple[int, float]]:
        """``(passage, inner product)`` of the nearest windows, best first."""
        return self._search(
            collection,
            np.asarray(query, np.float32),
            "vector",
            {"metric_type": "IP", "params": {"ef": max(200, 2 * limit)}},
            limit,
            condition,
            "passage",
        )

    def matching(
        self, collection: str, field: Field, terms: Iterable[str], limit: int, condition: str
    ) -> list[tuple[int, float]]:
        """``(id, score)`` of the passages with any of the terms in a field, best first, by BM25."""
        text = " ".join(coded(key(term)) for term in terms)
        params = {"metric_type": "BM25", "params": dict(_BM25)}
        found = self._search(collection, text, f"{field}_bm25", params, limit, condition, "id")
        # milvus-lite tells distances, Milvus scores
        return [(one, abs(score)) for one, score in found]

    # -- inside

    def _search(
        self,
        collection: str,
        query: Any,
        field: str,
        params: Mapping[str, Any],
        limit: int,
        condition: str,
        name: str,
    ) -> list[tuple[int, float]]:
        with self._asking():
            (hits,) = self._client.search(
                collection,
                [query],
                anns_field=field,
                limit=min(limit, AT_MOST),
                filter=condition,
                search_params=dict(params),
                output_fields=[] if name == "id" else [name],
                timeout=_ANSWERS_WITHIN,
            )
        if name == "id":
            return [(int(hit["id"]), float(hit["distance"])) for hit in hits]
        return [(int(hit["entity"][name]), float(hit["distance"])) for hit in hits]

    def _schema(self) -> Any:
        schema = self._client.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field("id", _types().INT64, is_primary=True)
        return schema

    def _add_terms(self, schema: Any, field: Field) -> None:
        from pymilvus import Function, FunctionType

        schema.add_field(
            field.value,
            _types().VARCHAR,
            max_length=_LONGEST_TEXT,
            enable_analyzer=True,
            analyzer_params={"tokenizer": "standard"},
        )
        schema.add_field(f"{field}_bm25", _types().SPARSE_FLOAT_VECTOR)
        schema.add_function(
            Function(
                name=f"{field}_terms",
                function_type=FunctionType.BM25,
                input_field_names=[field.value],
                output_field_names=[f"{field}_bm25"],
            )
        )

    def _create(self, collection: str, schema: Any) -> None:
        self._client.create_collection(
            collection,
            schema=schema,
            num_shards=1,  # BM25 counts by shard
            consistency_level="Bounded",
            timeout=_BUILDS_WITHIN,
        )

    def _ready(self, collection: str, indexes: Mapping[str, tuple[str, str, Any]]) -> None:
        """Flush, index and load: in this order, an index is built once, of whole segments."""
        with self._asking():
            self._client.flush(collection, timeout=_BUILDS_WITHIN)
            params = self._client.prepare_index_params()
            for field, (kind, metric, details) in indexes.items():
                # as one JSON value: every Milvus takes that, milvus-lite nothing else
                nested = {"params": dict(details)}
                params.add_index(field, index_type=kind, metric_type=metric, params=nested)
            self._client.create_index(collection, params, timeout=_BUILDS_WITHIN, sync=False)
            for field in indexes:
                self._wait_for(collection, field)
            self._client.load_collection(collection, timeout=_BUILDS_WITHIN)

    def _wait_for(self, collection: str, field: str) -> None:
        """An index is built whole; pymilvus's own waiting takes half a second for an empty one."""
        patience = 0.02
        while True:
            built = self._client.describe_index(collection, field, timeout=_ANSWERS_WITHIN)
            state = str(built.get("state", "Finished"))
            if state == "Finished":
                return
            if state == "Failed":
                raise MilvusFailed(self.uri, reason=f"{collection}.{field}: {built}")
            time.sleep(patience)
            patience = min(patience * 2, 2.0)

    def _asking(self) -> Any:
        return _translated(self.uri)


def within(field: str, ranges: Sequence[Range] | None) -> str:
    """The condition that a number is in one of the ranges; empty where all will do."""
    if ranges is None:
        return ""
    return " or ".join(f"({field} >= {start} and {field} < {end})" for start, end in ranges)


@cache
def collections(uri: str, token: str) -> Collections:
    """The collections at an address; one connection a process."""
    return Collections(uri, token)


def _connected(uri: str, token: str, shown: str) -> MilvusClient:
    try:
        from pymilvus import MilvusClient
    except ImportError as error:
        raise MilvusMissing("RAG_STORE=milvus") from error
    for name in ("pymilvus", "milvus_lite"):  # they log a traceback of all that they also raise
        logging.getLogger(name).setLevel(logging.CRITICAL)
    with _translated(shown):
        return MilvusClient(uri, token=token, timeout=_ANSWERS_WITHIN, grpc_options=UNHURRIED)


def _types() -> Any:
    from pymilvus import DataType

    return DataType


@contextmanager
def _translated(where: str) -> Iterator[None]:
    """What pymilvus raises, as ours."""
    try:
        yield
    except (IndexProblem, KeyboardInterrupt):
        raise
    except Exception as error:
        raise _ours(error, where) from error


_LOGIN = ("auth check failure", "unauthenticated", "permission deny", "permissiondenied")
_NO_ANSWER = ("fail connecting", "unavailable", "deadline_exceeded", "deadline exceeded", "timeout")


def _ours(error: Exception, where: str) -> IndexProblem:
    text = " ".join(str(getattr(error, "message", None) or error).split())
    lower = f"{type(error).__name__} {text}".lower()
    if error.__cause__ is not None:  # pymilvus tells a refused login as a failed connection
        lower += f" {error.__cause__}".lower()
    reason = printable(text[:300])
    if any(sign in lower for sign in _LOGIN):
        return MilvusRefused(where, reason=reason)
    if any(sign in lower for sign in _NO_ANSWER) or "connectionconfig" in lower:
        return MilvusUnreachable(where, reason=reason)
    if "collection not found" in lower or "can't find collection" in lower:
        return IndexMissing(where)
    return MilvusFailed(where, reason=reason)


def _is_no_alias(error: Exception) -> bool:
    text = str(error).lower()
    return "alias" in text and ("not found" in text or "not exist" in text)


def _without_password(uri: str) -> str:
    """The address for people."""
    return re.sub(r"//[^/@]*@", "//", uri)


def _portions(rows: Sequence[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    some: list[Mapping[str, Any]] = []
    size = 0
    for row in rows:
        some.append(row)
        size += sum(_size(value) for value in row.values())
        if size > _BYTES_AT_ONCE:
            yield some
            some, size = [], 0
    if some:
        yield some


def _size(value: Any) -> int:
    if isinstance(value, str):
        return len(value) * 3
    return value.nbytes if isinstance(value, np.ndarray) else 8


def as_vectors(rows: Sequence[Mapping[str, Any]], dimension: int) -> Vectors:
    """The vectors of rows, float32 of shape ``[n, dimension]``."""
    return np.array([row["vector"] for row in rows], np.float32).reshape(-1, dimension)
