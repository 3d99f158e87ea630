"""Hooks: the operator's own commands around the beginning and the end of a holdership.

Invariant: no hook can make this host produce, and none can delay a fence; the one before holding
can only forbid, and whatever is not a clean yes from it is a no.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.standing import State

__all__ = [
    "GRACE_S",
    "OUTPUT_BYTES",
    "RULES",
    "SEARCH_PATH",
    "HookCall",
    "HookContext",
    "HookEnding",
    "HookName",
    "HookRan",
    "HookResult",
    "HookRule",
    "HookSettings",
    "HookView",
    "answer_limit_s",
    "call_of",
    "environment_of",
    "leave_limit_s",
    "longest_s",
    "permits_holding",
    "result_of",
    "time_to_begin_s",
]

GRACE_S = 1.0
"""Seconds between SIGTERM and SIGKILL for a hook that ran out of time."""

REAP_S = 1.0
"""Seconds that the killed may take to be gone, and a loaded host to say so."""

OUTPUT_BYTES = 4096
"""The newest so many bytes of what a hook printed are kept."""

GOOD_FOR_S = 150.0
"""A yes is as good as the look behind it: more than a round of 21 producers, less than two."""

SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Where a program named without a folder is looked for, by us and by the hook itself."""

REASON_CHARACTERS = 500

_CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")


class HookName(StrEnum):
    """When a hook runs; also its key in the configuration and ``EOSKEEPER_EVENT``."""

    BEFORE_HOLDING = "before_holding"
    AFTER_HOLDING = "after_holding"
    BEFORE_CEASING = "before_ceasing"
    AFTER_CEASING = "after_ceasing"


class HookResult(StrEnum):
    """How a hook ended."""

    DONE = "done"
    """Exit status 0."""
    VETOED = "vetoed"
    """It ran to its end and said no: any other exit status, where a veto counts."""
    TIMED_OUT = "timed_out"
    """It was ended by us."""
    FAILED = "failed"
    """Any other end: an exit status where no veto counts, a signal, a fault of ours."""
    MISSING = "missing"
    """Its program is not there or may not be run."""


class HookRule(msgspec.Struct, frozen=True):
    """What the keeper does about a hook.

    Attributes:
        waits: the keeper waits for its end before it goes on.
        may_veto: an exit status other than 0 is an answer, not a failure.
    """

    waits: bool
    may_veto: bool


RULES: Mapping[HookName, HookRule] = {
    HookName.BEFORE_HOLDING: HookRule(waits=True, may_veto=True),
    HookName.AFTER_HOLDING: HookRule(waits=False, may_veto=False),
    # Runs beside the fence: safety waits for nobody's script.
    HookName.BEFORE_CEASING: HookRule(waits=False, may_veto=False),
    HookName.AFTER_CEASING: HookRule(waits=False, may_veto=False),
}

Argument = Annotated[str, Meta(pattern=r"^[^\x00]*\Z", description="text without a NUL")]
Program = Annotated[
    tuple[Argument, ...],
    Meta(min_length=1, max_length=64, description='a program and its arguments, like ["/bin/x"]'),
]


class HookSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``[hooks]``: a program and its arguments each, started without a shell; None runs nothing.

    Attributes:
        before_holding: before each resume of a new holdership; may forbid it.
        after_holding: when production here is confirmed.
        before_ceasing: when a fence begins; runs beside it.
        after_ceasing: when the stop is proven.
        timeout_s: seconds that each of them may take, 0.5 to 60.
    """

    before_holding: Program | None = None
    after_holding: Program | None = None
    before_ceasing: Program | None = None
    after_ceasing: Program | None = None
    timeout_s: Annotated[float, Meta(ge=0.5, le=60)] = 5.0

    @property
    def runs_any(self) -> bool:
        """Whether there is a command at all."""
        return any(self.program_of(name) is not None for name in HookName)

    def program_of(self, name: HookName) -> Program | None:
        """The program and arguments of one hook."""
        match name:
            case HookName.BEFORE_HOLDING:
                return self.before_holding
            case HookName.AFTER_HOLDING:
                return self.after_holding
            case HookName.BEFORE_CEASING:
                return self.before_ceasing
            case HookName.AFTER_CEASING:
                return self.after_ceasing


class HookContext(msgspec.Struct, frozen=True, kw_only=True):
    """What a hook is told.

    Attributes:
        term: of the holdership that begins or ends.
        reason: why, in a word or a sentence.
    """

    host: str
    producer: str
    role: str
    term: int
    reason: str


class HookCall(msgspec.Struct, frozen=True, kw_only=True):
    """One hook, ready to be run."""

    name: HookName
    program: tuple[str, ...]
    timeout_s: float
    context: HookContext


class HookEnding(msgspec.Struct, frozen=True, kw_only=True):
    """How the program itself ended, as the one who ran it saw it.

    Attributes:
        exit_code: None unless it exited by itself.
        by_signal: number of the signal that ended it; None when none did.
        timed_out: its time was over before it ended.
        missing: why it could not be started; empty when it was.
    """

    exit_code: int | None = None
    by_signal: int | None = None
    timed_out: bool = False
    missing: str = ""


class HookRan(msgspec.Struct, frozen=True, kw_only=True, tag="hook_ran"):
    """What became of a hook.

    Attributes:
        at: when its end was known.
        started: when it was started.
        term: of the holdership it was asked about.
        exit_code: None unless it exited by itself.
        output: the newest of what it printed, standard error included.
        stragglers: processes it left behind, which were killed.
        unkillable: those of them that would not go (another user's, or stuck in the kernel).
    """

    at: Moment
    started: Moment
    name: HookName
    result: HookResult
    term: int
    exit_code: int | None = None
    output: str = ""
    detail: str = ""
    stragglers: int = 0
    unkillable: int = 0

    @property
    def took_s(self) -> float:
        """Seconds from its start to the moment its end was known."""
        return self.at.mono_s - self.started.mono_s


class HookView(msgspec.Struct, frozen=True):
    """What the keeper remembers of its hooks.

    Attributes:
        asked: a ``before_holding`` that is under way, and since when.
        answer: of the newest ``before_holding`` that has ended.
        state: the state whose hooks have been seen to; that of the journal when a keeper begins.
        holds: ``after_holding`` has run, or had run before this keeper began; no ``after_ceasing``
            has since.
    """

    asked: HookCall | None = None
    asked_at: Moment | None = None
    answer: HookRan | None = None
    state: State = State.LEARNING
    holds: bool = False


def call_of(settings: HookSettings, name: HookName, context: HookContext) -> HookCall | None:
    """The hook of that name; None when the operator set none."""
    program = settings.program_of(name)
    if program is None:
        return None
    return HookCall(name=name, program=program, timeout_s=settings.timeout_s, context=context)


def environment_of(call: HookCall) -> dict[str, str]:
    """The whole environment of a hook: what it is told, and nothing that we were given."""
    context = call.context
    told = {
        "EOSKEEPER_EVENT": str(call.name),
        "EOSKEEPER_HOST": context.host,
        "EOSKEEPER_PRODUCER": context.producer,
        "EOSKEEPER_REASON": context.reason,
        "EOSKEEPER_ROLE": context.role,
        "EOSKEEPER_TERM": str(context.term),
    }
    clean = {key: _CONTROLS.sub(" ", text)[:REASON_CHARACTERS] for key, text in told.items()}
    return {"LANG": "C.UTF-8", "PATH": SEARCH_PATH, **clean}


def result_of(name: HookName, ending: HookEnding) -> HookResult:
    """Judge an ending; one that is told half is a failure, never a yes and never a veto."""
    if ending.missing:
        return HookResult.MISSING
    if ending.timed_out:
        return HookResult.TIMED_OUT
    if ending.by_signal is not None or ending.exit_code is None:
        return HookResult.FAILED
    if ending.exit_code == 0:
        return HookResult.DONE
    return HookResult.VETOED if RULES[name].may_veto else HookResult.FAILED


def permits_holding(
    settings: HookSettings, ran: HookRan | None, term: int, now: Moment
) -> HookResult | None:
    """Why the hook does not let this host become the holder; None when it does, or there is none.

    Args:
        ran: the newest answer of ``before_holding``; None when there is none yet, which counts as
            ``timed_out``, as does an answer for another term or an old one.
        term: of the holdership that would begin.
    """
    if settings.before_holding is None:
        return None
    if ran is None or ran.name is not HookName.BEFORE_HOLDING or ran.term != term:
        return HookResult.TIMED_OUT
    if not 0 <= now.mono_s - ran.started.mono_s <= GOOD_FOR_S:
        return HookResult.TIMED_OUT
    return None if ran.result is HookResult.DONE else ran.result


def answer_limit_s(timeout_s: float) -> float:
    """Seconds from a start within which a sound warden answers."""
    return timeout_s + leave_limit_s()


def leave_limit_s() -> float:
    """Seconds within which a sound warden has ended everything and itself."""
    return GRACE_S + 2 * REAP_S


def longest_s(timeout_s: float) -> float:
    """Seconds from a start within which the result is there, even when its warden hangs."""
    return answer_limit_s(timeout_s) + leave_limit_s()


def time_to_begin_s(settings: HookSettings) -> float:
    """Seconds before the earliest resume at which ``before_holding`` has to be started."""
    return 0.0 if settings.before_holding is None else longest_s(settings.timeout_s)
