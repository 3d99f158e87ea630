"""Conditions: each a small function that grades one thing a resume needs, with its figure.

A permit is given only when every condition of its kind is met; *unknown* is not met. The same
list, with its figures, is what ``eoskeeper explain`` prints.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from eoskeeper.domain.actions import Condition, Met, PermitKind
from eoskeeper.domain.chain_time import SLOT_S, TURN_S, first_slot_of_turn, slot_utc
from eoskeeper.domain.hook_condition import hook_condition
from eoskeeper.domain.lease.chain import (
    MIN_PRODUCERS,
    empty_turns_by_now,
    lapse_limit_turns,
    takeover_moment,
    takeover_row,
    unstayed_own_turns,
)
from eoskeeper.domain.lease_conditions import (
    guard_armed,
    guard_ready,
    lease_held,
    others_heard,
)
from eoskeeper.domain.leaving import before_others, stop_proven
from eoskeeper.domain.logbook import Maker, maker_of
from eoskeeper.domain.member_condition import no_stranger
from eoskeeper.domain.node_state import CAUGHT_UP_BLOCKS, NodeState, finality_stalled
from eoskeeper.domain.samples import Block, PeerRead, ProbeFailed, ProbeName
from eoskeeper.domain.scene import Scene, age_of, graded
from eoskeeper.domain.standing import State

__all__ = [
    "WATCHED_A_ROUND",
    "able_to_hold",
    "conditions_for",
    "newest_own_maker",
    "watched_a_round",
]

WATCHED_A_ROUND = "watched_a_round"
"""Name of the one condition that a restarted keeper need not meet to finish what it had begun."""


FENCE_S = 5.0
"""For a pause to be sent, drained and read back, with a second try."""

CLOCK_TOLERANCE_S = 2.0
"""A head may be so far ahead of this host's clock; blocks are released before their time stamp."""


def _failure_text(failure: ProbeFailed | None) -> str:
    return "" if failure is None else f"; {failure.probe}: {failure.reason} ({failure.detail})"


def watched_a_round(scene: Scene) -> bool:
    """This keeper has seen the chain for one whole round since its start."""
    age = age_of(scene.node.first_head, scene.now)
    slots = scene.node.roster.round_slots
    return age is not None and slots > 0 and age >= slots * SLOT_S


def _watched(scene: Scene) -> Condition:
    age = age_of(scene.node.first_head, scene.now)
    round_s = scene.node.roster.round_slots * SLOT_S
    figure = "no head seen yet" if age is None else f"{age:.0f} s watched"
    needed = f"one round, {round_s:.0f} s" if round_s else "one round"
    return graded(WATCHED_A_ROUND, met=watched_a_round(scene), figure=figure, needed=needed)


def _answering(scene: Scene) -> Condition:
    head, limit = scene.node.head, scene.policy.failover.reading_age_limit_s
    age = age_of(head.at if head else None, scene.now)
    why = _failure_text(scene.node.failures.get(ProbeName.GET_INFO))
    needed = f"an answer within {limit:g} s"
    if age is None:
        return Condition("node_answers", Met.UNKNOWN, "no answer yet" + why, needed)
    if age > limit:
        return Condition("node_answers", Met.UNKNOWN, f"silent for {age:.0f} s{why}", needed)
    return Condition("node_answers", Met.YES, f"{age:.1f} s ago", needed)


def _main_thread(scene: Scene) -> Condition:
    """``get_info`` alone proves nothing: Spring 1.1 and later serve it from a cache."""
    paused, limit = scene.node.paused, scene.policy.failover.reading_age_limit_s
    age = age_of(paused.at if paused else None, scene.now)
    why = _failure_text(scene.node.failures.get(ProbeName.PAUSED))
    needed = f"a producer API answer within {limit:g} s"
    if age is None or age > limit:
        figure = "no answer" if age is None else f"silent for {age:.0f} s"
        return Condition("main_thread_answers", Met.UNKNOWN, figure + why, needed)
    return Condition("main_thread_answers", Met.YES, f"{age:.1f} s ago", needed)


def _synced(scene: Scene) -> Condition:
    head, limit = scene.node.head, scene.policy.failover.head_age_limit_s
    if head is None:
        return Condition("head_fresh", Met.UNKNOWN, "no head", f"at most {limit:g} s old")
    age = scene.now.utc_s - slot_utc(head.head_slot)
    return graded(
        "head_fresh",
        met=-CLOCK_TOLERANCE_S <= age <= limit,
        figure=f"{age:.1f} s old (#{head.head_number})",
        needed=f"-{CLOCK_TOLERANCE_S:g} to {limit:g} s old",
    )


def _right_chain(scene: Scene) -> Condition:
    head, expected = scene.node.head, scene.node.chain_id
    if head is None or expected is None:
        return Condition("chain_id", Met.UNKNOWN, "no head", "the configured chain")
    return graded(
        "chain_id",
        met=head.chain_id == expected,
        figure=f"{head.chain_id[:16]}...",
        needed=f"{expected[:16]}...",
    )


def _scheduled(scene: Scene) -> Condition:
    needed = f"{scene.policy.producer} in the active schedule"
    schedule, roster = scene.node.schedule, scene.node.roster
    if schedule is None:
        why = _failure_text(scene.node.failures.get(ProbeName.SCHEDULE))
        return Condition("in_schedule", Met.UNKNOWN, "no schedule read" + why, needed)
    place = "not in it" if roster.ours is None else f"place {roster.ours + 1}"
    figure = f"{place} of {len(roster.accounts)}, version {schedule.active.version}"
    return graded("in_schedule", met=roster.ours is not None, figure=figure, needed=needed)


def _time_to_fence(scene: Scene) -> Condition:
    """A holder that is cut off must have stopped before the first candidate can resume.

    The shortest way there: cut just before an own turn, it loses N turns in N - 1 rounds and a
    turn, and the candidate resumes at the end of the gap after that.
    """
    limits, count = scene.policy.failover, len(scene.node.roster.accounts)
    round_s = scene.node.roster.round_slots * SLOT_S
    left = limits.first_standby_turns * round_s - limits.resume_lead_s
    needed_s = limits.isolation_s + TURN_S + FENCE_S
    return graded(
        "time_to_fence",
        met=count >= MIN_PRODUCERS and left >= needed_s,
        figure=f"{count} producers, {left:.0f} s until the first takeover",
        needed=f"at least {MIN_PRODUCERS}, and {needed_s:g} s for the old holder to stop itself",
    )


def _blocks_known(scene: Scene) -> Condition:
    head, tip = scene.node.head, scene.node.chain.tip
    needed = "every block up to the head"
    why = _failure_text(scene.node.failures.get(ProbeName.BLOCKS))
    if head is None or tip is None:
        return Condition("blocks_known", Met.UNKNOWN, "none" + why, needed)
    behind = head.head_number - tip.number
    met = Met.YES if abs(behind) <= CAUGHT_UP_BLOCKS else Met.UNKNOWN
    return Condition("blocks_known", met, f"{behind} behind the head{why}", needed)


def _finality_moves(scene: Scene) -> Condition:
    node, limit = scene.node, scene.policy.failover.finality_stall_s
    age = age_of(node.irreversible_moved, scene.now)
    needed = f"the last irreversible block moved within {limit:g} s worth of blocks"
    if age is None or node.head is None:
        return Condition("finality_moves", Met.UNKNOWN, "not seen yet", needed)
    blocks = node.head.head_number - node.irreversible_moved_head
    met = not finality_stalled(node, node.head, scene.now, scene.policy)
    figure = f"{age:.0f} s and {blocks} blocks ago"
    return graded("finality_moves", met=met, figure=figure, needed=needed)


def _finality_moved_throughout(scene: Scene) -> Condition:
    """The own turns that count must have passed while the network was finalizing."""
    needed = "no stall of finality since the empty own turns began"
    ended, moment = scene.node.stall_ended, takeover_moment(scene.node, scene.now, scene.policy)
    if ended is None:
        return Condition("finality_throughout", Met.YES, "no stall seen", needed)
    if moment is None:
        return Condition("finality_throughout", Met.UNKNOWN, "not in the schedule", needed)
    turns = scene.policy.takeover_after_turns or 0
    begin = slot_utc(first_slot_of_turn(moment.turn - turns * len(scene.node.roster.accounts)))
    figure = f"a stall ended {scene.now.utc_s - ended:.0f} s ago"
    return graded("finality_throughout", met=ended <= begin, figure=figure, needed=needed)


def _reads_paused(scene: Scene) -> Condition:
    paused = scene.node.paused
    if paused is None:
        return Condition("paused_here", Met.UNKNOWN, "not read", "this node is paused")
    figure = "paused" if paused.paused else "not paused"
    return graded("paused_here", met=paused.paused, figure=figure, needed="this node is paused")


def _own_turns_empty(scene: Scene) -> Condition:
    lapsed = scene.standing.state is State.LAPSED
    return takeover_row(scene.node, scene.policy, lapsed=lapsed)


def _moment_near(scene: Scene) -> Condition:
    needed = f"{scene.policy.failover.resume_lead_s:g} s before the next own turn"
    moment = takeover_moment(scene.node, scene.now, scene.policy)
    if moment is None:
        return Condition("moment", Met.NO, "no own turn ahead", needed)
    if moment.opens_in_s > 0:
        return Condition("moment", Met.NO, f"in {moment.opens_in_s:.0f} s", needed)
    return Condition("moment", Met.YES, "now", needed)


def _lease_holds(scene: Scene) -> Condition:
    held = scene.standing.held_from
    if held is None:
        return Condition("lease_holds", Met.NO, "never held", "a lease of this host")
    limit = lapse_limit_turns(scene.node, held, scene.policy)
    count = unstayed_own_turns(scene.node, held, scene.now)
    return graded(
        "lease_holds",
        met=count < limit,
        figure=f"{count} own turns did not stay",
        needed=f"fewer than {limit}",
    )


def newest_own_maker(node: NodeState) -> tuple[Block, Maker] | None:
    """The newest block of ours on the chain and who made it; None when none is known."""
    if not node.chain.own:
        return None
    block = node.chain.own[-1]
    return block, maker_of(block, node.logbook, node.paused_since)


def _last_made_here(scene: Scene) -> Condition:
    needed = "the newest block of ours was made here"
    newest = newest_own_maker(scene.node)
    if newest is None:
        return Condition("made_here", Met.UNKNOWN, "no block of ours known", needed)
    block, maker = newest
    met = {Maker.HERE: Met.YES, Maker.ELSEWHERE: Met.NO, Maker.UNKNOWN: Met.UNKNOWN}[maker]
    return Condition("made_here", met, f"#{block.number} made {maker}", needed)


def _others_heard(scene: Scene) -> Condition:
    round_s = scene.node.roster.round_slots * SLOT_S
    age = age_of(scene.node.foreign_since, scene.now)
    needed = f"others for a round, {round_s:.0f} s"
    if age is None or not round_s:
        return Condition("others_heard", Met.UNKNOWN, "none", needed)
    return graded("others_heard", met=age >= round_s, figure=f"for {age:.0f} s", needed=needed)


def _nobody_else_may(scene: Scene) -> Condition:
    """An operator's resume must not meet a holder, nor a candidate that acts in the same gap."""
    policy = scene.policy
    needed = "no other host that produces or may take over"
    claims = [peer.host for peer in _fresh_peers(scene) if peer.may_produce]
    if claims:
        return Condition("nobody_else", Met.NO, f"{', '.join(claims)} may produce", needed)
    row = empty_turns_by_now(scene.node, scene.now)
    newest = newest_own_maker(scene.node)
    # Who has left production to an heir, or lost it, waits for the chain to tell who has it.
    lapsed = scene.standing.state is State.LAPSED or scene.standing.heir != ""
    here = not lapsed and newest is not None and newest[1] is Maker.HERE
    if here and row is not None and row < policy.failover.first_standby_turns:
        return Condition("nobody_else", Met.YES, f"{row} empty, made here before", needed)
    if scene.others_paused:
        met = row is None or row > 0
        figure = "the operator says so" if met else "our newest turn is not empty"
        return graded("nobody_else", met=met, figure=figure, needed=needed)
    needed += "; or order it with --others-paused once every other host is paused by hand"
    if row is None:
        return Condition("nobody_else", Met.UNKNOWN, "no block of ours known", needed)
    lapsed = scene.standing.state is State.LAPSED
    mine = policy.may_act_at(row, lapsed=lapsed)
    figure = f"{row} own turns empty, which is {'' if mine else 'not '}this host's count"
    return graded("nobody_else", met=mine, figure=figure, needed=needed)


def _fresh_peers(scene: Scene) -> list[PeerRead]:
    limit = scene.policy.failover.reading_age_limit_s
    return [
        peer for peer in scene.node.peers.values() if scene.now.mono_s - peer.at.mono_s <= limit
    ]


Grader = Callable[[Scene], Condition]

_HEALTHY: tuple[Grader, ...] = (
    _answering,
    _main_thread,
    _right_chain,
    _synced,
    _blocks_known,
    _scheduled,
    _reads_paused,
)

_GRADERS: Mapping[PermitKind, tuple[Grader, ...]] = {
    PermitKind.TAKEOVER: (
        _watched,
        *_HEALTHY,
        _time_to_fence,
        _finality_moves,
        _finality_moved_throughout,
        _own_turns_empty,
        _moment_near,
    ),
    PermitKind.PROVEN: (
        _watched,
        *_HEALTHY,
        _time_to_fence,
        _finality_moves,
        stop_proven,
        before_others,
    ),
    PermitKind.OWN_RESTART: (*_HEALTHY, _lease_holds, _last_made_here),
    PermitKind.AFTER_ISOLATION: (*_HEALTHY, _others_heard, _lease_holds, _last_made_here),
    PermitKind.OPERATOR: (*_HEALTHY, _finality_moves, _nobody_else_may),
}


_REGISTER_GRADERS: Mapping[PermitKind, tuple[Grader, ...]] = {
    PermitKind.TAKEOVER: (_watched, *_HEALTHY, others_heard, lease_held, guard_armed),
    PermitKind.PROVEN: (_watched, *_HEALTHY, others_heard, lease_held, guard_armed, stop_proven),
    PermitKind.OWN_RESTART: (*_HEALTHY, others_heard, lease_held, guard_armed),
    PermitKind.AFTER_ISOLATION: (*_HEALTHY, others_heard, lease_held, guard_armed),
    PermitKind.OPERATOR: (*_HEALTHY, others_heard, lease_held, guard_armed),
}
"""With a register the lease stands for all that the chain would have to prove."""


_BEGINS = frozenset({PermitKind.TAKEOVER, PermitKind.PROVEN, PermitKind.OPERATOR})
"""Begin a holdership; the others go on with one."""


def conditions_for(kind: PermitKind, scene: Scene) -> tuple[Condition, ...]:
    """Every condition of that kind of permit, graded now."""
    graders = (_GRADERS if scene.policy.lease is None else _REGISTER_GRADERS)[kind]
    if scene.policy.hooks.before_holding is not None and kind in _BEGINS:
        graders = (*graders, hook_condition)
    if scene.policy.members and kind in _BEGINS:
        graders = (*graders, no_stranger)
    return tuple(grade(scene) for grade in graders)


def able_to_hold(scene: Scene) -> bool:
    """All but the lease itself speaks for producing here: it is worth claiming."""
    conditions = (grade(scene) for grade in (*_HEALTHY, others_heard, guard_ready))
    return all(one.met is Met.YES for one in conditions)
