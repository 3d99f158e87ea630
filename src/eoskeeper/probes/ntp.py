"""Asks a time server how far our clock is off: SNTP, one packet there and one back.

The clock is only looked at. Wrong or forged answers must not pass for an offset: the answer has to
repeat a number that only the asked server was told.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
import struct
from collections.abc import Callable
from typing import Annotated, NamedTuple

import msgspec
from msgspec import Meta

from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.samples import ClockOffsetRead, FailureReason, ProbeFailed, ProbeName

__all__ = ["NtpProbe", "NtpReply", "NtpSettings", "parse_reply"]

_PORT = 123
_REQUEST_HEAD = bytes((4 << 3 | 3,)) + bytes(39)
"""Version 4, mode 3 (client); all else may be zero. Source: RFC 5905 section 14."""

_REPLY = struct.Struct(">BBbb II4s QQQQ")
_ERA_S = 2**32
_FRACTION = 2**32
_UNIX_EPOCH_S = 2_208_988_800
"""1970 in seconds since 1900, where NTP's era 0 begins. Source: RFC 5905 figure 4."""

_SERVER_MODE = 4
_NOT_SYNCHRONIZED = 3
_STRATA = range(1, 16)
_KISS_REST_S = 3600.0
"""For so long a server that sent a kiss-o'-death is left alone: RFC 5905 section 7.4 wants those
obeyed, and whoever asks on gets banned."""

_ROUNDING_S = 0.001
_STRANGE_PACKETS = 16
"""So many packets that are no answer are looked at; more are a flood."""


class NtpSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who is asked.

    Attributes:
        servers: names or addresses, each with ``:port`` if it is not 123 (IPv6 then in brackets).
            Asked in this order until one answers; with none, there is never a reading.
        timeout_s: seconds that each of them gets, finding its address included.
    """

    servers: tuple[Annotated[str, Meta(pattern=r"^[^\s/@]{1,260}\Z")], ...] = ("pool.ntp.org",)
    timeout_s: Annotated[float, Meta(gt=0, le=60)] = 2.0


class NtpReply(NamedTuple):
    """What a good answer says: when the server got the question and when it answered, UTC."""

    received_s: float
    sent_s: float


class _Failure(NamedTuple):
    reason: FailureReason
    detail: str


class _Kiss(NamedTuple):
    """A kiss-o'-death: the server does not want to be asked."""

    code: str


class _Inbox(asyncio.DatagramProtocol):
    """Keeps what comes, up to a limit, and wakes who waits for it."""

    def __init__(self) -> None:
        self.packets: asyncio.Queue[bytes | OSError] = asyncio.Queue(_STRANGE_PACKETS)

    def datagram_received(self, data: bytes, addr: object) -> None:
        """Keep a packet; the socket is connected, so it is the server's address."""
        del addr
        self._put(data)

    def error_received(self, exc: Exception) -> None:
        """Keep the news that nobody listens there."""
        if isinstance(exc, OSError):
            self._put(exc)

    def _put(self, item: bytes | OSError) -> None:
        if not self.packets.full():
            self.packets.put_nowait(item)


class NtpProbe:
    """Reads the offset of our clock; keeps in mind which servers want to be left alone."""

    def __init__(self, settings: NtpSettings, clock: Callable[[], Moment]) -> None:
        """Nothing is sent here; the clock is the one that is measured."""
        self._settings = settings
        self._clock = clock
        self._rests_until_s: dict[str, float] = {}

    async def read(self) -> ClockOffsetRead | ProbeFailed:
        """Ask the servers in turn until one gives a good answer."""
        failures: list[str] = []
        last = FailureReason.MISSING
        for server in self._settings.servers:
            read = await self._ask_in_time(server)
            if isinstance(read, ClockOffsetRead):
                return read
            last = read.reason
            failures.append(f"{server}: {read.detail}")
        detail = "; ".join(failures) or "no server configured"
        return ProbeFailed(self._clock(), ProbeName.CLOCK_OFFSET, last, detail)

    async def _ask_in_time(self, server: str) -> ClockOffsetRead | _Failure:
        """Failures are sorted here; a question is not repeated."""
        if self._clock().mono_s < self._rests_until_s.get(server, float("-inf")):
            return _Failure(FailureReason.OVERLOADED, "wants to be left alone")
        inbox = _Inbox()
        strange: list[str] = []
        try:
            async with asyncio.timeout(self._settings.timeout_s):
                return await self._ask(server, inbox, strange)
        except TimeoutError:
            if strange:
                return _Failure(FailureReason.UNEXPECTED_SHAPE, strange[-1])
            limit_s = self._settings.timeout_s
            return _Failure(FailureReason.TIMED_OUT, f"no answer in {limit_s:g} s")
        except ConnectionRefusedError:
            return _Failure(FailureReason.REFUSED, "nobody listens")
        except (socket.gaierror, ValueError) as problem:
            # A name that cannot be one is found out by the resolver: UnicodeError.
            return _Failure(FailureReason.MISSING, f"no address: {type(problem).__name__}")
        except OSError as problem:
            return _Failure(FailureReason.DISCONNECTED, str(problem.strerror or problem))

    async def _ask(
        self, server: str, inbox: _Inbox, strange: list[str]
    ) -> ClockOffsetRead | _Failure:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(
            lambda: inbox, remote_addr=_address(server)
        )
        try:
            # The server repeats whatever stands for our time; a number nobody can guess proves
            # the answer, and our own time stays here.
            nonce = secrets.token_bytes(8)
            asked = self._clock()
            transport.sendto(_REQUEST_HEAD + nonce)
            while len(strange) < _STRANGE_PACKETS:
                packet = await inbox.packets.get()
                at = self._clock()
                if isinstance(packet, OSError):
                    raise packet
                reply = parse_reply(packet, nonce, asked.utc_s)
                if isinstance(reply, str):
                    strange.append(reply)
                    continue
                return self._judged(reply, server, asked, at)
        finally:
            transport.close()
        return _Failure(FailureReason.UNEXPECTED_SHAPE, strange[-1])

    def _judged(
        self, reply: NtpReply | _Kiss, server: str, asked: Moment, at: Moment
    ) -> ClockOffsetRead | _Failure:
        if isinstance(reply, _Kiss):
            self._rests_until_s[server] = at.mono_s + _KISS_REST_S
            return _Failure(FailureReason.OVERLOADED, f"kiss-o'-death {reply.code}")
        # Durations come from the clock that nobody sets while the question is under way.
        round_trip_s = at.mono_s - asked.mono_s
        delay_s = round_trip_s - (reply.sent_s - reply.received_s)
        if not -_ROUNDING_S <= delay_s <= round_trip_s + _ROUNDING_S:
            return _Failure(FailureReason.UNEXPECTED_SHAPE, "its times contradict each other")
        ours_s = asked.utc_s + round_trip_s / 2
        theirs_s = (reply.received_s + reply.sent_s) / 2
        return ClockOffsetRead(
            at=at, offset_s=ours_s - theirs_s, error_s=max(0.0, delay_s) / 2, server=server
        )


def parse_reply(packet: bytes, nonce: bytes, about_utc_s: float) -> NtpReply | _Kiss | str:
    """Read an answer, or say why it is none.

    Args:
        packet: as it came; what follows the first 48 bytes does not count.
        nonce: the eight bytes sent as our transmit time.
        about_utc_s: time by our own clock: tells the eras of 136 years apart, of which the first
            ends in February 2036, as long as our clock is less than 68 years off.

    Source: RFC 5905 sections 6 (eras), 7.3 (packet), 7.4 (kiss-o'-death), 8 (bogus packets).
    """
    if len(packet) < _REPLY.size:
        return f"{len(packet)} bytes only"
    first, stratum, _, _, _, _, code, _, origin, received, sent = _REPLY.unpack_from(packet)
    if first & 7 != _SERVER_MODE:
        return f"mode {first & 7} is not a server's"
    if origin != int.from_bytes(nonce, "big"):
        return "an answer to another question"
    if stratum == 0:
        return _Kiss("".join(chr(byte) if chr(byte).isalnum() else "?" for byte in code))
    if stratum not in _STRATA:
        return f"stratum {stratum}"
    if first >> 6 == _NOT_SYNCHRONIZED:
        return "its own clock is not set"
    if not received or not sent:
        return "an answer without times"
    return NtpReply(_utc_s(received, about_utc_s), _utc_s(sent, about_utc_s))


def _utc_s(stamp: int, about_utc_s: float) -> float:
    """Unix time of an NTP time stamp, in the era nearest to ``about_utc_s``."""
    seconds, fraction = divmod(stamp, _FRACTION)
    unix_s = seconds - _UNIX_EPOCH_S
    eras = round((about_utc_s - unix_s) / _ERA_S)
    return unix_s + eras * _ERA_S + fraction / _FRACTION


def _address(server: str) -> tuple[str, int]:
    """Host and port of ``host``, ``host:port``, ``[address]:port`` or a bare IPv6 address.

    Raises:
        ValueError: the port is no number from 1 to 65535.
    """
    host, colon, port = server.rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    if not colon or (":" in host and not bracketed):
        return server.strip("[]"), _PORT
    number = int(port)
    if not 0 < number < 2**16:
        message = "port out of range"
        raise ValueError(message)
    return host.strip("[]"), number
