"""A hook can forbid a holdership; it can neither cause one nor delay its end."""

from __future__ import annotations

import msgspec
import pytest

from eoskeeper.domain.chain_time import Moment, MonoS, UtcS
from eoskeeper.domain.hooks import (
    GOOD_FOR_S,
    RULES,
    HookCall,
    HookContext,
    HookEnding,
    HookName,
    HookRan,
    HookResult,
    HookSettings,
    call_of,
    environment_of,
    longest_s,
    permits_holding,
    result_of,
    time_to_begin_s,
)

CONTEXT = HookContext(host="alpha", producer="ours", role="primary", term=7, reason="takeover")
SET = HookSettings(before_holding=("/bin/ask", "it"))


def at(mono_s: float) -> Moment:
    """A moment on the test's clock."""
    return Moment(MonoS(mono_s), UtcS(1_750_000_000.0 + mono_s))


def ran(
    result: HookResult = HookResult.DONE,
    *,
    term: int = 7,
    started_s: float = 100.0,
    name: HookName = HookName.BEFORE_HOLDING,
) -> HookRan:
    """An answer that took a second."""
    return HookRan(at=at(started_s + 1), started=at(started_s), name=name, result=result, term=term)


def test_only_the_hook_before_holding_is_waited_for() -> None:
    """Above all not the one before ceasing: a fence waits for no script."""
    assert [name for name in HookName if RULES[name].waits] == [HookName.BEFORE_HOLDING]
    assert [name for name in HookName if RULES[name].may_veto] == [HookName.BEFORE_HOLDING]


@pytest.mark.parametrize(
    ("ending", "before_holding", "others"),
    [
        (HookEnding(exit_code=0), HookResult.DONE, HookResult.DONE),
        (HookEnding(exit_code=1), HookResult.VETOED, HookResult.FAILED),
        (HookEnding(exit_code=127), HookResult.VETOED, HookResult.FAILED),
        (HookEnding(by_signal=11), HookResult.FAILED, HookResult.FAILED),
        (HookEnding(), HookResult.FAILED, HookResult.FAILED),
        (HookEnding(exit_code=0, by_signal=9), HookResult.FAILED, HookResult.FAILED),
        (HookEnding(timed_out=True), HookResult.TIMED_OUT, HookResult.TIMED_OUT),
        # It said yes, but only when it was told to end.
        (HookEnding(exit_code=0, timed_out=True), HookResult.TIMED_OUT, HookResult.TIMED_OUT),
        (HookEnding(missing="no such file"), HookResult.MISSING, HookResult.MISSING),
    ],
)
def test_an_ending_is_judged(
    ending: HookEnding, before_holding: HookResult, others: HookResult
) -> None:
    """An exit status is an answer only where a veto counts; half a yes is a failure."""
    assert result_of(HookName.BEFORE_HOLDING, ending) is before_holding
    for name in set(HookName) - {HookName.BEFORE_HOLDING}:
        assert result_of(name, ending) is others


@pytest.mark.parametrize("result", HookResult)
def test_only_a_clean_yes_lets_this_host_hold(result: HookResult) -> None:
    """A hook that was set up and cannot answer is no reason to go on without it."""
    verdict = permits_holding(SET, ran(result), 7, at(102))
    assert verdict is (None if result is HookResult.DONE else result)


@pytest.mark.parametrize(
    "answer",
    [
        None,
        ran(term=6),
        ran(term=8),
        ran(name=HookName.AFTER_HOLDING),
        ran(started_s=102 - GOOD_FOR_S - 0.1),
        ran(started_s=103),
    ],
)
def test_a_yes_to_another_question_is_no_yes(answer: HookRan | None) -> None:
    """No answer yet, another term, another hook, too long ago, or from the future."""
    assert permits_holding(SET, answer, 7, at(102)) is HookResult.TIMED_OUT


def test_a_host_without_the_hook_may_hold() -> None:
    """Whatever other hooks it has."""
    assert permits_holding(HookSettings(after_holding=("/bin/x",)), None, 7, at(1)) is None


def test_a_call_carries_what_the_operator_set() -> None:
    """And there is none where nothing is set."""
    assert call_of(SET, HookName.BEFORE_HOLDING, CONTEXT) == HookCall(
        name=HookName.BEFORE_HOLDING, program=("/bin/ask", "it"), timeout_s=5.0, context=CONTEXT
    )
    for name in set(HookName) - {HookName.BEFORE_HOLDING}:
        assert call_of(SET, name, CONTEXT) is None
        assert msgspec.structs.replace(SET, **{str(name): ("/x",)}).program_of(name) == ("/x",)


def test_the_environment_is_only_what_a_hook_is_told() -> None:
    """Without line breaks and NULs, which no program expects in it and exec refuses."""
    context = msgspec.structs.replace(CONTEXT, reason="two\nlines\x00" + "x" * 9000)
    call = HookCall(name=HookName.AFTER_CEASING, program=("/x",), timeout_s=5, context=context)
    told = environment_of(call)
    assert set(told) == {
        "LANG",
        "PATH",
        *(f"EOSKEEPER_{key}" for key in ("EVENT", "HOST", "PRODUCER", "REASON", "ROLE", "TERM")),
    }
    assert told["EOSKEEPER_EVENT"] == "after_ceasing"
    assert told["EOSKEEPER_TERM"] == "7"
    assert told["EOSKEEPER_REASON"].startswith("two lines xxx")
    assert len(told["EOSKEEPER_REASON"]) == 500


@pytest.mark.parametrize(
    "table",
    [
        b'{"before_holding": []}',
        b'{"before_holding": "/bin/sh -c x"}',
        b'{"before_holding": ["/bin/x\\u0000"]}',
        b'{"timeout_s": 0.4}',
        b'{"timeout_s": 61}',
        b'{"on_holding": ["/bin/x"]}',
    ],
)
def test_a_wrong_table_is_refused(table: bytes) -> None:
    """A command line in one text would ask for a shell; there is none."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(table, type=HookSettings)


def test_a_hook_is_begun_early_enough_to_be_answered() -> None:
    """Whatever it does, its result is there before the resume would be due."""
    assert time_to_begin_s(HookSettings()) == 0
    assert time_to_begin_s(SET) == longest_s(5.0) == 11.0


def test_a_result_says_how_long_it_took_and_has_a_json_form() -> None:
    """It goes into the journal."""
    answer = ran()
    assert answer.took_s == 1
    assert msgspec.json.decode(msgspec.json.encode(answer), type=HookRan) == answer
