"""Lease mutants: each rule of the lease left out of a world, and where its absence shows.

By switches of the world, of its limits and of its policies; no source is edited. Beside each mutant
stands the same world with the rule in its place, in which nothing may be found.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from eoskeeper.domain.lease.timing import LeaseTiming
from eoskeeper.domain.policy import Policy
from eoskeeper.simulation.broken import WHOLE, Broken
from eoskeeper.simulation.lease_faults import LeaseFaultKind
from eoskeeper.simulation.lease_scenes import cut_after_late_answer, hand_over_unheard
from eoskeeper.simulation.lease_seeds import LeaseRun, run_lease_seed

__all__ = ["COVERED", "MUTANTS", "Mutant", "first_seed"]

IsSafe = Callable[[int], bool]
"""Whether the world of a seed came through without a slot signed twice."""


class Mutant(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that is left out.

    Attributes:
        removed: what was done to the rule.
        world: in which faults, and under which limits; why these.
        without: the world of a seed without the rule.
        whole: the same world with it.
        within: seeds, from 0 on, in which its absence must show.
    """

    removed: str
    world: str
    without: IsSafe
    whole: IsSafe
    within: int


def first_seed(is_safe: IsSafe, within: int) -> int | None:
    """The first seed whose world is not safe; None when all are."""
    return next((seed for seed in range(within) if not is_safe(seed)), None)


class _Impatient(Policy, frozen=True):
    """A candidate that takes most of L off its wait (S3)."""

    @property
    def claim_delay_s(self) -> float:
        return -17.0


def _seeds(
    timing: LeaseTiming | None = None,
    broken: Broken = WHOLE,
    kinds: tuple[LeaseFaultKind, ...] | None = None,
    policy_type: type[Policy] = Policy,
    minutes: float = 3.0,
) -> IsSafe:
    run = LeaseRun(broken=broken, policy_type=policy_type, minutes=minutes)
    if timing is not None:
        run = msgspec.structs.replace(run, timing=timing)
    if kinds is not None:
        run = msgspec.structs.replace(run, kinds=kinds)
    return lambda seed: run_lease_seed(seed, run).safe


def _with_promises(broken: Broken = WHOLE, *, words_apart: bool = False) -> IsSafe:
    """The failsafe is on in every one of these worlds."""
    run = LeaseRun(
        broken=broken,
        kinds=_REGISTER_OR_BLOCKS,
        members_every=1,
        words_apart=words_apart,
        minutes=3.0,
    )
    return lambda seed: run_lease_seed(seed, run).safe


def _handed_over(timing: LeaseTiming, offset_ms: int, broken: Broken = WHOLE) -> IsSafe:
    return lambda seed: hand_over_unheard(seed, timing, offset_ms, broken).oracle.safe


def _late_answer(broken: Broken) -> IsSafe:
    return lambda seed: cut_after_late_answer(seed, _TIGHT, broken).oracle.safe


_KIND = LeaseFaultKind
_AWAY_FROM_REGISTER = (_KIND.REGISTER_CUT, _KIND.REGISTER_DEAF, _KIND.HOST_ISOLATED)
_REGISTER_OR_BLOCKS = (
    _KIND.REGISTER_CUT,
    _KIND.REGISTER_DEAF,
    _KIND.HOST_MUTE,
    _KIND.HOST_DEAF,
)
_RESUMES_LATE = (
    _KIND.RESUME_LATE,
    _KIND.RESUME_ON_ITS_WAY,
    _KIND.NODEOS_KILLED,
    _KIND.REGISTER_CUT,
    _KIND.HOST_ISOLATED,
)
_KEEPER_STOPPED = (_KIND.KEEPER_FROZEN, _KIND.KEEPER_KILLED)
_STOPPED_OR_CUT = (*_KEEPER_STOPPED, _KIND.REGISTER_CUT)
_UNPROVEN = (
    _KIND.STOP_UNPROVEN,
    _KIND.API_HANGS,
    _KIND.NODEOS_FROZEN,
    _KIND.MAIN_THREAD_HUNG,
)

_STOPPED_BY_OTHERS = (_KIND.NODEOS_FROZEN,)

_NO_GUARD = Broken(no_guard=True)
_LATE_FENCE = LeaseTiming(fence_age_s=60.0)
_LATE_GUARD = LeaseTiming(guard_s=60.0)
_NO_WAIT = LeaseTiming(settle_s=0.1)
_TIGHT = LeaseTiming(
    lease_s=16.0,
    fence_age_s=15.0,
    stop_s=0.8,
    guard_s=60.0,
    heartbeat_s=3.0,
    timeout_s=3.0,
    settle_s=0.1,
)

MUTANTS: dict[str, Mutant] = {
    "S1": Mutant(
        removed="F + K = 62.5 s, L = 20 s: the holder stops long after a candidate may begin",
        world="holders cut from the register; without the guard, which would stop it at V",
        without=_seeds(_LATE_FENCE, _NO_GUARD, _AWAY_FROM_REGISTER),
        whole=_seeds(None, _NO_GUARD, _AWAY_FROM_REGISTER),
        within=40,
    ),
    "S2, the sum": Mutant(
        removed="2 V = 120 s, L = 20 s: the guard stops long after a candidate may begin",
        world="keepers stopped and killed, so that only the guard is left",
        without=_seeds(_LATE_GUARD, kinds=_KEEPER_STOPPED),
        whole=_seeds(kinds=_KEEPER_STOPPED),
        within=40,
    ),
    "S2, the evidence": Mutant(
        removed="the guard's deadline is moved by a timer instead of by a confirmed heartbeat",
        world="keepers stopped and killed, so that only the guard is left",
        without=_seeds(broken=Broken(guard_kicked_by_timer=True), kinds=_KEEPER_STOPPED),
        whole=_seeds(kinds=_KEEPER_STOPPED),
        within=40,
    ),
    "S3": Mutant(
        removed="a candidate claims after 3 s of the same record instead of after L (1 + rho)",
        world="keepers stopped and killed, holders cut from the register",
        without=_seeds(policy_type=_Impatient, kinds=_STOPPED_OR_CUT),
        whole=_seeds(kinds=_STOPPED_OR_CUT),
        within=60,
    ),
    "S4": Mutant(
        removed="W = 0.1 s instead of 2 s",
        world="a holder whom nobody hears is paused in its own turn; its clock is 0.4 s ahead, "
        "those of the others are as much behind: within the 0.5 s that W is made for",
        without=_handed_over(_NO_WAIT, 400),
        whole=_handed_over(LeaseTiming(), 400),
        within=60,
    ),
    "S4, the slot": Mutant(
        removed="a new holder resumes at once, whatever slot the old one has left production from",
        world="as S4",
        without=_handed_over(LeaseTiming(), 400, Broken(leaves_every_slot=True)),
        whole=_handed_over(LeaseTiming(), 400),
        within=60,
    ),
    "S6": Mutant(
        removed="the lease is given back without proof of the stop",
        world="nodeos that hangs or is frozen, stops that are not confirmed",
        without=_seeds(broken=Broken(believes_every_stop=True), kinds=_UNPROVEN),
        whole=_seeds(kinds=_UNPROVEN),
        within=60,
    ),
    "S6, a stranger's stop": Mutant(
        removed="a nodeos that somebody else had stopped counts as stopped, and is not killed",
        world="nodeos that is stopped, and continued some time later",
        without=_seeds(broken=Broken(believes_strangers=True), kinds=_STOPPED_BY_OTHERS),
        whole=_seeds(kinds=_STOPPED_BY_OTHERS),
        within=60,
    ),
    "the drain": Mutant(
        removed="a pause is proven without waiting for the block under construction",
        world="as S4, with exact clocks and W = 0.1 s: a longer W covers it",
        without=_handed_over(_NO_WAIT, 0, Broken(no_drain=True)),
        whole=_handed_over(_NO_WAIT, 0),
        within=60,
    ),
    "late resume": Mutant(
        removed="a resume without an answer counts as never sent",
        world="resumes that are carried out up to a minute late, in any order, dead nodeos, cuts",
        without=_seeds(broken=Broken(forgets_resume=True), kinds=_RESUMES_LATE, minutes=2.0),
        whole=_seeds(kinds=_RESUMES_LATE, minutes=2.0),
        within=200,
    ),
    "count from send": Mutant(
        removed="a heartbeat counts from the receipt of its answer",
        world="an answer that takes 2.8 s, then a cut; limits so tight that nothing is left over, "
        "W = 0.1 s, and no guard: each of these three covers it",
        without=_late_answer(Broken(no_guard=True, counts_from_receipt=True)),
        whole=_late_answer(_NO_GUARD),
        within=20,
    ),
    "the failsafe, the promise": Mutant(
        removed="a member says that it promises, and claims all the same",
        world="holders cut from the register, and hosts whose blocks do not get through, but whose "
        "words do: a candidate that sees the holder's blocks does not resume anyway",
        without=_with_promises(Broken(breaks_promises=True), words_apart=True),
        whole=_with_promises(words_apart=True),
        within=20,
    ),
    "the failsafe, all of them": Mutant(
        removed="a member that is not heard counts as one that has promised",
        world="holders cut from the register, and hosts that are not heard",
        without=_with_promises(Broken(trusts_silence=True)),
        whole=_with_promises(),
        within=20,
    ),
    "the guard": Mutant(
        removed="the guard answers, and never stops anything",
        world="keepers stopped and killed",
        without=_seeds(broken=_NO_GUARD, kinds=_KEEPER_STOPPED),
        whole=_seeds(kinds=_KEEPER_STOPPED),
        within=40,
    ),
}
"""Rules whose absence lets two hosts sign one slot."""

COVERED: dict[str, Mutant] = {
    "S5": Mutant(
        removed="V = 7 s, F + K = 8.5 s: the guard stops before the keeper's own stop is proven",
        world="all faults: S5 keeps the gentle stop, not the two apart; nothing may be found",
        without=_seeds(LeaseTiming(guard_s=7.0), minutes=2.0),
        whole=_seeds(minutes=2.0),
        within=150,
    ),
    "S1, guarded": Mutant(
        removed="as S1",
        world="as S1, with the guard: it stops the holder at V, and nothing may be found",
        without=_seeds(_LATE_FENCE, kinds=_AWAY_FROM_REGISTER),
        whole=_seeds(kinds=_AWAY_FROM_REGISTER),
        within=40,
    ),
}
"""Rules that another one covers, or that are not for safety."""
