"""Deliver: a message is sent again until a channel proves that it took it.

In doubt twice rather than never: no word, an unproven word, and a restart in between all lead to
another attempt, each after a longer pause than the one before, never longer than a repetition.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from eoskeeper.domain.alerting.alarms import AlarmMemory, Undelivered, Verdict
from eoskeeper.domain.alerting.events import (
    AlarmEvent,
    NotificationDecided,
    NotificationDropped,
    NotificationSettled,
)
from eoskeeper.domain.alerting.recording import record_all
from eoskeeper.domain.alerting.settings import AlertSettings
from eoskeeper.domain.alerting.setup import AlertSetup
from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.host_samples import DeliveryOutcome

__all__ = ["FIRST_PAUSE_S", "UNDELIVERED_KEPT", "send_again", "take_outcomes"]

FIRST_PAUSE_S = 60.0
"""Before the second attempt when every channel has failed; doubled for each one after it."""

UNDELIVERED_KEPT = 500
"""Messages that wait for their delivery; beyond that the oldest are given up, so that memory and
journal stay bounded when a service is gone for good."""

_DOUBLINGS = 20

Step = tuple[AlarmMemory, tuple[AlarmEvent, ...]]


def take_outcomes(memory: AlarmMemory, orders: Iterable[object], now: Moment) -> Step:
    """Count what the channels made of messages, and settle those; other samples are passed over."""
    events: list[AlarmEvent] = []
    for outcome in orders:
        if isinstance(outcome, DeliveryOutcome):
            memory = _counted(memory, outcome)
            if outcome.notification_id in memory.undelivered:
                number, channel = outcome.notification_id, outcome.channel
                event = NotificationSettled(now, number, channel, outcome.result, outcome.detail)
                memory = record_all(memory, (event,))
                events.append(event)
    return memory, tuple(events)


def _counted(memory: AlarmMemory, outcome: DeliveryOutcome) -> AlarmMemory:
    results = dict(memory.deliveries.get(outcome.channel, {}))
    results[outcome.result] = results.get(outcome.result, 0) + 1
    return replace(memory, deliveries={**memory.deliveries, outcome.channel: results})


def send_again(memory: AlarmMemory, now: Moment, setup: AlertSetup) -> Step:
    """Another attempt for every message that is due for one."""
    if not memory.undelivered:
        return memory, ()
    events: list[AlarmEvent] = []
    crowded = len(memory.undelivered) - UNDELIVERED_KEPT
    for place, (number, one) in enumerate(sorted(memory.undelivered.items())):
        contact = setup.settings.contacts.get(one.notification.contact)
        if contact is None:
            events.append(NotificationDropped(now, number, Verdict.NO_CONTACT))
        elif place < crowded:
            events.append(NotificationDropped(now, number, Verdict.NOT_DELIVERED))
        elif _is_due(one, now, setup.settings):
            again = replace(
                one.notification, reason=Verdict.NOT_DELIVERED, channels=contact.channels
            )
            events.append(NotificationDecided(now, again, one.alarms, attempt=one.attempt + 1))
    return record_all(memory, events), tuple(events)


def _is_due(one: Undelivered, now: Moment, settings: AlertSettings) -> bool:
    if one.sent is None:
        return True
    newest = one.sent if one.heard is None else one.heard
    all_failed = set(one.failed).issuperset(one.notification.channels)
    first_s = FIRST_PAUSE_S if all_failed else settings.delivery_patience_s
    pause_s = first_s * 2.0 ** min(one.attempt - 1, _DOUBLINGS)
    # No pause is longer than a repetition, but the first one is always waited for.
    return now.mono_s - newest.mono_s >= max(first_s, min(pause_s, settings.repeat_s))
