"""The web chat: a question goes in, an :class:`rag.types.Answer` comes out as a page.

The scores of an evaluation come out as a page too, a file by itself.

Gradio takes seconds to import, so it is imported when the chat starts and not before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import gradio

    from rag.evaluate import Trial
    from rag.retrieve import Retriever
    from rag.settings import Settings
    from rag.types import Language

__all__ = ["create_app", "launch", "write_report"]


def launch(settings: Settings, *, open_browser: bool = True) -> None:
    """Serve the chat until it is interrupted.

    Args:
        settings: which index and documents, host, port and language.
        open_browser: open the page where there is a desktop to open it on.

    Raises:
        CannotListen: nothing can listen on that host and port.
    """
    from rag.web import serve

    serve.launch(settings, open_browser=open_browser)


def create_app(settings: Settings, retriever: Retriever | None = None) -> gradio.Blocks:
    """The page, for a server of one's own.

    Args:
        settings: which index and documents, and the language the page starts in.
        retriever: what answers; without one the index of the settings is opened when needed.
    """
    from rag.web import library, page

    return page.create(library.Library(settings, retriever))


def write_report(
    path: Path,
    ours: Trial,
    theirs: Trial | None,
    facts: Mapping[str, str],
    language: Language,
) -> None:
    """Write the report of an evaluation: one HTML file that needs nothing else.

    Args:
        path: the file; one that is there is replaced.
        ours: what it is about.
        theirs: the same questions, answered otherwise, to compare with.
        facts: ``mode``, ``index`` and ``model`` of ours.
        language: of the texts.

    Raises:
        ReportNotWritable: the file cannot be written.
    """
    from rag.errors import ReportNotWritable
    from rag.web import report

    text = report.page(ours, theirs, facts, language)
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise ReportNotWritable(path, reason=error.strerror or error) from error
