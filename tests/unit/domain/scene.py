"""A small site for the tests of the domain: one node, its keeper's memory, second by second.

Nothing runs here: a site makes the samples that a node in such a plight would yield, hands them to
``step`` and answers the actions at the next second. Four producers, so a round lasts 24 s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec

from eoskeeper.domain.actions import Action, Pause, Permit, PermitKind, Resume, Terminate
from eoskeeper.domain.chain_time import Moment, MonoS, Slot, UtcS, first_slot_of_turn, slot_utc
from eoskeeper.domain.cycle import Step, step
from eoskeeper.domain.events import Event
from eoskeeper.domain.memory import Memory, begin
from eoskeeper.domain.policy import FailoverMode, FailoverSettings, Policy, Role
from eoskeeper.domain.production import Roster
from eoskeeper.domain.samples import (
    ActionOutcome,
    Block,
    BlockLogged,
    BlocksRead,
    CommandKind,
    FailureReason,
    HeadRead,
    LogFollowed,
    LoggedBlockKind,
    OperatorCommand,
    OutcomeResult,
    PausedRead,
    ProbeFailed,
    ProbeName,
    ProcessRead,
    ProcessState,
    Sample,
    Schedule,
    ScheduledProducer,
    ScheduleRead,
)
from eoskeeper.domain.standing import Standing, State

__all__ = [
    "ACCOUNTS",
    "CHAIN_ID",
    "OURS",
    "ROSTER",
    "START_SLOT",
    "TURN",
    "Site",
    "block",
    "brink",
    "command",
    "moment_at",
    "permit",
    "policy_of",
    "read_of",
    "schedule_of",
    "settled_holder",
    "settled_standby",
    "standing_of",
]

CHAIN_ID = "aca376f206b8fc25a6ed44dbdc66547c36c6c33e3a119ffbeaef943642f0e906"
ACCOUNTS = ("alpha", "ours", "carol", "delta")
OURS = "ours"
ROSTER = Roster(ACCOUNTS, 1)
TURN = 134_184_000
"""A turn that begins a round, for any number of producers up to ten."""
START_SLOT = first_slot_of_turn(TURN)
_BOOT_UTC_S = slot_utc(START_SLOT) - 5000.0


def moment_at(slot: float) -> Moment:
    """A tenth of a second into a slot; the boot-time clock is at 5000 s in ``START_SLOT``."""
    utc_s = slot_utc(START_SLOT) + (slot - START_SLOT) * 0.5 + 0.1
    return Moment(MonoS(round(utc_s - _BOOT_UTC_S, 3)), UtcS(utc_s))


def policy_of(
    role: Role = Role.FIRST_STANDBY,
    mode: FailoverMode = FailoverMode.AUTO,
    settings: FailoverSettings | None = None,
) -> Policy:
    """The policy of a host in the test cluster."""
    chosen = msgspec.structs.replace(settings or FailoverSettings(), mode=mode)
    return Policy(host="here", role=role, producer=OURS, failover=chosen)


def schedule_of(accounts: Sequence[str] = ACCOUNTS, version: int = 1) -> Schedule:
    """A schedule in slot order."""
    return Schedule(version, tuple(ScheduledProducer(name, ("EOS1",)) for name in accounts))


def block_id(number: int, slot: int, fork: int = 0) -> str:
    """64 hex digits that begin with the number, as ids do."""
    return f"{number:08x}{slot:016x}{fork:040x}"


def block(
    number: int, slot: int, producer: str, *, fork: int = 0, previous: str | None = None
) -> Block:
    """A header; without ``previous`` its parent is the block of the slot before."""
    parent = block_id(number - 1, slot - 1, fork) if previous is None else previous
    return Block(number, block_id(number, slot, fork), parent, Slot(slot), producer, 1)


def read_of(
    blocks: Iterable[Block], *, gap_before: bool = False, slot: int = START_SLOT
) -> BlocksRead:
    """A reading of blocks."""
    return BlocksRead(moment_at(slot), tuple(blocks), gap_before)


def standing_of(state: State, **fields: object) -> Standing:
    """A standing that was entered at the start."""
    given = msgspec.structs.replace(Standing(state=state, since=moment_at(START_SLOT)))
    return msgspec.structs.replace(given, **fields)


def permit(kind: PermitKind = PermitKind.TAKEOVER, *, last_slot: int = START_SLOT + 11) -> Permit:
    """A permit without conditions, for standings made by hand."""
    at = moment_at(START_SLOT)
    return Permit(kind, 1, at, 2, Slot(START_SLOT), Slot(last_slot), ())


def command(kind: CommandKind, number: int = 1) -> Callable[[Moment], Sample]:
    """An order of the operator, given at the moment it is asked for."""
    return lambda now: OperatorCommand(now, f"c{number}", kind, "operator")


class Site:
    """One host of the cluster; its attributes are the plights that a test may put it in.

    Attributes:
        paused: what nodeos does; answered pauses and resumes change it.
        elsewhere: another host makes our blocks whenever this one does not.
        others: blocks of other producers come in.
        finality: the last irreversible block moves.
        api: why the API gives nothing; None when it answers.
        silent: kinds of samples that do not come.
        answers: how an action ends at the next second; None leaves it without an outcome.
        process: state of the nodeos process; a stopped one makes no blocks.
        logs: the log tells who made our blocks.
    """

    def __init__(
        self,
        policy: Policy | None = None,
        memory: Memory | None = None,
        *,
        paused: bool = True,
        elsewhere: bool = True,
    ) -> None:
        self.policy = policy or policy_of()
        self.paused = paused
        self.elsewhere = elsewhere
        self.others = True
        self.finality = True
        self.api: FailureReason | None = None
        self.silent: set[type] = set()
        self.answers: Callable[[Action], OutcomeResult | None] = lambda _: OutcomeResult.PROVEN
        self.process = ProcessState.RUNNING
        self.pid = 100
        self.started_utc = UtcS(slot_utc(START_SLOT) - 4000.0)
        self.logs = True
        self.accounts: tuple[str, ...] = ACCOUNTS
        self.slot = int(START_SLOT)
        self.memory = memory or begin(moment_at(START_SLOT), self.policy)
        self.inputs: list[tuple[Memory, tuple[Sample, ...], Moment]] = []
        self.steps: list[Step] = []
        self._blocks = [
            block(slot - START_SLOT + 1000, slot, ROSTER.producer_at(slot) or "")
            for slot in range(START_SLOT - 48, START_SLOT)
        ]
        self._told = 0
        self._due: list[Sample] = []
        self._irreversible = 997

    @property
    def now(self) -> Moment:
        """The moment of the newest step."""
        return moment_at(self.slot)

    def state(self) -> State:
        """State of the machine; no property, so that type checkers ask anew."""
        return self.memory.standing.state

    @property
    def actions(self) -> list[Action]:
        """Everything that was ever ordered."""
        return [action for done in self.steps for action in done.actions]

    @property
    def resumes(self) -> list[Resume]:
        """Every resume that was ever ordered."""
        return [action for action in self.actions if isinstance(action, Resume)]

    @property
    def pauses(self) -> list[Pause]:
        """Every pause that was ever ordered."""
        return [action for action in self.actions if isinstance(action, Pause)]

    @property
    def events(self) -> list[Event]:
        """Everything that was ever journalled."""
        return [event for done in self.steps for event in done.events]

    @property
    def second_of_round(self) -> int:
        """Whole seconds since the round began; our turn is from 6 to 12."""
        return (self.slot - START_SLOT) % (len(self.accounts) * 12) // 2

    def tick(self, *orders: Callable[[Moment], Sample]) -> Step:
        """One second goes by."""
        self.slot += 2
        fresh = [b for slot in (self.slot - 1, self.slot) for b in self._make(slot)]
        samples = (*self._due, *self._samples(fresh), *(order(self.now) for order in orders))
        self._due = []
        self.inputs.append((self.memory, samples, self.now))
        done = step(self.memory, samples, self.now, self.policy)
        self.memory = done.memory
        self.steps.append(done)
        for action in done.actions:
            self._answer(action)
        return done

    def run(self, seconds: int) -> Site:
        """Let time go by."""
        for _ in range(seconds):
            self.tick()
        return self

    def run_until(self, wanted: Callable[[Site], bool], limit_s: int = 400) -> Site:
        """Let time go by until something is so; it must become so."""
        for _ in range(limit_s):
            if wanted(self):
                return self
            self.tick()
        assert wanted(self), f"{self.state()} after {limit_s} s: {self.events[-3:]}"
        return self

    def run_to(self, second_of_round: int) -> Site:
        """Let time go by until that second of a round."""
        self.tick()
        return self.run_until(lambda site: site.second_of_round == second_of_round)

    def restart_node(self) -> Site:
        """Nodeos is a new process."""
        self.pid += 1
        self.started_utc = UtcS(self.now.utc_s - 0.5)
        return self

    def _make(self, slot: int) -> list[Block]:
        producer = self.accounts[slot // 12 % len(self.accounts)]
        here = not self.paused and self.process is ProcessState.RUNNING
        if not (here or self.elsewhere if producer == OURS else self.others):
            return []
        last = self._blocks[-1]
        made = block(last.number + 1, slot, producer, previous=last.block_id)
        self._blocks.append(made)
        return [made]

    def _samples(self, fresh: list[Block]) -> list[Sample]:
        now = self.now
        samples: list[Sample] = [
            ProcessRead(now, self.pid, self.process, self.started_utc, 1.0, 1, 3),
            *(self._logged(one) for one in fresh if self.logs),
            LogFollowed(now, at_end=True, lines=1, skipped_bytes=0, latest_logged_utc=now.utc_s),
        ]
        samples += self._api_samples(now) if self.api is None else self._failures(now, self.api)
        return [sample for sample in samples if type(sample) not in self.silent]

    def _api_samples(self, now: Moment) -> list[Sample]:
        tip = self._blocks[-1]
        if self.finality:
            self._irreversible = tip.number - 2
        samples: list[Sample] = [
            ScheduleRead(now, schedule_of(self.accounts), None, None),
            self._head(now, tip),
            PausedRead(now, now, self.paused),
        ]
        untold = tuple(self._blocks[self._told :])
        if untold and BlocksRead not in self.silent:
            samples.append(BlocksRead(now, untold, gap_before=self._told == 0))
            self._told = len(self._blocks)
        return samples

    def _head(self, now: Moment, tip: Block) -> HeadRead:
        return HeadRead(
            at=now,
            chain_id=CHAIN_ID,
            server_version="abc",
            head_number=tip.number,
            head_id=tip.block_id,
            head_slot=tip.slot,
            head_producer=tip.producer,
            last_irreversible_number=self._irreversible,
            last_irreversible_id="00",
            fork_head_number=None,
            took_s=0.01,
        )

    @staticmethod
    def _failures(now: Moment, reason: FailureReason) -> list[Sample]:
        probes = (ProbeName.GET_INFO, ProbeName.BLOCKS, ProbeName.SCHEDULE, ProbeName.PAUSED)
        return [ProbeFailed(now, probe, reason, "no answer") for probe in probes]

    def _logged(self, made: Block) -> BlockLogged:
        here = made.producer == OURS and not self.paused
        kind = LoggedBlockKind.PRODUCED if here else LoggedBlockKind.RECEIVED
        return BlockLogged(
            self.now, kind, made.number, made.block_id[8:24], made.slot, made.producer, None, 0, 1
        )

    def _answer(self, action: Action) -> None:
        result = self.answers(action)
        if result is OutcomeResult.PROVEN and not isinstance(action, Terminate):
            self.paused = isinstance(action, Pause)
        if result is not None:
            at = moment_at(self.slot + 2)
            self._due.append(ActionOutcome(at, action.action_id, result, "told", self.now))


def settled_standby(
    role: Role = Role.FIRST_STANDBY,
    mode: FailoverMode = FailoverMode.AUTO,
    settings: FailoverSettings | None = None,
) -> Site:
    """A standby that has watched for two rounds while another host produces; a round begins."""
    site = Site(policy_of(role, mode, settings)).run(48)
    assert site.state() is State.STANDBY
    assert site.paused
    return site


def settled_holder(role: Role = Role.PRIMARY, mode: FailoverMode = FailoverMode.AUTO) -> Site:
    """A host that was found producing two rounds ago, second 14: its turn has just stayed."""
    site = Site(policy_of(role, mode), paused=False, elsewhere=False).run(48 + 14)
    assert site.state() is State.HOLDER
    return site


def brink(role: Role = Role.FIRST_STANDBY, mode: FailoverMode = FailoverMode.AUTO) -> Site:
    """A standby one second before it takes over: its own turns are empty, the next is near."""
    site = settled_standby(role, mode)
    site.elsewhere = False
    return site.run((policy_of(role).takeover_after_turns or 0) * 24 + 2)
