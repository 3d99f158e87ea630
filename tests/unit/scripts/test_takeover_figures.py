"""The arithmetic of `scripts/bench failover`."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from scripts.lib.benching.takeover_figures import Run, lost_slots, read_runs, spread, table

RUN = Run(
    register="etcd",
    cause="killed",
    at="2026-01-01T00:00:00.000+00:00",
    phase_s=3.0,
    victim="a",
    successor="b",
    takeover_s=4.0,
    first_block_s=9.0,
    lost=6,
    doubled=0,
    round_s=24.0,
    load=1.0,
)


@pytest.mark.parametrize(
    ("begin", "end", "made", "lost"),
    [
        (11, 24, set(range(12, 24)), 0),
        (11, 24, set(), 12),
        (17, 24, set(), 6),
        (17, 60, {20}, 5),
        (23, 60, set(), 0),
        (23, 63, set(), 3),
    ],
    ids=["whole turn", "empty turn", "from the middle", "one made", "others' turns", "next round"],
)
def test_only_own_slots_without_a_block_are_lost(
    begin: int, end: int, made: set[int], lost: int
) -> None:
    """Our turn is the second of four: slots 12 to 23, 60 to 71; the first slot had begun."""
    assert lost_slots(begin, end, 1, 4, made) == lost


def test_a_spread_names_the_ends_and_the_middle() -> None:
    """Of eleven values 0 to 10."""
    assert spread([float(value) for value in range(10, -1, -1)]) == (0, 1, 5, 9, 10, 5)


def test_a_file_that_was_cut_off_keeps_its_whole_lines(tmp_path: Path) -> None:
    """A bench may be killed while it writes."""
    path = tmp_path / "runs.jsonl"
    line = msgspec.json.encode(RUN).decode()
    path.write_text(f"{line}\n{line}\n{line[:40]}")
    assert read_runs(path) == [RUN, RUN]


def test_the_table_tells_what_was_met_and_what_was_not() -> None:
    """A goal is met when the longest run meets it; doubled slots add up."""
    late = msgspec.structs.replace(RUN, takeover_s=6.0, doubled=2)
    planned = msgspec.structs.replace(RUN, cause="switchover", lost=0)
    rows = table([RUN, late, planned]).splitlines()[2:]
    assert rows[0].startswith("| etcd | killed | 2 | 5.0 (4.0 to 6.0; 6.0) | 5: 1 of 2 within |")
    assert rows[0].endswith("| 2.5 | 0.5 | 2 |")
    assert "none lost: met" in rows[1]
    on_time = table([RUN]).splitlines()[2]
    assert "| 5: met |" in on_time
