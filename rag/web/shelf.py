"""The drawer with what is indexed: the documents with their articles, and the limits to set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rag.errors import WenjuError
from rag.store import DocumentRecord
from rag.web.keeping import Keeper
from rag.web.library import Shelf
from rag.web.markup import Markup, element, join
from rag.web.parts import button, icon, local_time
from rag.web.scope import NAMED, Scope
from rag.web.service_texts import ServiceTexts, service_texts
from rag.web.session import Session
from rag.web.texts import Texts, texts

LISTED = 100
"""Documents shown at once; of more, those are shown that are looked for."""
ARTICLES_LISTED = 60
FEW_NAMES = 12
"""Names that can be looked over in a list."""


def head(contents: Shelf | WenjuError, session: Session, *, keeper: Keeper | None = None) -> Markup:
    """The drawer's top: counts, the limits to set, and the way to where documents are kept."""
    say = texts(session.language)
    keeping = service_texts(session.language).keeping
    return element(
        "div",
        element(
            "header",
            element("h2", say.documents_and_scope, tabindex=-1),
            icon("close-icon", say.close, data_drawer=""),
        ),
        button(f"{keeping} ↓", data_jump="keeping", class_="jump") if keeper else None,
        element("p", say.nothing_indexed, class_="aside")
        if isinstance(contents, WenjuError)
        else _limits(contents, session.scope, say),
        class_="drawer-head",
        lang=say.html_lang,
        data_heard=session.heard,
    )


def listed(
    contents: Shelf | WenjuError, session: Session, *, keeper: Keeper | None = None
) -> Markup | str:
    """The documents whose name or headlines hold what is sought; to be deleted, if they may be."""
    if isinstance(contents, WenjuError):
        return ""
    say, scope = texts(session.language), session.scope
    found = _sought(contents.documents, session.sought)
    chosen = set(scope.sources)
    # in one order whatever is chosen: nothing may move away under a finger
    shown = [
        document
        for place, document in enumerate(found)
        if place < LISTED or document.source in chosen
    ]
    more = len(found) - len(shown)
    rows = [
        _document(
            one, scope, say, bool(session.sought),
            _removing(one.source, contents, keeper, service_texts(session.language))
            if keeper else None,
        )
        for one in shown
    ]  # fmt: skip
    return element(
        "div",
        element("ul", *rows, class_="list") if rows else element("p", say.no_document),
        element("p", say.more_documents.format(count=more), class_="aside") if more > 0 else None,
        class_="documents",
        lang=say.html_lang,
        data_heard=session.heard,
    )


def _limits(contents: Shelf, scope: Scope, say: Texts) -> Markup:
    counts = say.shelf.format(documents=len(contents.documents), passages=contents.passages)
    if contents.created:
        counts += " · " + say.since.format(when=local_time(contents.created))
    return element(
        "div",
        element("p", counts, class_="counts"),
        element("p", say.scope_hint, class_="aside"),
        _kinds(contents, scope, say) if len(contents.kinds) > 1 else None,
        _dates(scope, say) if contents.dated else None,
        _names(contents.named, scope, say),
        element(
            "div",
            element(
                "input",
                type="search",
                id="find-document",
                aria_label=say.find_document,
                placeholder=say.find_document,
                autocomplete="off",
            ),
            button(say.clear, data_event="narrow", data_part="all", disabled=not scope),
            class_="find",
        ),
        class_="limits",
    )


def _kinds(contents: Shelf, scope: Scope, say: Texts) -> Markup:
    boxes = [
        element(
            "label",
            _box("kinds", kind, kind in scope.kinds),
            f"{kind.upper()} ({count})",
        )
        for kind, count in contents.kinds
        if kind
    ]
    return element("fieldset", element("legend", say.kinds), *boxes)


def _dates(scope: Scope, say: Texts) -> Markup:
    return element(
        "fieldset",
        element("legend", say.dates),
        *(
            element(
                "label",
                word,
                element("input", type="date", data_part=part, value=day or None),
            )
            for part, word, day in (
                ("since", say.date_since, scope.since),
                ("until", say.date_until, scope.until),
            )
        ),
        element("p", say.dates_meaning, class_="aside"),
    )


def _names(named: Mapping[str, Sequence[str]], scope: Scope, say: Texts) -> Markup | None:
    """A field for each sort of name that occurs; a list of a few, else one to type in."""
    fields = [
        element("label", say.named[name], _names_of(name, named[name], getattr(scope, name), say))
        for name in NAMED
        if named[name]
    ]
    if not fields:
        return None
    return element(
        "fieldset",
        element("legend", say.names),
        element("div", *fields, class_="names"),
        element("p", say.names_meaning, class_="aside"),
    )


def _names_of(name: str, known: Sequence[str], chosen: str, say: Texts) -> Markup:
    if len(known) <= FEW_NAMES and (not chosen or chosen in known):
        options = [
            element("option", say.any_name, value="", selected=not chosen),
            *(element("option", one, value=one, selected=one == chosen) for one in known),
        ]
        return element("select", *options, data_part=name)
    return join(
        element(
            "input",
            type="text",
            data_part=name,
            value=chosen,
            placeholder=say.any_name,
            list=f"names-{name}",
            autocomplete="off",
        ),
        element("datalist", *(element("option", value=one) for one in known), id=f"names-{name}"),
    )


def _sought(documents: Sequence[DocumentRecord], sought: str) -> Sequence[DocumentRecord]:
    words = sought.lower().split()
    if not words:
        return documents
    return [
        document
        for document in documents
        if all(word in "\n".join((document.source, *document.titles)).lower() for word in words)
    ]


def _document(
    document: DocumentRecord,
    scope: Scope,
    say: Texts,
    sought: bool,
    removing: Markup | None,
) -> Markup:
    holds = scope.article in document.titles if scope.article else False
    return element(
        "li",
        element(
            "label",
            _box("sources", document.source, document.source in scope.sources),
            element("span", document.source, class_="file"),
            element("span", say.count_of_passages.format(count=document.chunks), class_="number"),
        ),
        removing,
        _articles(document, scope, say, opened=sought or holds) if document.titles else None,
    )


def _removing(source: str, contents: Shelf, keeper: Keeper, say: ServiceTexts) -> Markup:
    """The button that deletes a document; of one in an archive, the whole archive."""
    archive = keeper.archive_of(source)
    name = archive or source
    if archive:
        inside = sum(one.source.startswith(f"{archive}/") for one in contents.documents)
        sure = say.remove_archive_sure.format(name=source, archive=archive, count=inside)
    else:
        sure = say.remove_sure.format(name=source)
    return button(
        say.remove_archive if archive else say.remove,
        data_event="remove",
        data_source=name,
        data_sure=sure,
        aria_label=say.remove_label.format(name=name),
        class_="remove",
    )


def _articles(document: DocumentRecord, scope: Scope, say: Texts, *, opened: bool) -> Markup:
    titles = document.titles[:ARTICLES_LISTED]
    rows = [
        element(
            "li",
            element("span", title),
            button(
                say.only_this_article,
                data_event="narrow",
                data_part="article",
                data_value=title,
                data_on=title != scope.article,
                aria_pressed="true" if title == scope.article else "false",
            ),
        )
        for title in titles
    ]
    first = titles[0] if len(titles) == 1 else say.articles.format(title=titles[0], count=len(rows))
    return element(
        "details",
        element("summary", element("span", first)),
        element("ul", *rows),
        open=opened,
    )


def _box(part: str, value: str, checked: bool) -> Markup:
    return element("input", type="checkbox", data_part=part, value=value, checked=checked)
