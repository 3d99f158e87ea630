"""Finds the nodeos process by the port of its API, and reads what the kernel says of it.

The port is what the keeper knows for certain: names of programs and of units differ, and several
nodeos may share a host. Sockets are looked up in the keeper's own network namespace only.
"""

from __future__ import annotations

import ipaddress
from typing import Annotated

import msgspec
import psutil
from msgspec import Meta

from eoskeeper.domain.chain_time import Moment, UtcS
from eoskeeper.domain.samples import (
    FailureReason,
    ProbeFailed,
    ProbeName,
    ProcessRead,
    ProcessState,
)
from eoskeeper.probes.process_files import ProcessFiles, socket_inodes

__all__ = ["ProcessProbe", "ProcessSettings"]

_STATES: dict[str, ProcessState] = {
    "T": ProcessState.STOPPED,
    "t": ProcessState.STOPPED,
    "Z": ProcessState.ZOMBIE,
    "X": ProcessState.ZOMBIE,
    "x": ProcessState.ZOMBIE,
    "D": ProcessState.UNINTERRUPTIBLE,
}
"""All others (running, sleeping, idle, ...) are ``RUNNING``. Source: proc_pid_stat(5), state."""

_STEADY = frozenset({psutil.CONN_LISTEN, psutil.CONN_ESTABLISHED})
"""A socket in any other state is about to change without being another one."""


class ProcessSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where nodeos listens, and how often the costly part is done.

    Attributes:
        host: of the API's URL. For a name, any listener on the port will do.
        port: of the API's URL.
        links_every_s: how often its sockets are looked at: at each of its descriptors.
        count_every_s: how long a count is believed while they are the same sockets. To count
            them the kernel goes through its whole table, however few they are: 8 ms and more.
        search_every_s: pause between searches while there is no such process: a look at every
            descriptor of every process.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65535)] = 8888
    links_every_s: Annotated[float, Meta(ge=0)] = 5.0
    count_every_s: Annotated[float, Meta(ge=0)] = 60.0
    search_every_s: Annotated[float, Meta(ge=0)] = 1.0


class _Found:
    """A process that was found: its identity is kept as it was read then."""

    def __init__(self, pid: int) -> None:
        """Open its files first: whatever has that number later is another process to them.

        Raises:
            OSError: it is gone.
            psutil.NoSuchProcess: the same.
        """
        self.files = ProcessFiles(pid)
        self.process = psutil.Process(pid)
        self.started_utc = UtcS(self.process.create_time())
        self.listens = True
        self.links: int | None = None
        self.looked_mono_s: float | None = None
        self.counted_mono_s: float | None = None
        self.steady: frozenset[str] | None = None
        """The sockets that were counted last, if none of them was about to change."""


class ProcessProbe:
    """Reads the process behind one listening port; remembers it and notices its successor."""

    def __init__(self, settings: ProcessSettings) -> None:
        self._settings = settings
        self._addresses = _addresses(settings.host)
        self._found: _Found | None = None
        self._failure: ProbeFailed | None = None
        self._searched: Moment | None = None

    def read(self, now: Moment) -> ProcessRead | ProbeFailed:
        """Read the process; search for it when it is not known or gone. Blocks for some ms."""
        read = None if self._found is None else self._read_known(self._found, now)
        settled = read is not None and read.state is not ProcessState.ZOMBIE and self._listens()
        if settled or not self._may_search(now):
            return read or self._failed_again(now)
        result = self._search(now)
        if isinstance(result, ProbeFailed):
            # A process that no longer listens is still the one we know, until it is gone.
            self._searched = now
            self._failure = result
            return read or result
        self._found = result
        return self._read_known(result, now) or self._missing(now)

    def _listens(self) -> bool:
        return self._found is not None and self._found.listens

    def _failed_again(self, now: Moment) -> ProbeFailed:
        failure = self._failure or self._missing(now)
        return msgspec.structs.replace(failure, at=now)

    def _may_search(self, now: Moment) -> bool:
        last = self._searched
        return last is None or now.mono_s - last.mono_s >= self._settings.search_every_s

    def _read_known(self, found: _Found, now: Moment) -> ProcessRead | None:
        """None when the process is gone, or its number belongs to another one now."""
        line = found.files.read()
        if line is None:
            return None
        self._refresh_links(found, now)
        state = _STATES.get(line.state, ProcessState.RUNNING)
        return ProcessRead(
            at=now,
            pid=found.process.pid,
            state=state,
            started_utc=found.started_utc,
            cpu_s=line.cpu_s,
            resident_bytes=0 if state is ProcessState.ZOMBIE else line.resident_bytes,
            links=found.links,
        )

    def _refresh_links(self, found: _Found, now: Moment) -> None:
        if not _is_due(found.looked_mono_s, self._settings.links_every_s, now):
            return
        found.looked_mono_s = now.mono_s
        inodes = socket_inodes(found.process.pid)
        is_same = inodes is not None and inodes == found.steady
        if not is_same or _is_due(found.counted_mono_s, self._settings.count_every_s, now):
            found.counted_mono_s = now.mono_s
            found.steady = inodes if self._count_links(found) else None

    def _count_links(self, found: _Found) -> bool:
        """Count; true when no socket is about to change."""
        try:
            sockets = found.process.net_connections("tcp")
        except psutil.Error:
            # Not ours to see, or a zombie: what it is, the reading itself tells.
            found.links = None
            return False
        port = self._settings.port
        found.listens = any(
            socket.status == psutil.CONN_LISTEN and socket.laddr.port == port for socket in sockets
        )
        found.links = sum(
            1
            for socket in sockets
            if socket.status == psutil.CONN_ESTABLISHED and socket.laddr.port != port
        )
        return all(socket.status in _STEADY for socket in sockets)

    def _search(self, now: Moment) -> _Found | ProbeFailed:
        """Find the oldest process that listens on the port, an exact address before a wildcard."""
        try:
            sockets = psutil.net_connections("tcp")
        except psutil.AccessDenied as problem:
            return ProbeFailed(now, ProbeName.PROCESS, FailureReason.NOT_PERMITTED, str(problem))
        port = self._settings.port
        listeners = [
            (listener.laddr.ip, listener.pid)
            for listener in sockets
            if listener.status == psutil.CONN_LISTEN
            and listener.laddr
            and listener.laddr.port == port
            and self._is_ours(listener.laddr.ip)
        ]
        if not listeners:
            return self._missing(now)
        known = [(_is_wildcard(ip), found) for ip, pid in listeners if (found := _find(pid))]
        if not known:
            detail = f"somebody listens on port {port}, but whose process it is may not be seen"
            return ProbeFailed(now, ProbeName.PROCESS, FailureReason.NOT_PERMITTED, detail)
        return min(known, key=lambda choice: (choice[0], choice[1].started_utc))[1]

    def _is_ours(self, address: str) -> bool:
        return not self._addresses or _is_wildcard(address) or _plain(address) in self._addresses

    def _missing(self, now: Moment) -> ProbeFailed:
        detail = f"nobody listens on {self._settings.host} port {self._settings.port}"
        return ProbeFailed(now, ProbeName.PROCESS, FailureReason.MISSING, detail)


def _is_due(last_mono_s: float | None, every_s: float, now: Moment) -> bool:
    return last_mono_s is None or now.mono_s - last_mono_s >= every_s


def _find(pid: int | None) -> _Found | None:
    if pid is None:
        return None
    try:
        return _Found(pid)
    except (OSError, psutil.NoSuchProcess):
        return None


def _plain(address: str) -> str:
    """An address without its zone, and IPv4 in IPv6 as IPv4."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return str(mapped or parsed)


def _is_wildcard(address: str) -> bool:
    return ipaddress.ip_address(_plain(address)).is_unspecified


def _addresses(host: str) -> frozenset[str]:
    """The address of an IP literal, with or without brackets; nothing for a name."""
    try:
        return frozenset((_plain(host.strip("[]")),))
    except ValueError:
        return frozenset()
