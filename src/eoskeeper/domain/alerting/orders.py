"""Orders: what operators want of alerting, the silences that end by themselves, and the answers."""

from __future__ import annotations

import math
from collections.abc import Iterable

import msgspec

from eoskeeper.domain.alerting.alarms import EVERYTHING, AlarmMemory, Silence
from eoskeeper.domain.alerting.events import AlarmAcked, AlarmEvent, SilenceCleared, SilenceSet
from eoskeeper.domain.alerting.recording import record_all
from eoskeeper.domain.alerting.setup import AlertSetup, Order
from eoskeeper.domain.alerting.words import ANSWERS, duration
from eoskeeper.domain.chain_time import Moment, format_utc
from eoskeeper.domain.host_samples import AlarmAcknowledged, SilenceEnded, SilenceOrdered

__all__ = ["LONGEST_SILENCE_S", "AlarmAnswer", "end_silences", "obey"]

LONGEST_SILENCE_S = 30 * 86_400.0
"""What should be silent for longer than a month should be switched off in the configuration."""


class AlarmAnswer(msgspec.Struct, frozen=True):
    """What an operator is told of an order.

    Attributes:
        text: in the reader's language.
    """

    order: Order
    accepted: bool
    text: str


Obeyed = tuple[tuple[AlarmEvent, ...], AlarmAnswer]


def end_silences(memory: AlarmMemory, now: Moment) -> tuple[AlarmMemory, tuple[AlarmEvent, ...]]:
    """End those whose time is over."""
    events = tuple(
        SilenceCleared(now, rule, "")
        for rule, silence in memory.silences.items()
        if not silence.holds(now)
    )
    return record_all(memory, events), events


def obey(
    memory: AlarmMemory, orders: Iterable[object], now: Moment, setup: AlertSetup
) -> tuple[AlarmMemory, tuple[AlarmEvent, ...], tuple[AlarmAnswer, ...]]:
    """Carry out orders in the order of their arrival; other samples are passed over."""
    events: list[AlarmEvent] = []
    answers: list[AlarmAnswer] = []
    for order in orders:
        if isinstance(order, SilenceOrdered | SilenceEnded | AlarmAcknowledged):
            done, answer = _obey_one(memory, order, now, setup)
            memory = record_all(memory, done)
            events.extend(done)
            answers.append(answer)
    return memory, tuple(events), tuple(answers)


def _obey_one(memory: AlarmMemory, order: Order, now: Moment, setup: AlertSetup) -> Obeyed:
    known = {*setup.rated, *memory.silences, *(a.finding.rule for a in memory.alarms.values())}
    if order.rule != EVERYTHING and order.rule not in known:
        names = ", ".join(sorted(known - {EVERYTHING})) or "-"
        return (), _answer(order, "unknown_rule", setup, accepted=False, names=names)
    match order:
        case SilenceOrdered():
            return _silence(order, now, setup)
        case SilenceEnded():
            return _unsilence(memory, order, now, setup)
        case AlarmAcknowledged():
            return _acknowledge(memory, order, now, setup)


def _silence(order: SilenceOrdered, now: Moment, setup: AlertSetup) -> Obeyed:
    if not (math.isfinite(order.for_s) and 0 < order.for_s <= LONGEST_SILENCE_S):
        return (), _answer(order, "bad_duration", setup, accepted=False)
    silence = Silence(order.rule, now, order.for_s, order.by, order.reason)
    lasts, until = duration(order.for_s, setup.language), format_utc(silence.until_utc)
    answer = _answer(order, "silenced", setup, duration=lasts, until=until)
    return (SilenceSet(now, silence),), answer


def _unsilence(memory: AlarmMemory, order: SilenceEnded, now: Moment, setup: AlertSetup) -> Obeyed:
    every = order.rule == EVERYTHING
    rules = [rule for rule in memory.silences if every or rule == order.rule]
    if not rules:
        code = "silenced_all" if EVERYTHING in memory.silences else "not_silenced"
        return (), _answer(order, code, setup, accepted=False)
    events = tuple(SilenceCleared(now, rule, order.by) for rule in rules)
    return events, _answer(order, "unsilenced", setup, names=", ".join(rules))


def _acknowledge(
    memory: AlarmMemory, order: AlarmAcknowledged, now: Moment, setup: AlertSetup
) -> Obeyed:
    every = order.rule == EVERYTHING
    keys = tuple(
        key for key, alarm in memory.alarms.items() if every or alarm.finding.rule == order.rule
    )
    if not keys:
        names = ", ".join(memory.alarms) or "-"
        return (), _answer(order, "nothing_open", setup, accepted=False, names=names)
    event = AlarmAcked(now, keys, order.by)
    return (event,), _answer(order, "acknowledged", setup, names=", ".join(keys))


def _answer(
    order: Order, code: str, setup: AlertSetup, *, accepted: bool = True, **figures: str
) -> AlarmAnswer:
    text = ANSWERS[code].say(setup.language, {"rule": order.rule, **figures})
    return AlarmAnswer(order, accepted, text)
