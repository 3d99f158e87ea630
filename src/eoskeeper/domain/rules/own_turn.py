"""Rule own_turn: what became of the newest turn of our producer that is over."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from eoskeeper.domain.chain_time import (
    SLOT_S,
    Moment,
    first_slot_of_turn,
    last_slot_of_turn,
    slot_utc,
)
from eoskeeper.domain.findings import Figure, Finding, Grade, Severity
from eoskeeper.domain.logbook import Maker, lost_slots, maker_of
from eoskeeper.domain.node_state import NodeState
from eoskeeper.domain.policy import Role
from eoskeeper.domain.production import SlotOutcome, TurnAccount, account_turn
from eoskeeper.domain.rules.own_turn_words import REMEDIES, REMEDY, TEXTS, TITLE
from eoskeeper.domain.rules.rule import Declaration, Limits, View, severities
from eoskeeper.domain.rules.sight import newest_own_turn_over
from eoskeeper.domain.samples import NotProducingLogged, NotProducingReason

__all__ = ["OWN_TURN", "OwnTurn"]


class OwnTurn(Limits, frozen=True, kw_only=True):
    """Twelve slots are ours in every round; each that stays empty is lost pay.

    Judged by the chain, whichever host made the blocks: that production has moved is the rule
    ``producing_elsewhere``'s. A loss in a fork may show later than the turn is first judged, and
    then changes the finding: the newest turn is looked at until the next one is over. Unknown
    stays unknown: no slot is called missed before the chain is known on both sides of it.

    Attributes:
        settle_s: seconds from the end of the turn to the judgement; its last blocks have to go
            round the network.
        empty_allowed: so many empty slots of the twelve are nobody's alarm.
    """

    settle_s: Annotated[float, Meta(ge=0, le=60)] = 3.0
    empty_allowed: Annotated[int, Meta(ge=0, le=11)] = 0

    def assess(self, view: View, now: Moment) -> tuple[Finding, ...]:
        """Grade the newest own turn that is over."""
        node = view.node
        turn = newest_own_turn_over(node.roster, now, self.settle_s)
        if turn is None:
            return (Finding("own_turn", Grade.UNKNOWN, "not_scheduled"),)
        lost = lost_slots(node.logbook, node.chain.own)
        account = account_turn(node.chain, node.roster, turn, lost)
        if not account.complete:
            return (Finding("own_turn", Grade.UNKNOWN, "not_known"),)
        grade, code, figures = self._judge(account, view)
        figures["ago_s"] = now.utc_s - slot_utc(last_slot_of_turn(account.turn))
        return (Finding("own_turn", grade, code, figures),)

    def _judge(self, account: TurnAccount, view: View) -> tuple[Grade, str, dict[str, Figure]]:
        figures: dict[str, Figure] = {
            "produced": account.produced,
            "slots": len(account.slots),
            "missed": account.slots.count(SlotOutcome.MISSED),
            "lost": account.slots.count(SlotOutcome.LOST),
        }
        if account.produced:
            maker = _maker(view.node, account)
            if len(account.slots) - account.produced <= self.empty_allowed:
                return Grade.OK, f"full_{maker}", figures
            return Grade.DEGRADED, f"short_{maker}", figures
        if figures["lost"]:
            return Grade.FAILED, "lost", figures
        line = _reason_told(view, account)
        if line is None:
            return Grade.FAILED, "missed", figures
        if line.reason is NotProducingReason.NO_KEY:
            return Grade.UNKNOWN, "no_key", figures
        return Grade.FAILED, "missed_told", {**figures, "reason": line.text}


def _maker(node: NodeState, account: TurnAccount) -> Maker:
    """Who made the turn's blocks; unknown also when more than one host did."""
    end = last_slot_of_turn(account.turn)
    blocks = [block for block in node.chain.own if account.first_slot <= block.slot <= end]
    makers = {maker_of(block, node.logbook, node.paused_since) for block in blocks}
    return makers.pop() if len(makers) == 1 else Maker.UNKNOWN


def _reason_told(view: View, account: TurnAccount) -> NotProducingLogged | None:
    """What nodeos said in that turn; a paused standby's word explains nothing."""
    line = view.vitals.not_producing
    if line is None or not (view.policy.role is Role.PRIMARY or view.standing.may_produce):
        return None
    said = line.at.utc_s if line.logged_utc is None else line.logged_utc
    begin = slot_utc(first_slot_of_turn(account.turn)) - SLOT_S * 2
    return line if begin <= said <= slot_utc(last_slot_of_turn(account.turn)) + SLOT_S else None


OWN_TURN = Declaration(
    name="own_turn",
    title=TITLE,
    texts=TEXTS,
    remedy=REMEDY,
    remedies=REMEDIES,
    depends_on=(
        "process",
        "api_answers",
        "main_thread",
        "isolation",
        "head_progress",
        "not_producing_reason",
    ),
    failed=severities(primary=Severity.CRITICAL, standby=Severity.WARNING, observer=Severity.INFO),
    degraded=severities(primary=Severity.WARNING, standby=Severity.INFO, observer=Severity.INFO),
)
