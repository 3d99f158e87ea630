"""Member condition: whether a host that is no member made our blocks of late."""

from __future__ import annotations

from eoskeeper.domain.actions import Condition, Met
from eoskeeper.domain.members import last_claims
from eoskeeper.domain.scene import Scene

__all__ = ["no_stranger"]

NEEDED = "no block of ours in the last own turn that every member disclaims"


def no_stranger(scene: Scene) -> Condition:
    """The doppelganger rule: a stranger with our key is not to meet a second producer of ours.

    Only proof forbids: a member that is silent, as a dead holder is, may have made the block. Once
    an own turn was empty, whoever it was has stopped.
    """
    count, found = last_claims(scene.node, scene.standing, scene.policy, scene.now)
    if found.strange:
        figure = f"#{found.strange[-1].number} was made while every member was paused"
        met = Met.YES if scene.others_paused else Met.NO
        needed = f"{NEEDED}; or the word of the operator, --others-paused"
        return Condition("no_stranger", met, figure, needed)
    if found.open:
        silent = ", ".join(found.silent)
        figure = f"#{found.open[-1].number} is claimed by nobody; {silent} may have made it"
        return Condition("no_stranger", Met.YES, figure, NEEDED)
    figure = f"{count} blocks, each made by a member" if count else "no block of ours"
    return Condition("no_stranger", Met.YES, figure, NEEDED)
