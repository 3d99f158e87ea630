"""Report: what everybody else may know of a cycle; pages, the CLI and the logs read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from eoskeeper.domain.actions import Condition, FenceCause, PermitKind
from eoskeeper.domain.alerting.alarms import AlarmLine
from eoskeeper.domain.chain_time import (
    TURN_SLOTS,
    Moment,
    Turn,
    UtcS,
    slot_at,
    slot_utc,
    turn_of,
)
from eoskeeper.domain.conditions import conditions_for, newest_own_maker
from eoskeeper.domain.figures import (
    KeeperFigures,
    MachineFigures,
    NodeosFigures,
    OwnTurn,
    TelemetryFigures,
)
from eoskeeper.domain.findings import Finding
from eoskeeper.domain.host_samples import DeliveryResult
from eoskeeper.domain.lease.chain import alone_for_s, unstayed_own_turns
from eoskeeper.domain.lease_figures import (
    GuardFigures,
    LeaseFigures,
    guard_figures,
    lease_figures,
)
from eoskeeper.domain.logbook import Maker, lost_slots, maker_of
from eoskeeper.domain.memory import CommandAnswer, Memory
from eoskeeper.domain.permits import scene_of
from eoskeeper.domain.policy import FailoverMode, Policy, Role
from eoskeeper.domain.production import (
    SlotOutcome,
    TurnAccount,
    account_turn,
    empty_own_turns,
    turns_of_round,
)
from eoskeeper.domain.reasons import next_own_turn_in_s
from eoskeeper.domain.samples import Block, PeerRead, ProbeFailed
from eoskeeper.domain.standing import State
from eoskeeper.domain.tally import TurnFigures
from eoskeeper.domain.turns import SlotCounts, cells_of, made_turns

__all__ = ["PeerLine", "Report", "report_of"]

OWN_TURNS_REPORTED = 8


class PeerLine(msgspec.Struct, frozen=True):
    """A peer keeper as last heard; every ``None`` means *unknown*.

    Attributes:
        age_s: seconds since its report was read.
        produces: it made the newest block of ours.
        last_own_turn: newest own turn as its node sees it, a letter for each slot.
    """

    host: str
    role: str
    state: str
    may_produce: bool
    head_number: int | None
    age_s: float
    irreversible_number: int | None = None
    head_age_s: float | None = None
    links: int | None = None
    paused: bool | None = None
    produces: bool | None = None
    term: int = 0
    server_version: str | None = None
    last_own_turn: str = ""
    summary: str = ""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One cycle as others see it; every ``None`` means *unknown*.

    Attributes:
        at_utc: when the cycle ran.
        since_utc: when the state was entered.
        head_age_s: wall clock minus time stamp of the head.
        irreversible_lag_blocks: head minus last irreversible block.
        paused: reading of the producer API.
        empty_own_turns: whole own turns in a row without a block on the chain.
        unstayed_own_turns: the same as a holder must count; None when this host never held.
        next_own_turn_in_s: seconds until the first slot of the next own turn.
        newest_own_maker: who made our newest block on the chain.
        conditions: what the next resume of this host needs, with figures.
        own_turns: newest own turns, oldest first.
        last_round: the newest round that is over, a turn of every producer.
        failures: probes without a reading, newest failure of each.
        findings: what every health rule says.
        alarms: open ones, and those that are still held back.
        own_turns_by_day: own turns counted, by local day since 1970-01-01; the newest two days.
        deliveries: outcomes by channel since the keeper started.
        schedule: active producers in slot order.
        last_made_utc: time stamp of the newest block of ours that this host made, by its own log.
        produces: this host made the newest block of ours and is not paused; None when not known.
        last_own_turn: newest own turn that is over, a letter for each slot; empty when none is.
        made_turns: newest own turns of which this host made a block, by its own log.
        slot_counts: slots by outcome of every turn closed since the keeper started, by producer.
        nodeos: its process; None when none is known.
        machine: the host.
        keeper: ourselves.
        telemetry: how the points fare that are sent away; None when none are.
        lease: in a register; None where the chain is the register.
        guard: as it answered last; None where there is none, or it never did.
    """

    at_utc: UtcS
    host: str
    role: Role
    mode: FailoverMode
    producer: str | None
    state: State
    since_utc: UtcS
    may_produce: bool
    term: int
    cause: FenceCause | None
    summary: str
    chain_id: str | None = None
    server_version: str | None = None
    head_number: int | None = None
    head_age_s: float | None = None
    head_producer: str | None = None
    irreversible_number: int | None = None
    irreversible_lag_blocks: int | None = None
    paused: bool | None = None
    links: int | None = None
    pid: int | None = None
    free_database_bytes: int | None = None
    producers: int = 0
    in_schedule: bool | None = None
    empty_own_turns: int | None = None
    unstayed_own_turns: int | None = None
    alone_s: float | None = None
    next_own_turn_in_s: float | None = None
    newest_own_maker: Maker | None = None
    own_turns: tuple[OwnTurn, ...] = ()
    last_round: tuple[TurnAccount, ...] = ()
    conditions: tuple[Condition, ...] = ()
    failures: tuple[ProbeFailed, ...] = ()
    answers: tuple[CommandAnswer, ...] = ()
    peers: tuple[PeerLine, ...] = ()
    findings: tuple[Finding, ...] = ()
    alarms: tuple[AlarmLine, ...] = ()
    own_turns_by_day: tuple[tuple[int, TurnFigures], ...] = ()
    deliveries: Mapping[str, Mapping[DeliveryResult, int]] = {}
    schedule: tuple[str, ...] = ()
    last_made_utc: UtcS | None = None
    produces: bool | None = None
    last_own_turn: str = ""
    made_turns: tuple[Turn, ...] = ()
    slot_counts: Mapping[str, SlotCounts] = {}
    nodeos: NodeosFigures | None = None
    machine: MachineFigures | None = None
    keeper: KeeperFigures | None = None
    telemetry: TelemetryFigures | None = None
    lease: LeaseFigures | None = None
    guard: GuardFigures | None = None


_PERMIT_OF_STATE: Mapping[State, PermitKind] = {
    State.LEARNING: PermitKind.TAKEOVER,
    State.STANDBY: PermitKind.TAKEOVER,
    State.LAPSED: PermitKind.TAKEOVER,
    State.ISOLATED: PermitKind.AFTER_ISOLATION,
    State.RESTARTED: PermitKind.OWN_RESTART,
    State.HELD: PermitKind.OPERATOR,
}


def report_of(memory: Memory, now: Moment, policy: Policy) -> Report:
    """Reduce the memory to what others may know."""
    node, standing = memory.node, memory.standing
    head, held = node.head, standing.held_from
    newest = newest_own_maker(node)
    kind = _PERMIT_OF_STATE.get(standing.state)
    scene = scene_of(memory, now, policy)
    made = made_turns(node)
    own_turns = _own_turns(memory, now, policy, made)
    age = now.utc_s - slot_utc(head.head_slot) if head else None
    lag = head.head_number - head.last_irreversible_number if head else None
    return Report(
        at_utc=now.utc_s,
        host=policy.host,
        role=policy.role,
        mode=policy.failover.mode,
        producer=policy.producer,
        state=standing.state,
        since_utc=standing.since.utc_s,
        may_produce=standing.may_produce and policy.role is not Role.OBSERVER,
        term=standing.term,
        cause=standing.cause,
        summary=_summary(memory, now, policy),
        chain_id=node.chain_id,
        server_version=head.server_version if head else None,
        head_number=head.head_number if head else None,
        head_age_s=age,
        head_producer=head.head_producer if head else None,
        irreversible_number=head.last_irreversible_number if head else None,
        irreversible_lag_blocks=lag,
        paused=node.paused.paused if node.paused else None,
        links=_links(memory),
        pid=node.process.pid if node.process else None,
        free_database_bytes=node.database.free_bytes if node.database else None,
        producers=len(node.roster.accounts),
        in_schedule=None if node.schedule is None else node.roster.ours is not None,
        empty_own_turns=empty_own_turns(node.chain, node.roster),
        unstayed_own_turns=None if held is None else unstayed_own_turns(node, held, now),
        alone_s=alone_for_s(node, now, policy),
        next_own_turn_in_s=next_own_turn_in_s(memory, now),
        newest_own_maker=newest[1] if newest else None,
        own_turns=own_turns,
        last_round=_last_round(memory),
        conditions=() if kind is None else conditions_for(kind, scene),
        failures=tuple(node.failures.values()),
        answers=memory.answers,
        peers=tuple(_peer_line(peer, now) for peer in node.peers.values()),
        schedule=node.roster.accounts,
        last_made_utc=slot_utc(node.logbook.produced[-1].slot) if node.logbook.produced else None,
        produces=_produces(memory),
        last_own_turn=_last_own_turn(own_turns),
        made_turns=made[-OWN_TURNS_REPORTED:],
        lease=lease_figures(memory.lease, now),
        guard=guard_figures(memory.guard.read, now),
    )


def _peer_line(peer: PeerRead, now: Moment) -> PeerLine:
    return PeerLine(
        peer.host,
        peer.role,
        peer.state,
        peer.may_produce,
        peer.head_number,
        now.mono_s - peer.at.mono_s,
        irreversible_number=peer.irreversible_number,
        head_age_s=peer.head_age_s,
        links=peer.links,
        paused=peer.paused,
        produces=peer.produces,
        term=peer.term,
        server_version=peer.server_version,
        last_own_turn=peer.last_own_turn,
        summary=peer.summary,
    )


def _produces(memory: Memory) -> bool | None:
    """Who made the newest block of ours of which that is known: its log line comes after it.

    An own turn that is over and left nothing is nobody's production.
    """
    node = memory.node
    if node.paused is None:
        return None
    if node.paused.paused:
        return False
    makers = (maker_of(one, node.logbook, node.paused_since) for one in _newest_own(memory))
    known = next((one for one in makers if one is not Maker.UNKNOWN), None)
    if known is None:
        return None
    return known is Maker.HERE and not empty_own_turns(node.chain, node.roster)


def _newest_own(memory: Memory) -> Iterator[Block]:
    """Blocks of two own turns at most, newest first."""
    return reversed(memory.node.chain.own[-2 * TURN_SLOTS :])


def _last_own_turn(own_turns: tuple[OwnTurn, ...]) -> str:
    over = [one for one in own_turns if SlotOutcome.PENDING not in one.slots]
    return cells_of(over[-1]) if over else ""


def _links(memory: Memory) -> int | None:
    """nodeos's own list where it answers, else the sockets of the process."""
    node = memory.node
    if node.connections is not None:
        return sum(link.established for link in node.connections.links)
    return node.process.links if node.process else None


def _own_turns(
    memory: Memory, now: Moment, policy: Policy, made: tuple[Turn, ...]
) -> tuple[OwnTurn, ...]:
    node = memory.node
    roster, chain = node.roster, node.chain
    newest = roster.own_turn_at_or_after(slot_at(now.utc_s) + 1)
    if newest is None or chain.tip is None:
        return ()
    # Our own log's proof goes before a peer's word, which is for people only.
    makers = {turn: peer.host for peer in node.peers.values() for turn in peer.made_turns}
    makers |= dict.fromkeys(made, policy.host)
    count, lost = len(roster.accounts), lost_slots(node.logbook, chain.own)
    oldest, late = turn_of(chain.blocks[0].slot), dict(node.logbook.lateness)
    turns = (newest - count * back for back in range(OWN_TURNS_REPORTED, 0, -1))
    accounts = (account_turn(chain, roster, turn, lost, late) for turn in turns if turn > oldest)
    return tuple(
        OwnTurn(
            one.turn,
            one.producer,
            one.first_slot,
            one.slots,
            one.latest_ms,
            made_by=makers.get(one.turn, ""),
        )
        for one in accounts
    )


def _last_round(memory: Memory) -> tuple[TurnAccount, ...]:
    """The newest round that is over, every producer's turn of it."""
    node = memory.node
    tip, slots = node.chain.tip, node.roster.round_slots
    if tip is None or not slots:
        return ()
    late = dict(node.logbook.lateness)
    turns = turns_of_round(node.roster, tip.slot - slots)
    return tuple(account_turn(node.chain, node.roster, turn, lateness=late) for turn in turns)


def _summary(memory: Memory, now: Moment, policy: Policy) -> str:
    """One sentence, for ``systemctl status`` and the log."""
    node, state = memory.node, memory.standing.state
    head = node.head
    if head is None:
        return f"{policy.role} {state}: no answer from nodeos yet"
    age = now.utc_s - slot_utc(head.head_slot)
    parts = [f"{policy.role} {state}", f"head #{head.head_number} {age:.1f} s old"]
    row = empty_own_turns(node.chain, node.roster)
    if row:
        parts.append(f"{row} own turns empty")
    if node.failures:
        parts.append("no reading: " + ", ".join(sorted(node.failures)))
    return "; ".join(parts)
