"""Who may come in, and by which doors: an ASGI middleware before everything that is served.

Gradio opens more doors than this chat needs, and some lead outside: its server fetches
``/gradio_api/file=http://…`` and ``/gradio_api/proxy=…`` from other hosts, and anyone may upload.
Only what the page and the interfaces use is open here.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import ipaddress
import re
import secrets
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers
from starlette.responses import (
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
)

from rag.settings import Settings, origins
from rag.types import Language
from rag.web import login_page

COOKIE = "wenju"
DAYS = 30
"""A browser stays known for as long, or until the server is started again."""
SESSIONS = 10_000
"""Browsers that are known at once; the one that came first is forgotten first."""
TRIES = 5
"""Wrong passwords in a minute from one address."""
TRIES_IN_ALL = 100
"""Wrong passwords in a minute from all addresses."""
MINUTE = 60.0
FORM_BYTES = 8192

MAX_BODY = 5_000_000
"""Bytes that a request may carry: a question with its conversation needs far less."""

HEALTH = "/health"
LOGIN = "/login"
LOGOUT = "/logout"
DOCUMENTS = "/documents"
LARGE = frozenset({DOCUMENTS})
"""Where more may come in; whoever answers there counts for themselves."""
ALWAYS_OPEN = frozenset({HEALTH, "/favicon.ico", "/robots.txt"})
_GRADIO = "/gradio_api/"
_DOORS = re.compile(
    r"(?:queue/(?:join|data)|call/[\w/]+|(?:run|api)/\w+/?|cancel|reset/?|heartbeat/\w+"
    r"|startup-events|app_id/?|user/?|login_check/?|info/?|openapi\.json|theme\.css"
    r"|mcp(?:/(?:http/?|schema|sse|messages/?)?)?|file=(?!\w+:|//).*)"
)
"""What is open below ``/gradio_api/``."""
_SHUT = re.compile(r"/(?:(?:monitoring|deep_link|vibe|dev)\b|pwa_icon/)")
_READING = frozenset({"GET", "HEAD", "OPTIONS"})


class Gate:
    """Lets in whom the settings allow.

    Args:
        app: what stands behind.
        settings: password, origins, language.
        now: seconds, for the tests.
    """

    def __init__(
        self, app: Any, settings: Settings, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._app = app
        self._language = settings.lang
        self._origins = frozenset(origins(settings.cors_origins))
        self._lock = Lock(settings.password.get_secret_value(), now) if settings.password else None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve a request, or refuse it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            answer = await self._refusal(scope, receive)
            await (answer or self._app)(scope, receive, send)
        else:  # nothing here speaks over a web socket
            await send({"type": "websocket.close", "code": 1008})

    async def _refusal(self, scope: Any, receive: Any) -> Response | None:
        """What is answered instead; None where the request may pass."""
        headers = Headers(scope=scope)
        if not is_open(scope["path"]):
            return PlainTextResponse("404", 404)
        if scope["method"] not in _READING:
            if not self._from_here(headers):
                return JSONResponse({"error": "a page elsewhere may not do this"}, 403)
            if scope["path"] not in LARGE and not _is_small(headers):
                return JSONResponse({"error": f"more than {MAX_BODY} bytes"}, 413)
        if scope["path"] in (LOGIN, LOGOUT):
            return await self._come_or_go(scope, receive, headers)
        if self._lock is None or scope["path"] in ALWAYS_OPEN or self._lock.knows(_cookie(headers)):
            return None
        tried = _authorization(headers)
        if tried is None:
            return self._ask(scope, headers, 401)
        wait = self._lock.open(tried, _address(scope))
        return None if wait is None else self._ask(scope, headers, 429 if wait else 401, wait)

    async def _come_or_go(self, scope: Any, receive: Any, headers: Headers) -> Response:
        if self._lock is None:
            return RedirectResponse("/", 303)
        if scope["path"] == LOGOUT:
            self._lock.forget(_cookie(headers))
            gone = RedirectResponse(LOGIN, 303)
            gone.delete_cookie(COOKIE)
            return gone
        if scope["method"] == "POST":
            return await self._enter(scope, receive, headers)
        if self._lock.knows(_cookie(headers)):
            return RedirectResponse("/", 303)
        return self._ask(scope, headers, 401)

    async def _enter(self, scope: Any, receive: Any, headers: Headers) -> Response:
        """What the login page sends; a wrong password gets the page again."""
        assert self._lock is not None
        form = parse_qs((await _body(receive)).decode("utf-8", "replace"))
        onward = local_path(form.get("next", ["/"])[0])
        wait = self._lock.open(form.get("password", [""])[0], _address(scope))
        if wait is not None:
            return self._ask(scope, headers, 429 if wait else 401, wait, onward, wrong=not wait)
        known = RedirectResponse(onward, 303)
        known.set_cookie(
            COOKIE,
            self._lock.remember(),
            max_age=DAYS * 24 * 3600,
            httponly=True,
            samesite="lax",  # a link to a citation in a letter must lead to it
            secure=scope.get("scheme") == "https",
        )
        return known

    def _ask(
        self,
        scope: Any,
        headers: Headers,
        status: int,
        wait: float = 0,
        onward: str | None = None,
        *,
        wrong: bool = False,
    ) -> Response:
        """The login page for a browser, JSON for a program."""
        more = {"retry-after": str(int(wait) + 1)} if wait else {}
        if status == 401:
            more["www-authenticate"] = "Bearer"
        more["cache-control"] = "no-store"
        if "text/html" in headers.get("accept", ""):
            if onward is None:
                query = scope.get("query_string", b"").decode("latin-1")
                onward = local_path(scope["path"] + ("?" + query if query else ""))
            onward = "/" if onward.startswith(LOGIN) else onward
            language = _language(headers, self._language)
            page = login_page.page(language, onward, wrong=wrong, wait=int(wait) + 1 if wait else 0)
            return HTMLResponse(page, status, more)
        said = "too many tries, wait" if status == 429 else "password needed"
        return JSONResponse({"error": said}, status, more)

    def _from_here(self, headers: Headers) -> bool:
        """Whether a request that may change something comes from our own page or from no page.

        A page elsewhere can make a browser send one to this server, with whatever the browser is
        known by; browsers say in ``Origin`` which page it was.
        """
        origin = headers.get("origin")
        if origin is None or origin in self._origins:
            return True
        here = {headers.get("host"), headers.get("x-forwarded-host")}
        return urlsplit(origin).netloc in here - {None}


class Lock:
    """A password, who has given it, and who has tried too often. Of one server's event loop."""

    def __init__(self, password: str, now: Callable[[], float] = time.monotonic) -> None:
        self._digest = hashlib.sha256(password.encode()).digest()
        self._now = now
        self._known: OrderedDict[bytes, float] = OrderedDict()
        self._wrong: dict[str, deque[float]] = {}
        self._all_wrong: deque[float] = deque(maxlen=TRIES_IN_ALL)

    def open(self, tried: str, address: str) -> float | None:
        """None where the password is right; else seconds to wait before the next try, or 0.

        While an address has to wait its tries are not looked at, right or wrong. The comparison
        takes as long for any password.
        """
        wait = self._wait(address)
        if wait > 0:
            return wait
        digest = hashlib.sha256(tried.encode("utf-8", "surrogatepass")).digest()
        if hmac.compare_digest(digest, self._digest):
            self._wrong.pop(address, None)
            return None
        now = self._now()
        self._wrong.setdefault(address, deque(maxlen=TRIES)).append(now)
        self._all_wrong.append(now)
        if len(self._wrong) > TRIES_IN_ALL:  # only what lies within the last minute counts
            self._wrong = {
                one: tries for one, tries in self._wrong.items() if now - tries[-1] < MINUTE
            }
        return 0

    def remember(self) -> str:
        """A new token for a browser's cookie."""
        token = secrets.token_urlsafe(32)
        self._known[_hashed(token)] = self._now() + DAYS * 24 * 3600
        while len(self._known) > SESSIONS:
            self._known.popitem(last=False)
        return token

    def knows(self, token: str) -> bool:
        """Whether a token was given out and still holds."""
        return self._known.get(_hashed(token), 0) > self._now()

    def forget(self, token: str) -> None:
        """The token holds no longer."""
        self._known.pop(_hashed(token), None)

    def _wait(self, address: str) -> float:
        now = self._now()
        full: Iterable[deque[float]] = (self._wrong.get(address, deque()), self._all_wrong)
        waits = [tries[0] + MINUTE - now for tries in full if len(tries) == (tries.maxlen or -1)]
        return max(waits, default=0.0)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the host."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_open(path: str) -> bool:
    """Whether a path leads to something that the page or the interfaces use."""
    if path.startswith(_GRADIO):
        return bool(_DOORS.fullmatch(path.removeprefix(_GRADIO)))
    return not _SHUT.match(path)


def local_path(onward: str) -> str:
    """``onward`` where it is a path on this server, else ``/``."""
    plain = onward.startswith("/") and not re.match(r"/[/\\]", onward)
    return onward if plain and onward.isprintable() and "\\" not in onward else "/"


def _is_small(headers: Headers) -> bool:
    """Whether a request says how much it carries, and that is little."""
    length = headers.get("content-length", "")
    if not length:
        return "transfer-encoding" not in headers
    return length.isascii() and length.isdecimal() and int(length) <= MAX_BODY


def _hashed(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _cookie(headers: Headers) -> str:
    try:
        cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return cookie.value if cookie else ""


def _authorization(headers: Headers) -> str | None:
    """The password of a program: ``Bearer PASSWORD``, or ``Basic`` with any name."""
    kind, _, value = headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return value.strip().encode("latin-1").decode("utf-8", "replace")
    if kind.lower() == "basic":
        try:
            pair = base64.b64decode(value, validate=True).decode("utf-8", "replace")
        except binascii.Error:
            return ""
        return pair.partition(":")[2]
    return None


def _address(scope: Any) -> str:
    """Where tries are counted: an IPv4 address, or the network that a home gets of IPv6."""
    host = (scope.get("client") or ("",))[0]
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return str(host)
    if isinstance(address, ipaddress.IPv6Address) and not address.ipv4_mapped:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def _language(headers: Headers, default: Language) -> Language:
    """The first of our languages that the browser names."""
    for named in headers.get("accept-language", "").split(","):
        code = named.split(";")[0].strip().lower()[:2]
        if code in ("zh", "en"):
            return Language(code)
    return default


async def _body(receive: Any) -> bytes:
    """The body of a form, no more of it than a form has."""
    body = b""
    while True:
        message: dict[str, Any] = await receive()
        part: bytes = message.get("body", b"")
        body += part
        if len(body) > FORM_BYTES or not message.get("more_body"):
            return body[:FORM_BYTES]
