"""Alerting on one page: findings go in, messages come out, each with its reason.

The stages, in order: fold the findings, heed orders and outcomes, depend, hold, group (which asks
``judging`` about silence, hours and repetition), deliver. Each stage records what it decided, and
a keeper that starts anew reads those records back. Pure: same input, same output.
"""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from eoskeeper.domain.alerting.alarms import AlarmMemory, Notification
from eoskeeper.domain.alerting.delivering import send_again, take_outcomes
from eoskeeper.domain.alerting.depend import find_causes
from eoskeeper.domain.alerting.events import AlarmEvent, NotificationDecided
from eoskeeper.domain.alerting.explaining import explain
from eoskeeper.domain.alerting.folding import fold_findings
from eoskeeper.domain.alerting.grouping import group, take_news
from eoskeeper.domain.alerting.holding import hold_new, watch_open
from eoskeeper.domain.alerting.orders import AlarmAnswer, end_silences, obey
from eoskeeper.domain.alerting.restoring import begin_alarms, restore_alarms, snapshot_alarms
from eoskeeper.domain.alerting.setup import AlertSetup, Intake, Order, Rated
from eoskeeper.domain.chain_time import Moment

__all__ = [
    "AlarmAnswer",
    "AlertSetup",
    "Alerted",
    "Intake",
    "Order",
    "Rated",
    "alert",
    "begin_alarms",
    "explain",
    "restore_alarms",
    "snapshot_alarms",
]


class Alerted(msgspec.Struct, frozen=True):
    """What one cycle of alerting yields.

    Attributes:
        memory: to be handed to the next cycle.
        events: to be journalled, in order, before any message is sent.
        notifications: to be sent then.
        answers: for the operators whose orders came in.
    """

    memory: AlarmMemory
    events: tuple[AlarmEvent, ...]
    notifications: tuple[Notification, ...]
    answers: tuple[AlarmAnswer, ...]


def alert(memory: AlarmMemory, intake: Intake, now: Moment, setup: AlertSetup) -> Alerted:
    """Follow every alarm by one cycle.

    Args:
        memory: of the cycle before.
        intake: what this cycle brings.
        now: read once for the whole cycle.
        setup: settings and rules, the same in every cycle.
    """
    memory = replace(memory, utc_offset_s=intake.utc_offset_s)
    folded = fold_findings(intake.findings, setup)
    memory, settled = take_outcomes(memory, intake.orders, now)
    memory, ended = end_silences(memory, now)
    memory, obeyed, answers = obey(memory, intake.orders, now, setup)
    memory, taken = take_news(memory, intake.announcements, now, setup)
    memory = find_causes(memory, folded, now, setup)
    memory, watched = watch_open(memory, folded, now, setup)
    memory, fired = hold_new(memory, folded, now, setup)
    memory, again = send_again(memory, now, setup)
    memory, decided = group(memory, now, setup)
    memory = replace(memory, at=now)
    events = (*settled, *ended, *obeyed, *taken, *watched, *fired, *again, *decided)
    sent = tuple(one.notification for one in events if isinstance(one, NotificationDecided))
    return Alerted(memory, events, sent, answers)
