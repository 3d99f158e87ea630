"""Leaving: production goes to a member by word, where the chain is the register.

Invariant: who says that it has stopped for an heir stands behind every other candidate from then
on; an operator's order shortens that only with the word that all others are paused. So the heir may
begin at once, as long as it does so before the first candidate's count; from there on it is a new
holder like any other.
"""

from __future__ import annotations

from eoskeeper.domain.actions import Condition, Met
from eoskeeper.domain.chain_time import SLOT_S, slot_at
from eoskeeper.domain.lease.chain import empty_turns_by_now
from eoskeeper.domain.member_words import MemberWord
from eoskeeper.domain.members import heard, made_by
from eoskeeper.domain.node_state import NodeState
from eoskeeper.domain.policy import Policy
from eoskeeper.domain.scene import Scene, graded

__all__ = ["before_others", "has_left", "stop_proven"]

CLOCKS_APART_S = 2.0
"""Two hosts' clocks may differ by so much: more is an alarm on both."""


def has_left(node: NodeState, policy: Policy) -> bool:
    """Whether the newest word of some member says that it stopped for this host."""
    return _leaver(node, policy) is not None


def _leaver(node: NodeState, policy: Policy) -> tuple[str, MemberWord] | None:
    """Of several the one that was heard last: a dead keeper's word stays as it was."""
    words = heard(node, policy).items()
    leavers = [one for one in words if one[1].stopped_for == policy.host]
    return max(leavers, key=lambda one: node.peers[one[0]].at.mono_s, default=None)


def stop_proven(scene: Scene) -> Condition:
    """Whoever made our newest block says that it has stopped, for this host, and reads as paused.

    Its word needs to be fresh only because its nodeos may be resumed behind its keeper's back.
    """
    needed = "a fresh word of the last producer that it is paused, and left production to this host"
    found = _leaver(scene.node, scene.policy)
    if found is None:
        return Condition("stop_proven", Met.NO, "no member says so", needed)
    host, word = found
    limit_s = scene.policy.failover.reading_age_limit_s
    age_s = scene.now.mono_s - scene.node.peers[host].at.mono_s
    behind_s = (slot_at(scene.now.utc_s) - word.paused_to) * SLOT_S
    if age_s > limit_s or word.paused_from is None or behind_s > limit_s + CLOCKS_APART_S:
        figure = f"{host} said so {age_s:.1f} s ago, paused {behind_s:.1f} s ago"
        return Condition("stop_proven", Met.UNKNOWN, figure, needed)
    newest = scene.node.chain.own[-1] if scene.node.chain.own else None
    if newest is None:
        return Condition("stop_proven", Met.UNKNOWN, "no block of ours known", needed)
    if newest.slot >= word.stopped_from or not made_by(word, newest):
        return Condition("stop_proven", Met.NO, f"{host} did not make #{newest.number}", needed)
    others = _holders(scene, limit_s)
    if others:
        return Condition("stop_proven", Met.NO, f"{', '.join(others)} holds", needed)
    return Condition("stop_proven", Met.YES, f"{host} stopped after #{newest.number}", needed)


def _holders(scene: Scene, limit_s: float) -> list[str]:
    """Members that took production meanwhile by their own words, as by an operator's order."""
    node, now_s = scene.node, scene.now.mono_s
    return sorted(
        host
        for host, word in heard(node, scene.policy).items()
        if word.holds and now_s - node.peers[host].at.mono_s <= limit_s
    )


def before_others(scene: Scene) -> Condition:
    """The own turn that this host would begin with is not one that a candidate may begin with."""
    limit = scene.policy.failover.first_standby_turns
    needed = f"fewer than {limit} own turns empty"
    row = empty_turns_by_now(scene.node, scene.now)
    if row is None:
        return Condition("before_others", Met.UNKNOWN, "no block of ours known", needed)
    return graded("before_others", met=row < limit, figure=f"{row} in a row", needed=needed)
