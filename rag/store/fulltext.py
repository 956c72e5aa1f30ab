"""Terms on disk and BM25 over them, by tantivy: the one module that imports it.

Why tantivy: block-max WAND skips passages that cannot reach the first k, so a query with frequent
terms over a million passages takes milliseconds where SQLite's FTS5 scores every posting; its
segments can grow without a rebuild of everything, which bm25s needs; its files are mapped into
memory, not loaded. Its BM25 has k1 = 1.2 and b = 0.75 fixed, and like Lucene's it keeps the
length of a passage in one byte, exact up to 40 terms and within an eighth beyond.

The terms are ours: joined by spaces, and cut at spaces only. A term that a space would cut, or
that is long, stands as its digest, on both sides; none is dropped.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import tantivy

from rag.errors import IndexClosed, IndexDamaged
from rag.store import layout
from rag.store.records import Field, Range, Wanted
from rag.store.seams import Found
from rag.store.terms import key

FOLDER = "fulltext"
_ID = "id"
_HEAP = 1_000_000_000
"""A border, not a reservation: below it one segment is written, and passages stay in order."""
_BEHIND = 200
"""Asked for beyond the border, to see whether equal scores stand on both sides of it: by headline
all passages of a document score the same, and a second search costs more than these."""
_DIGITS = 4
"""Of a score. The sum is in single precision and in no fixed order, so equal passages can differ
further behind."""


class TantivyWriter:
    """See :class:`rag.store.seams.FullTextWriter`.

    tantivy never changes a segment, so those of another generation are taken over by links. It
    merges small ones by itself and drops from what it merges what was deleted.
    """

    def __init__(self, folder: Path, like: Path | None = None) -> None:
        """Args: ``like`` is the folder of another generation that is taken over."""
        folder.mkdir()
        self._folder = folder
        if like is not None:
            for path in sorted(like.iterdir()):
                if not path.name.endswith(".lock"):
                    layout.share(path, folder / path.name)
        with _failing_as_oserror():
            if like is None:
                index = tantivy.Index(_schema(), path=str(folder), reuse=False)
            else:
                index = tantivy.Index.open(str(folder))
            self._schema = index.schema
            # one thread, so that the same passages always give the same segment
            self._writer: tantivy.IndexWriter | None = index.writer(_HEAP, num_threads=1)

    def add(self, serial: int, terms: Sequence[str]) -> None:
        """See the seam."""
        document = tantivy.Document()
        document.add_unsigned(_ID, serial)
        for field, of_field in zip(Field, terms, strict=True):
            document.add_text(field.value, of_field)
        with _failing_as_oserror():
            self._open().add_document(document)

    def drop(self, ranges: Sequence[Range]) -> None:
        """See the seam."""
        writer = self._open()
        with _failing_as_oserror():
            for start, end in ranges:
                writer.delete_documents_by_query(_between(self._schema, start, end))

    def close(self) -> None:
        """See the seam."""
        with _failing_as_oserror():
            self._open().commit()
            self._open().wait_merging_threads()
        self._writer = None
        (self._folder / ".tantivy-writer.lock").unlink(missing_ok=True)

    def abandon(self) -> None:
        """See the seam."""
        self._writer = None  # its threads are stopped and waited for

    def _open(self) -> tantivy.IndexWriter:
        if self._writer is None:
            raise IndexClosed(self._folder)
        return self._writer


class TantivyStore:
    """See :class:`rag.store.seams.FullTextStore`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with _failing_as_damage(folder):
            index = _open(folder)
            self._schema = index.schema
            self._searcher: tantivy.Searcher | None = index.searcher()
            self.count = int(self._searcher.num_docs)

    def search(self, wanted: Sequence[Wanted], k: int, ranges: Sequence[Range] | None) -> Found:
        """See the seam."""
        searcher = self._searcher  # another thread may close meanwhile
        if searcher is None:
            raise IndexClosed(self._folder.parent)
        keys = {(one.field, key(term)): one.weight for one in wanted for term in one.terms if term}
        k = min(k, self.count)
        if k < 1 or not keys or ranges == []:
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        with _failing_as_damage(self._folder):
            query = self._query(keys, ranges)
            limit = k + _BEHIND
            while True:
                hits = searcher.search(query, limit, count=False).hits
                scores = [round(score, _DIGITS) for score, _ in hits]
                # only a worse score behind the border proves that none as good was left out
                if len(hits) < limit or scores[-1] < scores[k - 1]:
                    break
                limit *= 4
            least = scores[k - 1] if len(hits) > k else -1.0
            places = [
                place for (_, place), score in zip(hits, scores, strict=True) if score >= least
            ]
            serials: list[Any] = searcher.fast_field_values(_ID, places)
        return np.array(serials, np.int64), np.array(scores[: len(serials)])

    def close(self) -> None:
        """See the seam."""
        self._searcher = None

    def _query(
        self, keys: dict[tuple[Field, str], float], ranges: Sequence[Range] | None
    ) -> tantivy.Query:
        query = tantivy.Query
        terms = []
        for (field, kept), weight in keys.items():
            term = query.term_query(self._schema, field.value, kept, "freq")
            terms.append(term if weight == 1.0 else query.boost_query(term, weight))
        any_term = query.boolean_query([(tantivy.Occur.Should, term) for term in terms])
        if ranges is None:
            return any_term
        any_range = query.boolean_query(
            [(tantivy.Occur.Should, _between(self._schema, start, end)) for start, end in ranges]
        )
        within = query.const_score_query(any_range, 0.0)
        return query.boolean_query([(tantivy.Occur.Must, any_term), (tantivy.Occur.Must, within)])


def _between(schema: tantivy.Schema, start: int, end: int) -> tantivy.Query:
    """The passages numbered ``start … end``."""
    kind = tantivy.FieldType.Unsigned
    return tantivy.Query.range_query(schema, _ID, kind, start, end, True, False)


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field(_ID, indexed=True, fast=True)
    for field in Field:
        builder.add_text_field(field.value, tokenizer_name="whitespace", index_option="freq")
    return builder.build()


def _open(folder: Path) -> tantivy.Index:
    """Open for reading only.

    tantivy takes a lock on a file in the folder even for this. Where that cannot be written to –
    somebody else's index, a read-only disk – its files are opened through links from a folder
    that can; what is open stays open when the links are gone.
    """
    try:
        return _mapped(folder)
    except ValueError:
        with tempfile.TemporaryDirectory(prefix="wenju-") as links:
            for path in folder.absolute().iterdir():
                if not path.name.endswith(".lock"):
                    (Path(links) / path.name).symlink_to(path)
            return _mapped(Path(links))


def _mapped(folder: Path) -> tantivy.Index:
    index = tantivy.Index.open(str(folder))
    index.config_reader(reload_policy="manual")  # no thread that watches the folder
    return index


@contextmanager
def _failing_as_oserror() -> Iterator[None]:
    try:
        yield
    except BaseException as error:
        if _is_tantivys(error):
            raise OSError(str(error)) from error
        raise


@contextmanager
def _failing_as_damage(folder: Path) -> Iterator[None]:
    try:
        yield
    except BaseException as error:
        if _is_tantivys(error) or isinstance(error, OSError):
            raise IndexDamaged(folder, reason=error) from error
        raise


def _is_tantivys(error: BaseException) -> bool:
    # a crash within Rust comes as pyo3's PanicException, which cannot be imported
    return isinstance(error, ValueError) or type(error).__name__ == "PanicException"
