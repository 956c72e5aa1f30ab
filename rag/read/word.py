"""DOCX: headings by their styles, lists with their numbers, tables row by row, footnotes in place.

python-docx (MIT) opens the package, its styles and its numbering; a paragraph's words are taken
from its elements, as python-docx leaves out what was inserted by tracked changes, text boxes and
footnotes. Entities, macros and links are not followed. A paragraph is a line.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from rag.errors import FileDamaged, FileEmpty, ReaderMissing
from rag.read import shapes
from rag.read.composition import Composition
from rag.read.numbering import Numbering
from rag.read.package import Package, check_size, package
from rag.read.reader import Draft
from rag.read.tables import add_table
from rag.types import BlockKind

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MATH_TEXT = "{http://schemas.openxmlformats.org/officeDocument/2006/math}t"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_NOT_READ = frozenset({_FALLBACK, _W + "moveFrom", _W + "del", _W + "rt", _W + "pPr"})
_DEEPEST = 200  # elements within elements of what is one after another in the text
_BOLD_MAX = 40
_TITLE_MAX = 60
_NOTES = {"footnoteReference": "footnotes", "endnoteReference": "endnotes"}


class Docx:
    """See :class:`rag.read.reader.Reader`."""

    name = "DOCX"
    suffixes = frozenset({".docx", ".docm"})
    own = False

    def knows(self, data: bytes) -> bool:
        """By its parts."""
        return package(data) is Package.DOCX

    def read(self, data: bytes, where: str) -> Draft:
        """See :class:`rag.read.reader.Reader`.

        Raises:
            ReaderMissing: python-docx is not installed.
            FileDamaged: it cannot be opened.
            FileEmpty: there is no word in it.
        """
        try:
            import docx
        except ImportError as error:
            raise ReaderMissing(where, format=self.name, package="'wenju[office]'") from error
        check_size(data, where)
        try:
            composition = _Word(docx.Document(io.BytesIO(data))).composed()
        except MemoryError:
            raise
        except (
            Exception
        ) as error:  # a broken package comes as KeyError, ValueError, lxml's errors …
            raise FileDamaged(where) from error
        if composition.is_blank:
            raise FileEmpty(where)
        return composition.draft("docx")


@dataclass(slots=True)
class _Paragraph:
    text: str
    kind: BlockKind | None = None
    level: int | None = None
    bold: bool = False
    centred: bool = False
    apart: bool = False
    notes: list[str] = field(default_factory=list)
    boxes: list[str] = field(default_factory=list)
    """Of text boxes that are anchored in it."""


@dataclass(slots=True)
class _Table:
    rows: list[list[str]]
    header: range | None


class _Word:
    def __init__(self, document: Any) -> None:
        self.document = document
        self.numbering = Numbering(document)
        self.notes: dict[str, dict[str, str]] = {"footnotes": {}, "endnotes": {}}
        self.note = 0
        for relation in document.part.rels.values():
            kind = relation.reltype.rsplit("/", 1)[-1]
            if kind in self.notes and not relation.is_external:
                self.notes[kind] = dict(self._noted(relation.target_part.blob))

    def composed(self) -> Composition:
        found = [self._read(each) for each in _content(self.document.element.body)]
        found = [
            each for each in found if isinstance(each, _Table) or each.text.strip() or each.boxes
        ]
        self._set_levels([each for each in found if isinstance(each, _Paragraph)])
        composition = Composition()
        for text in self._running("header"):
            composition.add(text, apart=True)
        for each in found:
            if isinstance(each, _Table):
                add_table(composition, each.rows, each.header)
                continue
            composition.add(each.text, each.kind, level=each.level, apart=each.apart)
            for text in (*each.boxes, *each.notes):
                composition.add(text)
        for text in self._running("footer"):
            composition.add(text, apart=True)
        return composition

    def _set_levels(self, paragraphs: Sequence[_Paragraph]) -> None:
        """The title is the outermost heading: Word's headings begin below it."""
        said = [each for each in paragraphs if each.text.strip() and not each.apart]
        levels = [each.level for each in said if each.level is not None]
        top = min(levels, default=0)
        if levels and top and levels.count(top) > 1:  # chapters
            for each in said:
                each.level = each.level + 1 - top + 1 if each.level is not None else None
        elif levels:
            for each in said:
                each.level = each.level - top + 1 if each.level is not None else None
        first = said[0] if said else None
        if first and first.kind is None and (first.centred or first.bold):
            if len(first.text) <= _TITLE_MAX and not shapes.is_complete(first.text):
                first.kind, first.level = BlockKind.HEADING, 1
        for each in said:
            short = len(each.text) <= _BOLD_MAX and not shapes.is_complete(each.text)
            if each.kind is None and each.bold and short:
                each.kind = BlockKind.HEADING

    def _read(self, element: Any) -> _Paragraph | _Table:
        return self._table(element) if element.tag == _W + "tbl" else self._paragraph(element)

    def _paragraph(self, element: Any) -> _Paragraph:
        found = _Paragraph("")
        pieces: list[str] = []
        bold = plain = 0
        for node in _words(element):
            tag = node.tag.removeprefix(_W)
            if tag in ("t", _MATH_TEXT):
                said = node.text or ""
                pieces.append(said)
                if _is_bold(node):
                    bold += len(said.strip())
                else:
                    plain += len(said.strip())
            elif tag == "txbxContent":
                boxed = [self._paragraph(each) for each in _content(node) if each.tag == _W + "p"]
                found.boxes += [each.text for each in boxed if each.text.strip()]
            elif tag in _NOTES:
                said = self.notes[_NOTES[tag]].get(node.get(_W + "id", ""), "")
                if said:
                    self.note += 1
                    pieces.append(f"[{self.note}]")
                    found.notes.append(f"[{self.note}] {said}")
            else:
                pieces.append(_mark(node, tag))
        found.text = "".join(pieces)
        found.bold = bold > 0 and plain == 0
        self._style(element, found)
        return found

    def _style(self, element: Any, found: _Paragraph) -> None:
        from docx.text.paragraph import Paragraph

        paragraph = Paragraph(element, self.document)
        styles = list(_styles(paragraph.style))
        name = (styles[0].name or "").lower() if styles else ""
        found.apart = name.startswith(("toc", "目录"))
        aligned = [_value(s.element, "pPr/jc") for s in styles]
        found.centred = (_value(element, "pPr/jc") or next(filter(None, aligned), None)) == "center"
        outline = _value(element, "pPr/outlineLvl")
        if outline is None:
            outline = next(
                filter(None, (_value(s.element, "pPr/outlineLvl") for s in styles)), None
            )
        if name in ("title", "标题"):
            found.kind, found.level = BlockKind.HEADING, 0
        elif outline is not None and outline.isdigit() and int(outline) < 9:
            found.kind, found.level = BlockKind.HEADING, int(outline) + 1
        elif name == "caption" or name.startswith("题注"):
            found.kind = BlockKind.CAPTION
        listed = _listed(element, styles)
        if listed and found.text.strip():
            found.text = self.numbering.next(*listed) + found.text.lstrip()
            if found.kind is None:
                found.kind = BlockKind.LIST_ITEM

    def _table(self, element: Any) -> _Table:
        rows: list[list[str]] = []
        heads = 0
        for row in element.iterchildren(_W + "tr"):
            cells: list[str] = []
            for cell in row.iter(_W + "tc"):
                if next(cell.iterancestors(_W + "tr")) is not row:
                    continue  # of a table within
                text = "\n".join(self._paragraph(each).text for each in cell.iter(_W + "p"))
                merge = cell.find(f"{_W}tcPr/{_W}vMerge")
                if merge is not None and merge.get(_W + "val", "continue") == "continue" and rows:
                    above = rows[-1]
                    text = above[len(cells)] if len(cells) < len(above) else ""
                span = _value(cell, "tcPr/gridSpan") or "1"
                cells += [text.strip()] * (min(int(span), 100) if span.isdigit() else 1)
            if row.find(f"{_W}trPr/{_W}tblHeader") is not None and heads == len(rows):
                heads += 1
            rows.append(cells)
        return _Table(rows, range(heads) if 0 < heads < len(rows) else None)

    def _running(self, kind: str) -> Iterator[str]:
        """What stands at the head or foot of every page, each once."""
        seen: set[str] = set()
        for section in self.document.sections:
            held = getattr(section, kind)
            if held.is_linked_to_previous:
                continue
            for paragraph in held.paragraphs:
                text = paragraph.text.strip()
                if text and text not in seen:
                    seen.add(text)
                    yield text

    def _noted(self, part: bytes) -> Iterator[tuple[str, str]]:
        from docx.oxml.parser import parse_xml

        for note in parse_xml(part):
            words = (_mark(node, node.tag.removeprefix(_W)) for node in _words(note))
            yield note.get(_W + "id", ""), " ".join("".join(words).split())


def _content(element: Any, deep: int = 0) -> Iterator[Any]:
    """Paragraphs and tables in order, those in content controls and insertions too."""
    for each in element:
        if each.tag in (_W + "p", _W + "tbl"):
            yield each
        elif isinstance(each.tag, str) and each.tag not in _NOT_READ and deep < _DEEPEST:
            yield from _content(each, deep + 1)


def _words(element: Any) -> Iterator[Any]:
    """The elements of a paragraph that say something, but for those of what is boxed or deleted."""
    waiting = list(reversed(element))
    while waiting:
        node = waiting.pop()
        if not isinstance(node.tag, str) or node.tag in _NOT_READ or _is_hidden(node):
            continue
        yield node
        if node.tag != _W + "txbxContent":
            waiting.extend(reversed(node))


def _mark(node: Any, tag: str) -> str:
    if tag == "t":
        return node.text or ""
    if tag in ("tab", "ptab"):
        return " "
    if tag in ("br", "cr"):
        return "\n" if node.get(_W + "type") in (None, "textWrapping") else ""
    return {"noBreakHyphen": "-", "p": "\n"}.get(tag, "")


def _is_hidden(node: Any) -> bool:
    if node.tag != _W + "r":
        return False
    vanish = node.find(f"{_W}rPr/{_W}vanish")
    return vanish is not None and vanish.get(_W + "val", "true") not in ("0", "false")


def _is_bold(node: Any) -> bool:
    run = node.getparent()
    bold = run.find(f"{_W}rPr/{_W}b") if run is not None else None
    return bold is not None and bold.get(_W + "val", "true") not in ("0", "false")


def _styles(style: Any) -> Iterator[Any]:
    """A style and those that it is based on."""
    for _ in range(20):
        if style is None:
            return
        yield style
        style = style.base_style


def _value(element: Any, path: str) -> str | None:
    found = element.find("/".join(_W + step for step in path.split("/")))
    return None if found is None else found.get(_W + "val")


def _listed(element: Any, styles: Sequence[Any]) -> tuple[str, int] | None:
    """The number of the list that a paragraph belongs to, and how deep it stands in it."""
    holders = [element, *(style.element for style in styles)]
    number = next(filter(None, (_value(each, "pPr/numPr/numId") for each in holders)), None)
    deep = next(filter(None, (_value(each, "pPr/numPr/ilvl") for each in holders)), "0")
    return (number, int(deep)) if number and number != "0" and deep.isdigit() else None
