"""Scene: what a condition may look at, and how one is graded."""

from __future__ import annotations

import msgspec

from eoskeeper.domain.actions import Condition, Met
from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.guard_samples import GuardRead
from eoskeeper.domain.hooks import HookView
from eoskeeper.domain.lease.register import Lease
from eoskeeper.domain.node_state import NodeState
from eoskeeper.domain.policy import Policy
from eoskeeper.domain.standing import Standing

__all__ = ["Scene", "age_of", "graded"]


class Scene(msgspec.Struct, frozen=True):
    """What a condition may look at.

    Attributes:
        others_paused: the operator says that every other host is paused.
        lease: in a register; None where the chain is the register.
        guard: as it answered last; None when it never did.
        hooks: what the operator's commands said.
        heir: host that this one hands production over to now; empty for none.
    """

    node: NodeState
    standing: Standing
    now: Moment
    policy: Policy
    others_paused: bool = False
    lease: Lease | None = None
    guard: GuardRead | None = None
    heir: str = ""
    hooks: HookView = HookView()


def age_of(at: Moment | None, now: Moment) -> float | None:
    """Seconds since then; None when it never was."""
    return None if at is None else now.mono_s - at.mono_s


def graded(name: str, *, met: bool, figure: str, needed: str) -> Condition:
    """A condition that is known, one way or the other."""
    return Condition(name, Met.YES if met else Met.NO, figure, needed)
