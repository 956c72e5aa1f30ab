"""An OpenAI-compatible endpoint: messages go in, text comes out as it is written.

The protocol is one POST and lines of ``data: {…}``. The vendor's own library would bring retries,
telemetry headers and a second HTTP stack for that; httpx is there with Gradio.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from rag.errors import EndpointFailed
from rag.settings import Settings
from rag.web.gate import is_loopback

MAX_CHARS = 8000
"""Characters of an answer; one that goes on is nonsense."""
_MAX_LINE = 1_000_000
"""Bytes of a line, or of an answer that is not streamed."""
_CONNECT = 5.0
_SILENCE = 20.0
"""Seconds that the endpoint may say nothing."""


def written(settings: Settings, messages: Sequence[dict[str, str]]) -> Iterator[str]:
    """The answer to ``messages``, in the pieces that the endpoint sends.

    Raises:
        EndpointFailed: it is down, slow, refuses, or does not speak the protocol.
    """
    import httpx

    where = settings.llm_base_url
    silence = min(_SILENCE, settings.llm_timeout)
    headers = {}
    if settings.llm_api_key:
        headers["Authorization"] = f"Bearer {settings.llm_api_key.get_secret_value()}"
    body = {
        "model": settings.llm_model, "messages": list(messages), "stream": True, "temperature": 0,
    }  # fmt: skip
    # a proxy is for other hosts; httpx would use it for this machine too
    outside = not is_loopback(urlsplit(where).hostname or "")
    try:
        with (
            httpx.Client(
                timeout=httpx.Timeout(silence, connect=min(_CONNECT, silence)), trust_env=outside
            ) as client,
            client.stream(
                "POST", where.rstrip("/") + "/chat/completions", json=body, headers=headers
            ) as answer,
        ):
            if answer.status_code != 200:
                raise EndpointFailed(where, reason=f"HTTP {answer.status_code}")
            streamed = "event-stream" in answer.headers.get("content-type", "")
            received = _in_time(answer.iter_bytes(), settings.llm_timeout, where)
            pieces = _events(received, where) if streamed else _whole(received, where)
            yield from _bounded(pieces, where)
    except httpx.TimeoutException as error:
        raise EndpointFailed(where, reason="timeout") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise EndpointFailed(where, reason=type(error).__name__) from error


def _in_time(pieces: Iterator[bytes], seconds: float, where: str) -> Iterator[bytes]:
    end = time.monotonic() + seconds
    for piece in pieces:
        if time.monotonic() > end:
            raise EndpointFailed(where, reason="timeout")
        yield piece


def _events(received: Iterator[bytes], where: str) -> Iterator[str]:
    """The text of a stream of server-sent events, which has to say that it is at its end."""
    ended = False
    for line in _lines(received, where):
        if not line.startswith(b"data:"):
            continue  # a comment, an event's name, a blank line
        data = line.removeprefix(b"data:").strip()
        if data == b"[DONE]":
            return
        choice = _choice(data, where)
        if choice is not None:
            yield _content(choice.get("delta"), where)
            ended = ended or choice.get("finish_reason") is not None
    if not ended:
        raise EndpointFailed(where, reason="broken off")


def _whole(received: Iterator[bytes], where: str) -> Iterator[str]:
    """The text of an answer in one piece, from an endpoint that does not stream."""
    body = b""
    for piece in received:
        body += piece
        if len(body) > _MAX_LINE:
            raise EndpointFailed(where, reason="no end")
    choice = _choice(body, where)
    if choice is None:
        raise EndpointFailed(where, reason="no choices")
    yield _content(choice.get("message"), where)


def _lines(received: Iterator[bytes], where: str) -> Iterator[bytes]:
    rest = b""
    for piece in received:
        *whole, rest = (rest + piece).split(b"\n")
        yield from whole
        if len(rest) > _MAX_LINE:
            raise EndpointFailed(where, reason="no end")
    yield rest


def _choice(data: bytes, where: str) -> dict[str, Any] | None:
    """The first choice of a message; None where it has none, such as the count of tokens."""
    try:
        message = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise EndpointFailed(where, reason="not JSON") from error
    if not isinstance(message, dict) or "error" in message:
        raise EndpointFailed(where, reason="error")
    choices = message.get("choices")
    if not isinstance(choices, list) or (choices and not isinstance(choices[0], dict)):
        raise EndpointFailed(where, reason="no choices")
    return choices[0] if choices else None


def _content(part: Any, where: str) -> str:
    content = part.get("content") if isinstance(part, dict) else None
    if content is not None and not isinstance(content, str):
        raise EndpointFailed(where, reason="content is not text")
    return content or ""


def _bounded(pieces: Iterator[str], where: str) -> Iterator[str]:
    length = 0
    for piece in pieces:
        length += len(piece)
        if length > MAX_CHARS:
            raise EndpointFailed(where, reason=f"more than {MAX_CHARS} characters")
        yield piece
    if not length:
        raise EndpointFailed(where, reason="nothing was written")
