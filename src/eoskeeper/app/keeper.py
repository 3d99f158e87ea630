"""The keeper: everything composed, and the one loop that owns the memory."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import NamedTuple

import msgspec

from eoskeeper import __version__
from eoskeeper.app.beating import beat_for_ever
from eoskeeper.app.desk import Desk
from eoskeeper.app.evidence import EvidenceFolder
from eoskeeper.app.host_watch import CLOCK_S, FOLDERS_S, HOST_S, UNIT_S, watch, watch_blocking
from eoskeeper.app.lookout import Lookout
from eoskeeper.app.outlets import Outlets, Past
from eoskeeper.app.peer_watch import membership_of, probes_of, watch_peers
from eoskeeper.app.performer import Performer
from eoskeeper.app.protection import Protection, new_run
from eoskeeper.app.recorder import Log, Recorder
from eoskeeper.app.self_look import SelfLook
from eoskeeper.app.watchers import BACKFILL_ROUNDS, watch_api, watch_log, watch_process
from eoskeeper.config import Config
from eoskeeper.domain.chain_time import TURN_SLOTS, Moment
from eoskeeper.domain.cycle import Cycle, cycle
from eoskeeper.domain.events import Event, KeeperStarted, StandingChanged
from eoskeeper.domain.maintenance import is_maintained
from eoskeeper.domain.memory import Memory, restore
from eoskeeper.domain.own_turn import own_turn_left_s
from eoskeeper.domain.policy import FailoverMode
from eoskeeper.domain.promising import said_word
from eoskeeper.domain.publication import Publication
from eoskeeper.domain.samples import Sample
from eoskeeper.domain.standing import State
from eoskeeper.domain.watch import Watched, WatchEvent
from eoskeeper.effects.heartbeat import Heartbeat
from eoskeeper.effects.restart_watch import RestartWatch
from eoskeeper.effects.turn_gate import TurnGate
from eoskeeper.probes.block_cursor import BlockCursor
from eoskeeper.probes.folders import FoldersProbe
from eoskeeper.probes.host import HostProbe
from eoskeeper.probes.journal_follow import JournalFollower
from eoskeeper.probes.log_follow import LogFollower, LogSettings
from eoskeeper.probes.nodeos_api import NodeosApi
from eoskeeper.probes.ntp import NtpProbe
from eoskeeper.probes.process import ProcessProbe
from eoskeeper.probes.unit import UnitProbe
from eoskeeper.runtime import control_socket
from eoskeeper.runtime.clock import Clock
from eoskeeper.runtime.journal import Journal
from eoskeeper.runtime.notify import Notifier
from eoskeeper.runtime.optional_parts import OptionalParts
from eoskeeper.runtime.tasks import ExitCode, SampleQueue, Supervisor
from eoskeeper.web import server
from eoskeeper.web.server import WebSettings

__all__ = ["Journals", "Keeper"]

QUEUE_SIZE = 20_000
"""Readings held at most; a log backlog of hours fits."""

LONGEST_WAIT_S = 1.0
"""A cycle runs at least so often, readings or not: leases lapse by the clock."""

Main = Callable[[], Awaitable[None]]

NOT_JOURNALLED = "what was decided before it could not be journalled"

SAMPLES_DROPPED = "samples_dropped"


class Journals(NamedTuple):
    """What the keeper writes: its decisions, and apart from them what people were told.

    Attributes:
        events: never waits behind an alarm that repeats.
        alarms: alarms, messages, own turns.
    """

    events: Journal[Event]
    alarms: Journal[WatchEvent]


class Keeper:
    """One running keeper."""

    def __init__(
        self,
        config: Config,
        clock: Clock,
        log: Log,
        notifier: Notifier,
        journals: Journals,
    ) -> None:
        """Compose; nothing is asked or done before ``run``."""
        self._config = config
        self._policy = config.policy()
        self._clock = clock
        self._log = log
        self._notifier = notifier
        self._journal = journals.events
        self._queue = SampleQueue(QUEUE_SIZE)
        self._kick = asyncio.Event()
        self._wait_s = LONGEST_WAIT_S
        self._gate = TurnGate(self._own_turn_left_s, clock)
        self._protection = Protection(config, clock, self._tell_now, self._queue.put)
        self._performer = Performer(
            config.production_settings(),
            clock,
            self._tell_now,
            self._gate.holds,
            self._protection.ladder,
        )
        self._recorder = Recorder(journals.events, self._performer, log)
        self._watch = RestartWatch(
            config.restart_watch_settings(), clock, self._tell_now, self._gate
        )
        self._optional = OptionalParts(log)
        self._early: tuple[Event, ...] = ()
        self._memory = self._restored()
        past = Past(journals.events.read, journals.alarms.read)
        self._outlets = Outlets(config, clock, log, self._optional, past)
        self._self_look = SelfLook(
            config.alarm.timezone, self._outlets.telemetry, lambda: self._optional.broken
        )
        self._lookout = Lookout(config, clock, log, journals.alarms, self._tell_now)
        self._desk = Desk(journals.events, clock, self._tell_now)
        self._membership = membership_of(config)
        self._evidence = EvidenceFolder(config.paths.state, journals.events.read_last, log)

    def _restored(self) -> Memory:
        now = self._clock()
        run = new_run()
        memory = restore(self._journal.read(), now, self._policy, run)
        policy, standing = self._policy, memory.standing
        mode = policy.failover.mode
        started = KeeperStarted(
            now, __version__, policy.host, policy.role, mode, run, memory.keeper_id
        )
        # Written anew at each start, so that the bounded journal always holds it.
        restored = StandingChanged(now, standing.state, standing, "keeper started", "restored")
        self._early = (started, restored)
        self._recorder.carry_out(self._early, ())
        return memory

    def _own_turn_left_s(self, now: Moment) -> float:
        return own_turn_left_s(self._memory.node.roster, now)

    async def run(self, may_reload: Callable[[], bool] | None = None) -> ExitCode:
        """Run until a signal or a bug; for ``may_reload`` see ``Supervisor``."""
        supervisor, code = Supervisor(self._log, may_reload=may_reload), ExitCode.BUG
        async with NodeosApi(self._config.nodeos_settings(), self._clock) as api:
            for name, main in self._parts(api).items():
                supervisor.add(name, main)
            try:
                code = await supervisor.run()
            finally:
                # To the service manager a keeper that is run anew has not stopped.
                if code is not ExitCode.RELOAD:
                    self._notifier.stopping("stopped; production is left as it is")
        return code

    def _parts(self, api: NodeosApi) -> dict[str, Main]:
        settings = self._config
        cursor = BlockCursor(self._policy.producer, TURN_SLOTS * BACKFILL_ROUNDS)
        process = ProcessProbe(settings.process_settings())
        parts: dict[str, Main] = {
            "api": lambda: watch_api(api, cursor, self._queue.put, self._kick.set),
            "process": lambda: watch_process(process, self._clock, self._queue.put),
            "performer": self._performer.run,
            "restart_watch": self._watch.run,
            "courier": self._lookout.courier.run,
            "cycle": self._cycle_for_ever,
            "turns": self._begin_turns,
            "control": lambda: control_socket.serve(
                settings.paths.control_socket, self._desk.handle, self._log
            ),
        }
        follow = self._log_follower()
        if follow is not None:
            parts["log"] = follow
        parts |= self._host_parts() | self._outlets.mains() | self._protection.mains(self._pid)
        for number, web in enumerate(settings.web_settings(), start=1):
            parts[f"web_{number}"] = self._optional.wrap(f"web_{number}", self._page(web))
        if settings.peers:
            peers = probes_of(settings.peers, self._clock, self._membership)
            parts["peers"] = lambda: watch_peers(peers, self._queue.put)
        if self._membership is not None:
            parts["evidence"] = self._optional.wrap("evidence", self._evidence.run)
        return parts

    def _page(self, settings: WebSettings) -> Main:
        offers = self._outlets.offers(lambda: self._desk.report)
        if self._membership is not None:
            offers = msgspec.structs.replace(offers, member=self._answer_member)
        return lambda: server.serve(
            settings, lambda: self._desk.report, self._clock, self._log, offers
        )

    def _answer_member(self, receiver: str, nonce: str) -> bytes | None:
        """This host's word, as of now, sealed for a member."""
        report = self._desk.report
        if self._membership is None or report is None:
            return None
        memory = self._memory
        maintained = is_maintained(memory, self._clock())
        word = said_word(memory, self._policy, maintained=maintained)
        return self._membership.answer(word, report, receiver, nonce)

    def _host_parts(self) -> dict[str, Main]:
        """What looks at the machine around nodeos."""
        settings, tell, clock = self._config, self._queue.put, self._clock
        host, folders = HostProbe(), FoldersProbe(settings.folders_settings())
        ntp = NtpProbe(settings.ntp, clock)
        parts: dict[str, Main] = {
            "host": lambda: watch_blocking(lambda: host.read(clock()), HOST_S, tell),
            "folders": lambda: watch_blocking(
                lambda: folders.read(self._pid(), clock()), FOLDERS_S, tell
            ),
        }
        if settings.ntp.servers:
            parts["clock"] = lambda: watch(ntp.read, CLOCK_S, tell)
        unit_settings = settings.unit_settings()
        if unit_settings is not None:
            unit = UnitProbe(unit_settings, clock)
            parts["unit"] = lambda: watch(unit.read, UNIT_S, tell)
        if settings.heartbeat.url is not None:
            heartbeat = Heartbeat(settings.heartbeat.url, settings.heartbeat.timeout_s)
            parts["heartbeat"] = lambda: beat_for_ever(
                heartbeat, settings.heartbeat.period_s, lambda: self._desk.report, self._log
            )
        return parts

    def _pid(self) -> int | None:
        process = self._memory.node.process
        return None if process is None else process.pid

    def _log_follower(self) -> Main | None:
        nodeos = self._config.nodeos
        if nodeos.log is not None:
            follower = LogFollower(nodeos.log, LogSettings())
            return lambda: watch_log(follower, self._clock, self._queue.put)
        if nodeos.journal_unit is not None:
            journal = JournalFollower(nodeos.journal_unit, LogSettings())
            return lambda: watch_log(journal, self._clock, self._queue.put)
        return None

    async def _begin_turns(self) -> None:
        """Production is watched at once; the telling of turns waits for the history's disk."""
        self._lookout.go_on_after(await self._outlets.newest_turn())
        await asyncio.get_running_loop().create_future()

    def _tell_now(self, sample: Sample) -> None:
        """Outcomes and orders are not left waiting for the next poll."""
        self._queue.put(sample)
        self._kick.set()

    async def _cycle_for_ever(self) -> None:
        self._notifier.ready("started")
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._wait_s):
                    await self._kick.wait()
            self._kick.clear()
            await self._cycle_once()

    async def _cycle_once(self) -> None:
        drained = self._queue.drain()
        if drained.dropped:
            self._log.warning(SAMPLES_DROPPED, count=drained.dropped)
        now = self._clock()
        done = cycle(self._memory, drained.samples, now, self._policy)
        self._memory = done.memory
        self._wait_s = (
            LONGEST_WAIT_S if done.due_in_s is None else min(done.due_in_s, LONGEST_WAIT_S)
        )
        written = self._recorder.carry_out(done.events, done.actions)
        if written:
            self._protection.correspondent.send(done.requests)
        else:
            self._protection.correspondent.decline(done.requests, NOT_JOURNALLED)
        self._set_watch(done)
        own = self._self_look.read(len(drained.samples), drained.dropped, now, LONGEST_WAIT_S)
        watched = self._lookout.after(done, drained.samples, own, now)
        await self._desk.publish(watched.report, watched.answers)
        self._publish(done, watched, now)
        self._evidence.look(done.events, self._memory, watched.report, self._policy)
        self._notifier.status(watched.report.summary)
        self._notifier.watchdog()
        self._self_look.took(self._clock().mono_s - now.mono_s)

    def _publish(self, done: Cycle, watched: Watched, now: Moment) -> None:
        """After production was seen to and people were told."""
        events, self._early = (*self._early, *done.events), ()
        self._outlets.publish(
            Publication(
                now=now,
                report=watched.report,
                turns=watched.turns,
                events=events,
                told=watched.events,
            )
        )

    def _set_watch(self, done: Cycle) -> None:
        """A host that must not produce pauses whatever nodeos starts beside it."""
        state = done.memory.standing.state
        armed = state in _ALWAYS_ARMED or (
            self._policy.failover.mode is FailoverMode.AUTO
            and (state in _ARMED or (state is State.LEARNING and done.memory.node.refused))
        )
        (self._watch.arm if armed else self._watch.disarm)()
        process = done.memory.node.process
        if process is not None:
            self._gate.remember(process.pid)


_ALWAYS_ARMED = frozenset({State.FENCING, State.HELD})
"""Entered by the operator's order in every mode."""

_ARMED = frozenset({State.STANDBY, State.LAPSED, State.ISOLATED, State.RESTARTED})
