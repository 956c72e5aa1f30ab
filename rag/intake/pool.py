"""Worker processes: a call that crashes, hangs or eats all memory costs itself alone.

A worker is a plain subprocess that takes calls on its standard input. ``multiprocessing`` is not
used: its forks inherit the threads' locks of the libraries loaded here, and its spawns import the
caller's main module, which runs a script without a ``__main__`` guard once more.
"""

from __future__ import annotations

import os
import pickle
import struct
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import IO, Any

LENGTH = struct.Struct(">Q")
_AHEAD = 3  # calls under way for each worker, so that none waits for the one whose turn it is
_HOUSE = Path(__file__).parent.parent
# The worker does without the public face of the house, which loads all of it.
_BOOT = """
import sys, types
sys.path[:] = {path!r}
house = sys.modules["rag"] = types.ModuleType("rag")
house.__path__ = [{house!r}]
from rag.intake.worker import serve
serve({seconds!r}, {memory_mb!r})
"""


class LostTo(StrEnum):
    """Why a call has no result."""

    TIME = "time"
    MEMORY = "memory"
    CRASH = "crash"


@dataclass(frozen=True, slots=True)
class Lost:
    """A call that did not come back; its worker has been replaced."""

    to: LostTo
    reason: str
    """For people: the signal or exit status of the worker, or what it said last."""


class Pool:
    """Worker processes, started when there is something to do; a context manager.

    A task is a function of a module of this house, named ``module:function``. Its arguments and its
    result are pickled; what it raises is lost to a crash.
    """

    def __init__(self, seconds: float, memory_mb: float, size: int | None = None) -> None:
        """Bounds for each call.

        Args:
            seconds: of wall-clock time, for each page of a scan anew.
            memory_mb: of address space of the worker, where the system can limit it.
            size: how many workers; by default one for each core that this process may use.
        """
        self.size = size or cores()
        self._seconds = seconds
        self._memory_mb = memory_mb
        self._threads = ThreadPoolExecutor(self.size, thread_name_prefix="wenju-worker")
        self._own = threading.local()
        self._workers: set[_Worker] = set()
        self._lock = threading.Lock()
        self._closed = False

    @property
    def started(self) -> int:
        """How many workers are running."""
        with self._lock:
            return len(self._workers)

    def submit(self, task: str, *arguments: object) -> Future[Any]:
        """Run ``task`` in a worker; the future's result is the task's, or :class:`Lost`."""
        return self._threads.submit(self._call, task, arguments)

    def run(self, task: str, calls: Iterable[tuple[Any, ...]]) -> Iterator[Any]:
        """The results of ``task`` for each of ``calls``, in their order; see :meth:`submit`.

        A few calls are under way ahead of the one whose result is next; no more of ``calls`` is
        taken than that.
        """
        waiting: deque[Future[Any]] = deque()
        for arguments in calls:
            waiting.append(self.submit(task, *arguments))
            if len(waiting) >= self.ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    @property
    def ahead(self) -> int:
        """How many calls keep all workers busy while their results are taken in order."""
        return self.size * _AHEAD

    def __enter__(self) -> Pool:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._lock:
            self._closed = True
            workers = list(self._workers)
        for worker in workers:
            worker.kill()
        self._threads.shutdown(cancel_futures=True)
        for worker in workers:
            worker.end()

    def _call(self, task: str, arguments: tuple[object, ...]) -> object:
        worker: _Worker | None = getattr(self._own, "worker", None)
        if worker is None:
            worker = self._own.worker = self._start()
        result, alive = worker.call(task, arguments, self._seconds)
        if not alive:
            self._own.worker = None
            with self._lock:
                self._workers.discard(worker)
            worker.end()
        return result

    def _start(self) -> _Worker:
        with self._lock:
            if self._closed:
                raise RuntimeError("the pool is closed")
            worker = _Worker(self._seconds, self._memory_mb)
            self._workers.add(worker)
            return worker


class _Worker:
    def __init__(self, seconds: float, memory_mb: float) -> None:
        boot = _BOOT.format(path=sys.path, house=str(_HOUSE), seconds=seconds, memory_mb=memory_mb)
        self._process = subprocess.Popen(
            [sys.executable, "-c", boot],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # there is a worker for each core already
            env=os.environ | {"TOKENIZERS_PARALLELISM": "false", "OMP_NUM_THREADS": "1"},
        )

    def call(self, task: str, arguments: tuple[object, ...], seconds: float) -> tuple[object, bool]:
        """The result, and whether the worker can take another call."""
        late = threading.Event()

        def give_up() -> None:
            late.set()
            self.kill()

        answer: tuple[str, Any] = ("going on", None)
        try:
            send(self._stream(self._process.stdin), (task, arguments))
            while answer[0] == "going on":  # a page of a scan is done: the next has as long
                timer = threading.Timer(seconds, give_up)
                timer.daemon = True
                timer.start()
                try:
                    answer = receive(self._stream(self._process.stdout))
                finally:
                    timer.cancel()
        except (OSError, EOFError, ValueError):  # it died, or was killed
            return self._epitaph(late.is_set()), False
        kind, value = answer
        if kind == "result":
            return value, True
        if kind == "memory":  # what is left of its heap is not to be trusted
            return Lost(LostTo.MEMORY, value), False
        return Lost(LostTo.CRASH, value), True

    def kill(self) -> None:
        self._process.kill()

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            try:
                self._stream(stream).close()
            except OSError:  # the rest of a call that was never read
                continue

    def _epitaph(self, late: bool) -> Lost:
        self._process.kill()
        status = self._process.wait()
        if late or status == -14:  # its own alarm, which rings where ours could not
            return Lost(LostTo.TIME, "")
        return Lost(LostTo.CRASH, f"signal {-status}" if status < 0 else f"exit status {status}")

    @staticmethod
    def _stream(stream: IO[bytes] | None) -> IO[bytes]:
        assert stream is not None
        return stream


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def send(stream: IO[bytes], message: object) -> None:
    """Write one message."""
    data = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    stream.write(LENGTH.pack(len(data)))
    stream.write(data)
    stream.flush()


def receive(stream: IO[bytes]) -> Any:
    """Read one message.

    Raises:
        EOFError: the other side is gone.
    """
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        raise EOFError
    (length,) = LENGTH.unpack(head)
    data = stream.read(length)
    if len(data) < length:
        raise EOFError
    return pickle.loads(data)
