"""Watchers ask in their own time; a backlog of the log is read without waiting for it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from eoskeeper.app.watchers import watch_log
from eoskeeper.domain.samples import LogFollowed, Sample
from eoskeeper.probes.log_follow import LogFollower, LogSettings
from tests.fakes.loop_clock import clock_from
from tests.unit.runtime import virtual_time

LINE = "info  2026-01-02T03:04:05.678 nodeos    net_plugin.cpp:1  f  ] noise that tells nothing\n"


def test_a_backlog_is_read_at_once_whatever_its_lines_tell(tmp_path: Path) -> None:
    """Not one pass for each fifth of a second: what is decided waits for the end of the log."""
    path = tmp_path / "nodeos.log"
    path.write_text(LINE * 30_000)
    passes: list[LogFollowed] = []

    def tell(sample: Sample) -> None:
        if isinstance(sample, LogFollowed):
            passes.append(sample)

    async def main() -> None:
        follower = LogFollower(path, LogSettings())
        async with asyncio.timeout(0.1):
            await watch_log(follower, clock_from(), tell)

    with pytest.raises(TimeoutError):
        virtual_time.run(main())
    assert len(passes) > 2
    assert passes[-1].at_end
    assert sum(one.lines for one in passes) == 30_000
