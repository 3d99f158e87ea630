"""The table of our own measurements: every tag and field that a point may have, and what it means.

Points are built through ``point_of`` only, which holds them to the table: a field keeps its type
for ever, or InfluxDB would refuse it. ``docs/metrics.md`` is made from the same table.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from eoskeeper.domain.chain_time import TURN_SLOTS
from eoskeeper.telemetry.line_protocol import Point

__all__ = [
    "MEASUREMENTS",
    "SLOT_FIELDS",
    "Column",
    "Measurement",
    "Value",
    "nanoseconds",
    "point_of",
]

Value = bool | int | float | str

Kind = Literal["integer", "float", "boolean", "string"]


class Column(msgspec.Struct, frozen=True):
    """A field.

    Attributes:
        meaning: with unit, and what a missing one says, where that is not plain.
    """

    name: str
    kind: Kind
    meaning: str


class Measurement(msgspec.Struct, frozen=True, kw_only=True):
    """What InfluxDB 3 calls a table.

    Attributes:
        when: how often there is a point, and whose time it has.
        tags: name and meaning; each has few values on any host.
    """

    name: str
    when: str
    tags: tuple[tuple[str, str], ...]
    fields: tuple[Column, ...]


SLOT_FIELDS = tuple(f"slot_{number:02d}" for number in range(1, TURN_SLOTS + 1))
"""One for each slot of an own turn, in order."""

_HOST = ("host", "name of this host in the configuration")
_PRODUCER = ("producer", "producer account; not there on a host without one")
_OURS = ("ours", "`yes` when it is our producer, else `no`")
_SAMPLE = "each sample; time of the cycle"


def _integer(name: str, meaning: str) -> Column:
    return Column(name, "integer", meaning)


def _float(name: str, meaning: str) -> Column:
    return Column(name, "float", meaning)


def _boolean(name: str, meaning: str) -> Column:
    return Column(name, "boolean", meaning)


def _string(name: str, meaning: str) -> Column:
    return Column(name, "string", meaning)


_SLOT_COUNTS = (
    _integer("produced", "slots with a block on the chain, 0 to 12"),
    _integer("missed", "slots that certainly stayed empty"),
    _integer("lost", "slots whose block this host made and a fork took away; own turns only"),
    _integer("unknown", "slots of which nothing is known; never counted as missed"),
    _integer("latest_ms", "how late its latest block was here after its time stamp, ms"),
)

_NODE = Measurement(
    name="eoskeeper_node",
    when=_SAMPLE,
    tags=(
        _HOST,
        ("role", "`A`, `B`, `C` or `F`"),
        _PRODUCER,
        ("chain", "first eight letters of the chain id"),
    ),
    fields=(
        _integer("head_number", "number of the head block"),
        _float("head_age_s", "wall clock minus time stamp of the head, s"),
        _string("head_producer", "who made the head block"),
        _integer("irreversible_number", "number of the last irreversible block"),
        _integer("irreversible_lag_blocks", "head minus last irreversible block"),
        _integer("links", "connections with other nodes that stand"),
        _boolean("paused", "production is paused"),
        _boolean("produces", "this host made the newest block of ours and is not paused"),
        _boolean("may_produce", "it is not ruled out that this host produces"),
        _boolean("in_schedule", "our producer is in the active schedule"),
        _integer("producers", "length of the active schedule"),
        _string("state", "state of the failover machine"),
        _integer("term", "number of the newest holdership of this host"),
        _string("mode", "`auto`, `advise` or `off`"),
        _string("cause", "why this host fences or was fenced"),
        _integer("empty_own_turns", "whole own turns in a row without a block on the chain"),
        _integer("unstayed_own_turns", "the same as a holder counts them"),
        _float("last_made_age_s", "since the newest block that this host made, s"),
        _float("next_own_turn_in_s", "until the next own turn begins, s"),
        _string("server_version", "version of nodeos"),
        _integer("pid", "process of nodeos"),
        _float("started_utc", "when that process began, s since 1970 UTC"),
        _float("cpu_s", "processor time it has used, s"),
        _integer("resident_bytes", "memory it occupies"),
        _integer("free_database_bytes", "free in nodeos's state database"),
        _integer("failing_probes", "probes without a reading"),
    ),
)

_TURN = Measurement(
    name="eoskeeper_turn",
    when=(
        "each turn of any producer, about 3 s after its end; time stamp of its first slot. "
        "A turn that a fork rewrites is written again, over itself"
    ),
    tags=(_HOST, ("producer", "who was scheduled"), _OURS),
    fields=(
        _integer("turn", "absolute number of the turn"),
        *_SLOT_COUNTS,
        _string("cells", "a letter for each slot: `p` produced, `m` missed, `l` lost, `u` unknown"),
        _string("maker", "own turns: made `here`, `elsewhere` or `unknown`"),
        _string("made_by", "own turns: host that made it; empty when not known"),
        *(
            _string(name, f"own turns: letter of slot {number}")
            for number, name in enumerate(SLOT_FIELDS, start=1)
        ),
    ),
)

_PRODUCER_FIGURES = Measurement(
    name="eoskeeper_producer",
    when="each round, every producer of the schedule; time stamp of its turn's first slot",
    tags=(_HOST, ("producer", "who was scheduled"), _OURS),
    fields=(
        _integer("round", "absolute number of the round"),
        _integer("position", "place in the schedule, from 1"),
        *_SLOT_COUNTS,
    ),
)

_MACHINE = Measurement(
    name="eoskeeper_host",
    when=_SAMPLE,
    tags=(_HOST,),
    fields=(
        _integer("memory_total_bytes", "memory of the machine"),
        _integer("memory_available_bytes", "what can be given out without swapping"),
        _integer("swap_total_bytes", "swap space"),
        _integer("swap_used_bytes", "swap space in use"),
        _float("load_1m", "processes that ran or waited, mean of 1 minute"),
        _float("load_5m", "mean of 5 minutes"),
        _float("load_15m", "mean of 15 minutes"),
        _integer("cpus", "processors that are online"),
        _float("clock_offset_s", "our clock minus the time server's, s"),
    ),
)

_FOLDER = Measurement(
    name="eoskeeper_folder",
    when=_SAMPLE,
    tags=(_HOST, ("folder", "folder that nodeos or the keeper writes to")),
    fields=(
        _integer("total_bytes", "size of its file system"),
        _integer("free_bytes", "what may still be written there"),
        _float("used_percent", "everything that is not free, 0 to 100"),
    ),
)

_OPEN = Measurement(
    name="eoskeeper_alarms_open",
    when=_SAMPLE,
    tags=(_HOST,),
    fields=(
        _integer("info", "open alarms of this severity; 0 when none is"),
        _integer("warning", "likewise"),
        _integer("critical", "likewise"),
    ),
)

_ALARM = Measurement(
    name="eoskeeper_alarm",
    when="each change of an alarm; its time",
    tags=(
        _HOST,
        ("rule", "health rule, see rules.md"),
        ("subject", "which of several things it judges: a folder, a peer"),
        ("change", "`fired`, `worsened`, `flapping` or `resolved`"),
    ),
    fields=(
        _string("severity", "`info`, `warning` or `critical`; not there when it ended"),
        _string("grade", "`degraded` or `failed`, or what it ended with"),
        _string("code", "which of the rule's sentences"),
        _string("sentence", "the evidence in words"),
        _string("ending", "of `resolved`: why it ended"),
    ),
)

_FAILOVER = Measurement(
    name="eoskeeper_failover",
    when="each record of the journal of decisions; its time",
    tags=(
        _HOST,
        (
            "kind",
            "record of the journal: `keeper_started`, `standing_changed`, `action_decided`...",
        ),
    ),
    fields=(
        _string("before", "state that was left"),
        _string("state", "state that was entered"),
        _string("event", "what it was that happened"),
        _string("reason", "with the figures it was decided on"),
        _integer("term", "number of the holdership"),
        _string(
            "action", "`pause`, `resume` or `terminate`; an operator's order; the name of a hook"
        ),
        _integer("action_id", "joins an action with its outcome"),
        _string("result", "outcome of an action; `accepted` or `refused` of an order"),
        _string("detail", "of the outcome, or of who started"),
        _string("by", "who ordered it"),
    ),
)

_KEEPER = Measurement(
    name="eoskeeper_keeper",
    when=_SAMPLE,
    tags=(_HOST,),
    fields=(
        _string("version", "of the keeper"),
        _float("started_utc", "when it started, s since 1970 UTC"),
        _float("late_s", "how much too late the cycle began, s"),
        _float("took_s", "how long the cycle before took, s"),
        _integer("queued", "readings that waited for the cycle"),
        _integer("dropped", "readings lost since the start: the queue was full"),
        _integer("resident_bytes", "memory it occupies; not there when not read"),
        _float("cpu_s", "processor time it has used, s"),
        _integer("points_accepted", "points that the database took since the start"),
        _integer("points_rejected", "points that the database refused for good"),
        _integer("points_dropped", "points given up: spool or queue were full"),
        _integer("points_spooled", "points that wait on disk"),
        _integer("spooled_bytes", "what they take there"),
    ),
)

MEASUREMENTS: Mapping[str, Measurement] = {
    one.name: one
    for one in (
        _NODE,
        _TURN,
        _PRODUCER_FIGURES,
        _MACHINE,
        _FOLDER,
        _OPEN,
        _ALARM,
        _FAILOVER,
        _KEEPER,
    )
}
"""By name."""

_COLUMNS = {
    name: {column.name: column.kind for column in one.fields} for name, one in MEASUREMENTS.items()
}


def nanoseconds(utc_s: float, offset_ns: int = 0) -> int:
    """UTC seconds as InfluxDB wants them, on whole milliseconds.

    Args:
        utc_s: since 1970.
        offset_ns: keeps several things of one moment apart.
    """
    return round(utc_s * 1000) * 1_000_000 + offset_ns


def point_of(
    name: str, tags: Mapping[str, str | None], values: Mapping[str, Value | None], at_utc_ns: int
) -> tuple[Point, ...]:
    """A point of a measurement of the table, or none when nothing of it is known.

    Args:
        name: of the measurement.
        tags: those that are ``None`` or empty are left out.
        values: those that are ``None`` are left out.
        at_utc_ns: time.
    """
    kinds = _COLUMNS[name]
    fields = {
        column: float(value) if kinds[column] == "float" else value
        for column, value in values.items()
        if value is not None
    }
    if not fields:
        return ()
    return (Point(name, {tag: text for tag, text in tags.items() if text}, fields, at_utc_ns),)
