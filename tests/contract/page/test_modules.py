"""Modules of the page that only reckon, run where they will run: in the browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.contract.page.browser import page_of
from tests.contract.page.stage import staged
from tests.contract.page.world import World

BEGIN = 1_794_650_400


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """One page for the module: nothing here changes it."""
    with staged(World(producers=4)) as stage, page_of(browser, stage) as page:
        yield page


def _scale(page: Page, call: str) -> object:
    return page.evaluate(f"import('./assets/scale.js').then((one) => one.{call})")


@pytest.mark.parametrize(
    ("highest", "options", "ticks"),
    [
        (0.9, "{}", [0, 0.25, 0.5, 0.75, 1]),
        (22, "{whole: true}", [0, 10, 20, 30]),
        (1, "{whole: true}", [0, 1]),
        (0, "{whole: true}", [0, 1]),
        (61, "{top: 100}", [0, 25, 50, 75, 100]),
        (7 * 2**30, "{base: 1024}", [one * 2**31 for one in range(5)]),
    ],
)
def test_an_axis_begins_at_zero_and_has_round_steps(
    highest: float, options: str, ticks: list[float], page: Page
) -> None:
    """Powers of 1024 where bytes are counted."""
    assert _scale(page, f"valueTicks({highest}, {options})") == pytest.approx(ticks)


def test_days_begin_at_the_readers_midnight_also_when_the_clock_is_put_back(page: Page) -> None:
    """25 October 2026 has 25 hours in Berlin."""
    begin = 1_792_706_400  # 2026-10-23 00:00 in Berlin
    ticks = page.evaluate(
        "([from, to]) => import('./assets/scale.js').then((one) => one.timeTicks(from, to, 7)"
        ".map(({ utc }) => new Date(utc * 1000).getHours()))",
        [begin, begin + 5 * 86_400],
    )
    assert ticks == [0] * len(ticks)
    assert len(ticks) >= 4


MISSED = """async ([turns, from, to, bars, round]) => {
  const { TurnCounts } = await import("./assets/missed.js");
  const counts = new TurnCounts(async () => ({ turns }));
  await counts.load(from, to);
  const { mean, lost } = counts.bins(from, to, bars, round);
  return [mean, lost];
}"""


def _turn(number: int, cells: str) -> dict[str, object]:
    begin = BEGIN + number * 24
    return {"turn": number, "begin_utc": begin, "ours": True, "cells": cells}


def test_missed_blocks_are_counted_where_turns_are_known(page: Page) -> None:
    """Lost ones are missing too; a stretch without any turn, or of unknown slots, is a hole."""
    turns = [
        _turn(0, "p" * 12),
        _turn(1, "p" * 10 + "mm"),
        _turn(2, "p" * 11 + "l"),
        _turn(7, "u" * 12),
        _turn(8, "p" * 12),
    ]
    mean, lost = page.evaluate(MISSED, [turns, BEGIN, BEGIN + 240, 10, 24])
    assert mean == [0, 2, 1, None, None, None, None, None, 0, 0]
    assert lost == [0, 0, 1, 0, 0, 0, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("before", "after", "kept"),
    [
        ("p" * 12, "u" * 12, "p" * 12),
        ("p" * 12, "p" * 11 + "l", "p" * 11 + "l"),
        ("p" * 6 + "w" * 6, "p" * 8 + "w" * 4, "p" * 8 + "w" * 4),
        ("m" * 12, "u" * 12, "m" * 12),
    ],
)
def test_what_is_known_of_a_turn_is_not_forgotten(
    before: str, after: str, kept: str, page: Page
) -> None:
    """A keeper that restarted knows less than the history; a fork knows better than both."""
    old = {"cells": before, "latest_ms": 5, "made_by": "a"}
    new = {"cells": after, "latest_ms": None, "made_by": ""}
    found = page.evaluate(
        "([a, b]) => import('./assets/state.js').then((one) => one.betterOf(a, b))", [old, new]
    )
    assert found == {"cells": kept, "latest_ms": 5, "made_by": "a"}


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, "unknown"),
        (0.2, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (3_725, "1 h 2 min"),
        (90_000, "1 d 1 h"),
    ],
)
def test_durations_have_two_units_at_most(seconds: float | None, words: str, page: Page) -> None:
    """And none at all where nothing is known."""
    said = page.evaluate(
        "(one) => import('./assets/language.js').then((words) => words.duration(one))", seconds
    )
    assert said == words
