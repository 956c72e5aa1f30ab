"""The inside of a worker process: takes calls until its standard input ends."""

from __future__ import annotations

import os
import signal
import sys
from importlib import import_module
from typing import IO

from rag.intake.pool import receive, send
from rag.read import recognition

_GRACE = 5.0  # seconds after which a worker ends itself, when nobody is left to do it
_PAGES = 3000  # of one scan, for each of which there is the time that a file may take


def serve(seconds: float, memory_mb: float) -> None:
    """Answer calls; see :class:`rag.intake.pool.Pool`."""
    calls, answers = _streams()
    _bound(memory_mb)
    pages = 0

    def go_on() -> None:
        nonlocal pages
        pages += 1
        if pages <= _PAGES:
            _alarm(seconds + _GRACE)
            send(answers, ("going on", None))

    recognition.after_page = go_on
    while True:
        try:
            task, arguments = receive(calls)
        except EOFError:
            return
        _alarm(seconds + _GRACE)
        pages = 0
        try:
            module, _, name = task.partition(":")
            answer = ("result", getattr(import_module(module), name)(*arguments))
        except MemoryError:
            answer = ("memory", "MemoryError")
        except Exception as error:
            answer = ("error", f"{type(error).__name__}: {error}")
        _alarm(0)
        try:
            send(answers, answer)
        except MemoryError:
            send(answers, ("memory", "MemoryError"))
        if answer[0] == "memory":
            return


def _streams() -> tuple[IO[bytes], IO[bytes]]:
    """The pipes to the parent; a library that prints must not print into them."""
    calls = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    os.close(null)
    sys.stdout = sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123
    return calls, answers


def _bound(memory_mb: float) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business
    try:
        import resource
    except ImportError:  # Windows
        return
    limit = int(memory_mb * 1_000_000)
    for kind, most in ((resource.RLIMIT_AS, limit), (resource.RLIMIT_CORE, 0)):
        _, hard = resource.getrlimit(kind)
        if hard != resource.RLIM_INFINITY:
            most = min(most, hard)
        resource.setrlimit(kind, (most, hard))


def _alarm(seconds: float) -> None:
    """Have the system end this process, even inside an endless loop of C code."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)
