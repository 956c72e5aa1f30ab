"""The records that flow through the house: plain, frozen, and free of behaviour.

Offsets everywhere are code points, half-open (``[start, end)``), counted from 0.
Lines and pages are counted from 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

Span = tuple[int, int]


class Language(StrEnum):
    """A language that people are addressed in."""

    ZH = "zh"
    EN = "en"


class BlockKind(StrEnum):
    """What a block of a document is."""

    KICKER = "kicker"
    HEADLINE = "headline"
    SUBHEADLINE = "subheadline"
    HEADING = "heading"
    BYLINE = "byline"
    PARAGRAPH = "paragraph"
    LIST_ITEM = "list_item"
    TABLE_ROW = "table_row"
    CAPTION = "caption"


class Mode(StrEnum):
    """Which legs answer a question."""

    HYBRID = "hybrid"
    DENSE = "dense"
    SPARSE = "sparse"


class CitationStyle(StrEnum):
    """How a citation is written for a list of references."""

    GBT7714 = "gbt7714"
    BIBTEX = "bibtex"
    CSL = "csl"


class Status(StrEnum):
    """What an answer claims for itself."""

    FOUND = "found"
    UNCERTAIN = "uncertain"
    NOT_FOUND = "not_found"


@dataclass(frozen=True, slots=True)
class Metadata:
    """What is known of an article or a passage beside its words.

    Printed with it, or stated by whoever keeps the file; nothing is guessed.
    """

    publisher: str | None = None
    """The newspaper, or the office that published it."""
    edition: str | None = None
    """The page of the newspaper (第 3 版) as it is numbered: ``3``, ``A02``."""
    issued: str | None = None
    """When it was published, ISO 8601, as exact as it is known: 2021-06-03, 2021-06 or 2021."""
    photographer: str | None = None
    reporters: tuple[str, ...] = ()
    """Whom the byline names as such."""
    kicker: str | None = None
    """The line above the headline."""
    subheadline: str | None = None
    """The line below it; it is in the title too."""
    dateline: str | None = None
    """Whose news it is, from where and when, as printed: 新华社北京1月22日电, 本报讯."""
    places: tuple[str, ...] = ()
    """Named in the passage, each once, in order; so are the next two."""
    organisations: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    doubtful: bool = False
    """The file does not show for certain in which order its lines are read."""
    recognised: float | None = None
    """Where the text was recognised in a picture: how sure the engine is of its page, 0–1."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a page, in points (1/72 inch) from the page's top left corner."""

    page: int
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a document that has pages: its slice of :attr:`Document.text`, and its size."""

    number: int
    """From 1, as the file counts them."""
    start: int
    end: int
    width: float = 0.0
    """In points, as is ``height``; 0 where the format knows no paper."""
    height: float = 0.0
    glyphs: Sequence[float] = ()
    """Left, top, right and bottom of each code point of the slice, one after another, in points
    from the page's top left corner; all 0 for one that is not drawn. Empty where nothing is."""
    recognised: float | None = None
    """Of text that was recognised in a picture: how sure the engine is, 0–1, on average; None for
    text that is in the file."""


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, heading, list item … of a document, repaired.

    ``spans`` are slices of :attr:`Document.text`, in reading order. Their lengths add up to
    ``len(text)``: character ``i`` of ``text`` stands at the ``i``-th place of the spans and is the
    same character, except that a line break kept between two words stands as one space.
    """

    kind: BlockKind
    text: str
    spans: tuple[Span, ...]
    doubtful: bool = False
    """Whether what stands in between may belong to it, or a part of it elsewhere."""
    level: int | None = None
    """How deep a heading stands, 1 outermost, where the format itself says so."""


@dataclass(frozen=True, slots=True)
class Article:
    """One article of a document. Every non-blank character of the file is in one block of one.

    ``title``, ``subtitle``, ``byline`` and ``date`` are what is printed, or None; they are also
    still in ``blocks``, as blocks of their kind or within the paragraph that prints them.
    """

    title: str | None
    subtitle: str | None
    byline: str | None
    date: str | None
    blocks: tuple[Block, ...]
    metadata: Metadata = Metadata()


@dataclass(frozen=True, slots=True)
class Problem:
    """A part of a file that could not be read while the rest was."""

    code: str
    """The name of the error in :mod:`rag.errors` that says it."""
    part: str
    """Which: ``3, 5–7`` for pages."""


@dataclass(frozen=True, slots=True)
class Document:
    """A file that has been read."""

    source: str
    """Posix path relative to the documents' folder."""
    sha256: str
    """Of the file's bytes, hexadecimal."""
    encoding: str
    text: str
    """The file's text, which spans point into: the whole decoded file, line ends as they stand;
    of a file that is not text, what its reader says its text is, the same every time."""
    articles: tuple[Article, ...]
    pages: tuple[Page, ...] = ()
    """In order; empty for a format without pages."""
    furniture: tuple[Span, ...] = ()
    """What is in no block on purpose: running heads, page numbers, a web page's navigation."""
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage: complete sentences of one section of one article, about 250 characters."""

    chunk_id: str
    """Names the place: ``source@start``, start being the first code point in the file."""
    source: str
    kind: BlockKind
    text: str
    spans: tuple[Span, ...]
    """Slices of the file whose text, joined, equals ``text`` once white space is removed."""
    sentences: tuple[Span, ...]
    """Slices of ``text``, in order, together all of its non-blank characters."""
    line_start: int
    line_end: int
    title: str | None
    section: str | None
    byline: str | None
    date: str | None
    page: int | None = None
    """The page it begins on; ``line_start`` is counted on it."""
    metadata: Metadata = Metadata()
    page_end: int | None = None
    """The page it ends on; ``line_end`` is counted on it."""
    boxes: tuple[Box, ...] = ()
    """Where it stands on the page, a box a line; empty for a format without paper."""


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a passage stands, so that anyone can check it."""

    source: str
    title: str | None
    section: str | None
    byline: str | None
    date: str | None
    page: int | None
    line_start: int
    line_end: int
    spans: tuple[Span, ...]
    sha256: str
    label: str
    stale: str | None = None
    """None while the file is as it was indexed; else ``changed``, ``missing`` or ``unreadable``."""
    metadata: Metadata = Metadata()
    page_end: int | None = None
    boxes: tuple[Box, ...] = ()


@dataclass(frozen=True, slots=True)
class Leg:
    """How one leg of the search, or one part of the score, saw a hit."""

    rank: int | None
    """From 1; None where the leg did not return the passage."""
    score: float


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that answers, with its proof."""

    rank: int
    score: float
    text: str
    highlights: tuple[Span, ...]
    """Slices of ``text``, best first."""
    chunk_id: str
    citation: Citation
    legs: dict[str, Leg] = field(default_factory=dict)
    also: tuple[Citation, ...] = ()
    """The other places where the same passage, or nearly the same, stands; in order of place."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a question gets. With ``not_found``, ``hits`` are only the nearest passages."""

    question: str
    query: str
    """The question as it was searched, after follow-up rewriting."""
    status: Status
    confidence: float
    """0–1: the estimated probability that the first three passages hold the answer."""
    hits: tuple[Hit, ...]
    generation: str
    took_ms: float


@dataclass(frozen=True, slots=True)
class Failure:
    """An input that failed: what, where, and the next step, in the language of the settings."""

    source: str
    code: str
    what: str
    next_step: str


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did."""

    generation: str
    """The live generation after the build."""
    published: bool
    """False when nothing had changed and nothing was written."""
    added: tuple[str, ...]
    changed: tuple[str, ...]
    deleted: tuple[str, ...]
    unchanged: int
    failed: tuple[Failure, ...]
    documents: int
    passages: int
    encoded: int
    """Passages whose vectors were computed by this build; the rest came from the cache."""
    took_ms: float
