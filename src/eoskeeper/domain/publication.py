"""Publication: all that one cycle tells the outside: history, telemetry and pages."""

from __future__ import annotations

import msgspec

from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.events import Event
from eoskeeper.domain.report import Report
from eoskeeper.domain.turns import TurnClosed
from eoskeeper.domain.watch import WatchEvent

__all__ = ["Publication"]


class Publication(msgspec.Struct, frozen=True, kw_only=True):
    """One cycle.

    Attributes:
        now: of the cycle.
        turns: closed or amended in it, any producer's.
        events: of the journal of decisions, in order.
        told: of the journal of alarms, in order.
    """

    now: Moment
    report: Report
    turns: tuple[TurnClosed, ...] = ()
    events: tuple[Event, ...] = ()
    told: tuple[WatchEvent, ...] = ()
