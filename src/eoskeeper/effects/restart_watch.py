"""Pauses a nodeos that comes back before it can produce: pause first, ask later.

Armed, an idle connection tells that the process died; from then on a pause is tried every 100 ms
until one is acknowledged, so that it is the first request that a starting node answers. So long
the turn gate is guarded: blocks are exchanged before requests are answered.
"""

from __future__ import annotations

import asyncio
from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta

from eoskeeper.domain.samples import OutcomeResult, RestartPaused
from eoskeeper.effects import producer_http as http
from eoskeeper.effects.producer_http import ApiUrl, Exchange, Progress
from eoskeeper.effects.turn_gate import TurnGate

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from eoskeeper.domain.chain_time import Moment

__all__ = ["RestartWatch", "RestartWatchSettings"]


class RestartWatchSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where nodeos listens and how hard it is tried; the table ``[restart_watch]``.

    Attributes:
        url: address that serves ``producer_rw``: ``http://IP:PORT`` or ``unix:///PATH``.
        paused_url: address that serves ``producer_ro`` where that is another; None takes ``url``.
        interval_s: seconds from one try to the next; a started node has its first chance to
            produce some 100 ms after it listens.
        timeout_s: seconds that one request may stay unanswered by a node that accepts but hangs.
        drain_s: as for every pause: one block interval and a margin.
    """

    url: ApiUrl = "http://127.0.0.1:8888"
    paused_url: ApiUrl | None = None
    interval_s: Annotated[float, Meta(ge=0.01, le=0.1)] = 0.1
    timeout_s: Annotated[float, Meta(ge=0.1, le=60)] = 2.0
    drain_s: Annotated[float, Meta(ge=0.5, le=10)] = 0.6


class _Race(msgspec.Struct):
    """One absence of the node, from the loss of the connection to the proven pause.

    Attributes:
        requests: pauses written.
        was_away: nobody listened for a time: a start, not just an idle connection closed.
        last: newest pause that was written.
    """

    requests: int = 0
    was_away: bool = False
    last: Exchange | None = None


class RestartWatch:
    """Armed while this host must not produce; ``run`` is its one task."""

    def __init__(
        self,
        settings: RestartWatchSettings,
        clock: Callable[[], Moment],
        tell: Callable[[RestartPaused], None],
        gate: TurnGate,
    ) -> None:
        """Nothing is connected before ``run`` runs and ``arm`` was called."""
        self._settings = settings
        self._clock = clock
        self._tell = tell
        self._gate = gate
        self._address = http.parse_address(settings.url)
        self._paused_address = http.parse_address(settings.paused_url or settings.url)
        self._armed = asyncio.Event()
        self._disarmed = asyncio.Event()
        self._disarmed.set()
        self._race: _Race | None = None
        self._told_idle_close = False

    def arm(self) -> None:
        """From now on a node that comes back is paused; no effect while armed."""
        self._disarmed.clear()
        self._armed.set()

    def disarm(self) -> None:
        """Hold and do nothing; a race that is on is called off, and told. Idempotent."""
        self._armed.clear()
        self._disarmed.set()

    async def run(self) -> None:
        """Watch for ever; ends by cancellation only."""
        while True:
            await self._armed.wait()
            async with asyncio.TaskGroup() as tasks:
                watching = tasks.create_task(self._watch())
                await self._disarmed.wait()
                watching.cancel()
            self._gate.spare(frozenset())
            self._call_off()

    async def _watch(self) -> None:
        """Hold while the node is there, race when it is not."""
        self._told_idle_close = False
        await self._hold_first()
        while True:
            self._race = _Race()
            connection = await self._run_guarded(self._race)
            self._race = None
            with closing(connection):
                await _until_closed(connection)

    async def _hold_first(self) -> None:
        """A node that is there when armed is held as it is: whoever arms has paused it."""
        connection = await self._connect()
        if connection is not None:
            with closing(connection):
                await _until_closed(connection)

    async def _run_guarded(self, race: _Race) -> socket.socket:
        """Race behind the turn gate, which is open again when this returns or is cancelled."""
        async with asyncio.TaskGroup() as tasks:
            guarding = tasks.create_task(self._gate.guard())
            try:
                connection = await self._run_race(race)
            finally:
                guarding.cancel()
        return connection

    async def _run_race(self, race: _Race) -> socket.socket:
        """Try until a pause is proven; the connection to hold from then on.

        The holding connection is made before the reading back: a node that dies in between is
        seen by both.
        """
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            if await self._try_pause(race) and (held := await self._hold_and_prove(race)):
                return held
            await asyncio.sleep(began + self._settings.interval_s - loop.time())

    async def _hold_and_prove(self, race: _Race) -> socket.socket | None:
        """After the acknowledgement: the connection to hold, when the pause is proven.

        What runs at the acknowledgement is what the proof is for: a process that is started
        later is not spared by the turn gate.
        """
        present = self._gate.present()
        held = await self._connect()
        if held is None:
            return None
        proven = False
        try:
            proven = await self._prove(race)
        finally:
            if not proven:
                held.close()
        if not proven:
            return None
        self._gate.spare(present)
        return held

    async def _try_pause(self, race: _Race) -> bool:
        """One try; True when the node acknowledged it."""
        tried = await http.ask(
            self._address, "pause", timeout_s=self._settings.timeout_s, clock=self._clock
        )
        if tried.sent is None:
            race.was_away = race.was_away or tried.progress is Progress.NOBODY_LISTENS
            return False
        race.requests += 1
        race.last = tried
        return http.acknowledged(tried)

    async def _prove(self, race: _Race) -> bool:
        """Drain, read back, tell; False when it was not read back as paused."""
        await asyncio.sleep(self._settings.drain_s)
        read_back = await http.ask(
            self._paused_address, "paused", timeout_s=self._settings.timeout_s, clock=self._clock
        )
        if http.read_as(read_back) is not True:
            return False
        if race.was_away or not self._told_idle_close:
            self._tell_outcome(race, OutcomeResult.PROVEN, "acknowledged and read back")
        self._told_idle_close = not race.was_away
        return True

    async def _connect(self) -> socket.socket | None:
        try:
            async with asyncio.timeout(self._settings.timeout_s):
                return await http.connect(self._address)
        except (TimeoutError, OSError):
            return None

    def _call_off(self) -> None:
        """Tell of a race that ended without proof, if a request was sent in it."""
        if self._race is not None and self._race.requests:
            self._tell_outcome(
                self._race,
                OutcomeResult.CANCELLED,
                "disarmed; a pause that was sent may still take effect",
            )
        self._race = None

    def _tell_outcome(self, race: _Race, result: OutcomeResult, detail: str) -> None:
        assert race.last is not None
        assert race.last.sent is not None
        self._tell(
            RestartPaused(
                at=self._clock(),
                sent=race.last.sent,
                result=result,
                attempts=race.requests,
                detail=detail,
            )
        )


async def _until_closed(connection: socket.socket) -> None:
    """Return when the other side is gone; what it says before is of no interest."""
    try:
        while await asyncio.get_running_loop().sock_recv(connection, 4096):
            pass
    except OSError:
        return
