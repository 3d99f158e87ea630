"""Word to systemd, its watchdog's food above all: the last rung is to stop feeding it.

While a deadline is armed, only a confirmed extension feeds it, never a timer: a guard that turns
in a circle would be fed by one. Source: sd_notify(3).
"""

from __future__ import annotations

import os
import socket

__all__ = ["Feeder"]


class Feeder:
    """Sends to the socket that systemd named; without one it does nothing."""

    def __init__(self, address: str | None) -> None:
        """``address`` is a path, or ``@name`` for an abstract socket."""
        self._address = address

    @classmethod
    def from_environment(cls) -> Feeder:
        """As systemd tells its services."""
        return cls(os.environ.get("NOTIFY_SOCKET"))

    def ready(self) -> None:
        """Start-up is done."""
        self._send(b"READY=1\nWATCHDOG=1")

    def feed(self) -> None:
        """The host may go on."""
        self._send(b"WATCHDOG=1")

    def tell(self, status: str) -> None:
        """One line for ``systemctl status``."""
        self._send(b"STATUS=" + status.replace("\n", " ").encode())

    def _send(self, word: bytes) -> None:
        if not self._address:
            return
        target = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.setblocking(False)  # noqa: FBT003 - the socket API's own signature
                sender.sendto(word, target)
        except OSError:
            return
