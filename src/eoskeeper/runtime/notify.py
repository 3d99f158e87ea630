"""Word to systemd: ready, status, still alive, stopping. Without systemd every call does nothing.

Never blocks and never raises: a manager that does not listen is no reason to stop a keeper.
"""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Notifier", "notifier_from"]


class Notifier(msgspec.Struct, frozen=True):
    """Where to send word, and how often systemd wants it.

    Attributes:
        address: a path, or ``@name`` for an abstract socket; None when nobody asked.
        watchdog_s: systemd kills a unit that is silent for so long; None when it does not watch.

    Source: sd_notify(3), sd_watchdog_enabled(3).
    """

    address: str | None
    watchdog_s: float | None = None

    def ready(self, status: str = "") -> bool:
        """Start-up is done. As all others here: True when the message was handed over."""
        return self._send("READY=1", *_status_lines(status))

    def status(self, text: str) -> bool:
        """One line for ``systemctl status``."""
        return self._send(*_status_lines(text))

    def watchdog(self) -> bool:
        """Still alive; send it each half of ``watchdog_s``, and only when it is true."""
        return self._send("WATCHDOG=1")

    def stopping(self, status: str = "") -> bool:
        """Shutdown has begun."""
        return self._send("STOPPING=1", *_status_lines(status))

    def _send(self, *lines: str) -> bool:
        target = _socket_address(self.address)
        if target is None or not lines:
            return False
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
                sender.setblocking(False)  # noqa: FBT003 -- the socket API's own signature
                sender.sendto("\n".join(lines).encode(), target)
        except OSError:
            return False
        return True


def notifier_from(environment: Mapping[str, str]) -> Notifier:
    """Read NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID.

    The watchdog of another process, or one that is no positive number, is none of ours.
    """
    return Notifier(environment.get("NOTIFY_SOCKET") or None, _watchdog_s(environment))


def _watchdog_s(environment: Mapping[str, str]) -> float | None:
    if environment.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    digits = environment.get("WATCHDOG_USEC", "")
    microseconds = int(digits) if digits.isascii() and digits.isdigit() else 0
    return microseconds / 1_000_000 if microseconds else None


def _status_lines(text: str) -> tuple[str, ...]:
    """A newline in a status would begin a field of its own."""
    return (f"STATUS={' '.join(text.splitlines())}",) if text else ()


def _socket_address(address: str | None) -> str | None:
    """Path or abstract name as the socket API wants it; None for vsock and for none."""
    if not address or address[0] not in "/@":
        return None
    return "\0" + address[1:] if address[0] == "@" else address
