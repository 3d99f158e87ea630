"""A process with several threads that produces, and answers like nodeos, or not.

``fake_node.py FOLDER BEHAVIOUR PORT``: while it produces it writes the boot time to FOLDER/blocks,
fifty times a second, so that a test sees to the moment when it stopped.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

FOLDER, BEHAVIOUR, PORT = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])


class Node:
    """What it does: ``honest``, ``hangs``, ``lies`` (says that it did, and goes on)."""

    def __init__(self) -> None:
        self.paused = BEHAVIOUR == "paused"
        self.said_paused = self.paused
        self.own_blocks = 0
        self.closed = False

    def produce(self) -> None:
        """For ever."""
        with (FOLDER / "blocks").open("a", encoding="ascii", buffering=1) as blocks:
            while True:
                if not self.paused:
                    self.own_blocks += 1
                    blocks.write(f"{time.clock_gettime(time.CLOCK_BOOTTIME)}\n")  # noqa: TID251 - the oracle
                if (FOLDER / f"close-{os.getpid()}").exists() and not self.closed:
                    self.closed = True
                    server.shutdown()
                    server.server_close()
                time.sleep(0.02)

    def answer(self, path: str) -> tuple[int, object]:
        """Status and body."""
        if BEHAVIOUR == "hangs" or (FOLDER / "hang").exists():
            time.sleep(3600)
        if path.endswith(("/pause", "/resume")):
            self.said_paused = self.paused = path.endswith("/pause") and BEHAVIOUR != "lies"
            return 201, {"result": "ok"}
        if path.endswith("/paused"):
            return 201, self.said_paused
        # Others' blocks come every half second, where there are others.
        alone = (FOLDER / "alone").exists()
        others = 0 if alone else int(time.clock_gettime(time.CLOCK_BOOTTIME) * 2)  # noqa: TID251 - the same
        number, producer = others, "ours" if alone else "theirs"
        return 200, {
            "head_block_num": number,
            "head_block_id": f"{number:064x}",
            "head_block_producer": producer,
        }


class Handler(BaseHTTPRequestHandler):
    """HTTP in front of the node."""

    node = Node()

    def do_POST(self) -> None:
        """Every call."""
        status, told = self.node.answer(self.path)
        body = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


if BEHAVIOUR == "deaf":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
server = ThreadingHTTPServer(("127.0.0.1", PORT), Handler)
threading.Thread(target=Handler.node.produce, daemon=True).start()
print("up", server.server_port, flush=True)  # noqa: T201 - its starter waits for it
server.serve_forever()
time.sleep(3600)
