"""A small HTTP server on the loopback that stands for a gateway, a nodeos or an outside watch."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import parse_qs

__all__ = ["Asked", "LocalServer", "Reply", "say"]


class Asked(NamedTuple):
    """One request as it arrived."""

    target: str
    headers: str
    body: str

    @property
    def text(self) -> str:
        """What the form field ``text`` holds; empty when there is none."""
        return parse_qs(self.body).get("text", [""])[0]


Reply = Callable[[Asked], tuple[int, str] | None]
"""Status and body; None never answers."""


def say(body: str, status: int = 200) -> Reply:
    """The same answer to everything."""
    return lambda _: (status, body)


class LocalServer:
    """Holds its port from the beginning, but refuses connections until it is opened.

    Attributes:
        asked: requests, oldest first; each stands here before it is answered.
        reply: may be changed at any time.
    """

    def __init__(self, reply: Reply) -> None:
        self.asked: list[Asked] = []
        self.reply = reply
        self._released = threading.Event()
        self._thread: threading.Thread | None = None
        self._server = ThreadingHTTPServer(
            ("127.0.0.1", 0), self._handler(), bind_and_activate=False
        )
        self._server.daemon_threads = True
        self._server.server_bind()

    @property
    def url(self) -> str:
        """Base address."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def texts(self) -> list[str]:
        """Messages that arrived, oldest first."""
        return [one.text for one in tuple(self.asked)]

    def open(self) -> None:
        """Listen from now on."""
        if self._thread is None:
            self._server.server_activate()
            self._thread = threading.Thread(
                target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
            )
            self._thread.start()

    def close(self) -> None:
        """Let go of the port and of the requests that were never answered."""
        self._released.set()
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length).decode(errors="replace")
                asked = Asked(self.path, str(self.headers), body)
                reply = outer.reply
                outer.asked.append(asked)
                said = reply(asked)
                if said is None:
                    outer._released.wait()
                    self.close_connection = True
                    return
                status, text = said
                self.send_response(status)
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            do_GET = do_POST = _answer  # noqa: N815 - the base class looks for these names

            def log_message(self, *_: object) -> None:
                """Keep the test's output readable."""

            def handle(self) -> None:
                try:
                    super().handle()
                except ConnectionError:
                    return  # the keeper was killed in the middle of it

        return Handler
