"""Every form of every nodeos version is read alike, and nothing else is taken for it."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoskeeper.domain.chain_time import Moment, MonoS, UtcS, parse_block_time
from eoskeeper.domain.samples import (
    BlockLogged,
    LoggedBlockKind,
    NotProducingLogged,
)
from eoskeeper.probes.nodeos_log import MAX_LINE_BYTES, logged_utc, newest_utc, parse_line
from tests.unit.probes.nodeos_log_blocks import BLOCK_LINES, NO_DATE, NO_LEVEL, OLD, SPRING

NOW = Moment(mono_s=MonoS(7.0), utc_s=UtcS(8.0))
LAST_LINE = (
    "info  2025-07-06T08:00:00.031 nodeos    controller.cpp:3616           log_applied          ] "
    "Received block 3f1d7c2b9a4e5566... #443100002 @ 2025-07-06T08:00:00.000 signed by eosbpzzzzzzz"
    " [trxs: 12, lib: 443100000, net: 2208, cpu: 9120 us, elapsed: 6800 us, applying time: 7400 us,"
    " latency: -31 ms]"
)


def utc(text: str) -> float:
    """Seconds since 1970 of a nodeos time stamp."""
    return datetime.fromisoformat(text + "+00:00").timestamp()


@pytest.mark.parametrize(
    ("line", "block", "rest"),
    [pytest.param(*row[1:], id=f"{row[0]} {row[2][0]}") for row in BLOCK_LINES],
)
def test_block_lines_of_all_versions_are_read(
    line: str,
    block: tuple[LoggedBlockKind, int, str, str, str],
    rest: tuple[str | None, int | None, int],
) -> None:
    """Number, id, slot, producer, latency and irreversible block are what the line says."""
    kind, number, id_part, block_time, producer = block
    printed, latency_ms, irreversible = rest
    assert parse_line(line.encode(), NOW) == BlockLogged(
        at=NOW,
        kind=kind,
        number=number,
        id_part=id_part,
        slot=parse_block_time(block_time),
        producer=producer,
        logged_utc=None if printed is None else UtcS(utc(printed)),
        latency_ms=latency_ms,
        last_irreversible_number=irreversible,
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<6>", ""),
        ("Jul 06 08:00:00 host1 nodeos[4242]: ", ""),
        ("Jul 06 08:00:00 host1 nodeos[4242]: <6>", ""),
        ("\x1b[32m", "\x1b[0m"),
        ("<6>\x1b[0m", "\x1b[0m"),
        ("", "\r"),
        ("", "  "),
    ],
)
def test_what_surrounds_a_line_does_not_matter(before: str, after: str) -> None:
    """A syslog header, a systemd level, colours and a carriage return change nothing."""
    bare = parse_line(LAST_LINE.encode(), NOW)
    assert bare is not None
    assert parse_line(f"{before}{LAST_LINE}{after}".encode(), NOW) == bare
    assert logged_utc(f"{before}{LAST_LINE}{after}".encode()) == pytest.approx(
        utc("2025-07-06T08:00:00.031")
    )


@pytest.mark.parametrize(
    "raw",
    [
        LAST_LINE.split("] ", 1)[1],
        "] Producer paused.",
        "\tsome text ] Producer paused.",
        LAST_LINE[:-1],
        LAST_LINE[: LAST_LINE.index(" [trxs")],
        LAST_LINE.replace(".000 signed", ".123 signed"),
        LAST_LINE.replace("@ 2025-07", "@ 2025-13"),
        LAST_LINE.replace("@ 2025-07", "@ 1990-07"),
        LAST_LINE.replace("eosbpzzzzzzz", "EOSBPZZZZZZZ"),
        LAST_LINE.replace("eosbpzzzzzzz", "eosbpzzzzzzzzz"),
        LAST_LINE.replace("latency: -31 ms", "latency: x ms"),
        LAST_LINE.replace(", latency: -31 ms", ""),
        LAST_LINE.replace("3f1d7c2b9a4e5566", "3f1d7c2b9a4e556"),
        LAST_LINE.replace("info  2025", "inf0  2O25"),
        OLD + "Producer paused." + " " * MAX_LINE_BYTES,
    ],
)
def test_cut_and_broken_lines_tell_nothing(raw: str) -> None:
    """A line without its prefix or its end, or with impossible parts, is not guessed at."""
    assert parse_line(raw.encode(), NOW) is None


def test_text_that_is_no_utf8_is_told_with_replacements() -> None:
    """Whatever bytes a reason holds, it is a reason."""
    told = parse_line(OLD.encode() + b"Not producing block because \xff\xfe", NOW)
    assert isinstance(told, NotProducingLogged)
    assert told.text == "\ufffd\ufffd"


STAMPED = [
    (OLD + "x").encode(),
    (SPRING + "x").encode(),
    (NO_LEVEL + "x").encode(),
    (NO_DATE + "x").encode(),
    ("<6>" + SPRING + "x").encode(),
    b"info  9999-99-99T99:99:99.999 nodeos    a.cpp:1      x     ] x",
    b"info  2030-07-06T08:00:00.000 cut before its message",
    b"error while doing this and that] and so on",
    b"",
]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (OLD + "anything", utc("2021-05-02T08:00:00.120")),
        (NO_LEVEL + "anything", utc("2018-08-20T14:40:00.001")),
        ("all   2021-05-02T08:00:00.120 net-0     net_plugin.cpp:1      x     ] hm", 1619942400.12),
        (NO_DATE + "anything", None),
        ("no prefix at all", None),
        ("CHAINBASE: Writing [database] out", None),
        ("2021-02-31T08:00:00.120 thread-0 main.cpp:1 main ] no such day", None),
    ],
)
def test_the_time_stamp_of_any_line_is_known(raw: str, expected: float | None) -> None:
    """EOSIO 1.0 prints milliseconds since the full hour only: those lines have no date."""
    assert logged_utc(raw.encode()) == (None if expected is None else pytest.approx(expected))


@given(st.lists(st.sampled_from(STAMPED), max_size=6))
def test_the_newest_time_stamp_of_many_lines_is_the_greatest(lines: list[bytes]) -> None:
    """Whatever their order and form, and whatever is no time stamp among them."""
    stamps = [stamp for line in lines if (stamp := logged_utc(line)) is not None]
    assert newest_utc(lines) == max(stamps, default=None)


PIECES = st.sampled_from(
    [
        *(row[1].encode() for row in BLOCK_LINES),
        b"Producer paused.",
        b"bpa double produced block 5",
        b"nodeos using configuration file /etc/c",
        OLD.encode(),
        SPRING.encode(),
        NO_DATE.encode(),
        b"] ",
        b"\x1b[0m",
        b"Not producing block because ",
        b"0000-00-00T00:00:00.000",
        b"9999-99-99T99:99:99.999",
        b"\n",
        b"\0",
    ]
)


@given(st.lists(st.one_of(PIECES, st.binary(max_size=40)), max_size=5).map(b"".join))
def test_no_bytes_whatever_raise(raw: bytes) -> None:
    """A log is written by somebody else: everything is a sample or nothing."""
    told = parse_line(raw, NOW)
    stamp = logged_utc(raw)
    assert told is None or told.at is NOW
    if told is not None and stamp is not None:
        assert told.logged_utc == stamp


@given(st.sampled_from([row[1].encode() for row in BLOCK_LINES]), st.data())
def test_a_cut_block_line_is_never_read_as_another_block(line: bytes, data: st.DataObject) -> None:
    """Its end is required, so that no half number or half name is believed."""
    cut = data.draw(st.integers(min_value=0, max_value=len(line) - 1))
    assert parse_line(line[:cut], NOW) is None
