"""Hosts of the cluster as lines: this host from its report, peers from their last word."""

from __future__ import annotations

import msgspec

from eoskeeper.cli.frame_words import OUTCOME_OF_LETTER, say, state_name
from eoskeeper.domain.chain_time import TURN_SLOTS
from eoskeeper.domain.findings import Language
from eoskeeper.domain.policy import Role
from eoskeeper.domain.production import SlotOutcome
from eoskeeper.domain.report import PeerLine, Report

__all__ = ["SILENT_AFTER_S", "UNKNOWN", "HostLine", "host_lines", "peer_line", "printable"]

SILENT_AFTER_S = 6.0
"""Peers are asked every two seconds: three rounds in a row without a word."""

UNKNOWN = "?"

LONGEST_CELLS = 400
"""Of any text that others have written."""


class HostLine(msgspec.Struct, frozen=True, kw_only=True):
    """A host in words; ``?`` is *unknown*, ``-`` is *does not apply*.

    Attributes:
        age: seconds that its head was old when it spoke.
        lag: head minus last irreversible block.
        last_turn: the slots of its newest own turn; empty when not known.
        produces: it made the newest block of ours; None when not known.
        silent_s: seconds since its last word; None while it speaks.
    """

    host: str
    role: str
    state: str
    producing: str
    head: str
    age: str
    lag: str
    links: str
    last_turn: tuple[SlotOutcome, ...]
    term: str
    produces: bool | None
    silent_s: float | None = None


def printable(text: str, longest: int = LONGEST_CELLS) -> str:
    """What others wrote, without anything that could steer the terminal."""
    shown = text if len(text) <= longest else text[: longest - 3] + "..."
    return "".join(letter if letter.isprintable() else " " for letter in shown)


def host_lines(report: Report, language: Language) -> tuple[HostLine, ...]:
    """This host first, then its peers by name."""
    own = HostLine(
        host=printable(report.host),
        role=report.role,
        state=state_name(report.state, language),
        producing=_producing(report, language),
        head=_figure(report.head_number),
        age=_figure(report.head_age_s, 1),
        lag=_figure(report.irreversible_lag_blocks),
        links=_figure(report.links),
        last_turn=_slots(report.last_own_turn),
        term=str(report.term),
        produces=report.produces,
    )
    peers = sorted(report.peers, key=lambda peer: peer.host)
    return (own, *(peer_line(peer, language) for peer in peers))


def peer_line(peer: PeerLine, language: Language) -> HostLine:
    """What it said last, and since when it says nothing."""
    known = peer.head_number is not None and peer.irreversible_number is not None
    lag = (peer.head_number or 0) - (peer.irreversible_number or 0) if known else None
    return HostLine(
        host=printable(peer.host),
        role=printable(peer.role),
        state=printable(state_name(peer.state, language)),
        producing=_producing(peer, language),
        head=_figure(peer.head_number),
        age=_figure(peer.head_age_s, 1),
        lag=_figure(lag),
        links=_figure(peer.links),
        last_turn=_slots(peer.last_own_turn),
        term=str(peer.term),
        produces=peer.produces,
        silent_s=peer.age_s if peer.age_s >= SILENT_AFTER_S else None,
    )


def _producing(host: Report | PeerLine, language: Language) -> str:
    """Whether it does, else whether it is ruled out."""
    if host.role == Role.OBSERVER:
        return "-"
    if host.produces:
        return say("yes", language)
    if host.paused:
        return say("paused_may" if host.may_produce else "paused", language)
    if host.produces is False:
        return say("no", language)
    return say("may", language) if host.may_produce else UNKNOWN


def _slots(letters: str) -> tuple[SlotOutcome, ...]:
    """A letter that we do not know is a slot that we do not know."""
    known = letters[:TURN_SLOTS]
    return tuple(OUTCOME_OF_LETTER.get(letter, SlotOutcome.UNKNOWN) for letter in known)


def _figure(value: float | None, digits: int = 0) -> str:
    # A nought is added because -0.04 would read -0.0.
    return UNKNOWN if value is None else f"{round(value, digits) + 0.0:.{digits}f}"
