"""Checks of alarming: nobody is told through a channel that is not there, or at no hour at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from eoskeeper.config.addresses import Fault, http_url_fault
from eoskeeper.config.alarm import needs_mobiles
from eoskeeper.config.check import Check, EntryCheck, faulty
from eoskeeper.config.model import Config
from eoskeeper.config.problems import MISSING, Problem, closest, listed
from eoskeeper.config.secret import Secret
from eoskeeper.config.wording import notation
from eoskeeper.domain.alerting.settings import hours_fault

__all__ = ["ALARM_CHECKS"]

CHANNELS = "alarm.channels"
CONTACTS = "alarm.contacts"
ADDRESSES = ("url", "webhook", "api_url")
"""Keys of channels that hold an address of the web."""


def _find_unknown_channels(config: Config, name: str) -> Iterator[Problem]:
    for at, channel in enumerate(config.alarm.contacts[name].channels):
        yield from _unknown(f"{CONTACTS}.{name}.channels[{at}]", channel, config.alarm.channels)


def _find_unknown_fallback(config: Config, name: str) -> Iterator[Problem]:
    fallback = config.alarm.channels[name].fallback
    if fallback is not None:
        yield from _unknown(f"{CHANNELS}.{name}.fallback", fallback, config.alarm.channels)


def _unknown(path: str, channel: str, known: Iterable[str]) -> Iterator[Problem]:
    names = tuple(known)
    if channel in names:
        return
    meant = closest(channel, names)
    here = listed(map(notation, names)) if names else "none is configured"
    yield Problem(
        path=path,
        value=notation(channel),
        allowed=f"the name of a channel: {here}",
        remedy=f"add [{CHANNELS}.{channel}]"
        if meant is None
        else f"did you mean {notation(meant)}?",
    )


def _find_fallbacks_in_a_circle(config: Config) -> Iterator[Problem]:
    """Each circle is told once, at the first of its channels in the file."""
    told: set[str] = set()
    for name in config.alarm.channels:
        circle = _circle_of(config, name)
        if circle and not told & set(circle):
            told |= set(circle)
            yield Problem(
                path=f"{CHANNELS}.{name}.fallback",
                value=notation(circle[1 % len(circle)]),
                allowed="a channel from which no fallback leads back to this one",
                remedy=f"remove one fallback of {' -> '.join((*circle, name))}",
            )


def _circle_of(config: Config, name: str) -> tuple[str, ...]:
    """The fallbacks that lead from a channel back to itself, itself first; empty for none."""
    passed = [name]
    while len(passed) <= len(config.alarm.channels):
        channel = config.alarm.channels.get(passed[-1])
        following = None if channel is None else channel.fallback
        if following == name:
            return tuple(passed)
        if following is None:
            return ()
        passed.append(following)
    return ()


def _find_faulty_hours(config: Config, name: str) -> Iterator[Problem]:
    hours = config.alarm.contacts[name].hours
    remedy = hours_fault(hours)
    fault = None if remedy is None else Fault('hours of the day, like "08:00-24:00"', remedy)
    yield from faulty(f"{CONTACTS}.{name}.hours", hours, fault)


def _find_messages_to_nobody(config: Config, name: str) -> Iterator[Problem]:
    if needs_mobiles(config.alarm.channels[name]) and not config.alarm.mobiles:
        yield Problem(
            path=f"{CHANNELS}.{name}.mobiles",
            value=MISSING,
            allowed="a list of telephone numbers",
            remedy="add it, or alarm.mobiles for all channels that send short messages",
        )


def _find_bad_addresses(config: Config, name: str) -> Iterator[Problem]:
    channel = config.alarm.channels[name]
    for key in ADDRESSES:
        address = getattr(channel, key, None)
        if isinstance(address, str | Secret):
            yield from _bad_address(f"{CHANNELS}.{name}.{key}", address)


def _find_bad_heartbeat(config: Config) -> Iterator[Problem]:
    if config.heartbeat.url is not None:
        yield from _bad_address("heartbeat.url", config.heartbeat.url)


def _bad_address(path: str, address: str | Secret) -> Iterator[Problem]:
    plain = address.reveal() if isinstance(address, Secret) else address
    yield from faulty(path, address, http_url_fault(plain))


def _find_unknown_timezone(config: Config) -> Iterator[Problem]:
    zone = config.alarm.timezone
    if zone is not None and not _is_timezone(zone):
        names = {name.lower(): name for name in available_timezones()}
        meant = closest(zone, names)
        remedy = "look for it in: timedatectl list-timezones"
        yield Problem(
            path="alarm.timezone",
            value=notation(zone),
            allowed='a name of the time zone database, like "Asia/Shanghai"',
            remedy=remedy if meant is None else f"did you mean {notation(names[meant])}?",
        )


def _is_timezone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _find_hours_told_twice(config: Config) -> Iterator[Problem]:
    hours = config.notice.hours or ()
    if len(set(hours)) < len(hours):
        yield Problem(
            path="notice.hours",
            value=notation(hours),
            allowed="a list of hours from 0 to 23, each once",
            remedy=f"write {notation(sorted(set(hours)))}",
        )


ALARM_CHECKS: tuple[Check | EntryCheck, ...] = (
    EntryCheck(CONTACTS, ("channels",), _find_unknown_channels, names_of=(CHANNELS,)),
    EntryCheck(CONTACTS, ("hours",), _find_faulty_hours),
    EntryCheck(CHANNELS, ("fallback",), _find_unknown_fallback),
    Check((CHANNELS,), _find_fallbacks_in_a_circle),
    EntryCheck(CHANNELS, ("mobiles",), _find_messages_to_nobody, reads=("alarm.mobiles",)),
    EntryCheck(CHANNELS, ADDRESSES, _find_bad_addresses),
    Check(("alarm.timezone",), _find_unknown_timezone),
    Check(("notice.hours",), _find_hours_told_twice),
    Check(("heartbeat.url",), _find_bad_heartbeat),
)
