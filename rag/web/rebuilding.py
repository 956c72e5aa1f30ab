"""Building from the page, in a process of its own: questions are answered meanwhile.

The process gets the settings on its standard input and tells of itself on its standard output, a
JSON object a line. It stops when the server is gone.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass
from typing import Any

from rag.errors import BuildEnded, WenjuError
from rag.settings import Settings
from rag.types import BuildReport, Failure, Language

_SECRETS = {"password", "llm_api_key"}
_EVERY = 0.1
"""Seconds between two messages about progress."""
_STARTING = "import rag.web.rebuilding as r; r.work()"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a build did not come about, in both languages: (what, next step)."""

    where: str
    zh: tuple[str, str]
    en: tuple[str, str]

    def texts(self, language: Language) -> tuple[str, str]:
        """What happened and the next step."""
        return self.en if language is Language.EN else self.zh


@dataclass(frozen=True, slots=True)
class Building:
    """How a build stands, or how the last one ended."""

    running: bool = False
    stages: tuple[tuple[str, int, int], ...] = ()
    """Name, done and total of each stage so far, in order."""
    report: BuildReport | None = None
    trouble: Trouble | None = None


class Rebuilding:
    """The one build that may run at a time. Safe from many threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._now = Building()
        self._changed = threading.Condition(self._lock)

    @property
    def now(self) -> Building:
        """How it stands."""
        with self._lock:
            return self._now

    def start(self) -> bool:
        """Begin to build; False where a build is running already."""
        with self._lock:
            if self._now.running:
                return False
            self._set(Building(running=True))
        threading.Thread(target=self._run, name="build", daemon=True).start()
        return True

    def after(self, seen: Building, seconds: float) -> Building:
        """How it stands once that differs from ``seen``, or after so many seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._now is not seen, seconds)
            return self._now

    def _set(self, now: Building) -> None:
        self._now = now
        self._changed.notify_all()

    def _run(self) -> None:
        try:
            last = self._watched()
        except Exception as error:  # the page must be told, whatever it was
            log.exception("a build could not be run")
            last = Building(trouble=told(BuildEnded("rag build", reason=type(error).__name__)))
        with self._lock:
            stages = last.stages or self._now.stages
            self._set(Building(False, stages, last.report, last.trouble))

    def _watched(self) -> Building:
        """Run the process to its end, passing on what it tells."""
        given = self._settings.model_dump_json(exclude=_SECRETS)
        last: Building | None = None
        with subprocess.Popen(
            [sys.executable, "-c", _STARTING, str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(given)
            process.stdin.close()
            for line in process.stdout:
                message = json.loads(line)
                if "stage" in message:
                    self._advance(message["stage"], message["done"], message["total"])
                else:
                    last = _ending(message)
        if last is None:
            reason = f"exit {process.returncode}"
            return Building(trouble=told(BuildEnded("rag build", reason=reason)))
        return last

    def _advance(self, stage: str, done: int, total: int) -> None:
        with self._lock:
            before = tuple(one for one in self._now.stages if one[0] != stage)
            self._set(Building(True, (*before, (stage, done, total))))


def told(error: WenjuError) -> Trouble:
    """An error as it is passed on."""
    zh, en = Language.ZH, Language.EN
    return Trouble(
        error.where, (error.what(zh), error.next_step(zh)), (error.what(en), error.next_step(en))
    )


def work() -> None:
    """What the process does."""
    from rag.build import build

    parent = int(sys.argv[1])
    out, sys.stdout = sys.stdout, sys.stderr  # whatever else prints must not be taken for a message
    said = 0.0

    def say(message: dict[str, Any]) -> None:
        out.write(json.dumps(message) + "\n")  # ASCII, whatever the system's encoding
        out.flush()

    def progress(stage: str, done: int, total: int, *more: Any) -> None:
        nonlocal said
        if os.name == "posix" and os.getppid() != parent:
            raise SystemExit("the server is gone")
        now = time.monotonic()
        if done >= total or now - said >= _EVERY:
            said = now
            say({"stage": stage, "done": done, "total": total})

    if hasattr(os, "nice"):
        os.nice(5)  # whoever asks comes first
    settings = Settings(**json.loads(sys.stdin.buffer.read()))
    try:
        say({"report": asdict(build(settings=settings, progress=progress))})
    except WenjuError as error:
        say({"trouble": asdict(told(error))})
    except KeyboardInterrupt:
        raise SystemExit(130) from None


def _ending(message: dict[str, Any]) -> Building:
    if "trouble" in message:
        trouble = message["trouble"]
        return Building(
            trouble=Trouble(trouble["where"], tuple(trouble["zh"]), tuple(trouble["en"]))
        )
    report = message["report"]
    fields: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in report.items()
    }
    fields["failed"] = tuple(Failure(**one) for one in report["failed"])
    return Building(report=BuildReport(**fields))
