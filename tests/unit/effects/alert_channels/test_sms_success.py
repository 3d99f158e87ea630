"""The success rule says yes to the configured word only, and to no answer by chance."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoskeeper.domain.host_samples import DeliveryResult
from eoskeeper.effects.alert_channels.sms_success import Success

PROVEN, REFUSED = DeliveryResult.PROVEN, DeliveryResult.REFUSED
UNINTELLIGIBLE = DeliveryResult.UNINTELLIGIBLE


@pytest.mark.parametrize(
    ("rule", "text", "result"),
    [
        ({"json_path": "code", "equals": "0"}, '{"code":0}', PROVEN),
        ({"json_path": "code", "equals": "0"}, '{"code":"0"}', PROVEN),
        ({"json_path": "code", "equals": "0"}, '{"code":10}', REFUSED),
        ({"json_path": "code", "equals": "0"}, '{"code":false}', REFUSED),
        ({"json_path": "code", "equals": "0"}, '{"other":0}', UNINTELLIGIBLE),
        ({"json_path": "code", "equals": "0"}, '{"code":[0]}', UNINTELLIGIBLE),
        ({"json_path": "code", "equals": "0"}, "0", UNINTELLIGIBLE),
        ({"json_path": "code", "equals": "0"}, "not JSON", UNINTELLIGIBLE),
        ({"json_path": "ok", "equals": "true"}, '{"ok":true}', PROVEN),
        ({"json_path": "data.0.state", "equals": "sent"}, '{"data":[{"state":"sent"}]}', PROVEN),
        ({"json_path": "data.1.state", "equals": "sent"}, '{"data":[{}]}', UNINTELLIGIBLE),
        ({"json_path": "data.x", "equals": "sent"}, '{"data":["sent"]}', UNINTELLIGIBLE),
        ({"text_contains": "success"}, "success:1234", PROVEN),
        ({"text_contains": "success"}, "error:1", REFUSED),
        ({"text_contains": "success"}, "<html>success</html>", UNINTELLIGIBLE),
        ({"text_contains": "Ok"}, "<result>Ok</result>", PROVEN),
        ({"text_contains": "success"}, " \r\n", UNINTELLIGIBLE),
        ({"text_matches": r"^0,\d+"}, "0,20250706", PROVEN),
        ({"text_matches": r"^0,\d+"}, "10,20250706", REFUSED),
        ({"text_matches": "yes"}, "x" * 500 + "yes", REFUSED),
    ],
)
def test_an_answer_is_judged_by_the_rule(
    rule: dict[str, str], text: str, result: DeliveryResult
) -> None:
    """A clear answer that is not the success is a refusal."""
    assert Success(**rule).judge(text) is result


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"json_path": "code"},
        {"equals": "0"},
        {"text_contains": "a", "text_matches": "a"},
        {"json_path": "code", "equals": "0", "text_contains": "a"},
        {"text_contains": "a", "equals": "0"},
        {"text_matches": "(unclosed"},
        {"text_matches": "(a+)+$"},
        {"text_matches": "(a|b){3}"},
        {"text_matches": ".*a.*b.*c"},
    ],
)
def test_a_rule_that_is_none_or_two_or_endless_is_a_problem(rule: dict[str, str]) -> None:
    """The configuration says so before the first alarm."""
    with pytest.raises(ValueError, match=r"\w"):
        Success(**rule)


def test_signs_of_repetition_that_are_letters_count_for_nothing() -> None:
    """In a class, or after a backslash."""
    assert Success(text_matches=r"[*+{]\+\*\{\)\+").judge("++*{)+") is PROVEN


def test_the_worst_pattern_that_is_let_in_ends_soon() -> None:
    """Two repetitions over the longest text that is looked at."""
    rule = Success(text_matches=".*x.*y")
    begun_s = time.process_time()
    assert rule.judge("x" * 60_000) is REFUSED
    assert time.process_time() - begun_s < 2


@given(st.text(max_size=60))
def test_no_text_makes_an_exception_or_a_success_by_chance(text: str) -> None:
    """Whatever a stranger in the gateway's place says."""
    for rule in (
        Success(json_path="data.0.code", equals="A1"),
        Success(text_contains="sent-ok-77"),
        Success(text_matches=r"^sent-ok:\d+$"),
    ):
        assert rule.judge(text) is not PROVEN
