"""A host's line tells what it said last, and since when it says nothing."""

from __future__ import annotations

from typing import Any

import pytest

from eoskeeper.cli.frame_hosts import SILENT_AFTER_S, host_lines, peer_line, printable
from eoskeeper.domain.findings import Language
from eoskeeper.domain.production import SlotOutcome
from tests.unit.cli.frames import holder, peer


@pytest.mark.parametrize(
    ("age_s", "silent_s"),
    [(0.4, None), (SILENT_AFTER_S - 0.1, None), (SILENT_AFTER_S, SILENT_AFTER_S), (3725.2, 3725.2)],
)
def test_a_peer_is_silent_after_three_rounds_without_a_word(
    age_s: float, silent_s: float | None
) -> None:
    """An old word must not look like a new one."""
    assert peer_line(peer("bp-2", age_s=age_s), Language.ENGLISH).silent_s == silent_s


@pytest.mark.parametrize(
    ("told", "producing"),
    [
        ({"produces": True, "paused": False, "may_produce": True}, "yes"),
        ({"produces": False, "paused": True, "may_produce": False}, "paused"),
        ({"produces": False, "paused": True, "may_produce": True}, "may, paused"),
        ({"produces": False, "paused": False, "may_produce": True}, "no"),
        ({"produces": None, "paused": False, "may_produce": True}, "may"),
        ({"produces": None, "paused": None, "may_produce": True}, "may"),
        ({"produces": None, "paused": None, "may_produce": False}, "?"),
        ({"role": "F", "produces": None, "paused": None}, "-"),
    ],
)
def test_producing_is_told_as_far_as_it_is_known(told: dict[str, Any], producing: str) -> None:
    """Paused, not producing and not known are three different things."""
    assert peer_line(peer("bp-2", **told), Language.ENGLISH).producing == producing


def test_a_peer_without_figures_is_full_of_question_marks() -> None:
    """An older keeper does not tell them."""
    bare = peer("bp-2", head_number=None, head_age_s=None, links=None, last_own_turn="")
    line = peer_line(bare, Language.ENGLISH)
    assert (line.head, line.age, line.lag, line.links) == ("?", "?", "?", "?")
    assert line.last_turn == ()


@pytest.mark.parametrize(("age_s", "age"), [(-0.04, "0.0"), (-0.3, "-0.3"), (12.34, "12.3")])
def test_an_age_has_a_sign_only_when_it_has_a_value(age_s: float, age: str) -> None:
    """A block comes a little before its time stamp."""
    assert peer_line(peer("bp-2", head_age_s=age_s), Language.ENGLISH).age == age


def test_the_lag_of_a_peer_needs_both_of_its_heights() -> None:
    """Head minus last irreversible block; without one of them it is not known."""
    assert peer_line(peer("bp-2"), Language.ENGLISH).lag == "330"
    assert peer_line(peer("bp-2", irreversible_number=None), Language.ENGLISH).lag == "?"


def test_slots_of_a_peer_are_twelve_at_most_and_strange_letters_are_unknown() -> None:
    """Whatever it sends."""
    line = peer_line(peer("bp-2", last_own_turn="pmluZ" + "p" * 50), Language.ENGLISH)
    assert line.last_turn[:5] == (
        SlotOutcome.PRODUCED,
        SlotOutcome.MISSED,
        SlotOutcome.LOST,
        SlotOutcome.UNKNOWN,
        SlotOutcome.UNKNOWN,
    )
    assert len(line.last_turn) == 12


def test_this_host_comes_first_and_its_peers_by_name() -> None:
    """The order does not change from one second to the next."""
    report = holder(peers=(peer("z"), peer("a")))
    assert [line.host for line in host_lines(report, Language.ENGLISH)] == ["bp-1", "a", "z"]


def test_what_others_wrote_is_shown_without_what_steers_a_terminal() -> None:
    """Escapes, bells, new lines and turned writing become blanks; the rest stays."""
    assert printable("a\x1b[2Jb\nc\u202ed\x9be 中文 [red]") == "a [2Jb c d e 中文 [red]"
    assert printable("x" * 500, 10) == "xxxxxxx..."
