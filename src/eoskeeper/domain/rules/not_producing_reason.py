"""Rule not_producing_reason: why nodeos leaves own slots empty although this host should fill them.

nodeos says it in its log, in own turns only; a pause by hand is read from its API too, at once.
A paused standby says so in every turn of the primary: that is how it should be.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from eoskeeper.domain.chain_time import SLOT_S, TURN_S, Moment
from eoskeeper.domain.findings import Figure, Finding, Grade, Severity
from eoskeeper.domain.rules.not_producing_words import REMEDIES, REMEDY, TEXTS, TITLE
from eoskeeper.domain.rules.rule import Declaration, HoldSeconds, Limits, View, severities
from eoskeeper.domain.rules.sight import paused_in_sight
from eoskeeper.domain.samples import NodeNote, NotProducingLogged, NotProducingReason
from eoskeeper.domain.standing import State

__all__ = ["NOT_PRODUCING_REASON", "NotProducingRule"]

LONGEST_ROUND_S = 126.0
"""Of 21 producers; where no schedule is known."""


class NotProducingRule(Limits, frozen=True, kw_only=True):
    """Counts what was said since this host entered its state, and no longer than a round ago.

    Attributes:
        paused_s: seconds for which the API must have said paused: a keeper's own pause passes
            through it, and a resume is read back within a second.
        clear_s: a round of 21 producers: one own turn without the line.
    """

    clear_s: HoldSeconds = 130.0
    paused_s: Annotated[float, Meta(ge=0, le=600)] = 3.0

    def assess(self, view: View, now: Moment) -> tuple[Finding, ...]:
        """What was said in words first, then what the API says."""
        line = _line_in_force(view, now)
        entitled = view.standing.state in _ENTITLED
        if line is not None and line.reason is not NotProducingReason.PAUSED:
            grade = Grade.FAILED if entitled else Grade.DEGRADED
            code = _CODES.get(line.reason, "other")
            if line.reason is NotProducingReason.NO_KEY:
                # The rule schedule tells that, at once and to every host.
                grade = Grade.UNKNOWN
            return (Finding("not_producing_reason", grade, code, _figures(line, now)),)
        if entitled:
            return (self._entitled(view, line, now),)
        if line is not None:
            # The word of a host that is not to produce: the keeper holds it paused.
            figures = _figures(line, now)
            return (Finding("not_producing_reason", Grade.OK, "paused_as_due", figures),)
        return (Finding("not_producing_reason", *_nothing_said(view)),)

    def _entitled(self, view: View, line: NotProducingLogged | None, now: Moment) -> Finding:
        paused_s = _paused_s(view, now)
        if paused_s is not None and paused_s >= self.paused_s:
            by_hand = line is not None or _was_paused_by_hand(view)
            code = "paused_by_hand" if by_hand else "paused_somehow"
            figures = {"age_s": paused_s}
            return Finding("not_producing_reason", Grade.FAILED, code, figures)
        if line is not None and view.node.paused is None:
            # No word of the API against it.
            figures = {"age_s": now.mono_s - line.at.mono_s}
            return Finding("not_producing_reason", Grade.FAILED, "paused_by_hand", figures)
        return Finding("not_producing_reason", *_nothing_said(view))


def _figures(line: NotProducingLogged, now: Moment) -> dict[str, Figure]:
    return {"age_s": now.mono_s - line.at.mono_s, "text": line.text}


def _nothing_said(view: View) -> tuple[Grade, str]:
    if view.node.log_pass is None and view.node.paused is None:
        return Grade.UNKNOWN, "no_reading"
    return Grade.OK, "nothing"


def _line_in_force(view: View, now: Moment) -> NotProducingLogged | None:
    """The newest line, unless what happened since has made it void.

    By wall time, because the standing may be that of an earlier life of this machine.
    """
    line = view.vitals.not_producing
    if line is None:
        return None
    said_utc_s = line.at.utc_s if line.logged_utc is None else line.logged_utc
    round_s = view.node.roster.round_slots * SLOT_S or LONGEST_ROUND_S
    if now.mono_s - line.at.mono_s > round_s + TURN_S or said_utc_s <= view.standing.since.utc_s:
        return None
    produced = view.node.logbook.produced
    if produced and produced[-1].at.mono_s > line.at.mono_s:
        return None
    resumed = view.vitals.notes.get(NodeNote.RESUMED)
    if resumed is not None and resumed.at.mono_s > line.at.mono_s:
        return None
    restarts = view.vitals.restarts
    return None if restarts and restarts[-1].mono_s > line.at.mono_s else line


def _paused_s(view: View, now: Moment) -> float | None:
    """For how long the API says paused, since this host entered its state; None when it does not.

    Only readings that were asked for since count: the one before a resume still says paused.
    """
    read, since = paused_in_sight(view, now), view.node.paused_since
    if read is None or not read.paused or since is None:
        return None
    begin_utc_s = max(since.utc_s, view.standing.since.utc_s)
    return read.asked.utc_s - begin_utc_s if read.asked.utc_s >= begin_utc_s else None


def _was_paused_by_hand(view: View) -> bool:
    """nodeos prints a line for an explicit pause, none for its own vote pause.

    Source: ``Producer paused.``, EOSIO 1.8.13 to spring v1.2.2 producer_plugin.cpp.
    """
    note, since = view.vitals.notes.get(NodeNote.PAUSED), view.node.paused_since
    return note is not None and since is not None and note.at.mono_s >= since.mono_s - TURN_S


_ENTITLED = frozenset({State.HOLDER, State.RESUMING})

_CODES = {
    NotProducingReason.NO_KEY: "no_key",
    NotProducingReason.IRREVERSIBLE_TOO_OLD: "irreversible_too_old",
    NotProducingReason.WATERMARK: "watermark",
    NotProducingReason.VOTES_OF_OURS: "votes_of_ours",
    NotProducingReason.VOTES_OF_OTHERS: "votes_of_others",
    NotProducingReason.VOTES: "votes",
    NotProducingReason.MAX_REVERSIBLE_BLOCKS: "max_reversible_blocks",
    NotProducingReason.STALE_PRODUCTION_OFF: "stale_production_off",
    NotProducingReason.BLOCK_VAULT: "block_vault",
}

NOT_PRODUCING_REASON = Declaration(
    name="not_producing_reason",
    title=TITLE,
    texts=TEXTS,
    remedy=REMEDY,
    remedies=REMEDIES,
    depends_on=("process", "api_answers", "main_thread", "isolation", "head_progress"),
    failed=severities(primary=Severity.CRITICAL, standby=Severity.CRITICAL),
    degraded=severities(primary=Severity.WARNING, standby=Severity.WARNING),
)
