"""The status table tells what each host said last, and since when it says nothing."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from eoskeeper.cli.frame_hosts import SILENT_AFTER_S
from eoskeeper.cli.looking import _table, _turn_line
from eoskeeper.domain.report import PeerLine, Report
from tests.unit.cli.frames import holder, peer, turn


def row_of(line: PeerLine) -> str:
    """The line of the peer's table row, blanks made one."""
    return " ".join(printed(holder(peers=(line,)))[-1].split())


def printed(report: Report) -> list[str]:
    """Lines of the table on a wide terminal."""
    file = io.StringIO()
    Console(file=file, width=120, color_system=None).print(_table(report))
    return file.getvalue().rstrip().splitlines()


@pytest.mark.parametrize(
    ("age_s", "state"),
    [
        (0.4, "standby"),
        (SILENT_AFTER_S - 0.1, "standby"),
        (SILENT_AFTER_S, "standby, silent for 6 s"),
        (3725.2, "standby, silent for 3725 s"),
    ],
)
def test_a_silent_peer_is_told_with_its_silence(age_s: float, state: str) -> None:
    """An old word must not look like a new one."""
    row = row_of(peer("bp-2", "A", age_s=age_s))
    assert row == f"bp-2 A {state} paused 4123455 0.6 330 12 ############ 0"


def test_what_a_peer_does_not_tell_is_unknown() -> None:
    """A keeper of an older version tells less."""
    row = row_of(PeerLine("bp-2", "B", "holder", may_produce=True, head_number=7, age_s=0.1))
    assert row == "bp-2 B holder may 7 ? ? ? 0"


def test_a_name_that_looks_like_markup_is_shown_as_it_is() -> None:
    """It comes from another host."""
    assert row_of(peer("[red]bp[/]")).startswith("[red]bp[/] B")


def test_the_title_names_producer_and_mode() -> None:
    """Whose cluster it is."""
    assert printed(holder())[0].strip() == "ourproducer1 (auto)"


@pytest.mark.parametrize(("made_by", "end"), [("bp-2", "12 of 12, by bp-2"), ("", "12 of 12")])
def test_an_own_turn_tells_who_made_it_where_that_is_known(made_by: str, end: str) -> None:
    """With one signing key on every host the chain cannot tell."""
    assert _turn_line(turn(0, "#" * 12, made_by)).endswith(end)
