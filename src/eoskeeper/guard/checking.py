"""``--check``: which rungs this guard can climb on this host, and how long the ladder takes.

It changes nothing: no signal but 0 is sent and nothing is written.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

from eoskeeper.guard import cgroup
from eoskeeper.guard.clock import boot_s
from eoskeeper.guard.hold import Held
from eoskeeper.guard.ladder import Target, find
from eoskeeper.guard.memory import lock_into_memory
from eoskeeper.guard.settings import Settings, worst_time_s
from eoskeeper.guard.wire import ask

__all__ = ["check"]


def check(settings: Settings) -> tuple[bool, list[str]]:
    """Whether nodeos is there and can be stopped for certain, and one line for each thing."""
    target = find(settings)
    signals = [_signal_problem(one) for one in target.held]
    can_stop = bool(signals) and not any(signals) and not target.unclear
    return can_stop, list(_lines(settings, target, signals))


def _lines(settings: Settings, target: Target, signals: list[str]) -> Iterator[str]:
    worst_s = worst_time_s(settings)
    yield f"K         {worst_s:.2f} s at worst, from the deadline to a proven stop"
    yield f"nodeos    {_who(target)}"
    address = settings.paused_api or settings.api
    paused = ask(address, "/v1/producer/paused", boot_s() + 1.0, boot_s)
    answered = f"answers {paused.body.strip().decode(errors='replace')[:40]}"
    yield f"1 pause   {answered if paused.status else f'no answer: {paused.detail}'}"
    yield f"2 gate    {' '.join(settings.gate) or 'none'}"
    for one in target.held:
        yield f"3 freeze  {cgroup.obstacle(one) or 'its control group can be frozen'}"
    problems = "; ".join(filter(None, signals))
    can = "can" if signals and not problems else f"cannot: {problems or 'nobody is there'}"
    yield f"3 stop    {can}"
    yield f"4 kill    {can if settings.kill == 'last' else 'never, by configuration'}"
    watched = os.environ.get("WATCHDOG_USEC")
    yield f"5 watchdog {f'{int(watched) / 1e6:g} s' if watched else 'none'}"
    yield f"memory    {lock_into_memory() or 'can be locked'}"


def _who(target: Target) -> str:
    if target.unclear:
        return target.unclear
    return ", ".join(f"pid {one.life.pid}" for one in target.held) or "nobody listens"


def _signal_problem(held: Held) -> str:
    try:
        signal.pidfd_send_signal(held.pidfd, 0)
    except OSError as error:
        return f"no signal to {held.life.pid}: {error.strerror}"
    return ""
