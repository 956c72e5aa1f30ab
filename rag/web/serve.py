"""The server: the page on a host and port, and headers that keep it from reaching anywhere else.

Uvicorn is run directly. Gradio's own ``launch`` asks its server for a page through the system's
proxy settings, which fails on an office machine behind a proxy and is a request to another host.
"""

from __future__ import annotations

import os
import socket
import sys
import webbrowser
from collections.abc import Callable, MutableMapping
from contextlib import suppress
from typing import Any

import click
import uvicorn

from rag.errors import CannotListen, PasswordNeeded, WenjuError
from rag.settings import Settings, origins
from rag.types import Language
from rag.web.assistants import check_installed
from rag.web.gate import DOCUMENTS, HEALTH, Gate, is_loopback
from rag.web.library import Library
from rag.web.service_texts import service_texts

PORTS_TRIED = 20

POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",  # Gradio's page needs both
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    )
)
"""Content-Security-Policy: a browser refuses whatever would load from, or go to, another host."""
HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"referrer-policy", b"same-origin"),  # with none a form of ours would come from "null"
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)


def launch(settings: Settings, *, open_browser: bool) -> None:
    """See :func:`rag.web.launch`."""
    check(settings)
    listener = listen(settings.host, settings.port)
    port = listener.getsockname()[1]
    address = f"http://{_shown(settings.host)}:{port}"
    chinese = settings.lang is not Language.EN
    if settings.port not in (0, port):
        click.echo(
            f"端口 {settings.port} 已被占用，改用 {port}。"
            if chinese
            else f"port {settings.port} is taken, using {port}.",
            err=True,
        )

    def ready() -> None:
        click.echo(
            f"问据已就绪：{address} （按 Ctrl-C 结束）"
            if chinese
            else f"Wenju is ready: {address} (Ctrl-C ends it)",
            err=True,
        )
        if open_browser and _has_desktop():
            webbrowser.open(address)

    with suppress(KeyboardInterrupt):  # the way a chat is meant to end
        server(settings, ready).run(sockets=[listener])


def server(settings: Settings, ready: Callable[[], None] = lambda: None) -> uvicorn.Server:
    """The server of the page, not yet running; calls ``ready`` once it answers."""
    config = uvicorn.Config(
        application(settings),
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=1,  # an open page keeps a connection; Ctrl-C must still end it
    )
    return _Server(config, ready)


def application(settings: Settings) -> Any:
    """The page as an ASGI application. Opens the index, so that the first question is quick."""
    silence()
    import gradio as gr
    from fastapi import FastAPI
    from starlette.middleware.cors import CORSMiddleware
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    from rag.web.assistants import speak_json
    from rag.web.keeping import keeper_of, upload
    from rag.web.page import HERE, create, head
    from rag.web.pictures import ROUTE, Pictures
    from rag.web.theme import newspaper

    check(settings)
    library = Library(settings)
    state = library.state()
    if isinstance(state, WenjuError):
        click.echo(state.describe(settings.lang), err=True)
    outer = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    # the last one added stands outermost
    outer.add_middleware(Gate, settings=settings)
    outer.add_middleware(
        CORSMiddleware,  # always, or Gradio would add one that lets every page in
        allow_origins=origins(settings.cors_origins),
        allow_methods=["GET", "POST"],
        allow_headers=["authorization", "content-type"],
    )
    if is_loopback(settings.host):
        # A web page elsewhere must not read the documents through a name that leads here.
        outer.add_middleware(TrustedHostMiddleware, allowed_hosts=["localhost", "127.0.0.1", "["])
    outer.add_middleware(SafeHeaders)
    outer.add_route(HEALTH, health(library), methods=["GET"])
    outer.add_route(ROUTE, Pictures(library).answer(), methods=["GET"])
    keeper = keeper_of(settings)
    if keeper:
        outer.add_route(DOCUMENTS, upload(keeper, settings.lang), methods=["PUT"])
    elif settings.admin:
        click.echo(service_texts(settings.lang).no_admin, err=True)
    blocks = create(library, keeper)
    whole = gr.mount_gradio_app(
        outer,
        blocks,
        path="/",
        server_name=settings.host,
        server_port=settings.port,
        footer_links=[],
        run_history=False,
        show_error=False,
        ssr_mode=False,
        enable_monitoring=False,
        pwa=False,
        mcp_server=settings.mcp,
        favicon_path=str(HERE / "favicon.svg"),
        theme=newspaper(),
        head=head(),
    )
    if settings.mcp:
        speak_json(blocks)
    return whole


def silence() -> None:
    """Tell Gradio, which is not imported yet, to reach for nothing and to count nothing."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    # Gradio's queue keeps 10,000 calls and makes a table of all of them after each: nobody reads it
    os.environ["GRADIO_ANALYTICS_MAX_EVENTS"] = "1"
    os.environ["GRADIO_ANALYTICS_CACHE_FREQUENCY"] = str(2**31)
    os.environ["HF_HUB_OFFLINE"] = "1"


def check(settings: Settings) -> None:
    """See that the settings may be served.

    Raises:
        PasswordNeeded: other machines could come in, and nobody said that they may.
        McpMissing: MCP is asked for and not installed.
    """
    guarded = settings.password or settings.open_to_all
    if not guarded and not is_loopback(settings.host):
        raise PasswordNeeded(settings.host or "0.0.0.0")
    check_installed(settings)


def health(library: Library) -> Callable[[Any], Any]:
    """The endpoint for whoever watches over the server: 200 where it answers, else 503.

    It needs no password, and tells nothing of the documents.
    """
    from starlette.concurrency import run_in_threadpool
    from starlette.responses import JSONResponse

    async def answer(request: Any) -> Any:
        state = await run_in_threadpool(library.state)
        trouble = state.code if isinstance(state, WenjuError) else None
        body = {"status": "unavailable", "code": trouble} if trouble else {"status": "ok"}
        return JSONResponse(body, 503 if trouble else 200, {"cache-control": "no-store"})

    return answer


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to ``host`` on ``port``, or on the next free one where it is taken.

    Raises:
        CannotListen: the host is none of this machine's, the port is not allowed, or all are taken.
    """
    try:
        family = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0][0]
    except (OSError, UnicodeError) as error:
        raise CannotListen(f"{host}:{port}", reason=error) from error
    reason: object = ""
    for candidate in range(port, min(port + PORTS_TRIED, 65536)):
        listener = socket.socket(family, socket.SOCK_STREAM)
        try:
            if os.name == "posix":  # elsewhere the option lets two servers share a port
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((host, candidate))
            listener.listen(128)
        except PermissionError as error:
            listener.close()
            raise CannotListen(f"{host}:{candidate}", reason=error.strerror) from error
        except OSError as error:
            listener.close()
            reason = error.strerror or error
            continue
        return listener
    raise CannotListen(f"{host}:{port}", reason=reason)


class SafeHeaders:
    """Adds :data:`HEADERS` to every answer."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve a request, with the headers on its answer."""

        async def with_headers(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *HEADERS]
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()


def _shown(host: str) -> str:
    """The host as a browser on this machine can reach it."""
    if host in ("0.0.0.0", "::", ""):
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _has_desktop() -> bool:
    if not sys.stderr.isatty():
        return False
    graphical = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return os.name == "nt" or sys.platform == "darwin" or bool(graphical)
