"""Metrics of the node and its chain: head, links, turns, failover, peers."""

from __future__ import annotations

from collections.abc import Iterator

from eoskeeper.domain.chain_time import slot_utc
from eoskeeper.domain.figures import OwnTurn
from eoskeeper.domain.known import nodeos_answers
from eoskeeper.domain.policy import Role
from eoskeeper.domain.production import SlotOutcome
from eoskeeper.domain.report import Report
from eoskeeper.domain.standing import State
from eoskeeper.domain.turns import SlotCounts, cells_of
from eoskeeper.telemetry.prometheus_metric import (
    Labelled,
    Number,
    counters,
    gauge,
    gauges,
    state_set,
)

__all__ = ["CHAIN_METRICS", "PEER_FRESH_S"]

PEER_FRESH_S = 10.0
"""A peer whose newest report is older does not count as up."""

OUTCOMES = ("produced", "missed", "lost", "unknown")
_OUTCOME_VALUES = ", ".join(f"`{name}`" for name in OUTCOMES)
_STATE_VALUES = ", ".join(f"`{state}`" for state in State)


def _host_info(report: Report) -> Iterator[Labelled]:
    chain_id, producer = report.chain_id or "", report.producer or ""
    yield (report.host, str(report.role), str(report.mode), producer, chain_id), 1


def _nodeos_info(report: Report) -> Iterator[Labelled]:
    if report.server_version is not None:
        yield (report.server_version,), 1


def _head_utc(report: Report) -> float | None:
    return None if report.head_age_s is None else report.at_utc - report.head_age_s


def _of_producer(report: Report, value: Number | None) -> Iterator[Labelled]:
    if report.producer is not None:
        yield (report.producer,), value


def _standby_ready(report: Report) -> Iterator[Labelled]:
    """Nothing for a full node, and nothing for the host that holds production."""
    if report.role is not Role.OBSERVER and report.state not in {State.HOLDER, State.RESUMING}:
        ready = report.state is State.STANDBY and report.paused is True and not report.failures
        yield from _of_producer(report, ready)


def _slots(report: Report) -> Iterator[Labelled]:
    """Zeros for producers of which no turn was closed yet, so that the first miss is an increase.

    Only the active schedule's: the accounts that ever were in one have no bound.
    """
    for producer in report.schedule:
        counts = report.slot_counts.get(producer, SlotCounts())
        ours = "yes" if producer == report.producer else "no"
        for outcome in OUTCOMES:
            yield (producer, ours, outcome), getattr(counts, outcome)


def _newest_own_turn(report: Report) -> OwnTurn | None:
    over = [one for one in report.own_turns if SlotOutcome.PENDING not in one.slots]
    return over[-1] if over else None


def _own_turn_begin_utc(report: Report) -> float | None:
    newest = _newest_own_turn(report)
    return None if newest is None else slot_utc(newest.first_slot)


def _own_turn_slots(report: Report) -> Iterator[Labelled]:
    newest = _newest_own_turn(report)
    if newest is not None:
        cells = cells_of(newest)
        for outcome in OUTCOMES:
            yield (outcome,), cells.count(outcome[0])


def _own_turn_slot(report: Report) -> Iterator[Labelled]:
    newest = _newest_own_turn(report)
    if newest is not None:
        for number, cell in enumerate(cells_of(newest), start=1):
            yield (f"{number:02d}",), None if cell == "u" else cell == "p"


def _next_own_turn_utc(report: Report) -> float | None:
    ahead_s = report.next_own_turn_in_s
    return None if ahead_s is None else report.at_utc + ahead_s


def _conditions(report: Report) -> Iterator[Labelled]:
    for one in report.conditions:
        yield from state_set(("yes", "no", "unknown"), str(one.met), (one.name,))


def _peers_up(report: Report) -> Iterator[Labelled]:
    for peer in report.peers:
        yield (peer.host,), peer.age_s <= PEER_FRESH_S


def _peers_heard(report: Report) -> Iterator[Labelled]:
    for peer in report.peers:
        yield (peer.host,), report.at_utc - peer.age_s


CHAIN_METRICS = (
    gauges(
        "eoskeeper_host_info",
        "This host as it is configured, and its chain",
        _host_info,
        *("host", "role", "mode", "producer", "chain_id"),
        role="`A`, `B`, `C`, `F`",
        mode="`auto`, `advise`, `off`",
    ),
    gauge(
        "eoskeeper_nodeos_up",
        "Whether the HTTP API of nodeos answered the newest request",
        nodeos_answers,
    ),
    gauges("eoskeeper_nodeos_info", "Version of nodeos", _nodeos_info, "version"),
    gauge("eoskeeper_head_block_number", "Number of the head block", lambda r: r.head_number),
    gauge("eoskeeper_head_timestamp_seconds", "Time stamp of the head block", _head_utc),
    gauge(
        "eoskeeper_irreversible_block_number",
        "Number of the last irreversible block",
        lambda r: r.irreversible_number,
    ),
    gauge(
        "eoskeeper_irreversible_lag_blocks",
        "Head minus last irreversible block",
        lambda r: r.irreversible_lag_blocks,
    ),
    gauge("eoskeeper_links", "Connections with other nodes that stand", lambda r: r.links),
    gauge("eoskeeper_paused", "Whether production is paused in nodeos", lambda r: r.paused),
    gauges(
        "eoskeeper_produces",
        "Whether this host made the newest block of ours and is not paused",
        lambda r: _of_producer(r, r.produces),
        "producer",
    ),
    gauge(
        "eoskeeper_may_produce",
        "Whether it is not ruled out that this host produces",
        lambda r: r.may_produce,
    ),
    gauges(
        "eoskeeper_standby_ready",
        "Whether this host stands by paused, sees everything and could take over",
        _standby_ready,
        "producer",
    ),
    gauges(
        "eoskeeper_failover_state",
        "State of the failover machine, 1 for the current one",
        lambda r: state_set(State, str(r.state)),
        "state",
        state=_STATE_VALUES,
    ),
    gauge(
        "eoskeeper_failover_state_entered_timestamp_seconds",
        "When the current state was entered",
        lambda r: r.since_utc,
    ),
    gauge(
        "eoskeeper_failover_term",
        "Number of the newest holdership of this host, counted by this host",
        lambda r: r.term,
    ),
    gauges(
        "eoskeeper_resume_condition",
        "What the next resume of this host needs, 1 for how it stands",
        _conditions,
        *("condition", "met"),
        met="`yes`, `no`, `unknown`",
    ),
    gauge(
        "eoskeeper_in_schedule",
        "Whether our producer is in the active schedule",
        lambda r: r.in_schedule,
    ),
    gauge(
        "eoskeeper_schedule_producers",
        "Producers of the active schedule",
        lambda r: len(r.schedule) or None,
    ),
    counters(
        "eoskeeper_slots_total",
        "Slots of turns that are over, by what became of them, since the keeper started",
        _slots,
        *("producer", "ours", "outcome"),
        ours="`yes`, `no`",
        outcome=_OUTCOME_VALUES,
    ),
    gauges(
        "eoskeeper_own_turn_slots",
        "Slots of the newest own turn that is over, by what became of them",
        _own_turn_slots,
        "outcome",
        outcome=_OUTCOME_VALUES,
    ),
    gauges(
        "eoskeeper_own_turn_slot_produced",
        "Whether a slot of the newest own turn that is over left a block on the chain",
        _own_turn_slot,
        "slot",
        slot="`01` to `12`",
    ),
    gauge(
        "eoskeeper_own_turn_timestamp_seconds",
        "Time stamp of the first slot of the newest own turn that is over",
        _own_turn_begin_utc,
    ),
    gauge(
        "eoskeeper_next_own_turn_timestamp_seconds",
        "Time stamp of the first slot of the next own turn",
        _next_own_turn_utc,
    ),
    gauge(
        "eoskeeper_last_made_timestamp_seconds",
        "Time stamp of the newest block of ours that this host made, by its own log",
        lambda r: r.last_made_utc,
    ),
    gauges(
        "eoskeeper_empty_own_turns",
        "Whole own turns in a row without a block on the chain",
        lambda r: _of_producer(r, r.empty_own_turns),
        "producer",
    ),
    gauges(
        "eoskeeper_peer_up",
        "Whether the newest report of a peer keeper is fresh",
        _peers_up,
        "peer",
    ),
    gauges(
        "eoskeeper_peer_heard_timestamp_seconds",
        "When the newest report of a peer keeper was read",
        _peers_heard,
        "peer",
    ),
)
"""In the order in which they are told; documented as they stand here."""
