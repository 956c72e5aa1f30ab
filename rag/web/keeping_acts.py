"""What happens in the panel where documents are kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from rag.errors import WenjuError
from rag.web import frame, shelf
from rag.web.keeping import Change, Keeper
from rag.web.keeping_view import Said, panel
from rag.web.library import Library
from rag.web.rebuilding import Rebuilding
from rag.web.service_texts import service_texts
from rag.web.session import Session, Visitor

MAX_SAID = 500
"""Files of one upload that are told of."""
_CHARS = 500
_PATIENCE = 2.0
"""Seconds without news after which a page that follows a build is looked after anyway."""

Changes = tuple[Any, ...]


class KeepingActs:
    """The panel's acts. One build at a time, whoever asked for it; everybody may follow it."""

    def __init__(self, library: Library, keeper: Keeper) -> None:
        self._library = library
        self._keeper = keeper
        self._rebuilding = Rebuilding(library.settings)

    def kept(self, visitor: Visitor, event: gr.EventData) -> str:
        """What came of an upload, as the browser was told file by file."""
        session = visitor.session
        say = service_texts(session.language)
        said = []
        given = event._data.get("said")
        for one in given[:MAX_SAID] if isinstance(given, list) else []:
            if not isinstance(one, dict):
                continue
            change = str(one.get("change", ""))
            good = change in list(Change)
            what = say.taken[change] if good else str(one.get("what", ""))[:_CHARS]
            said.append(Said(str(one.get("name", ""))[:_CHARS], what, good))
        return self._panel(session, tuple(said))

    def remove(self, visitor: Visitor, event: gr.EventData) -> str:
        """A document deleted."""
        session = visitor.session
        source = str(event._data.get("source", ""))
        say = service_texts(session.language)
        try:
            self._keeper.remove(source)
            said = Said(source, say.taken[Change.REMOVED], True)
        except WenjuError as error:
            language = session.language
            said = Said(source, f"{error.what(language)}；{error.next_step(language)}", False)
        return self._panel(session, (said,))

    def rebuild(self, visitor: Visitor) -> Iterator[Changes]:
        """A build, unless one is running; its progress and its report."""
        waiting = self._keeper.waiting
        started = self._rebuilding.start()
        yield from self.follow(visitor)
        if started and self._rebuilding.now.report:
            self._keeper.taken_up(waiting)
            yield self._indexed(visitor)

    def follow(self, visitor: Visitor) -> Iterator[Changes]:
        """The panel, for as long as a build is running; then what is indexed."""
        now = self._rebuilding.now
        while now.running:
            yield self._panel(visitor.session), *[gr.skip()] * 3
            now = self._rebuilding.after(now, _PATIENCE)
        yield self._indexed(visitor)

    def _indexed(self, visitor: Visitor) -> Changes:
        state, session = self._library.state(), visitor.session
        return (
            self._panel(session),
            frame.holdings(state, session.language),
            shelf.head(state, session, keeper=self._keeper),
            shelf.listed(state, session, keeper=self._keeper),
        )

    def _panel(self, session: Session, said: tuple[Said, ...] = ()) -> str:
        limit = self._library.settings.max_file_mb
        return panel(self._keeper, self._rebuilding.now, said, limit, session.language)
