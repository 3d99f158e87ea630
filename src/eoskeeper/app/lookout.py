"""Lookout: owns the memory of the watch, and hands it every cycle after production was seen to."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

import psutil

from eoskeeper.app.alarm_recorder import AlarmRecorder
from eoskeeper.app.courier import Courier, deliverer_of
from eoskeeper.app.recorder import Log
from eoskeeper.config import Config
from eoskeeper.domain.alerting.setup import AlertSetup, Rated
from eoskeeper.domain.assessment import KEEPER_RULE
from eoskeeper.domain.chain_time import Moment, UtcS
from eoskeeper.domain.cycle import Cycle
from eoskeeper.domain.rules.catalogue import CATALOGUE, rules_by_name
from eoskeeper.domain.samples import KeeperRead, Sample
from eoskeeper.domain.watch import Watched, WatchEvent, WatchPolicy, begin_watch, watch
from eoskeeper.runtime.clock import Clock
from eoskeeper.runtime.journal import Journal
from eoskeeper.runtime.local_time import utc_offset_s

__all__ = ["Lookout", "watch_policy_of"]

OWN_MEMORY_S = 10.0
"""Seconds between two looks at the keeper's own memory and at the local time."""


class Lookout:
    """Everything about alarms that a running keeper has."""

    def __init__(
        self,
        config: Config,
        clock: Clock,
        log: Log,
        journal: Journal[WatchEvent],
        tell: Callable[[Sample], None],
    ) -> None:
        """Restore what is open; what could not be delivered before goes out with the first cycle.

        Args:
            tell: where the outcomes of deliveries go.
        """
        self._policy = watch_policy_of(config)
        self._zone = config.alarm.timezone
        self.courier = Courier(deliverer_of(config.channels(), clock), config.host.name, tell)
        self._recorder = AlarmRecorder(journal, self.courier, log)
        now = clock()
        self._memory, opened = begin_watch(journal.read(), now)
        self._recorder.carry_out((opened,), ())
        self._process = psutil.Process(os.getpid())
        self._took_s = 0.0
        self._begun: Moment | None = None
        self._looked_s = -OWN_MEMORY_S
        self._resident_bytes = 0
        self._offset_s = 0

    def after(
        self, done: Cycle, samples: Sequence[Sample], dropped: int, now: Moment, longest_s: float
    ) -> Watched:
        """Watch what the cycle saw, and tell people.

        Args:
            done: the cycle, already carried out.
            samples: what it was given.
            dropped: readings lost before it.
            now: when it began.
            longest_s: the most that may lie between the begins of two cycles.
        """
        own = self._look_at_self(len(samples), dropped, now, longest_s)
        watched = watch(self._memory, (*samples, own), done, now, self._policy)
        self._memory = watched.memory
        self._recorder.carry_out(watched.events, watched.notifications)
        return watched

    def took(self, seconds: float) -> None:
        """Remember how long the cycle took, for the next look at ourselves."""
        self._took_s = seconds

    def _look_at_self(self, queued: int, dropped: int, now: Moment, longest_s: float) -> KeeperRead:
        late_s = 0.0 if self._begun is None else now.mono_s - self._begun.mono_s - longest_s
        self._begun = now
        if now.mono_s - self._looked_s >= OWN_MEMORY_S:
            self._looked_s = now.mono_s
            self._resident_bytes = self._process.memory_info().rss
            self._offset_s = utc_offset_s(UtcS(now.utc_s), self._zone)
        return KeeperRead(
            at=now,
            late_s=max(late_s, 0.0),
            took_s=self._took_s,
            queued=queued,
            dropped=dropped,
            resident_bytes=self._resident_bytes,
            utc_offset_s=self._offset_s,
        )


def watch_policy_of(config: Config) -> WatchPolicy:
    """The rules with the operator's limits, and who is told."""
    rules = rules_by_name(config.rules)
    rated = {
        name: Rated(CATALOGUE[name], rule.hold_s, rule.clear_s)
        for name, rule in rules.items()
        # The keeper's own is always told: it speaks for every rule that breaks.
        if rule.enabled or name == KEEPER_RULE
    }
    policy = config.policy()
    setup = AlertSetup(
        settings=config.alert_settings(),
        rated=rated,
        role=policy.role,
        host=policy.host,
        language=config.language,
    )
    return WatchPolicy(policy=policy, rules=rules, setup=setup, notice=config.notice)
