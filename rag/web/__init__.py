"""The web chat: a question goes in, an :class:`rag.types.Answer` comes out as a page.

Gradio takes seconds to import, so it is imported when the chat starts and not before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import gradio

    from rag.retrieve import Retriever
    from rag.settings import Settings

__all__ = ["create_app", "launch"]


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
