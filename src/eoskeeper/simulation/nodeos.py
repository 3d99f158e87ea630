"""Nodeos: a model of one host's nodeos, made of the facts that failover depends on.

Invariant: a block is made only by a running main thread that was not paused when it began to
build; requests are executed in order, also those whose client has long given up.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

from eoskeeper.domain.chain_time import EPOCH_MS, SLOT_MS
from eoskeeper.domain.samples import LoggedBlockKind
from eoskeeper.simulation.chain import Calendar, Forest, TreeBlock, may_replace
from eoskeeper.simulation.network import BUILD_MS, Network
from eoskeeper.simulation.oracle import Oracle
from eoskeeper.simulation.timeline import Timeline

__all__ = ["Answer", "Api", "LogEntry", "Nodeos", "Request", "Stall"]

LOG_KEPT = 4_000
"""Lines of the log that are kept: more than a keeper reads back when it starts."""

SERVICE_RESTART_MS = 5_000
"""From the end of the process to its next start, where a service manager restarts it."""

QUIET_SYNC_S = 300
"""Lines of blocks older than this are not printed while syncing."""


class Request(StrEnum):
    """What a keeper may ask of the producer API."""

    PAUSE = "pause"
    RESUME = "resume"
    PAUSED = "paused"


class Answer(StrEnum):
    """How a request ended for the one who asked."""

    NOBODY = "nobody"
    GARBAGE = "garbage"
    BROKEN = "broken"
    OK = "ok"
    SAYS_PAUSED = "says_paused"
    SAYS_UNPAUSED = "says_unpaused"


class Api(StrEnum):
    """State of the HTTP side."""

    WELL = "well"
    HANGS = "hangs"
    """Accepts, and answers when it is over; the main thread goes on."""
    GARBAGE = "garbage"
    SHUT = "shut"
    """Refuses, though the process lives."""


class Stall(StrEnum):
    """State of the main thread."""

    NONE = "none"
    FROZEN = "frozen"
    """The whole process, as by SIGSTOP."""
    MAIN_HUNG = "main_hung"
    """Only the main thread: ``get_info`` is answered from a cache with a frozen head."""


class LogEntry(NamedTuple):
    """One line of the log; ``block`` None is the line of a start."""

    local_ms: int
    kind: LoggedBlockKind | None
    block: TreeBlock | None


Answered = Callable[[Answer], None]


class Nodeos:
    """One nodeos of ours.

    Attributes:
        offset_ms: what the host's wall clock is ahead of true time.
        pause_on_startup: the option of that name.
        log: newest lines; ``log_dropped`` are gone before the first.
        doomed: the fence has stopped it, and nobody continues it any more.
        on_change: told when what a guard looks at may be another.
        unstoppable: SIGSTOP is not confirmed in time.
        resume_hangs_ms: the next resume, and what comes after it, is carried out so much later.
        resume_on_its_way_ms: each resume comes so much later, behind what is sent after it.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - the parts of the world it lives in
        self,
        name: str,
        timeline: Timeline,
        network: Network,
        forest: Forest,
        calendar: Calendar,
        oracle: Oracle,
    ) -> None:
        self.name = name
        self.head = forest.root
        self.offset_ms = 0
        self.pause_on_startup = True
        self.alive = self.listening = self.synced = self.enabled = True
        self.paused = True
        self.api = Api.WELL
        self.api_delay_ms = 5
        self.stall = Stall.NONE
        self.life = 1
        self.started_local_ms = timeline.now_ms
        self.log: list[LogEntry] = []
        self.log_dropped = 0
        self.on_listen: list[Callable[[], None]] = []
        self.on_change: list[Callable[[], None]] = []
        self.building: int | None = None
        self.doomed = self._is_strange = False
        self.unstoppable = False
        self.resume_hangs_ms = self.resume_on_its_way_ms = 0
        self._queue: deque[tuple[Request, Answered]] = deque()
        self._timeline, self._network, self._forest = timeline, network, forest
        self._calendar, self._oracle = calendar, oracle
        network.join(self)

    # --- state ----------------------------------------------------------------------------------

    @property
    def runs(self) -> bool:
        """The main thread goes on."""
        return self.alive and self.stall is Stall.NONE

    @property
    def hears(self) -> bool:
        """It takes blocks and passes them on."""
        return self.alive and self.synced and self.stall is Stall.NONE

    @property
    def local_ms(self) -> int:
        """This host's wall clock."""
        return self._timeline.now_ms + self.offset_ms

    @property
    def may_produce(self) -> bool:
        """What nodeos asks itself before each block."""
        return self.runs and self.synced and self.enabled and not self.paused

    # --- faults ---------------------------------------------------------------------------------

    def kill(self) -> None:
        """SIGKILL, or a crash: all that was in memory is gone."""
        self.alive = self.listening = self.synced = self.enabled = False
        self.stall, self.building, self.doomed = Stall.NONE, None, False
        self.life += 1
        queue, self._queue = self._queue, deque()
        for _, answered in queue:
            answered(Answer.BROKEN)
        self._network.changed()
        self._tell_change()

    def start(self, boot_ms: int = 3_000, sync_ms: int = 2_000) -> None:
        """Start the process; the API listens after ``boot_ms``, the head is fresh after both."""
        if self.alive:
            return
        self.alive = True
        self.paused = self.pause_on_startup
        self.started_local_ms = self.local_ms
        life = self.life
        self._log(None, None)
        self._timeline.after(boot_ms, lambda: self._listen(life))
        self._timeline.after(boot_ms + sync_ms, lambda: self._sync(life))

    def stop_main(self, stall: Stall) -> None:
        """Freeze the process or hang its main thread."""
        if self.alive and not self.doomed:
            self.stall = stall
            self._network.changed()
            self._tell_change()

    def hold_fast(self, *, believes_strangers: bool = False) -> bool:
        """SIGSTOP; False: not confirmed, or a stranger had stopped it, who may continue it."""
        if self.unstoppable or not self.alive:
            return False
        is_strange = self.stall is Stall.FROZEN and not self.doomed
        if is_strange and not believes_strangers:
            return False
        self.stall, self.doomed, self._is_strange = Stall.FROZEN, True, is_strange
        self._network.changed()
        return True

    def kill_for_good(self) -> None:
        """SIGKILL from the ladder; its service manager starts it again."""
        if self.alive:
            self._end_and_restart()

    def go_on(self) -> None:
        """Thaw: the timer of a block under construction fires first, then what was asked."""
        if not self.alive or self.stall is Stall.NONE:
            return
        if self.doomed:
            # What the fence itself has stopped stays so; else a block comes before the SIGTERM.
            if self._is_strange:
                self._make_one_more()
                self._end_and_restart()
            return
        self.stall = Stall.NONE
        self._network.changed()
        if self.building is not None:
            self._make(self.building)
            self.building = None
        self._begin_now()
        self._execute_queue()
        self._network.resync(self.name)
        self._tell_change()

    @property
    def pid(self) -> int:
        """Another one each life."""
        return 1000 + self.life

    def terminate(self, pid: int) -> bool:
        """SIGKILL; its service manager starts it again. False: no such process."""
        if not self.alive or pid != self.pid:
            return False
        self._end_and_restart()
        return True

    def _end_and_restart(self) -> None:
        self.kill()
        self._timeline.after(SERVICE_RESTART_MS, self.start)

    def set_api(self, api: Api) -> None:
        """Change the HTTP side; whatever waited is executed when it is well again."""
        self.api = api
        if api is Api.WELL:
            self._execute_queue()
        self._tell_change()

    def _tell_change(self) -> None:
        for told in self.on_change:
            told()

    def _listen(self, life: int) -> None:
        if life == self.life and self.alive:
            self.listening = True
            for told in self.on_listen:
                told()
            self._tell_change()

    def _sync(self, life: int) -> None:
        if life == self.life and self.alive:
            self.synced = True
            self._network.changed()
            self._network.resync(self.name)

    # --- requests -------------------------------------------------------------------------------

    def ask(self, request: Request, answered: Answered) -> None:
        """One request; ``answered`` is called once, perhaps after its asker has given up."""
        if not self.alive or not self.listening or self.api is Api.SHUT:
            answered(Answer.NOBODY)
            return
        life, delay_ms = self.life, self.api_delay_ms
        if request is Request.RESUME:
            delay_ms += self.resume_on_its_way_ms
        self._timeline.after(delay_ms, lambda: self._arrive(life, request, answered))

    def _arrive(self, life: int, request: Request, answered: Answered) -> None:
        if life != self.life or not self.alive:
            answered(Answer.BROKEN)
        elif self.api is Api.GARBAGE:
            answered(Answer.GARBAGE)
        else:
            if request is Request.RESUME and self.resume_hangs_ms and self.api is Api.WELL:
                self._hang_for(self.resume_hangs_ms)
            self._queue.append((request, answered))
            self._execute_queue()

    def _hang_for(self, delay_ms: int) -> None:
        self.resume_hangs_ms = 0
        self.set_api(Api.HANGS)
        self._timeline.after(delay_ms, lambda: self.set_api(Api.WELL))

    def _execute_queue(self) -> None:
        while self._queue and self.runs and self.api is not Api.HANGS:
            request, answered = self._queue.popleft()
            answered(self._execute(request))

    def _execute(self, request: Request) -> Answer:
        match request:
            case Request.PAUSE:
                self.paused = True
            case Request.RESUME:
                self.paused = False
                if self.building is None:
                    self._begin_now()
                self._tell_change()
            case Request.PAUSED:
                return Answer.SAYS_PAUSED if self.paused else Answer.SAYS_UNPAUSED
        return Answer.OK

    # --- blocks ---------------------------------------------------------------------------------

    def begin(self, slot: int) -> None:
        """Begin to build the block of an own slot, if it may be built."""
        if self.may_produce:
            self.building = slot

    def finish(self, slot: int) -> None:
        """The block under construction is due; the next own slot follows at once."""
        if self.building != slot or not self.runs:
            return
        self.building = None
        self._make(slot)
        if self._calendar.is_ours(slot + 1):
            self.begin(slot + 1)

    def _begin_now(self) -> None:
        slot = (self.local_ms - EPOCH_MS) // SLOT_MS + 1
        rest_ms = EPOCH_MS + slot * SLOT_MS - self.local_ms
        if rest_ms > SLOT_MS - BUILD_MS and self._calendar.is_ours(slot):
            self.begin(slot)

    def _make_one_more(self) -> None:
        slot = (self.local_ms - EPOCH_MS) // SLOT_MS + 1
        unpaused = self.synced and self.enabled and not self.paused
        if unpaused and self._calendar.is_ours(slot):
            self._make(slot)

    def _make(self, slot: int) -> None:
        if self.head.slot >= slot:
            return
        self.head = self._forest.grow(self.head, slot, self.name)
        self._oracle.made(slot, self.name, self._timeline.now_ms)
        self._log(LoggedBlockKind.PRODUCED, self.head)
        self._network.spread(self.name, self.head)

    def receive(self, offered: TreeBlock) -> None:
        """Take a block from the network; one that comes while a block is built is dropped.

        Source: leap v5.0.3 producer_plugin ``on_incoming_block`` (dropped while producing).
        """
        if not self.hears or self.building is not None:
            return
        if offered.slot * SLOT_MS + EPOCH_MS + SLOT_MS >= self.local_ms:
            self.enabled = True
        if offered.parent is self.head:
            self._log(LoggedBlockKind.RECEIVED, offered)
            self.head = offered
        elif may_replace(self.head, offered):
            self._log_branch(offered)
            self.head = offered

    def _log_branch(self, offered: TreeBlock) -> None:
        """A fork switch or a sync prints each block it applies, our own ones too."""
        applied: list[TreeBlock] = []
        old: TreeBlock | None = self.head
        new: TreeBlock | None = offered
        oldest_ms = self.local_ms - QUIET_SYNC_S * 1000
        while new is not None and new.slot * SLOT_MS + EPOCH_MS > oldest_ms:
            while old is not None and old.number > new.number:
                old = old.parent
            if old is new:
                break
            applied.append(new)
            new = new.parent
        for block in reversed(applied):
            self._log(LoggedBlockKind.RECEIVED, block)

    def _log(self, kind: LoggedBlockKind | None, block: TreeBlock | None) -> None:
        self.log.append(LogEntry(self.local_ms, kind, block))
        if len(self.log) > LOG_KEPT * 2:
            del self.log[:LOG_KEPT]
            self.log_dropped += LOG_KEPT
