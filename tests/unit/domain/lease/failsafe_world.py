"""The world for the lease, with a register that is away for minutes, and members who promise.

Words take their time and get lost, and one host may be deaf to another for a while. A word is what
its host said last, however old that is.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.lease.failsafe import (
    give_promise,
    promise_of,
    take_promises,
    wanted_promise,
)
from eoskeeper.domain.lease.holding import has_lapsed
from eoskeeper.domain.lease.register import begin_lease
from eoskeeper.domain.lease.timing import LeaseTiming
from eoskeeper.domain.lease.values import Lease, Promise, PromiseWanted
from eoskeeper.domain.register import LeaseRecord, Seat
from tests.unit.domain.lease.lease_world import TICK_S, Host, LeaseWorld

ASKED_EVERY_S = 1.0


class BrokenPromises(NamedTuple):
    """Rules that are left out, one at a time.

    Attributes:
        forgotten: who has promised claims as if it had not.
        from_now: promises count from when they are heard, not from when they were asked for.
        of_one: one member's promise is enough.
        alike: two keepers of one name count as one.
        outsiders: somebody whom the holder does not ask may claim what is held.
    """

    forgotten: bool = False
    from_now: bool = False
    of_one: bool = False
    alike: bool = False
    outsiders: bool = False


class _Word(NamedTuple):
    wants: PromiseWanted | None
    promise: Promise | None


class FailsafeWorld(LeaseWorld):
    """Three members and a register that is often away.

    Args:
        asked: members that are in the roster.
        twin: there is another keeper of the name b; whoever nobody asks hears nobody either.
    """

    def __init__(
        self,
        seed: int,
        broken: BrokenPromises = BrokenPromises(),  # noqa: B008 - immutable
        *,
        asked: tuple[str, ...] = ("a", "b", "c"),
        twin: bool = False,
        away_s: float = 120.0,
        faults: float = 1.0,
    ) -> None:
        self.asked, self.promises = asked, broken
        self.names = (*self.names, *(("b, another",) if twin else ()))
        super().__init__(seed, LeaseTiming(), faults=faults)
        self.away_s = away_s
        self.outages: dict[str, tuple[float, bool]] = {}
        self.deaf: dict[tuple[str, str], float] = {}
        self.said: dict[str, _Word] = {}
        self.on_way: dict[str, list[tuple[float, str, _Word]]] = {name: [] for name in self.names}
        self.asks_at = dict.fromkeys(self.names, 0.0)
        self.heard: dict[str, dict[str, _Word]] = {name: {} for name in self.names}
        self.by_promises_s = 0.0

    def begun(self, name: str, runs: int, before: LeaseRecord | None, now: Moment) -> Lease:
        """Its journal is kept, and everybody was heard of."""
        lease = begin_lease(name[0], f"{name}{runs}", before, now, self._keeper_id(name))
        roster = tuple(Seat(one, self._keeper_id(one)) for one in self.asked)
        return msgspec.structs.replace(lease, roster=roster)

    def _keeper_id(self, name: str) -> str:
        return name[0] if self.promises.alike else f"{name} of its own"

    def is_away(self, host: Host) -> bool:
        """From one host or from all, for about as long as it is there."""
        return any(self._is_out(what) for what in (host.name, "register"))

    def _is_out(self, what: str) -> bool:
        changes_at, is_out = self.outages.get(what, (0.0, True))
        if self.true_s >= changes_at:
            is_out = not is_out
            lasts_s = self.chance.uniform(1.0, self.away_s if is_out else 2 * self.away_s)
            self.outages[what] = (self.true_s + lasts_s, is_out)
        return is_out

    def talk(self, host: Host, now: Moment) -> None:
        """Hear, promise, take promises, ask."""
        self._ask_others(host)
        if self.promises.outsiders and host.name not in self.asked:
            host.lease = _blind_to_rosters(host.lease)
        for word_at in [one for one in self.on_way[host.name] if one[0] <= self.true_s]:
            self.on_way[host.name].remove(word_at)
            self.heard[host.name][word_at[1]] = word_at[2]
        for other, word in self.heard[host.name].items():
            if word.wants is not None:
                host.lease = give_promise(host.lease, other, word.wants, now)
        self._take(host, now)
        holds = host.produces and not has_lapsed(host.lease, now, self.timing)
        wants = wanted_promise(host.lease, now, self.timing) if holds else None
        host.lease = msgspec.structs.replace(host.lease, wants=wants)
        self.said[host.name] = _Word(wants, promise_of(host.lease))
        if self.promises.forgotten:
            host.lease = msgspec.structs.replace(host.lease, given=None)
        tenure = host.lease.tenure
        if host.produces and tenure is not None:
            beat_s = now.mono_s - tenure.confirmed.mono_s
            self.by_promises_s += TICK_S * (beat_s >= self.timing.fence_age_s)

    def _ask_others(self, host: Host) -> None:
        """The answer is the word of now, and takes up to two seconds."""
        if self.true_s < self.asks_at[host.name] or host.name not in self.asked:
            return
        self.asks_at[host.name] = self.true_s + ASKED_EVERY_S
        for other, word in self.said.items():
            pair = (host.name, other)
            if other not in self.asked or other == host.name or self._is_deaf(pair):
                continue
            took_s = self.chance.choice((0.01, 0.05, 0.2, 2.0))
            self.on_way[host.name].append((self.true_s + took_s, other, word))

    def _is_deaf(self, pair: tuple[str, str]) -> bool:
        """One way, for up to a minute."""
        if self.chance.random() < 0.01 * self.faults:
            self.deaf[pair] = self.true_s + self.chance.uniform(1.0, 60.0)
        return self.true_s < self.deaf.get(pair, 0.0)

    def _take(self, host: Host, now: Moment) -> None:
        heard = self.heard[host.name].items()
        promises = {Seat(other[0], self._keeper_id(other)): word.promise for other, word in heard}
        if self.promises.of_one:
            some = next((one for one in promises.values() if one is not None), None)
            promises = {Seat(one, self._keeper_id(one)): some for one in self.asked}
        if self.promises.from_now:
            promises = {
                seat: None if one is None else self._fresh(one, now)
                for seat, one in promises.items()
            }
        host.lease = take_promises(host.lease, promises, now)

    def _fresh(self, promise: Promise, now: Moment) -> Promise:
        wanted = msgspec.structs.replace(promise.wanted, asked_s=now.mono_s)
        return msgspec.structs.replace(promise, wanted=wanted)


def _blind_to_rosters(lease: Lease) -> Lease:
    if lease.sighting is None or lease.sighting.read.record is None:
        return lease
    record = msgspec.structs.replace(lease.sighting.read.record, roster=())
    read = msgspec.structs.replace(lease.sighting.read, record=record)
    return msgspec.structs.replace(
        lease, sighting=msgspec.structs.replace(lease.sighting, read=read)
    )
