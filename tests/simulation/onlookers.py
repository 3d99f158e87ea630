"""Onlookers: the watch of each keeper in a simulated world, with people who are always reached."""

from __future__ import annotations

from collections.abc import Sequence

from eoskeeper.domain.alerting.alarms import Notification
from eoskeeper.domain.alerting.events import AlarmFired
from eoskeeper.domain.alerting.settings import AlertSettings, ContactGroup
from eoskeeper.domain.alerting.setup import AlertSetup, Rated
from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.cycle import Cycle, Step
from eoskeeper.domain.findings import Language, Severity
from eoskeeper.domain.report import report_of
from eoskeeper.domain.rules.catalogue import CATALOGUE, Rules, rules_by_name
from eoskeeper.domain.samples import DeliveryOutcome, DeliveryResult, KeeperRead, Sample
from eoskeeper.domain.tally import OwnTurnClosed, TurnFigures
from eoskeeper.domain.watch import WatchEvent, WatchPolicy, begin_watch, watch
from eoskeeper.simulation.keeper import Keeper
from eoskeeper.simulation.world import World

__all__ = ["Onlooker", "onlookers_of"]

CHANNEL = "telephone"


class Onlooker:
    """Follows one keeper, cycle by cycle, and keeps what people would have been told."""

    def __init__(self, keeper: Keeper, rules: Rules | None = None) -> None:
        by_name = rules_by_name(rules or Rules())
        everyone = ContactGroup(channels=(CHANNEL,), severity=Severity.INFO)
        setup = AlertSetup(
            settings=AlertSettings(contacts={"everyone": everyone}),
            rated={
                name: Rated(CATALOGUE[name], rule.hold_s, rule.clear_s)
                for name, rule in by_name.items()
            },
            role=keeper.policy.role,
            host=keeper.policy.host,
            language=Language.ENGLISH,
        )
        self._policy = WatchPolicy(policy=keeper.policy, rules=by_name, setup=setup)
        self._memory, _ = begin_watch((), keeper.moment())
        self._due: list[Sample] = []
        self.events: list[WatchEvent] = []
        self.told: list[Notification] = []
        keeper.on_cycle.append(self._look_on)

    @property
    def fired(self) -> list[AlarmFired]:
        """Every alarm that ever fired."""
        return [event for event in self.events if isinstance(event, AlarmFired)]

    @property
    def own_turns(self) -> TurnFigures:
        """Of all days together."""
        total = TurnFigures()
        for event in self.events:
            if isinstance(event, OwnTurnClosed):
                total = total.plus(event)
        return total

    def _look_on(self, samples: Sequence[Sample], done: Step, now: Moment) -> None:
        own = KeeperRead(now, 0.0, 0.001, len(samples), 0, 50_000_000, 0)
        report = report_of(done.memory, now, self._policy.policy)
        cycle = Cycle(done.memory, done.events, done.actions, done.requests, None, report)
        watched = watch(self._memory, (*self._due, *samples, own), cycle, now, self._policy)
        self._memory = watched.memory
        self.events += watched.events
        self.told += watched.notifications
        self._due = [
            DeliveryOutcome(now, one.notification_id, CHANNEL, DeliveryResult.PROVEN, 1, "taken")
            for one in watched.notifications
        ]


def onlookers_of(world: World, rules: Rules | None = None) -> dict[str, Onlooker]:
    """One for each host of ours."""
    return {name: Onlooker(host.keeper, rules) for name, host in world.hosts.items()}
