"""Writes the record of fences to the disk, in a process of its own.

A disk that hangs is a common reason for a fence, and a write to it cannot be interrupted: so the
guard waits for the scribe for a moment only, and acts.
"""

from __future__ import annotations

import json
import os
import select
import signal

__all__ = ["Scribe"]


class Scribe:
    """An append-only file, one JSON object a line, each brought to the disk.

    Attributes:
        pid: of the process that writes; it ends when its guard does.
    """

    def __init__(self, path: str) -> None:
        """Fork; call it before there are sockets, which the child would keep open.

        Raises:
            OSError: the file cannot be opened.
        """
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o640)
        orders, self._orders = os.pipe()
        self._done, done = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                os.close(self._orders)
                os.close(self._done)
                _write_all(orders, done, file)
            finally:
                os._exit(0)
        for descriptor in (file, orders, done):
            os.close(descriptor)
        os.set_blocking(self._orders, False)
        self._waiting = 0

    def write(self, entry: dict[str, object], within_s: float) -> bool:
        """Give an entry to the scribe; True when it is on the disk within the time."""
        line = json.dumps(entry, separators=(",", ":")).encode() + b"\n"
        if len(line) > select.PIPE_BUF:
            line = json.dumps({"too_long": str(entry.get("entry"))}).encode() + b"\n"
        try:
            os.write(self._orders, line)
        except OSError:
            return False
        self._waiting += 1
        return self._all_done(within_s)

    def close(self) -> None:
        """Let it finish; it is not waited for."""
        os.close(self._orders)
        os.close(self._done)

    def _all_done(self, within_s: float) -> bool:
        poll = select.poll()
        poll.register(self._done, select.POLLIN)
        while self._waiting and (events := poll.poll(within_s * 1000)):
            if not events[0][1] & select.POLLIN:
                return False
            self._waiting -= len(os.read(self._done, 64))
        return not self._waiting


def _write_all(orders: int, done: int, file: int) -> None:
    """The child's whole life: until nobody can give orders any more."""
    # The guard decides when to end; what it still says then has to be written.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    left = b""
    while more := os.read(orders, 65536):
        *lines, left = (left + more).split(b"\n")
        if lines:
            os.write(file, b"\n".join([*lines, b""]))
            os.fsync(file)
            os.write(done, b"." * len(lines))
