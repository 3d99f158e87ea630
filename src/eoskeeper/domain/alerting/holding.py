"""Hold: from the first bad finding to an alarm, and from the first good one to its end.

What cleared before its hold was over leaves no trace. Unknown stops both counts, and neither sets
back: a probe that fails now and then keeps no alarm from firing, and none from ending.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from eoskeeper.domain.alerting.alarms import (
    Alarm,
    AlarmMemory,
    Ending,
    Pending,
    Sight,
    Told,
    key_of,
)
from eoskeeper.domain.alerting.depend import muted_by
from eoskeeper.domain.alerting.events import (
    AlarmEvent,
    AlarmFired,
    AlarmFlapping,
    AlarmResolved,
    AlarmWorsened,
)
from eoskeeper.domain.alerting.folding import Bad, Folded, look
from eoskeeper.domain.alerting.recording import is_silenced, record_all
from eoskeeper.domain.alerting.setup import CYCLE_JITTER_S, AlertSetup
from eoskeeper.domain.chain_time import Moment

__all__ = ["GONE_S", "hold_new", "watch_open"]

GONE_S = 120.0
"""A rule that does not mention a thing for so long will not again: the thing is gone."""

Step = tuple[AlarmMemory, tuple[AlarmEvent, ...]]


def hold_new(memory: AlarmMemory, folded: Folded, now: Moment, setup: AlertSetup) -> Step:
    """Count badness, and fire what has been bad for long enough."""
    if not memory.pending and all(key in memory.alarms for key in folded.bad):
        return memory, ()
    pending: dict[str, Pending] = {}
    fired: list[AlarmEvent] = []
    for key, bad in folded.bad.items():
        if key in memory.alarms:
            continue
        one = _held(memory, bad, now, setup)
        hold_s = setup.rated[bad.finding.rule].hold_s - CYCLE_JITTER_S
        if not one.muted_by and one.bad_s >= hold_s:
            fired.append(AlarmFired(now, _opened(memory, one, now, setup)))
        else:
            pending[key] = one
    for key, one in memory.pending.items():
        if key not in folded.bad and look(one.finding, folded) is Sight.UNKNOWN:
            pending[key] = replace(one, sight=Sight.UNKNOWN)
    memory = record_all(replace(memory, pending=pending), fired)
    return memory, tuple(fired)


def _held(memory: AlarmMemory, bad: Bad, now: Moment, setup: AlertSetup) -> Pending:
    before = memory.pending.get(key_of(bad.finding.rule, bad.finding.subject))
    muted = muted_by(bad.finding.rule, bad.severity, memory.causes, setup)
    if before is None:
        return Pending(bad.finding, bad.severity, now, muted_by=muted)
    bad_s = before.bad_s
    if muted:
        bad_s = 0.0
    elif before.sight is Sight.BAD and not before.muted_by:
        bad_s += now.mono_s - memory.at.mono_s
    return Pending(bad.finding, bad.severity, before.since, bad_s, muted_by=muted)


def _opened(memory: AlarmMemory, held: Pending, now: Moment, setup: AlertSetup) -> Alarm:
    key = key_of(held.finding.rule, held.finding.subject)
    return Alarm(
        finding=held.finding,
        severity=held.severity,
        since=held.since,
        fired=now,
        flapping=_flaps(memory, key, now, setup),
        silenced=is_silenced(memory, held.finding.rule),
        told=_still_told(memory, key),
    )


def _still_told(memory: AlarmMemory, key: str) -> dict[str, Told]:
    """Those who have not yet been told that it had ended: to them it never did."""
    closing = memory.closings.get(key)
    if closing is None:
        return {}
    return {name: closing.alarm.told[name] for name in closing.contacts}


def _flaps(memory: AlarmMemory, key: str, now: Moment, setup: AlertSetup) -> bool:
    """Whether one more change would be one too many."""
    begin_s = now.mono_s - setup.settings.flap_window_s
    recent = sum(1 for at in memory.changes.get(key, ()) if at.mono_s > begin_s)
    return recent + 1 >= setup.settings.flap_changes


def watch_open(memory: AlarmMemory, folded: Folded, now: Moment, setup: AlertSetup) -> Step:
    """Follow every open alarm: worse, better, ended, muted."""
    memory = _forget_changes(memory, now, setup)
    if not memory.alarms:
        return memory, ()
    elapsed_s = now.mono_s - memory.at.mono_s
    seen = {key: _seen(alarm, folded, elapsed_s) for key, alarm in memory.alarms.items()}
    events = [
        event for alarm in seen.values() for event in _outcome(memory, alarm, folded, now, setup)
    ]
    memory = record_all(replace(memory, alarms=seen), events)
    alarms = {key: _mark(memory, alarm, now, setup) for key, alarm in memory.alarms.items()}
    return replace(memory, alarms=alarms), tuple(events)


def _seen(alarm: Alarm, folded: Folded, elapsed_s: float) -> Alarm:
    sight = look(alarm.finding, folded)
    match sight:
        case Sight.BAD:
            finding = folded.bad[alarm.key].finding
            return replace(alarm, sight=sight, finding=finding, good_s=0.0, absent_s=0.0)
        case Sight.GOOD:
            more_s = elapsed_s if alarm.sight is Sight.GOOD else 0.0
            return replace(alarm, sight=sight, good_s=alarm.good_s + more_s, absent_s=0.0)
        case Sight.UNKNOWN:
            return replace(alarm, sight=sight, absent_s=0.0)
        case Sight.ABSENT:
            more_s = elapsed_s if alarm.sight is Sight.ABSENT else 0.0
            return replace(alarm, sight=sight, absent_s=alarm.absent_s + more_s)


def _outcome(
    memory: AlarmMemory, alarm: Alarm, folded: Folded, now: Moment, setup: AlertSetup
) -> Iterator[AlarmEvent]:
    bad = folded.bad.get(alarm.key)
    if bad is not None and bad.severity.rank > alarm.severity.rank:
        yield AlarmWorsened(now, bad.finding, bad.severity)
    ending = _ending(alarm, setup)
    if ending is None or alarm.key in memory.waiting:
        return  # what is about to be told does not end before it is
    may_flap = ending is Ending.GOOD and not alarm.flapping
    if may_flap and _flaps(memory, alarm.key, now, setup):
        yield AlarmFlapping(now, alarm.key)
    else:
        yield AlarmResolved(now, alarm.key, ending, folded.findings.get(alarm.key))


def _ending(alarm: Alarm, setup: AlertSetup) -> Ending | None:
    """How it ends in this cycle; None when it does not."""
    if not setup.watches(alarm.finding.rule):
        return Ending.UNWATCHED
    if alarm.sight is Sight.ABSENT and alarm.absent_s >= GONE_S:
        return Ending.GONE
    clear_s = setup.rated[alarm.finding.rule].clear_s
    if alarm.flapping:
        clear_s = max(clear_s, setup.settings.flap_quiet_s)
    long_enough = alarm.good_s >= clear_s - CYCLE_JITTER_S
    return Ending.GOOD if alarm.sight is Sight.GOOD and long_enough else None


def _mark(memory: AlarmMemory, alarm: Alarm, now: Moment, setup: AlertSetup) -> Alarm:
    """Whether it is muted now, and since when it no longer is."""
    muted = muted_by(alarm.finding.rule, alarm.severity, memory.causes, setup)
    if muted == alarm.muted_by:
        return alarm
    unmuted = now if alarm.muted_by and not muted else alarm.unmuted
    return replace(alarm, muted_by=muted, unmuted=unmuted)


def _forget_changes(memory: AlarmMemory, now: Moment, setup: AlertSetup) -> AlarmMemory:
    if not memory.changes:
        return memory
    begin_s = now.mono_s - setup.settings.flap_window_s
    kept = {
        key: recent
        for key, moments in memory.changes.items()
        if (recent := tuple(at for at in moments if at.mono_s > begin_s))
    }
    return replace(memory, changes=kept)
