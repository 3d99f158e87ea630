"""Rule isolation: hearing nobody, with and without links."""

from __future__ import annotations

from typing import Any

import pytest

from eoskeeper.domain.chain_time import UtcS
from eoskeeper.domain.findings import Grade
from eoskeeper.domain.rules.isolation import ISOLATION, Isolation
from eoskeeper.domain.samples import (
    FailureReason,
    ProbeName,
    ProcessRead,
    ProcessState,
)
from tests.unit.domain.rules.views import (
    NOW,
    ago,
    failing,
    graded,
    head_read,
    roster_of,
    view_of,
    watched,
)
from tests.unit.domain.scene import Site, policy_of

HEARD, SILENT = (Grade.OK, "heard"), (Grade.FAILED, "silent")
NO_LINKS = (Grade.FAILED, "no_links")


def process(links: int | None, age_s: float = 0) -> ProcessRead:
    """The process with so many sockets."""
    return ProcessRead(ago(age_s), 1, ProcessState.RUNNING, UtcS(1.0), 1.0, 1, links)


def known(heard_ago_s: float | None, links: int | None, count: int = 21) -> dict[str, Any]:
    """A node far from its own turn (our place is the second, NOW is in the third)."""
    node: dict[str, Any] = {"roster": roster_of(count, ours=None), "head": head_read()}
    if heard_ago_s is not None:
        node["foreign_heard"] = ago(heard_ago_s)
    if links is not None:
        node["process"] = process(links)
    return node


@pytest.mark.parametrize(
    ("heard_ago_s", "links", "expected"),
    [
        (0.5, 5, HEARD),
        (14.9, 5, HEARD),
        (15.0, 5, SILENT),
        (15.0, None, SILENT),
        (90.0, 25, SILENT),
        (2.9, 0, HEARD),
        (3.1, 0, NO_LINKS),
        (90.0, 0, NO_LINKS),
        (None, 0, NO_LINKS),
        (None, 3, (Grade.UNKNOWN, "linked")),
        (None, None, (Grade.UNKNOWN, "no_reading")),
    ],
)
def test_grades_what_is_heard_and_what_is_linked(
    heard_ago_s: float | None, links: int | None, expected: tuple[Grade, str]
) -> None:
    """Sockets outlive a cut line; who hears others is not cut off."""
    view = view_of(node=known(heard_ago_s, links))
    assert graded(ISOLATION, Isolation(), view) == expected


def test_not_asking_is_not_silence() -> None:
    """While the blocks cannot be read nobody can be heard."""
    vitals = failing(ProbeName.BLOCKS, FailureReason.TIMED_OUT, 1)
    view = view_of(node=known(90, 5), vitals=vitals)
    assert graded(ISOLATION, Isolation(), view) == (Grade.UNKNOWN, "linked")


def test_a_single_producer_has_nobody_to_hear() -> None:
    """Then links are all there is."""
    assert graded(ISOLATION, Isolation(), view_of(node=known(90, 2, count=1))) == (
        Grade.OK,
        "linked",
    )


def test_the_own_turn_is_no_silence() -> None:
    """A holder hears nobody for six seconds in every round."""
    site = Site(policy_of(), paused=False, elsewhere=False)
    assert watched(site).run(30).ever(Isolation(silence_s=7), 60) == {Grade.OK}


def test_a_cut_line_shows_although_the_sockets_stay() -> None:
    """The site's process keeps its three links."""
    site = Site(policy_of(), paused=False, elsewhere=False)
    watch = watched(site).run(48)
    site.others = False
    assert Grade.FAILED in watch.ever(Isolation(), 30)
    site.others = True
    assert watch.run(8).found(Isolation())[0].grade is Grade.OK


def test_a_process_that_was_seen_long_ago_has_no_links_to_tell_of() -> None:
    """Neither many nor none."""
    view = view_of(node={"process": process(0, age_s=16)})
    assert graded(ISOLATION, Isolation(), view, NOW) == (Grade.UNKNOWN, "no_reading")
