"""The offset of the clock is read from an answer that is surely one, and from nothing else."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable
from typing import cast

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoskeeper.domain.chain_time import Moment, MonoS, UtcS
from eoskeeper.domain.samples import ClockOffsetRead, FailureReason, ProbeFailed, ProbeName
from eoskeeper.probes.ntp import NtpProbe, NtpReply, NtpSettings, parse_reply
from tests.fakes.loop_clock import clock_from

NONCE = b"\x01\x02\x03\x04\x05\x06\x07\x08"
SINCE_1900_S = 2_208_988_800
TIME_S = 1_750_000_000.0
REPLY_FORMAT = ">BBbb II4s QQQQ"

Answer = Callable[[bytes], list[bytes]]
"""What a server says to a request; nothing, or some packets."""


def stamp(utc_s: float) -> int:
    """An NTP time stamp: 32 bits of seconds, of whatever era, and 32 of their fraction."""
    return round((utc_s + SINCE_1900_S) * 2**32) % 2**64


def reply(
    request: bytes,
    received_s: float = TIME_S,
    *,
    first: int = 0x24,
    stratum: int = 2,
    code: bytes = b"GPS\0",
    origin: bytes | None = None,
    served_s: float = 0.0,
) -> bytes:
    """A server's packet; a good one unless told otherwise."""
    echo = int.from_bytes(request[40:48] if origin is None else origin, "big")
    received, sent = stamp(received_s), stamp(received_s + served_s)
    return struct.pack(REPLY_FORMAT, first, stratum, 6, -20, 0, 0, code, 0, echo, received, sent)


class FakeServer(asyncio.DatagramProtocol):
    """A time server on the loopback; counts what it is asked."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.requests: list[bytes] = []
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the socket."""
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer."""
        self.requests.append(data)
        assert self._transport is not None
        for packet in self.answer(data):
            self._transport.sendto(packet, addr)

    async def start(self) -> str:
        """Listen; the address."""
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(
            lambda: self, local_addr=("127.0.0.1", 0)
        )
        host, port = transport.get_extra_info("sockname")
        return f"{host}:{port}"

    def stop(self) -> None:
        """Give the port back."""
        assert self._transport is not None
        self._transport.close()


Read = ClockOffsetRead | ProbeFailed


def ask(
    *answers: Answer, times: int = 1, clock: Callable[[], Moment] | None = None
) -> tuple[Read, list[FakeServer]]:
    """The last of some readings from servers that answer so."""

    async def run() -> tuple[Read, list[FakeServer]]:
        servers = [FakeServer(answer) for answer in answers]
        addresses = tuple([await server.start() for server in servers])
        settings = NtpSettings(servers=addresses, timeout_s=0.2)
        probe = NtpProbe(settings, clock or clock_from())
        try:
            readings = [await probe.read() for _ in range(times)]
        finally:
            for server in servers:
                server.stop()
        return readings[-1], servers

    return asyncio.run(run())


def fixed_clock(utc_s: float, step_s: float = 0.0) -> Callable[[], Moment]:
    """A clock that goes on by ``step_s`` with each look at it."""
    looks = 0

    def now() -> Moment:
        nonlocal looks
        looks += 1
        return Moment(MonoS(100.0 + looks * step_s), UtcS(utc_s + looks * step_s))

    return now


def failure_of(read: Read) -> tuple[FailureReason, str]:
    """Reason and detail of a failure."""
    assert isinstance(read, ProbeFailed)
    assert read.probe is ProbeName.CLOCK_OFFSET
    return read.reason, read.detail


@pytest.mark.parametrize("ahead_s", [1.5, -1.5, 0.0, 86_400.0])
def test_above_zero_our_clock_is_ahead(ahead_s: float) -> None:
    """A server 1.5 s behind us means +1.5 s."""
    read, servers = ask(lambda request: [reply(request)], clock=fixed_clock(TIME_S + ahead_s))
    assert isinstance(read, ClockOffsetRead)
    assert read.offset_s == pytest.approx(ahead_s, abs=1e-6)
    assert read.error_s == pytest.approx(0.0, abs=1e-6)
    assert read.server.startswith("127.0.0.1:")
    assert len(servers[0].requests[0]) == 48
    assert servers[0].requests[0][0] == 0x23


def test_the_way_there_and_back_is_the_error() -> None:
    """0.2 s under way, of which the server had the question for 0.1 s: wrong by 0.05 s at most."""
    # It looks at the clock for whom to ask, when it sends (TIME_S) and when the answer is there.
    clock = fixed_clock(TIME_S - 0.4, step_s=0.2)
    read, _ = ask(lambda request: [reply(request, TIME_S + 0.05, served_s=0.1)], clock=clock)
    assert isinstance(read, ClockOffsetRead)
    assert read.offset_s == pytest.approx(0.0, abs=1e-6)
    assert read.error_s == pytest.approx(0.05, abs=1e-6)


@pytest.mark.parametrize(
    "when_s", [4_294_967_296.0 - SINCE_1900_S - 0.25, 4_294_967_296.0 - SINCE_1900_S + 3600.0]
)
def test_the_end_of_the_era_in_2036_is_no_offset(when_s: float) -> None:
    """The seconds start again at zero; a clock of either side is right to half a second."""
    clock = fixed_clock(when_s + 0.5)
    read, _ = ask(lambda request: [reply(request, when_s)], clock=clock)
    assert isinstance(read, ClockOffsetRead)
    assert read.offset_s == pytest.approx(0.5, abs=1e-5)


@pytest.mark.parametrize(
    ("answer", "reason", "told"),
    [
        (lambda _: [], FailureReason.TIMED_OUT, "no answer"),
        (lambda _: [b"hello"], FailureReason.UNEXPECTED_SHAPE, "5 bytes"),
        (lambda r: [reply(r)[:47]], FailureReason.UNEXPECTED_SHAPE, "47 bytes"),
        (lambda r: [reply(r, origin=bytes(8))], FailureReason.UNEXPECTED_SHAPE, "another question"),
        (lambda r: [reply(r, first=0x23)], FailureReason.UNEXPECTED_SHAPE, "mode 3"),
        (lambda r: [reply(r, first=0xE4)], FailureReason.UNEXPECTED_SHAPE, "not set"),
        (lambda r: [reply(r, stratum=16)], FailureReason.UNEXPECTED_SHAPE, "stratum 16"),
        (lambda r: [reply(r, -SINCE_1900_S)], FailureReason.UNEXPECTED_SHAPE, "without times"),
        (lambda r: [reply(r, served_s=9.0)], FailureReason.UNEXPECTED_SHAPE, "contradict"),
        (lambda r: [reply(r, served_s=-9.0)], FailureReason.UNEXPECTED_SHAPE, "contradict"),
        (lambda r: [reply(r, stratum=0, code=b"RATE")], FailureReason.OVERLOADED, "death RATE"),
        (lambda _: [b"x"] * 40, FailureReason.UNEXPECTED_SHAPE, "1 bytes"),
    ],
)
def test_what_is_no_good_answer_is_no_offset(
    answer: Answer, reason: FailureReason, told: str
) -> None:
    """Silence, garbage, forgeries, servers without time, servers that want to be left alone."""
    read, _ = ask(answer)
    assert failure_of(read)[0] is reason
    assert told in failure_of(read)[1]


def test_a_forged_packet_before_the_answer_does_no_harm() -> None:
    """Who cannot see the question cannot answer it."""
    read, _ = ask(
        lambda request: [reply(request, 0.0, origin=NONCE), reply(request)],
        clock=fixed_clock(TIME_S),
    )
    assert isinstance(read, ClockOffsetRead)
    assert read.offset_s == pytest.approx(0.0, abs=1e-6)


def test_the_next_server_is_asked_when_one_has_no_answer() -> None:
    """In the order of the settings; the rest is left in peace."""
    read, servers = ask(
        lambda _: [], lambda r: [reply(r)], lambda r: [reply(r)], clock=fixed_clock(TIME_S)
    )
    assert isinstance(read, ClockOffsetRead)
    assert [len(server.requests) for server in servers] == [1, 1, 0]


def test_every_failure_is_told() -> None:
    """The reason is that of the last server; all of them are in the detail."""
    read, _ = ask(lambda _: [b"x"], lambda _: [])
    reason, detail = failure_of(read)
    assert reason is FailureReason.TIMED_OUT
    assert detail.count("127.0.0.1:") == 2


def test_a_server_that_sent_a_kiss_of_death_is_not_asked_again() -> None:
    """Not within the hour."""
    read, servers = ask(lambda r: [reply(r, stratum=0, code=b"DENY")], times=3)
    assert failure_of(read)[0] is FailureReason.OVERLOADED
    assert len(servers[0].requests) == 1
    hour = fixed_clock(TIME_S, step_s=3600.0)
    _, servers = ask(lambda r: [reply(r, stratum=0, code=b"DENY")], times=3, clock=hour)
    assert len(servers[0].requests) == 3


def test_a_forged_kiss_silences_nobody() -> None:
    """It must repeat our number, too."""
    kiss = reply(b"", stratum=0, code=b"DENY", origin=NONCE)
    read, servers = ask(lambda _: [kiss], times=2)
    assert failure_of(read)[0] is FailureReason.UNEXPECTED_SHAPE
    assert len(servers[0].requests) == 2


@pytest.mark.parametrize(
    ("server", "reason"),
    [
        ("127.0.0.1:1", FailureReason.REFUSED),
        ("name.invalid", FailureReason.MISSING),
        ("127.0.0.1:port", FailureReason.MISSING),
        ("127.0.0.1:99999", FailureReason.MISSING),
        (f"{'x' * 80}.invalid", FailureReason.MISSING),
        ("[::1]:1", FailureReason.REFUSED),
    ],
)
def test_a_server_that_is_not_there_is_a_value(server: str, reason: FailureReason) -> None:
    """Nobody listens, no such name, no such port."""
    settings = NtpSettings(servers=(server,), timeout_s=5.0)
    read = asyncio.run(NtpProbe(settings, clock_from()).read())
    assert failure_of(read)[0] in {reason, FailureReason.DISCONNECTED}  # a host without IPv6


def test_without_servers_there_is_no_reading() -> None:
    """An operator may want nobody asked."""
    read = asyncio.run(NtpProbe(NtpSettings(servers=()), clock_from()).read())
    assert failure_of(read) == (FailureReason.MISSING, "no server configured")


@pytest.mark.parametrize("server", ["", "a b", "ntp://host", "a\n"])
def test_what_is_no_server_is_no_setting(server: str) -> None:
    """Refused before anything is sent."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"servers": [server]}, NtpSettings)


@given(packet=st.binary(max_size=100), about_utc_s=st.floats(0, 2e10))
def test_no_packet_whatever_raises(packet: bytes, about_utc_s: float) -> None:
    """And none that does not hold our number is an answer."""
    assert isinstance(parse_reply(packet, NONCE, about_utc_s), str) or NONCE in packet


@given(
    first=st.integers(0, 255),
    stratum=st.integers(0, 255),
    received=st.integers(0, 2**64 - 1),
    about_utc_s=st.floats(0, 2e10),
)
def test_an_accepted_answer_lies_in_our_era(
    first: int, stratum: int, received: int, about_utc_s: float
) -> None:
    """Whatever its stamps are, the times told are within 68 years of our own clock."""
    head = struct.pack(">BB", first, stratum)
    packet = head + bytes(22) + NONCE + struct.pack(">QQ", received, received)
    told = parse_reply(packet, NONCE, about_utc_s)
    if isinstance(told, NtpReply):
        assert stratum in range(1, 16)
        assert first & 7 == 4
        assert abs(told.received_s - about_utc_s) <= 2**31 + 1
