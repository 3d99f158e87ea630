"""Both languages say the same things, and no closed set has a member without a word."""

from __future__ import annotations

import re
from collections.abc import Mapping
from string import Formatter

import pytest

from eoskeeper.cli.frame_words import (
    CELL_MARKS,
    MODES,
    OUTCOME_OF_LETTER,
    SEVERITIES,
    STATE_MEANINGS,
    STATES,
    WORDS,
    state_name,
)
from eoskeeper.domain.findings import Language, Severity, Text
from eoskeeper.domain.policy import FailoverMode
from eoskeeper.domain.production import SlotOutcome
from eoskeeper.domain.standing import State
from eoskeeper.domain.turns import CELLS

EVERY: Mapping[str, Text] = {
    **WORDS,
    **{f"state.{state}": text for state, text in STATES.items()},
    **{f"meaning.{state}": text for state, text in STATE_MEANINGS.items()},
    **{f"mode.{mode}": text for mode, text in MODES.items()},
    **{f"severity.{severity}": text for severity, text in SEVERITIES.items()},
}

SHORT = {"made", "by_unknown"}
"""Figures and signs, for which Chinese needs no word of its own."""


def _figures(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


@pytest.mark.parametrize("key", sorted(EVERY))
def test_both_languages_name_the_same_figures(key: str) -> None:
    """Else one of them could not be said."""
    text = EVERY[key]
    assert _figures(text.en) == _figures(text.zh)


@pytest.mark.parametrize("key", sorted(EVERY.keys() - SHORT))
def test_chinese_is_chinese_and_english_is_not(key: str) -> None:
    """A forgotten translation would be an English word in a Chinese line."""
    assert re.search(r"[一-鿿]", EVERY[key].zh)
    assert not re.search(r"[一-鿿]", EVERY[key].en)


def test_every_member_of_every_closed_set_has_its_word() -> None:
    """A new state without a word would end the view when it is reached."""
    assert STATES.keys() == STATE_MEANINGS.keys() == set(State)
    assert MODES.keys() == set(FailoverMode)
    assert SEVERITIES.keys() == set(Severity)
    assert CELL_MARKS.keys() == set(SlotOutcome)
    assert set(OUTCOME_OF_LETTER) == set(CELLS.values())


def test_every_outcome_of_a_slot_has_a_mark_of_its_own() -> None:
    """Colour must not be needed to tell them apart."""
    assert len(set(CELL_MARKS.values())) == len(CELL_MARKS)


def test_a_state_of_another_version_is_shown_as_it_is_called_there() -> None:
    """A newer peer may know states that we do not."""
    assert state_name("holder", Language.CHINESE) == "持有者"
    assert state_name("retired", Language.CHINESE) == "retired"
