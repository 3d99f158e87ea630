"""Lookout: owns the memory of the watch, and hands it every cycle after production was seen to."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from eoskeeper.app.alarm_recorder import AlarmRecorder
from eoskeeper.app.courier import Courier, deliverer_of
from eoskeeper.app.recorder import Log
from eoskeeper.config import Config
from eoskeeper.domain.alerting.setup import AlertSetup, Rated
from eoskeeper.domain.assessment import KEEPER_RULE
from eoskeeper.domain.chain_time import Moment, Turn
from eoskeeper.domain.cycle import Cycle
from eoskeeper.domain.rules.catalogue import CATALOGUE, rules_by_name
from eoskeeper.domain.samples import KeeperRead, Sample
from eoskeeper.domain.turns import begin_ledger
from eoskeeper.domain.watch import Watched, WatchEvent, WatchPolicy, begin_watch, watch
from eoskeeper.runtime.clock import Clock
from eoskeeper.runtime.journal import Journal

__all__ = ["Lookout", "watch_policy_of"]


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
        self.courier = Courier(deliverer_of(config.channels(), clock), config.host.name, tell)
        self._recorder = AlarmRecorder(journal, self.courier, log)
        now = clock()
        memory, opened = begin_watch(journal.read(), now)
        self._memory = msgspec.structs.replace(memory, turns=None)
        self._recorder.carry_out((opened,), ())

    def go_on_after(self, closed: Turn | None) -> None:
        """Begin to tell turns, after the newest that the history holds; None when it holds none."""
        turns = begin_ledger(closed)
        self._memory = msgspec.structs.replace(self._memory, turns=turns)

    def after(
        self, done: Cycle, samples: Sequence[Sample], own: KeeperRead, now: Moment
    ) -> Watched:
        """Watch what the cycle saw, and tell people.

        Args:
            done: the cycle, already carried out.
            samples: what it was given.
            own: the keeper's look at itself.
            now: when the cycle began.
        """
        watched = watch(self._memory, (*samples, own), done, now, self._policy)
        self._memory = watched.memory
        self._recorder.carry_out(watched.events, watched.notifications)
        return watched


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
