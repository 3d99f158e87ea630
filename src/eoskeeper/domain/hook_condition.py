"""Hook condition: what the operator's ``before_holding`` says to a holdership that would begin."""

from __future__ import annotations

from eoskeeper.domain.actions import Condition, Met
from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.hooks import HookResult, HookView, permits_holding
from eoskeeper.domain.policy import Policy
from eoskeeper.domain.scene import Scene
from eoskeeper.domain.standing import Standing

__all__ = ["hook_allows", "hook_condition"]

NEEDED = "exit status 0 of hooks.before_holding"


def hook_allows(view: HookView, standing: Standing, now: Moment, policy: Policy) -> bool:
    """Whether it said yes to the next holdership of this host, or there is none to ask."""
    return permits_holding(policy.hooks, view.answer, standing.term + 1, now) is None


def hook_condition(scene: Scene) -> Condition:
    """The same as a condition; a question without an answer is *unknown*."""
    view, term = scene.hooks, scene.standing.term + 1
    found = permits_holding(scene.policy.hooks, view.answer, term, scene.now)
    answer = view.answer
    if found is None:
        return Condition("hook", Met.YES, "it said yes", NEEDED)
    if view.asked is not None:
        return Condition("hook", Met.UNKNOWN, "it is running", NEEDED)
    if answer is None or answer.term != term or answer.result is HookResult.DONE:
        return Condition("hook", Met.UNKNOWN, "it is asked when this host is to hold", NEEDED)
    return Condition("hook", Met.NO, f"{found}: {answer.detail}", NEEDED)
