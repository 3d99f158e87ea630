"""Pause and resume say exactly how sure they are of what became of them."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable

import pytest

from eoskeeper.domain.actions import FenceCause, Pause, Permit, PermitKind, Resume
from eoskeeper.domain.chain_time import Moment, MonoS, Slot, UtcS
from eoskeeper.domain.samples import OutcomeResult
from eoskeeper.effects.production import ProductionSettings, pause, resume
from tests.fakes.fake_nodeos import FakeChain, FakeNodeos, Misbehaviour
from tests.fakes.loop_clock import clock_from

START = 1_600_000_000
PAUSE_PATH, RESUME_PATH = "/v1/producer/pause", "/v1/producer/resume"
PAUSED_PATH = "/v1/producer/paused"


def pause_action() -> Pause:
    """A pause."""
    return Pause(action_id=7, cause=FenceCause.OPERATOR, reason="test")


def resume_action(not_after: int = START + 1000) -> Resume:
    """A resume with a permit until a slot."""
    moment = Moment(mono_s=MonoS(0.0), utc_s=UtcS(0.0))
    permit = Permit(
        kind=PermitKind.OPERATOR,
        term=1,
        at=moment,
        empty_own_turns=0,
        not_before_slot=Slot(START),
        not_after_slot=Slot(not_after),
        conditions=(),
    )
    return Resume(action_id=8, permit=permit, reason="test")


def settings_for(url: str) -> ProductionSettings:
    """Short time limits."""
    return ProductionSettings(url=url, timeout_s=0.3, drain_s=0.5)


def with_node(check: Callable[[FakeNodeos], Awaitable[None]]) -> None:
    """Run a check with a fake node."""

    async def run() -> None:
        async with FakeNodeos(FakeChain(["alice"])) as node:
            await check(node)

    asyncio.run(run())


def test_a_pause_is_proven_by_acknowledgement_drain_and_reading_back() -> None:
    """One block interval lies between the acknowledged pause and the reading."""

    async def check(node: FakeNodeos) -> None:
        clock = clock_from(START)
        outcome = await pause(pause_action(), settings_for(node.url), clock)
        assert outcome.result is OutcomeResult.PROVEN
        assert node.requests == [PAUSE_PATH, PAUSED_PATH]
        assert outcome.sent is not None
        assert outcome.at.mono_s - outcome.sent.mono_s >= 0.5

    with_node(check)


@pytest.mark.parametrize(
    ("path", "how", "result", "was_sent"),
    [
        (PAUSE_PATH, Misbehaviour.HANG, OutcomeResult.UNPROVEN, True),
        (PAUSE_PATH, Misbehaviour.DRIP, OutcomeResult.UNPROVEN, True),
        (PAUSE_PATH, Misbehaviour.RESET, OutcomeResult.UNPROVEN, True),
        (PAUSE_PATH, Misbehaviour.TRUNCATED, OutcomeResult.UNPROVEN, True),
        (PAUSE_PATH, Misbehaviour.HTML, OutcomeResult.UNPROVEN, True),
        (PAUSE_PATH, Misbehaviour.WRONG_JSON, OutcomeResult.UNPROVEN, True),
        (PAUSE_PATH, Misbehaviour.STATUS_404, OutcomeResult.REFUSED, True),
        (PAUSE_PATH, Misbehaviour.STATUS_500, OutcomeResult.UNPROVEN, True),
        (PAUSE_PATH, Misbehaviour.DONE_THEN_503, OutcomeResult.UNPROVEN, True),
        (PAUSE_PATH, Misbehaviour.STATUS_200, OutcomeResult.PROVEN, True),
        (PAUSED_PATH, Misbehaviour.HANG, OutcomeResult.UNPROVEN, True),
        (PAUSED_PATH, Misbehaviour.STATUS_404, OutcomeResult.UNPROVEN, True),
        (PAUSED_PATH, Misbehaviour.WRONG_SHAPE, OutcomeResult.UNPROVEN, True),
        (PAUSED_PATH, Misbehaviour.RESET, OutcomeResult.UNPROVEN, True),
    ],
)
def test_a_pause_that_is_not_proven_is_never_told_as_proven(
    path: str, how: Misbehaviour, result: OutcomeResult, *, was_sent: bool
) -> None:
    """Each way of going wrong has its result; an error status before the call is a refusal."""

    async def check(node: FakeNodeos) -> None:
        node.misbehave(how, path)
        outcome = await pause(pause_action(), settings_for(node.url), clock_from(START))
        assert outcome.result is result
        assert (outcome.sent is not None) is was_sent
        assert outcome.detail

    with_node(check)


def test_with_nobody_listening_nothing_was_sent() -> None:
    """A refused connection is the only proof that nothing happened."""

    async def run() -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            settings = settings_for(f"http://127.0.0.1:{unused.getsockname()[1]}")
            paused = await pause(pause_action(), settings, clock_from(START))
            resumed = await resume(resume_action(), settings, clock_from(START))
        for outcome in (paused, resumed):
            assert outcome.result is OutcomeResult.NEVER_SENT
            assert outcome.sent is None

    asyncio.run(run())


def test_a_node_that_accepts_and_never_answers_leaves_it_open() -> None:
    """A stopped process: the kernel accepts, the request waits, and may still be carried out."""

    async def run() -> None:
        with socket.socket() as frozen:
            frozen.bind(("127.0.0.1", 0))
            frozen.listen()
            settings = settings_for(f"http://127.0.0.1:{frozen.getsockname()[1]}")
            outcome = await resume(resume_action(), settings, clock_from(START))
        assert outcome.result is OutcomeResult.UNPROVEN
        assert outcome.sent is not None
        assert "may still happen" in outcome.detail

    asyncio.run(run())


def test_a_resume_is_proven_by_acknowledgement_and_reading_back() -> None:
    """Resumed, and it reads as not paused."""

    async def check(node: FakeNodeos) -> None:
        node.paused = True
        outcome = await resume(resume_action(), settings_for(node.url), clock_from(START))
        assert outcome.result is OutcomeResult.PROVEN
        assert not node.paused

    with_node(check)


def test_a_resume_that_springs_own_pause_defeats_is_unproven() -> None:
    """Spring reads as paused while votes are missing, whatever was resumed."""

    async def check(node: FakeNodeos) -> None:
        node.implicitly_paused = True
        outcome = await resume(resume_action(), settings_for(node.url), clock_from(START))
        assert outcome.result is OutcomeResult.UNPROVEN
        assert "votes" in outcome.detail

    with_node(check)


@pytest.mark.parametrize(
    ("not_after", "sent"),
    [(START - 1, False), (START, False), (START + 1, False), (START + 2, True)],
)
def test_a_resume_is_not_sent_once_the_permits_last_slot_has_begun(
    not_after: int, *, sent: bool
) -> None:
    """A slot begins half a second before its time stamp; from then on the permit is void."""

    async def check(node: FakeNodeos) -> None:
        node.paused = True
        outcome = await resume(resume_action(not_after), settings_for(node.url), clock_from(START))
        assert (RESUME_PATH in node.requests) is sent
        assert (outcome.result is OutcomeResult.CANCELLED) is not sent
        assert (outcome.sent is not None) is sent

    with_node(check)


def test_a_resume_whose_answer_was_lost_to_busy_is_unproven_although_it_happened() -> None:
    """nodeos may carry a call out and answer Busy: no error of that kind proves anything."""

    async def check(node: FakeNodeos) -> None:
        node.paused = True
        node.misbehave(Misbehaviour.DONE_THEN_503, RESUME_PATH)
        outcome = await resume(resume_action(), settings_for(node.url), clock_from(START))
        assert not node.paused
        assert outcome.result is OutcomeResult.UNPROVEN

    with_node(check)


def test_paused_may_be_read_at_another_address() -> None:
    """With category listeners producer_ro and producer_rw are two addresses."""

    async def check(node: FakeNodeos) -> None:
        async with FakeNodeos(FakeChain(["alice"])) as other:
            other.paused = True
            settings = ProductionSettings(url=node.url, paused_url=other.url, drain_s=0.5)
            outcome = await pause(pause_action(), settings, clock_from(START))
            assert outcome.result is OutcomeResult.PROVEN
            assert (node.requests, other.requests) == ([PAUSE_PATH], [PAUSED_PATH])

    with_node(check)
