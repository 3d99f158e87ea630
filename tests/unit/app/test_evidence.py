"""When two hosts made a block in one slot, one file holds all that is known."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import msgspec

from eoskeeper.app.evidence import EVERY_S, FILES_KEPT, Bundle, EvidenceFolder
from eoskeeper.domain.chain_time import Moment, MonoS, Slot, UtcS
from eoskeeper.domain.events import Event, MaintenanceSet, SlotDoubled
from eoskeeper.domain.member_words import Doubled, MadeBy
from eoskeeper.domain.memory import begin
from eoskeeper.domain.report import report_of
from tests.unit.domain.scene import moment_at, policy_of, settled_holder
from tests.unit.runtime.recording_log import RecordingLog

POLICY = policy_of()
JOURNAL: list[Event] = [MaintenanceSet(moment_at(1), UtcS(1.0), "li")]


def doubled(slot: int, at_s: float) -> SlotDoubled:
    """Found at that second."""
    at = Moment(MonoS(at_s), UtcS(at_s))
    makers = (MadeBy("here", "0" * 16), MadeBy("there", "1" * 16))
    return SlotDoubled(at, (Slot(slot),), Doubled(Slot(slot), makers))


def written(state: Path, *events: Event, told: Sequence[bool] = (True,)) -> RecordingLog:
    """What the log tells when these events came, one in each cycle.

    Args:
        told: of each event, whether it is to bring a line of the log; that is waited for.
    """
    log = RecordingLog()
    folder = EvidenceFolder(state, lambda count: JOURNAL[-count:], log)
    memory = settled_holder().memory

    async def run() -> None:
        async with asyncio.timeout(60), asyncio.TaskGroup() as group:
            task = group.create_task(folder.run())
            lines = 0
            for event, is_told in zip(events, told, strict=True):
                report = report_of(begin(event.at, POLICY), event.at, POLICY)
                folder.look((event,), memory, report, POLICY)
                lines += is_told
                while len(log.entries) < lines:  # noqa: ASYNC110 - the log has no event to wait for
                    await asyncio.sleep(0.005)
            task.cancel()

    asyncio.run(run())
    return log


def test_the_file_holds_both_sides(tmp_path: Path) -> None:
    """And can be read again."""
    written(tmp_path, doubled(7, 10.0))
    (path,) = (tmp_path / "evidence").iterdir()
    bundle = msgspec.json.decode(path.read_bytes(), type=Bundle)
    assert path.name == "doubled-7.json"
    assert (bundle.host, bundle.doubled.newest.slot) == ("here", 7)
    assert set(bundle.words) == {"here"}
    assert bundle.blocks
    assert bundle.logbook.produced
    assert bundle.decisions == tuple(JOURNAL)


def test_hosts_that_go_on_together_do_not_fill_the_disk(tmp_path: Path) -> None:
    """One file a minute, and only the newest."""
    count = 2 * FILES_KEPT + 6
    events = [doubled(100 + n, 10.0 + n * EVERY_S / 2) for n in range(count)]
    log = written(tmp_path, *events, told=[n % 2 == 0 for n in range(count)])
    assert len(log.entries) == count / 2
    names = sorted(path.name for path in (tmp_path / "evidence").iterdir())
    assert len(names) == FILES_KEPT
    assert names[-1] == f"doubled-{100 + 2 * FILES_KEPT + 4}.json"


def test_other_events_are_no_evidence(tmp_path: Path) -> None:
    """Nothing is written."""
    written(tmp_path, JOURNAL[0], told=[False])
    assert not (tmp_path / "evidence").exists()


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """The keeper goes on."""
    (tmp_path / "evidence").write_text("in the way")
    log = written(tmp_path, doubled(7, 10.0))
    assert log.events() == ["evidence_not_written"]
