"""What the tests of the rules about the host put into their views: readings of one age."""

from __future__ import annotations

from collections.abc import Iterable

from eoskeeper.domain.chain_time import Slot, UtcS, slot_utc
from eoskeeper.domain.logbook import Logbook
from eoskeeper.domain.rules.rule import View
from eoskeeper.domain.samples import (
    BlockLogged,
    FailureReason,
    Finalizer,
    FinalizersRead,
    HostRead,
    LogFollowed,
    LoggedBlockKind,
    LoggedNote,
    NodeNote,
    NotProducingLogged,
    NotProducingReason,
    ProcessRead,
    ProcessState,
    UnitRead,
)
from eoskeeper.domain.vitals import FailureRow
from tests.unit.domain.rules.views import ago, head_read, view_of
from tests.unit.domain.scene import OURS, ROSTER, START_SLOT

__all__ = [
    "GIB",
    "MIB",
    "arriving",
    "failure_row",
    "finalizers",
    "host_read",
    "log_pass",
    "not_producing",
    "note",
    "process_read",
    "unit_read",
]

MIB = 1024**2
GIB = 1024**3


def failure_row(since_s: float, reason: FailureReason = FailureReason.TIMED_OUT) -> FailureRow:
    """A row of failures that began ``since_s`` ago."""
    return FailureRow(ago(since_s), 5, reason, "as told")


def process_read(state: ProcessState = ProcessState.RUNNING, age_s: float = 0.0) -> ProcessRead:
    """nodeos, process 100."""
    return ProcessRead(ago(age_s), 100, state, UtcS(1e9), 1.0, MIB, 3)


def host_read(
    *, available_bytes: int = 8 * GIB, load: float = 0.5, cpus: int = 4, age_s: float = 0.0
) -> HostRead:
    """A machine of 16 GiB."""
    return HostRead(ago(age_s), 16 * GIB, available_bytes, 0, 0, load, load, load, cpus)


def note(kind: NodeNote, age_s: float) -> dict[NodeNote, LoggedNote]:
    """One line of that kind."""
    return {kind: LoggedNote(ago(age_s), kind, "as printed", ago(age_s).utc_s)}


def unit_read(
    status: int | None, *, by_signal: bool = False, active: bool = False, age_s: float = 0.0
) -> UnitRead:
    """What systemd says of the unit of nodeos."""
    sub_state = "running" if active else "dead"
    return UnitRead(ago(age_s), "nodeos.service", active, sub_state, status, by_signal, 0)


def log_pass(latest_age_s: float | None = 0.0, *, at_end: bool = True) -> LogFollowed:
    """The follower, just now."""
    latest = None if latest_age_s is None else ago(latest_age_s).utc_s
    return LogFollowed(ago(0), at_end, 1, 0, latest)


def not_producing(reason: NotProducingReason, age_s: float) -> NotProducingLogged:
    """A line that was printed and read ``age_s`` ago."""
    return NotProducingLogged(ago(age_s), reason, "as printed", None, ago(age_s).utc_s)


def finalizers(
    own_behind: int | None,
    *,
    others_behind: int = 3,
    strong: bool | None = True,
    description: str = OURS,
    age_s: float = 0.0,
) -> FinalizersRead:
    """Three finalizers, of whom one is ours, behind a head of 1000."""
    voted = None if own_behind is None else 1000 - own_behind
    return FinalizersRead(
        ago(age_s),
        (
            Finalizer("alpha", "PUB_BLS_a", 1000 - others_behind, strong=True),
            Finalizer(description, "PUB_BLS_b", voted, strong),
            Finalizer("carol", "PUB_BLS_c", 1000 - others_behind, strong=True),
        ),
        1,
        None,
    )


def arriving(
    late_ms: dict[str, int], *, made_here: bool = False, slots: Iterable[int] = range(-96, 24)
) -> View:
    """A synced node whose log told of each producer's blocks so many milliseconds late."""
    lateness, produced = [], []
    for slot in (Slot(START_SLOT + one) for one in slots):
        producer = ROSTER.producer_at(slot) or ""
        if producer not in late_ms:
            continue
        lateness.append((slot, late_ms[producer]))
        if producer == OURS and made_here:
            kind = LoggedBlockKind.PRODUCED
            logged = UtcS(slot_utc(slot) + late_ms[producer] / 1000)
            produced.append(BlockLogged(ago(1), kind, 1, "0", slot, OURS, logged, None, None))
    book = Logbook(lateness=tuple(lateness), produced=tuple(produced))
    return view_of(node={"head": head_read(), "roster": ROSTER, "logbook": book})
