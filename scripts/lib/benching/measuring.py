"""Keepers on a real network, measured minute by minute."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import msgspec
from scripts.lib.benching.noise import Noise, spread
from scripts.lib.benching.process_figures import Used, memory_mib, used_by
from scripts.lib.benching.settings import PAGES_ASKED

from eoskeeper.devnet.clock import await_that, monotonic_s
from eoskeeper.devnet.network import Devnet
from eoskeeper.domain.standing import State
from eoskeeper.runtime.control_client import ControlError, call
from eoskeeper.runtime.control_messages import Answer, StatusRequest

__all__ = ["Measured", "await_ready", "measure"]

GOAL_PERCENT = 0.5
GOAL_MIB = 64.0
"""Goals of the design, principle P7: a guest on the host."""

ASK_PAGES_EVERY_S = 15.0
"""A scrape interval that is common with Prometheus."""

MINUTE_S = 60.0
LOOK_S = 5.0
"""Seconds between two looks at the memory."""

READY_S = 120.0
_STATES = {"a": State.HOLDER, "b": State.STANDBY, "c": State.STANDBY, "f": State.OBSERVER}


class _Part(msgspec.Struct):
    state: State


@dataclass
class Measured:
    """What one keeper used.

    Attributes:
        percent: of one core, one figure for each minute.
        resident_mib: the most of each minute.
    """

    host: str
    state: str
    pid: int
    percent: list[float] = field(default_factory=list)
    resident_mib: list[float] = field(default_factory=list)
    proportional_mib: list[float] = field(default_factory=list)
    switches_per_s: list[float] = field(default_factory=list)
    user_s: float = 0.0
    system_s: float = 0.0
    measured_s: float = 0.0
    peak_mib: float = 0.0
    pages: Counter[str] = field(default_factory=Counter)

    def figures(self) -> dict[str, object]:
        """What is printed of it."""
        return {
            "host": self.host,
            "state": self.state,
            "measured_s": round(self.measured_s, 1),
            "processor_percent": spread(self.percent, 3),
            "user_s": round(self.user_s, 2),
            "system_s": round(self.system_s, 2),
            "resident_mib": spread(self.resident_mib, 1),
            "peak_mib": round(self.peak_mib, 1),
            "proportional_mib": spread(self.proportional_mib, 1),
            "context_switches_per_s": spread(self.switches_per_s, 1),
            "pages_asked": dict(self.pages),
            "goals": {name: "met" if is_met else "not met" for name, is_met in self.goals.items()},
        }

    @property
    def goals(self) -> dict[str, bool]:
        """Which were met."""
        percent = spread(self.percent, 3)
        return {
            f"at most {GOAL_PERCENT:g} % of a core (median of the minutes)": percent is not None
            and percent["median"] <= GOAL_PERCENT,
            f"at most {GOAL_MIB:g} MiB resident (peak)": self.peak_mib <= GOAL_MIB,
        }


def await_ready(devnet: Devnet, hosts: Sequence[str]) -> list[Measured]:
    """Wait until every keeper knows its part."""

    def is_ready() -> bool:
        return all(_state_of(devnet, host) is _STATES[host] for host in hosts)

    await_that(is_ready, "every keeper knows its part", timeout_s=READY_S, every_s=0.5)
    keepers = []
    for host in hosts:
        pid = devnet.host(host).keeper_pid
        assert pid is not None, f"the keeper of host {host} has ended"
        keepers.append(Measured(host, str(_STATES[host]), pid))
    return keepers


def measure(
    devnet: Devnet,
    keepers: Sequence[Measured],
    minutes: int,
    noise: Noise,
    say: Callable[[str], None],
) -> None:
    """Measure all at once; they share the noise."""
    noise.look()
    for number in range(minutes):
        _one_minute(devnet, keepers)
        noise.look()
        told = ", ".join(f"{one.host} {one.percent[-1]:.2f} %" for one in keepers)
        say(f"minute {number + 1} of {minutes}: {told}")


def _one_minute(devnet: Devnet, keepers: Sequence[Measured]) -> None:
    before = {one.host: (monotonic_s(), used_by(one.pid)) for one in keepers}
    most = dict.fromkeys(before, 0.0)
    began_s = monotonic_s()
    next_pages_s = began_s
    while monotonic_s() < began_s + MINUTE_S:
        if monotonic_s() >= next_pages_s:
            next_pages_s += ASK_PAGES_EVERY_S
            for one in keepers:
                _ask_pages(devnet, one)
        for one in keepers:
            most[one.host] = max(most[one.host], memory_mib(one.pid)["resident"])
        time.sleep(max(0.0, min(LOOK_S, began_s + MINUTE_S - monotonic_s())))
    for one in keepers:
        began_at_s, used = before[one.host]
        _add(one, used, used_by(one.pid), monotonic_s() - began_at_s)
        one.resident_mib.append(most[one.host])


def _add(one: Measured, before: Used, after: Used, took_s: float) -> None:
    memory = memory_mib(one.pid)
    one.percent.append(100 * (after.processor_s - before.processor_s) / took_s)
    one.switches_per_s.append((after.switches - before.switches) / took_s)
    one.user_s += after.user_s - before.user_s
    one.system_s += after.system_s - before.system_s
    one.measured_s += took_s
    one.proportional_mib.append(memory["proportional"])
    one.peak_mib = memory["peak"]


def _state_of(devnet: Devnet, host: str) -> State | None:
    try:
        answer = call(devnet.host(host).control_socket, StatusRequest(), timeout_s=2.0)
    except ControlError:
        return None
    if not isinstance(answer, Answer):
        return None
    return msgspec.json.decode(answer.payload, type=_Part).state


def _ask_pages(devnet: Devnet, one: Measured) -> None:
    """A page that there is not yet is told by its status."""
    for page in PAGES_ASKED:
        try:
            url = devnet.page_url(one.host) + page
            with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - our own
                answer.read()
                one.pages[f"{page} {answer.status}"] += 1
        except urllib.error.HTTPError as error:
            one.pages[f"{page} {error.code}"] += 1
        except OSError as error:
            one.pages[f"{page} {type(error).__name__}"] += 1
