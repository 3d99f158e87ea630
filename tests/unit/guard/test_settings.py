"""The guard's settings: every problem is told, and K is what the rungs add up to."""

from __future__ import annotations

import json

import pytest

from eoskeeper.guard.settings import Settings, SettingsError, parse, worst_time_s


def test_the_defaults_are_within_the_design() -> None:
    """K is 2.5 s where no gate is configured, and nothing has to be set."""
    assert parse("{}") == Settings()
    assert worst_time_s(Settings()) == pytest.approx(2.5, abs=0.01)


@pytest.mark.parametrize(
    ("more", "worst_s"),
    [
        ({"kill": "never"}, 2.25),
        ({"gate": ("/bin/true",)}, 2.8),
        ({"pause_s": 2.0}, 2.8),
        ({"tick_s": 0.2}, 2.6),
    ],
)
def test_k_follows_from_the_rungs(more: dict[str, object], worst_s: float) -> None:
    """A rung that is never used takes no time."""
    assert worst_time_s(Settings()._replace(**more)) == pytest.approx(worst_s)  # type: ignore[arg-type]  # a table


@pytest.mark.parametrize(
    ("told", "problem"),
    [
        ("[]", "not an object"),
        ("{", "no JSON"),
        ({"apu": "x"}, "apu: unknown"),
        ({"api": 8888}, "api: not a text"),
        ({"api": "localhost"}, "api: neither"),
        ({"programs": []}, "programs: empty"),
        ({"programs": "nodeos"}, "programs: not a list"),
        ({"kill": "first"}, "kill: neither"),
        ({"tick_s": True}, "tick_s: not a number"),
        ({"tick_s": 0}, "tick_s: not within"),
        ({"drain_s": 0.4}, "drain_s: shorter"),
        ({"pause_s": 0.7}, "pause_s: too short"),
        ({"stop_s": 0.5}, "worst_s: the rungs take 2.85 s"),
        ({"gate": ["shut"]}, "gate: its program is not"),
    ],
)
def test_each_problem_is_named(told: object, problem: str) -> None:
    """With its key, before anything starts."""
    with pytest.raises(SettingsError, match=problem):
        parse(told if isinstance(told, str) else json.dumps(told))
