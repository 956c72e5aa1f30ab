"""HTML: the article of a web page; what stands around it is furniture.

The page is parsed by lxml (BSD, libxml2). Which part of it is the article, trafilatura (Apache-2.0)
says; what it leaves out in the middle of the article is put back. The file's text is what a browser
shows of the page, a line for each paragraph, heading, list item or row of a table.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rag.errors import FileEmpty, NestedTooDeep
from rag.read import shapes
from rag.read.composition import Composition
from rag.read.decoding import decode_marked
from rag.read.metadata import Stated
from rag.read.reader import Draft
from rag.read.tables import add_table
from rag.types import BlockKind

_PRESCAN = 4096  # bytes in which the encoding is declared; browsers want it in 1024
_CHARSET = re.compile(rb"<meta\b[^>]{0,500}?charset\s*=\s*[\"']?\s*([\w:.-]{2,40})", re.I)
_XML_ENCODING = re.compile(rb"<\?xml\b[^>]{0,200}?encoding\s*=\s*[\"']([\w:.-]{2,40})", re.I)
_NO_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_OPENING = re.compile(
    r"\s*(?:<\?xml\b[^>]*>\s*|<!--.*?-->\s*)*(?:<!doctype\s+html\b|<html\b|<head\b|<body\b)",
    re.I | re.S,
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset"
    " figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr html li main menu nav ol p pre"
    " section summary table tbody td tfoot th thead tr ul".split()
)
_UNSEEN = frozenset(
    "script style template head noscript iframe object embed svg math canvas audio video select"
    " option button input textarea datalist map area rp".split()
)
_AROUND = frozenset("nav header footer aside form".split())
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_LINKED = 0.5  # share of a line's characters that are links: above, it is navigation
_MARKS = 0x30000  # 4938 ideographs of no everyday use, whose digits number the lines
_DIGITS = 4938
_SPACE = re.compile(r"[ \t\n\r\f]+")
_SHORT = 12  # characters; shorter lines the article does not get back without a mark of their own
_BOLD_MAX = 40
_SPAN_MAX = 200  # columns or rows that one cell may stand over
_CELLS_MAX = 2_000_000
_LAID_OUT = 300  # characters of a cell that is no fact but a part of the page


@dataclass(slots=True)
class _Line:
    """A line of the page."""

    text: str = ""
    kind: BlockKind | None = None
    level: int | None = None
    flows: bool = False
    linked: int = 0
    """Characters that are links."""
    bold: int = 0
    around: bool = False
    """Whether the page itself marks it as navigation, head or foot."""
    rows: Sequence[Sequence[str]] = ()
    header: range | None = None
    mark: Any = None
    """Where in the tree its first word stands: the element, and whether in its text or its tail."""

    @property
    def is_linked(self) -> bool:
        return self.linked > _LINKED * max(len(self.text.strip()), 1)


class Html:
    """See :class:`rag.read.reader.Reader`."""

    name = "HTML"
    suffixes = frozenset({".html", ".htm", ".xhtml", ".shtml"})
    own = False

    def knows(self, data: bytes) -> bool:
        """By the tag that a page begins with, in any of the encodings of Unicode too."""
        head = data[:_PRESCAN]
        if head.startswith((b"\xff\xfe", b"\xfe\xff")):
            text = head.decode("utf-16", "replace")
        else:
            text = head.replace(b"\0", b"").decode("latin-1").removeprefix("ï»¿")
        return _OPENING.match(text) is not None

    def read(self, data: bytes, where: str) -> Draft:
        """See :class:`rag.read.reader.Reader`.

        Raises:
            NotText, TextDamaged: it is in no encoding, or not in the one that it is in throughout.
            FileEmpty: there is no word on the page.
        """
        declared = _CHARSET.search(data[:_PRESCAN]) or _XML_ENCODING.match(data)
        text, encoding = decode_marked(data, where, declared[1].decode() if declared else None)
        return page(text, encoding, where)


def page(source: str, encoding: str, where: str) -> Draft:
    """What a page holds, from its decoded source.

    Raises:
        FileEmpty: there is no word on it.
        NestedTooDeep: the parser gave up before its end.
    """
    root = _parsed(source, where)
    if root is None:
        raise FileEmpty(where)
    stated, names = _stated(root)
    found = list(_lines(root))
    if not found:
        raise FileEmpty(where)
    article = _article(root, found)
    headline = _headline(found, article, names)
    composition = Composition()
    for place, line in enumerate(found):
        if line.rows:
            add_table(composition, line.rows, line.header, apart=place not in article)
            continue
        kind, level = line.kind, line.level
        if place == headline:
            kind, level = BlockKind.HEADING, level or 1
        within = place in article or place == headline
        if headline is not None and headline < place < min(article, default=0):
            within = shapes.is_imprint(line.text.strip()) or bool(shapes.full_date(line.text))
            kind = BlockKind.BYLINE
        composition.add(line.text, kind, level=level, apart=not within, flows=line.flows)
    return composition.draft(encoding, stated=stated)


def _parsed(source: str, where: str) -> Any:
    from lxml import etree, html

    parser = html.HTMLParser(huge_tree=True, remove_comments=True, remove_pis=True)
    # a declaration of another encoding than the string's is refused by lxml
    body = re.sub(r"^\s*<\?xml[^>]*\?>", "", source.replace("\0", ""))
    try:
        root = html.document_fromstring(body, parser=parser)
    except (etree.ParserError, ValueError):
        root = None
    if any("depth" in entry.message for entry in parser.error_log):
        raise NestedTooDeep(where)
    return root


def _lines(root: Any) -> Iterator[_Line]:
    """The lines that a browser shows of a page, but for what is hidden and for forms' controls."""
    return iter(_Walk(root).found)


class _Walk:
    def __init__(self, root: Any) -> None:
        from lxml import etree

        self.found: list[_Line] = []
        self.line = _Line()
        self.inside: list[tuple[Any, BlockKind | None, int | None]] = []
        self.links = self.bolds = self.arounds = self.raw = 0
        self.counts: dict[Any, int] = {}
        self.tables: set[Any] = set()
        self.number = ""
        walk = etree.iterwalk(root, events=("start", "end"))
        for event, element in walk:
            if event == "start":
                if self._passed_over(element) or self._is_table(element):
                    walk.skip_subtree()
                else:
                    self._enter(element)
            else:
                if not self._passed_over(element) and element not in self.tables:
                    self._leave(element)
                if element is not root:
                    self._take(element, element.tail, "tail")
        self._end()

    def _passed_over(self, element: Any) -> bool:
        if not isinstance(element.tag, str) or element.tag in _UNSEEN:
            return True
        return element.get("hidden") is not None or bool(_HIDDEN.search(element.get("style") or ""))

    def _enter(self, element: Any) -> None:
        tag = element.tag
        if tag == "br":
            self._end(flows=True)
            return
        if tag in _BLOCKS:
            self._end()
        self.links += tag == "a"
        self.bolds += tag in ("b", "strong")
        self.arounds += tag in _AROUND
        self.raw += tag == "pre"
        if tag in _HEADINGS:
            self.inside.append((element, BlockKind.HEADING, _HEADINGS[tag]))
        elif tag == "li":
            self.inside.append((element, BlockKind.LIST_ITEM, None))
            self.number = self._numbered(element)
        elif tag in ("figcaption", "caption"):
            self.inside.append((element, BlockKind.CAPTION, None))
        self._take(element, element.text, "text")

    def _leave(self, element: Any) -> None:
        tag = element.tag
        if tag in _BLOCKS:
            self._end()
        self.links -= tag == "a"
        self.bolds -= tag in ("b", "strong")
        self.arounds -= tag in _AROUND
        self.raw -= tag == "pre"
        if self.inside and self.inside[-1][0] is element:
            self.inside.pop()

    def _numbered(self, item: Any) -> str:
        around = item.getparent()
        if around is None or around.tag != "ol":
            return ""
        if around not in self.counts:
            start = around.get("start") or "1"
            self.counts[around] = int(start) if re.fullmatch(r"\d{1,6}", start) else 1
        number = self.counts[around]
        self.counts[around] += 1
        return f"{number}. "

    def _take(self, element: Any, text: str | None, place: str) -> None:
        if not text:
            return
        if self.raw:
            first, *others = text.split("\n")
            self._put(element, first, place)
            for other in others:
                self._end(flows=True)
                self._put(element, other, place)
        else:
            self._put(element, _SPACE.sub(" ", text), place)

    def _put(self, element: Any, text: str, place: str) -> None:
        line = self.line
        if not line.text:
            text = text.lstrip(" ") if not self.raw else text
        elif line.text[-1] == " " and not self.raw:
            text = text.lstrip(" ")
        visible = len(text.strip())
        if visible and line.mark is None:
            line.mark = (element, place)
            line.around = self.arounds > 0
            if self.inside:
                holder, line.kind, line.level = self.inside[-1]
                if line.kind is BlockKind.LIST_ITEM:  # what comes below its first line is no item
                    self.inside[-1] = (holder, None, None)
                    own = shapes.is_list_item(text) or shapes.is_numbered(text)
                    text = text if own else self.number + text
        line.text += text
        line.linked += visible if self.links else 0
        line.bold += visible if self.bolds else 0

    def _end(self, *, flows: bool = False) -> None:
        line = self.line
        if line.text.strip():
            bare = line.text.strip()
            if (
                line.kind is None
                and line.bold >= len(bare) - 2
                and len(bare) <= _BOLD_MAX
                and not shapes.is_complete(bare)
            ):
                line.kind = BlockKind.HEADING
            self.found.append(line)
            self.line = _Line(flows=flows)
        else:
            self.line = _Line()  # an empty line ends a paragraph

    def _is_table(self, element: Any) -> bool:
        """Whether it is a table of facts, whose rows are then taken."""
        if element.tag != "table" or (rows := _rows(element)) is None:
            return False
        self._end()
        self._add_rows(element, rows)
        self.tables.add(element)
        return True

    def _add_rows(self, table: Any, rows: tuple[list[list[str]], range | None]) -> None:
        for caption in table.findall("caption"):
            self.found.append(_Line(" ".join(caption.itertext()), mark=(caption, "text")))
        cells, header = rows
        text = "".join(cell for row in cells for cell in row)
        first = next((cell for cell in table.iter("td", "th") if (cell.text or "").strip()), table)
        around = self.arounds > 0
        self.found.append(
            _Line(text, rows=cells, header=header, mark=(first, "text"), around=around)
        )


def _rows(table: Any) -> tuple[list[list[str]], range | None] | None:
    """The cells of a table of facts, and which rows are its header; None of one that lays out."""
    rows = list(table.iter("tr"))
    if len(rows) < 2 or table.find(".//table") is not None:
        return None
    grid = _grid(rows)
    if grid is None or max(map(len, grid)) < 2:
        return None
    marked = table.find("caption") is not None or table.find(".//th") is not None
    longest = max(len(cell) for row in grid for cell in row)
    if not marked and (longest > _LAID_OUT or sum(len(row) > 1 for row in rows) < 2):
        return None
    top = next((y for y, row in enumerate(rows) if not _is_header(row)), 0)
    return grid, range(top) if top else None


def _is_header(row: Any) -> bool:
    cells = [cell for cell in row if cell.tag in ("td", "th")]
    around = row.getparent()
    return bool(cells) and (
        (around is not None and around.tag == "thead") or all(cell.tag == "th" for cell in cells)
    )


def _grid(rows: Sequence[Any]) -> list[list[str]] | None:
    """The cells by row and column, each in all the places that it covers; None beyond measure."""
    filled: dict[tuple[int, int], str] = {}
    for y, row in enumerate(rows):
        x = 0
        for cell in row:
            if cell.tag not in ("td", "th"):
                continue
            while (y, x) in filled:
                x += 1
            text = _cell(cell)
            wide, high = (_count(cell.get(name)) for name in ("colspan", "rowspan"))
            for down in range(min(high, len(rows) - y)):
                filled |= dict.fromkeys(((y + down, x + along) for along in range(wide)), text)
            x += wide
            if len(filled) > _CELLS_MAX:
                return None
    wide = max((x for _, x in filled), default=-1) + 1
    return [[filled.get((y, x), "") for x in range(wide)] for y in range(len(rows))]


def _cell(cell: Any) -> str:
    pieces: list[str] = []
    for node in cell.iter():
        if not isinstance(node.tag, str) or node.tag in _UNSEEN:
            continue
        if node is not cell and (node.tag in _BLOCKS or node.tag == "br"):
            pieces.append("\n")
        pieces.append(_SPACE.sub(" ", node.text or ""))
        if node is not cell:
            pieces.append(_SPACE.sub(" ", node.tail or ""))
    return "".join(pieces).strip()


def _count(value: str | None) -> int:
    return min(max(int(value), 1), _SPAN_MAX) if value and re.fullmatch(r"\d{1,6}", value) else 1


def _article(root: Any, found: Sequence[_Line]) -> frozenset[int]:
    """Which lines of a page are its article: what trafilatura takes, and what that encloses."""
    taken = _taken(root, found)
    own = [place for place, line in enumerate(found) if not line.around and not line.is_linked]
    long = sum(len(found[place].text) for place in own if len(found[place].text) >= _SHORT)
    if sum(len(found[place].text) for place in taken) < 0.3 * long or not taken:
        return frozenset(own or range(len(found)))
    first, last = min(taken), max(taken)
    within = {
        place
        for place in own
        if first < place < last
        and (found[place].kind is not None or found[place].rows or len(found[place].text) >= _SHORT)
    }
    return frozenset(taken | within)


def _taken(root: Any, found: Sequence[_Line]) -> set[int]:
    """Lines that trafilatura says are the article.

    Each line is marked by two ideographs in front of its first word, which come back in the text
    that it gives: where a line stands needs no guess.
    """
    from trafilatura import extract
    from trafilatura.settings import use_config

    config = use_config()
    for name in ("MIN_EXTRACTED_SIZE", "MIN_OUTPUT_SIZE"):
        config["DEFAULT"][name] = "10"  # Chinese says in 10 characters what takes English 25
    for place, line in enumerate(found):
        element, where = line.mark
        said = getattr(element, where) or ""
        setattr(element, where, _mark(place) + _NO_XML.sub("", said))
    try:
        given = extract(root, config=config, include_comments=False, include_tables=True) or ""
    except (RecursionError, ValueError, TypeError, AttributeError, KeyError, AssertionError):
        return set()
    places = re.findall(f"[{chr(_MARKS)}-{chr(_MARKS + _DIGITS - 1)}]{{2}}", given)
    numbers = {(ord(a) - _MARKS) * _DIGITS + ord(b) - _MARKS for a, b in places}
    return {number for number in numbers if number < len(found)}


def _mark(place: int) -> str:
    return chr(_MARKS + place // _DIGITS) + chr(_MARKS + place % _DIGITS)


def _headline(found: Sequence[_Line], article: frozenset[int], names: Sequence[str]) -> int | None:
    """The line that is the page's headline, as the page itself names it."""
    until = min(article) + 4
    best: tuple[int, bool, int] | None = None
    for place, line in enumerate(found[:until]):
        text = "".join(line.text.split())
        if line.rows or not 4 <= len(text) <= 80:
            continue
        if any(name.startswith(text) for name in names):
            best = max(best or (0, False, -1), (len(text), line.kind is not None, place))
    if best:
        return best[2]
    first = min(article)
    heads = [n for n, line in enumerate(found[:until]) if line.level == 1 and not line.around]
    if not heads and first and found[first - 1].level is not None:
        heads = [first - 1]
    return heads[-1] if heads else None


def _stated(root: Any) -> tuple[Stated, list[str]]:
    """What a page states of itself; and by what names its headline may be known, without spaces."""
    said: dict[str, str] = {}
    for meta in root.iter("meta"):
        name = (meta.get("property") or meta.get("name") or meta.get("itemprop") or "").lower()
        value = " ".join((meta.get("content") or "").split())
        if name and value:
            said.setdefault(name, value)
    for name, value in _linked_data(root):
        said.setdefault(name, value)
    title = _first(said, _TITLES)
    date = _first(said, _DATES)
    printed = root.findtext(".//title") or ""
    names = ["".join(name.split()) for name in (title or "", printed) if name.strip()]
    return Stated(title, _iso(date or ""), _first(said, _PUBLISHERS)), names


# The names of the standard for Chinese government sites, of Open Graph, Dublin Core, schema.org.
_TITLES = ("articletitle", "ld:headline", "og:title", "dc.title", "dcterms.title")
_DATES = (
    "pubdate",
    "article:published_time",
    "ld:datePublished",
    "datepublished",
    "dc.date.issued",
    "dcterms.issued",
    "dc.date",
    "publishdate",
)
_PUBLISHERS = ("ld:publisher", "og:site_name", "sitename", "dc.publisher", "dcterms.publisher")
_ARTICLES = frozenset({"Article", "NewsArticle", "Report", "BlogPosting", "ReportageNewsArticle"})


def _first(said: dict[str, str], names: Iterable[str]) -> str | None:
    return next((said[name] for name in names if name in said), None)


def _iso(date: str) -> str | None:
    found = re.match(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})(?!\d)", date.strip())
    if not found or not (1 <= int(found[2]) <= 12 and 1 <= int(found[3]) <= 31):
        return None
    return f"{found[1]}-{int(found[2]):02}-{int(found[3]):02}"


def _linked_data(root: Any) -> Iterator[tuple[str, str]]:
    """Headline, date and publisher of the article that the page's JSON-LD describes."""
    for script in root.iter("script"):
        if (script.get("type") or "").lower() != "application/ld+json":
            continue
        try:
            given = json.loads(script.text or "")
        except (ValueError, RecursionError):
            continue
        things = given if isinstance(given, list) else [given]
        things += [each for thing in things if isinstance(thing, dict) for each in _graph(thing)]
        for thing in things:
            if isinstance(thing, dict) and str(thing.get("@type")) in _ARTICLES:
                for name in ("headline", "datePublished"):
                    if isinstance(thing.get(name), str) and thing[name].strip():
                        yield f"ld:{name}", " ".join(thing[name].split())
                publisher = thing.get("publisher")
                if isinstance(publisher, dict) and isinstance(publisher.get("name"), str):
                    yield "ld:publisher", " ".join(publisher["name"].split())


def _graph(thing: dict[str, Any]) -> list[Any]:
    given = thing.get("@graph")
    return given if isinstance(given, list) else []
