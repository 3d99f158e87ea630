"""Figures: what a report tells of the machine, the keeper itself and its telemetry.

For people, pictures and alarms only; nothing that decides about production reads them.
"""

from __future__ import annotations

import msgspec

from eoskeeper.domain.chain_time import UtcS
from eoskeeper.domain.host_samples import FolderUse
from eoskeeper.domain.own_samples import TelemetryFigures
from eoskeeper.domain.production import TurnAccount
from eoskeeper.domain.vitals import Vitals

__all__ = [
    "KeeperFigures",
    "MachineFigures",
    "NodeosFigures",
    "OwnTurn",
    "TelemetryFigures",
    "keeper_figures",
    "machine_figures",
    "nodeos_figures",
]


class OwnTurn(TurnAccount, frozen=True, kw_only=True):
    """An own turn, and which host of ours made it.

    Attributes:
        made_by: name of the host, from our own log or a peer's word; empty when not known.
    """

    made_by: str = ""


class NodeosFigures(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The nodeos process.

    Attributes:
        cpu_s: user and system seconds used since its start.
    """

    pid: int
    started_utc: UtcS
    cpu_s: float
    resident_bytes: int


class MachineFigures(msgspec.Struct, frozen=True, kw_only=True):
    """The host; every ``None`` means *unknown*.

    Attributes:
        memory_available_bytes: what can be given out without swapping.
        load_1m: processes that ran or waited, mean of one minute; ``load_5m`` and ``load_15m``
            likewise.
        folders: one entry for each file system that nodeos or the keeper writes to.
        clock_offset_s: our clock minus the time server's.
    """

    memory_total_bytes: int | None = None
    memory_available_bytes: int | None = None
    swap_total_bytes: int | None = None
    swap_used_bytes: int | None = None
    load_1m: float | None = None
    load_5m: float | None = None
    load_15m: float | None = None
    cpus: int | None = None
    folders: tuple[FolderUse, ...] = ()
    clock_offset_s: float | None = None


class KeeperFigures(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The keeper.

    Attributes:
        late_s: how much later than it should the cycle began.
        took_s: how long the cycle before it took.
        queued: readings that waited for it.
        dropped: readings lost since it started, because the queue was full.
        resident_bytes: 0 when not read.
        cpu_s: user and system seconds used since its start.
    """

    version: str
    started_utc: UtcS
    late_s: float
    took_s: float
    queued: int
    dropped: int
    resident_bytes: int
    cpu_s: float


def nodeos_figures(vitals: Vitals) -> NodeosFigures | None:
    """Of the process that runs now; None when none is known."""
    read = vitals.process
    if read is None or vitals.process_gone is not None:
        return None
    return NodeosFigures(
        pid=read.pid,
        started_utc=read.started_utc,
        cpu_s=read.cpu_s,
        resident_bytes=read.resident_bytes,
    )


def machine_figures(vitals: Vitals) -> MachineFigures:
    """Of the newest readings, however old: rules say when one is stale."""
    host, offset = vitals.host, vitals.clock_offset
    folders = vitals.folders.folders if vitals.folders else ()
    offset_s = None if offset is None else offset.offset_s
    if host is None:
        return MachineFigures(folders=folders, clock_offset_s=offset_s)
    return MachineFigures(
        memory_total_bytes=host.memory_total_bytes,
        memory_available_bytes=host.memory_available_bytes,
        swap_total_bytes=host.swap_total_bytes,
        swap_used_bytes=host.swap_used_bytes,
        load_1m=host.load_1m,
        load_5m=host.load_5m,
        load_15m=host.load_15m,
        cpus=host.cpus,
        folders=folders,
        clock_offset_s=offset_s,
    )


def keeper_figures(vitals: Vitals) -> KeeperFigures | None:
    """Of the newest look at itself; None before the first."""
    read = vitals.keeper
    if read is None:
        return None
    return KeeperFigures(
        version=read.version,
        started_utc=vitals.started.utc_s,
        late_s=read.late_s,
        took_s=read.took_s,
        queued=read.queued,
        dropped=vitals.dropped,
        resident_bytes=read.resident_bytes,
        cpu_s=read.cpu_s,
    )
