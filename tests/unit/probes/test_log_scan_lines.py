"""The scan reads block lines of every nodeos as the keeper's own follower does."""

from __future__ import annotations

import pytest

from eoskeeper.domain.chain_time import Moment, MonoS, UtcS
from eoskeeper.domain.rounds_fold import BlockSeen
from eoskeeper.domain.samples import BlockLogged, LoggedBlockKind
from eoskeeper.probes.log_scan_lines import HeadLeft, LineReader, late_ms_of
from eoskeeper.probes.nodeos_log import parse_line
from tests.unit.probes.nodeos_log_blocks import BLOCK_LINES

NOW = Moment(MonoS(1.0), UtcS(2.0))


def followed(line: bytes) -> BlockSeen | None:
    """What the follower's parser tells of a line, reduced to what the scan needs."""
    told = parse_line(line, NOW)
    if not isinstance(told, BlockLogged) or told.kind is LoggedBlockKind.NOT_APPLIED:
        return None
    made_here = told.kind is LoggedBlockKind.PRODUCED
    late_ms = late_ms_of(told)
    return BlockSeen(told.slot, told.number, told.id_part, told.producer, made_here, late_ms)


@pytest.mark.parametrize(("version", "line"), [(row[0], row[1]) for row in BLOCK_LINES])
@pytest.mark.parametrize("around", ["{}", "<6>{}", "{}\r", "\x1b[0m{}\x1b[0m", "{}\n"])
def test_every_form_of_every_version_is_read(version: str, line: str, around: str) -> None:
    """As the follower reads it, below systemd and with colours, too."""
    raw = around.format(line).encode()
    assert LineReader().read(raw) == followed(raw.rstrip(b"\n")), version


@pytest.mark.parametrize("line", [row[1] for row in BLOCK_LINES])
def test_a_line_cut_anywhere_is_no_block(line: str) -> None:
    """A block half told would have a wrong figure."""
    raw = line.encode()
    for length in range(len(raw)):
        assert LineReader().read(raw[:length]) == followed(raw[:length])


def test_a_switch_of_forks_tells_the_head_that_was_left() -> None:
    """With or without the producer's name behind the height."""
    head = "0000057c1faa1505ae63126d2b0012cedcaedf17dc0c7614b0c46d3313ad0ca9"
    for more in ("", " producera"):
        line = "info  2025-07-06T08:00:10.052 nodeos    controller.cpp:4507  operator()  ] "
        line += f"switching forks from {head} (block number 1404{more}) to {head}"
        assert LineReader().read(line.encode()) == HeadLeft(1404, head)
