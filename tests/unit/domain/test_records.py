"""A reading holds the numbers of a report, and a hole where the report knows nothing."""

from __future__ import annotations

import msgspec
import pytest

from eoskeeper.domain.chain_time import Turn, UtcS
from eoskeeper.domain.figures import MachineFigures, NodeosFigures
from eoskeeper.domain.host_samples import FolderUse
from eoskeeper.domain.records import QUANTITIES, Quantity, Reading, reading_of, turn_record
from eoskeeper.domain.report import Report, report_of
from eoskeeper.domain.samples import FailureReason, ProbeFailed, ProbeName
from eoskeeper.domain.turns import TurnClosed
from tests.unit.domain.scene import OURS, TURN, Site, moment_at, settled_holder


def told(site: Site, **fields: object) -> Report:
    """The report of the newest second, with some fields replaced."""
    report = report_of(site.memory, site.now, site.policy)
    return msgspec.structs.replace(report, **fields)


def value_of(reading: Reading, quantity: Quantity) -> float | None:
    """One of its values."""
    return reading.values[QUANTITIES.index(quantity)]


def nodeos(pid: int = 7, cpu_s: float = 10.0) -> NodeosFigures:
    """A process."""
    return NodeosFigures(pid=pid, started_utc=UtcS(5.0), cpu_s=cpu_s, resident_bytes=4096)


def test_nothing_known_is_a_row_of_holes() -> None:
    """Only what is counted here is a number: no alarm is open."""
    reading = reading_of(told(Site()), None)
    known = {q for q in QUANTITIES if value_of(reading, q) is not None}
    assert known == {Quantity.OPEN_ALARMS}
    assert value_of(reading, Quantity.OPEN_ALARMS) == 0


def test_the_figures_of_a_report_are_those_of_its_reading() -> None:
    """The fullest file system speaks for the disks."""
    folders = (FolderUse("/a", 1000, 400), FolderUse("/b", 100, 10))
    machine = MachineFigures(memory_available_bytes=77, load_1m=0.5, folders=folders)
    report = told(settled_holder(), machine=machine, nodeos=nodeos(), links=9)
    reading = reading_of(report, None)
    assert reading.at_utc == report.at_utc
    assert value_of(reading, Quantity.HEAD_NUMBER) == report.head_number
    assert value_of(reading, Quantity.HEAD_AGE_S) == report.head_age_s
    assert value_of(reading, Quantity.LINKS) == 9
    assert value_of(reading, Quantity.PRODUCES) == 1.0
    assert value_of(reading, Quantity.DISK_FREE_BYTES) == 10
    assert value_of(reading, Quantity.DISK_USED_PERCENT) == pytest.approx(90.0)
    assert value_of(reading, Quantity.MEMORY_AVAILABLE_BYTES) == 77
    assert value_of(reading, Quantity.NODEOS_CPU_PERCENT) is None


def test_a_node_that_does_not_answer_leaves_holes() -> None:
    """The report still shows its last word beside its age; a curve would draw it as true now."""
    silent = ProbeFailed(moment_at(0.0), ProbeName.GET_INFO, FailureReason.REFUSED, "refused")
    report = told(settled_holder(), links=9, failures=(silent,))
    reading = reading_of(report, None)
    assert report.head_number is not None
    for quantity in (Quantity.HEAD_NUMBER, Quantity.IRREVERSIBLE_LAG_BLOCKS, Quantity.LINKS):
        assert value_of(reading, quantity) is None
    assert value_of(reading, Quantity.OPEN_ALARMS) == 0


@pytest.mark.parametrize(
    ("later", "passed_s", "expected"),
    [
        (nodeos(cpu_s=10.5), 2.0, 25.0),
        (nodeos(cpu_s=9.0), 2.0, None),
        (nodeos(pid=8, cpu_s=10.5), 2.0, None),
        (nodeos(cpu_s=10.5), 0.0, None),
        (nodeos(cpu_s=10.5), -3.0, None),
        (None, 2.0, None),
    ],
    ids=["half a second in two", "counter fell", "restarted", "no time", "clock set back", "gone"],
)
def test_processor_time_is_told_per_second_of_one_process(
    later: NodeosFigures | None, passed_s: float, expected: float | None
) -> None:
    """A restart, or a clock that was set, leaves a hole."""
    before = told(settled_holder(), nodeos=nodeos())
    after = told(settled_holder(), nodeos=later, at_utc=UtcS(before.at_utc + passed_s))
    assert value_of(reading_of(after, before), Quantity.NODEOS_CPU_PERCENT) == expected


def test_a_turn_is_kept_with_the_host_that_made_it() -> None:
    """As the report knows; turns of others have none."""
    report = told(settled_holder())
    newest = next(one for one in reversed(report.own_turns) if one.made_by)
    own = TurnClosed(moment_at(0), newest.turn, OURS, ours=True, cells="p" * 12, latest_ms=-3)
    kept = turn_record(own, report)
    assert (kept.made_by, kept.turn, kept.latest_ms, kept.ours) == ("here", newest.turn, -3, True)
    assert kept.begin_utc == own.begin_utc
    other = TurnClosed(moment_at(0), Turn(TURN), "bp.one", ours=False, cells="m" * 12)
    assert turn_record(other, report).made_by == ""
