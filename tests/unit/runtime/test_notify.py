"""Word to systemd, heard by a real datagram socket."""

from __future__ import annotations

import os
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from eoskeeper.runtime.notify import Notifier, notifier_from

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def manager(address: str) -> Iterator[socket.socket]:
    """Somebody who listens as systemd does."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(address)
        listener.settimeout(5)
        yield listener


def test_says_ready_status_alive_and_stopping(tmp_path: Path) -> None:
    """Each is one datagram in systemd's own words."""
    path = str(tmp_path / "notify")
    with manager(path) as listener:
        notifier = notifier_from({"NOTIFY_SOCKET": path})

        assert notifier.ready("holder")
        assert notifier.status("head 5")
        assert notifier.watchdog()
        assert notifier.stopping()
        heard = [listener.recv(1000) for _ in range(4)]
    assert heard == [b"READY=1\nSTATUS=holder", b"STATUS=head 5", b"WATCHDOG=1", b"STOPPING=1"]


def test_an_abstract_socket_is_reached() -> None:
    """Containers get one."""
    name = f"eoskeeper-test-{os.getpid()}"
    with manager("\0" + name) as listener:
        assert notifier_from({"NOTIFY_SOCKET": "@" + name}).ready()
        assert listener.recv(1000) == b"READY=1"


def test_a_newline_in_a_status_begins_no_field_of_its_own(tmp_path: Path) -> None:
    """A text from outside cannot stop the unit."""
    path = str(tmp_path / "notify")
    with manager(path) as listener:
        Notifier(path).status("bad\nSTOPPING=1")
        assert listener.recv(1000) == b"STATUS=bad STOPPING=1"


@pytest.mark.parametrize("address", [None, "", "vsock:2:1", "relative"])
def test_does_nothing_when_nobody_asked(address: str | None) -> None:
    """Also for kinds of address that are not supported."""
    assert not Notifier(address).ready()


def test_a_manager_that_is_gone_is_no_error(tmp_path: Path) -> None:
    """The keeper goes on."""
    assert not Notifier(str(tmp_path / "gone")).watchdog()


def test_a_manager_that_does_not_listen_does_not_block(tmp_path: Path) -> None:
    """Its queue fills up, and the keeper goes on."""
    path = str(tmp_path / "notify")
    with manager(path):
        assert not all(Notifier(path).watchdog() for _ in range(100_000))


@pytest.mark.parametrize(
    ("environment", "expected_s"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "9000000"}, 9.0),
        ({"WATCHDOG_USEC": "9000000", "WATCHDOG_PID": str(os.getpid())}, 9.0),
        ({"WATCHDOG_USEC": "9000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "-5"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_reads_how_often_systemd_wants_to_hear(
    environment: dict[str, str], expected_s: float | None
) -> None:
    """In seconds; the watchdog of another process is none of ours."""
    assert notifier_from(environment).watchdog_s == expected_s
