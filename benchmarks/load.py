"""Many people asking at once: the real server in a process of its own, the real endpoint.

    python benchmarks/load.py [SECONDS] [CLIENTS …]

Each client asks, waits for the whole answer, and asks again (closed loop), over HTTP as the page
does it: ``queue/join``, then the stream of ``queue/data``. Every answer has to be the one to that
client's own question, with the passages that the retrieval function gives. Beside it, in turn, an
echo by Gradio alone: what the framework can do, and so the ceiling. Machines differ and are noisy:
look at the ratio, and at the processor's time that the server spends on an answer, which hardly
depends on what else is running. Memory is looked at once the server is warm: what it grows by in a
minute is printed, as a line through the second half of its readings has it.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

import rag
from rag.build import build

ROOT = Path(__file__).parent.parent
SEEDS = ROOT / "seeds"
WARMING = 3.0
ECHO = """
import os
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
import gradio as gr, sys, uvicorn
from fastapi import FastAPI
from rag.web.serve import listen
with gr.Blocks(analytics_enabled=False) as blocks:
    def retrieve(question: str) -> str:
        return question
    gr.api(retrieve, concurrency_limit=None)
app = gr.mount_gradio_app(FastAPI(), blocks, path="/", ssr_mode=False)
listener = listen("127.0.0.1", 0)
print(f"http://127.0.0.1:{listener.getsockname()[1]}", file=sys.stderr, flush=True)
uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False)).run(sockets=[listener])
"""


@dataclass
class Load:
    """What came of some seconds of asking."""

    seconds: float
    took: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    mixed: int = 0
    memory: list[float] = field(default_factory=list)
    """Of the server, in MB, second by second."""
    busy: float = 0.0
    """Seconds of processor time that the server used."""

    @property
    def each(self) -> float:
        """Milliseconds of processor time an answer."""
        return 1000 * self.busy / max(1, len(self.took))

    @property
    def growth(self) -> float:
        """MB a minute that memory grows by, in the second half of the time."""
        late = self.memory[len(self.memory) // 2 :]
        return 60 * statistics.linear_regression(range(len(late)), late).slope

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.took) / self.seconds

    def quantile(self, share: int) -> float:
        """Seconds within which so many of a hundred answers came."""
        return statistics.quantiles(self.took, n=100)[share - 1]


@contextmanager
def serving(*command: str, **settings: str) -> Iterator[tuple[str, int]]:
    """A server in a process of its own; its address and process."""
    with subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT, env=os.environ | settings, stderr=subprocess.PIPE, text=True,
    ) as server:  # fmt: skip
        try:
            assert server.stderr is not None
            said = ""
            while (address := re.search(r"http://[\d.:]+", said)) is None:
                line = server.stderr.readline()
                assert line, said
                said += line
            # a server that complains and is not heard waits for ever
            threading.Thread(target=server.stderr.read, daemon=True).start()
            yield address[0], server.pid
        finally:
            server.terminate()


async def ask(client: httpx.AsyncClient, function: int, data: list[object], session: str) -> object:
    """One question, as the page asks it."""
    body = {"data": data, "fn_index": function, "session_hash": session}
    joined = await client.post("/gradio_api/queue/join", json=body)
    joined.raise_for_status()
    async with client.stream(
        "GET", "/gradio_api/queue/data", params={"session_hash": session}
    ) as stream:
        async for line in stream.aiter_lines():
            if line.startswith("data: "):
                message = json.loads(line[6:])
                if message["msg"] == "process_completed":
                    if not message["success"]:
                        raise RuntimeError(str(message["output"])[:200])
                    return message["output"]["data"][0]
    raise RuntimeError("the stream ended without an answer")


async def asking(
    load: Load,
    client: httpx.AsyncClient,
    function: int,
    number: int,
    questions: dict[str, list[str]],
    end: float,
) -> None:
    """One client, until the time is over; ``questions`` with the passages that are right."""
    session = uuid.uuid4().hex
    known = list(questions)
    at = number
    while time.perf_counter() < end:
        question = known[at % len(known)]
        at += 7
        asked = f"{question} {uuid.uuid4().hex[:8]}" if not questions[question] else question
        began = time.perf_counter()
        try:
            data: list[object] = [asked]
            if questions[question]:
                data += [5, "hybrid", None, None, None]
            answer = await ask(client, function, data, session)
        except Exception as error:
            load.errors.append(f"{type(error).__name__}: {error}"[:200])
            continue
        load.took.append(time.perf_counter() - began)
        if isinstance(answer, dict):
            own = answer["question"] == asked
            hits = [hit["chunk_id"] for hit in answer["hits"]]
            load.mixed += not (own and hits == questions[question])
        else:
            load.mixed += answer != asked


async def under_load(
    address: str, process: int, clients: int, seconds: float, questions: dict[str, list[str]]
) -> Load:
    """Let so many clients ask for so long."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(
        base_url=address, limits=limits, timeout=60, trust_env=False
    ) as client:
        config = (await client.get("/config")).json()
        [function] = [d["id"] for d in config["dependencies"] if d["api_name"] == "retrieve"]
        load = Load(seconds)
        end = time.perf_counter() + seconds
        before = processor_time(process)
        running = [
            asyncio.create_task(asking(load, client, function, number, questions, end))
            for number in range(clients)
        ]
        while time.perf_counter() < end:
            load.memory.append(resident(process))
            await asyncio.sleep(1)
        await asyncio.gather(*running)
        load.busy = processor_time(process) - before
    return load


def resident(process: int) -> float:
    """Memory of a process that is in use, in MB; 0 where the system does not tell."""
    try:
        status = Path(f"/proc/{process}/status").read_text("ascii")
    except OSError:
        return 0.0
    found = re.search(r"VmRSS:\s+(\d+)", status)
    return int(found[1]) / 1024 if found else 0.0


def processor_time(process: int) -> float:
    """Seconds of processor time that a process has used; 0 where the system does not tell."""
    try:
        state = Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(state[11]) + int(state[12])) / os.sysconf("SC_CLK_TCK")


def main() -> int:
    """Print a line a load; exit status 1 where an answer was missing or mixed up."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    loads = [int(one) for one in sys.argv[2:]] or [1, 20, 100]
    golden = (ROOT / "tests" / "golden" / "questions.jsonl").read_text("utf-8")
    asked = [json.loads(line)["question"] for line in golden.splitlines()]
    sound = True
    with tempfile.TemporaryDirectory() as folder:
        build(SEEDS, folder)
        with rag.Retriever(folder, docs=SEEDS) as retriever:
            right = {
                question: [hit.chunk_id for hit in retriever.retrieve(question, 5).hits]
                for question in asked
            }
        unasked: dict[str, list[str]] = {question: [] for question in asked}
        settings = {"RAG_INDEX": folder, "RAG_DOCS": str(SEEDS), "RAG_PORT": "0"}
        print(
            "clients  answers/s  p50 s  p95 s  p99 s errors mixed  cpu ms  MB: first→last"
            " (a minute)   echo/s  cpu ms  ratio"
        )
        with serving("app.py", **settings) as (address, process):
            with serving("-c", ECHO) as (echo, other):
                asyncio.run(under_load(address, process, 20, WARMING, right))
                asyncio.run(under_load(echo, other, 20, WARMING, unasked))
                for clients in loads:
                    ours = asyncio.run(under_load(address, process, clients, seconds, right))
                    theirs = asyncio.run(under_load(echo, other, clients, seconds / 4, unasked))
                    sound &= not (ours.errors or ours.mixed)
                    first, last = ours.memory[len(ours.memory) // 10], ours.memory[-1]
                    print(
                        f"{clients:7d} {ours.rate:10.1f} {ours.quantile(50):6.2f} "
                        f"{ours.quantile(95):6.2f} {ours.quantile(99):6.2f} {len(ours.errors):6d} "
                        f"{ours.mixed:5d} {ours.each:7.1f}    {first:5.0f}→{last:<5.0f} "
                        f"({ours.growth:+.1f}) {theirs.rate:10.1f} {theirs.each:7.1f} "
                        f"{ours.rate / theirs.rate:6.2f}",
                        flush=True,
                    )
                    for error in dict.fromkeys(ours.errors[:3]):
                        print("       ", error)
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
