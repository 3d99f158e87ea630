"""Samples that come from the host around nodeos: memory, folders, clock, unit, and the keeper.

Part of the union in ``samples``, from where everybody imports them.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.own_samples import TelemetryFigures

__all__ = [
    "AlarmAcknowledged",
    "ClockOffsetRead",
    "DeliveryOutcome",
    "DeliveryResult",
    "Finalizer",
    "FinalizersRead",
    "FolderUse",
    "FoldersRead",
    "HostRead",
    "KeeperRead",
    "SilenceEnded",
    "SilenceOrdered",
    "UnitRead",
]


class HostRead(msgspec.Struct, frozen=True, tag="host", gc=False):
    """Memory and load of the machine.

    Attributes:
        memory_available_bytes: what can be given out without swapping (``MemAvailable``).
        load_5m: processes that ran or waited, mean of five minutes.
        cpus: processors that are online.
    """

    at: Moment
    memory_total_bytes: int
    memory_available_bytes: int
    swap_total_bytes: int
    swap_used_bytes: int
    load_1m: float
    load_5m: float
    load_15m: float
    cpus: int


class FolderUse(msgspec.Struct, frozen=True, gc=False):
    """The file system that holds a folder.

    Attributes:
        path: the folder as nodeos or the configuration names it.
        free_bytes: what nodeos may still write (unprivileged).
    """

    path: str
    total_bytes: int
    free_bytes: int

    @property
    def used_percent(self) -> float:
        """0 to 100, as nodeos's own monitor counts: everything that is not free."""
        return 100.0 * (1.0 - self.free_bytes / self.total_bytes) if self.total_bytes else 100.0


class FoldersRead(msgspec.Struct, frozen=True, tag="folders"):
    """Folders that nodeos (and the keeper) writes to; one entry for each file system."""

    at: Moment
    folders: tuple[FolderUse, ...]


class ClockOffsetRead(msgspec.Struct, frozen=True, tag="clock_offset", gc=False):
    """An NTP query.

    Attributes:
        offset_s: our clock minus the reference: above zero, ours is ahead.
        error_s: half of the round trip, the most that the offset may be wrong by.
    """

    at: Moment
    offset_s: float
    error_s: float
    server: str


class Finalizer(msgspec.Struct, frozen=True, gc=False):
    """One finalizer of the active policy, as ``get_finalizer_info`` tells it.

    Attributes:
        description: by convention the producer account.
        voted_for_number: newest block that it is known to have voted for; None when none.
        strong: whether that was a strong vote; None when there is none.
    """

    description: str
    public_key: str
    voted_for_number: int | None
    strong: bool | None


class FinalizersRead(msgspec.Struct, frozen=True, tag="finalizers"):
    """``get_finalizer_info``: Savanna only.

    Attributes:
        active: the active policy's finalizers.
        generation: of the active policy.
        pending_generation: of the policy that waits to become active; None when none does.
    """

    at: Moment
    active: tuple[Finalizer, ...]
    generation: int
    pending_generation: int | None


class UnitRead(msgspec.Struct, frozen=True, tag="unit", gc=False):
    """The systemd unit of nodeos.

    Attributes:
        exit_status: of the last main process that ended; None when none did. A signal's number
            when ``by_signal``.
    """

    at: Moment
    unit: str
    active: bool
    sub_state: str
    exit_status: int | None
    by_signal: bool
    restarts: int


class KeeperRead(msgspec.Struct, frozen=True, tag="keeper"):
    """The keeper's look at itself, once per cycle.

    Attributes:
        late_s: how much later than it should the cycle began.
        took_s: how long the cycle before it took.
        queued: readings that waited for it.
        dropped: readings lost since the cycle before because the queue was full.
        resident_bytes: memory of this process; 0 when not read.
        utc_offset_s: local time minus UTC, for the hours of notices and contacts.
        version: of the keeper.
        cpu_s: user and system seconds used since its start; 0 when not read.
        telemetry: how its points fare; None when none are sent.
        broken: parts of it that failed and are not needed to decide.
    """

    at: Moment
    late_s: float
    took_s: float
    queued: int
    dropped: int
    resident_bytes: int
    utc_offset_s: int
    version: str = ""
    cpu_s: float = 0.0
    telemetry: TelemetryFigures | None = None
    broken: tuple[str, ...] = ()


class DeliveryResult(StrEnum):
    """How an attempt to hand a message to a service ended; also a metric label."""

    PROVEN = "proven"
    """The service's own answer says that it took the message."""
    REFUSED = "refused"
    """The service says no, and would say no again: wrong key, forbidden content, no receiver."""
    THROTTLED = "throttled"
    """Too many messages for now."""
    UNAVAILABLE = "unavailable"
    """No connection, a broken one, or the service says that it is ill."""
    TIMED_OUT = "timed_out"
    """No answer in time: it may have been sent."""
    UNINTELLIGIBLE = "unintelligible"
    """An answer that proves nothing: not in the service's form, or not the configured success."""


class DeliveryOutcome(msgspec.Struct, frozen=True, tag="delivery"):
    """What became of one notification at one channel, after all attempts there.

    Attributes:
        notification_id: which one; 0 for a test.
        channel: name of the channel in the configuration.
        attempts: tries made.
        detail: the service's answer, for people; never holds a secret.
    """

    at: Moment
    notification_id: int
    channel: str
    result: DeliveryResult
    attempts: int
    detail: str


class SilenceOrdered(msgspec.Struct, frozen=True, tag="silence"):
    """An operator wants no messages about some alarms for a while.

    Attributes:
        rule: name of a rule, or ``*`` for all.
        for_s: how long, in seconds.
    """

    at: Moment
    rule: str
    for_s: float
    by: str
    reason: str


class SilenceEnded(msgspec.Struct, frozen=True, tag="unsilence"):
    """An operator ends the silences of a rule (``*``: every silence)."""

    at: Moment
    rule: str
    by: str


class AlarmAcknowledged(msgspec.Struct, frozen=True, tag="acknowledge"):
    """Somebody has seen an alarm and works on it: no repeats, no escalation.

    Attributes:
        rule: name of a rule, or ``*`` for every open alarm.
    """

    at: Moment
    rule: str
    by: str
