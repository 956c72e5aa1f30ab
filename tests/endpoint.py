"""A small server that speaks the OpenAI protocol on this machine, well and badly."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Talker(ThreadingHTTPServer):
    """Answers as ``way`` says; remembers what it was asked."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, way: str, says: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.way = way
        self.says = says
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str | None] = []

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no error here."""

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class Handler(BaseHTTPRequestHandler):
    server: Talker

    def log_message(self, format: str, *args: Any) -> None:
        """Quietly."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.asked.append(json.loads(body))
        self.server.keys.append(self.headers["authorization"])
        getattr(self, f"say_{self.server.way}")()

    def start(self, kind: str = "text/event-stream", status: int = 200) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.end_headers()

    def event(self, data: str) -> None:
        self.wfile.write(f"data: {data}\n\n".encode())
        self.wfile.flush()

    def piece(self, text: str) -> None:
        self.event(json.dumps({"choices": [{"delta": {"content": text}}]}))

    def say_well(self) -> None:
        self.start()
        self.wfile.write(b": a comment\n\nevent: message\n")
        self.event(json.dumps({"choices": [{"delta": {"role": "assistant", "content": None}}]}))
        for start in range(0, len(self.server.says), 3):
            self.piece(self.server.says[start : start + 3])
        self.event(json.dumps({"choices": [], "usage": {"total_tokens": 9}}))
        self.event("[DONE]")

    def say_slowly(self) -> None:
        self.start()
        for char in self.server.says:
            self.piece(char)
            time.sleep(0.2)

    def say_at_once(self) -> None:
        self.start("application/json")
        whole = {"choices": [{"message": {"content": self.server.says}}]}
        self.wfile.write(json.dumps(whole).encode())

    def say_nothing_ever(self) -> None:
        self.start()
        time.sleep(30)

    def say_an_error(self) -> None:
        self.start("application/json", 500)
        self.wfile.write(b'{"error": {"message": "out of memory"}}')

    def say_go_elsewhere(self) -> None:
        self.send_response(307)
        self.send_header("location", "http://192.0.2.1/v1/chat/completions")
        self.end_headers()

    def say_html(self) -> None:
        self.start("text/html")
        self.wfile.write(b"<!doctype html><h1>nginx</h1>")

    def say_broken_json(self) -> None:
        self.start()
        self.piece("建了")
        self.event('{"choices": [{"del')

    def say_an_error_midway(self) -> None:
        self.start()
        self.piece("建了")
        self.event('{"error": {"message": "overloaded"}}')

    def say_other_kinds(self) -> None:
        self.start()
        self.event('{"choices": [{"delta": {"content": [1, 2]}}]}')

    def say_a_list(self) -> None:
        self.start()
        self.event("[1, 2, 3]")

    def say_numbers(self) -> None:
        self.start()
        self.event('{"choices": [7]}')

    def say_empty(self) -> None:
        self.start()
        self.event("[DONE]")

    def say_and_break_off(self) -> None:
        self.start()
        self.piece("建了十座公厕[1]。还")
        self.connection.close()

    def say_without_end(self) -> None:
        self.start()
        while True:
            self.piece("啊" * 500)

    def say_one_line_without_end(self) -> None:
        self.start()
        while True:
            self.wfile.write(b"x" * 65536)

    def say_bytes(self) -> None:
        self.start()
        self.wfile.write(b"data: \xff\xfe\x00\n\n")


BAD_WAYS = sorted(
    name.removeprefix("say_")
    for name in vars(Handler)
    if name.startswith("say_")
    and name not in ("say_well", "say_slowly", "say_at_once", "say_nothing_ever")
)


@contextmanager
def talking(way: str = "well", says: str = "") -> Iterator[Talker]:
    """A server that answers in one way."""
    server = Talker(way, says)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
