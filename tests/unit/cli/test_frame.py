"""The frame of `eoskeeper watch` shows what the report says, at any size and in both languages."""

from __future__ import annotations

import io

import pytest
from rich.cells import cell_len
from rich.console import Console

from eoskeeper.cli.frame import View, frame
from eoskeeper.domain.chain_time import UtcS
from eoskeeper.domain.figures import TelemetryFigures
from eoskeeper.domain.findings import Language, Severity
from eoskeeper.domain.policy import Role
from eoskeeper.domain.report import Report
from eoskeeper.domain.samples import FailureReason, ProbeFailed, ProbeName
from eoskeeper.domain.standing import State
from tests.unit.cli.frames import (
    NOW,
    NOW_UTC,
    alarm,
    holder,
    last_round,
    moved,
    paused,
    peer,
    shown,
    turn,
    unknown,
)

TAKEN = (
    moved(State.STANDBY, State.RESUMING, "2 own turns in a row are empty", 30),
    moved(State.RESUMING, State.HOLDER, "resume proven", 29),
)


def taken_over() -> Report:
    """The first standby holds, and the primary is silent."""
    return holder(
        host="bp-2",
        role=Role.FIRST_STANDBY,
        since_utc=UtcS(NOW_UTC - 29),
        peers=(peer("bp-1", "A", state="holder", produces=True, paused=False, age_s=95.0),),
        own_turns=(
            turn(3, "###.........", "bp-1"),
            turn(2, "............", ""),
            turn(1, "............", ""),
            turn(0, "##x?########", "bp-2", -40),
        ),
        last_round=last_round("............"),
        alarms=(alarm(), alarm(severity=Severity.CRITICAL, title="No blocks of ours")),
    )


def every_report() -> list[Report]:
    """What the sizes are tried with."""
    failed = ProbeFailed(NOW, ProbeName.GET_INFO, FailureReason.TIMED_OUT, "after 2 s " * 40)
    telemetry = TelemetryFigures(
        target="http://influx:8086/eos",
        dropped=12,
        failing_since_utc=UtcS(NOW_UTC - 100),
        last_problem="connection refused " * 20,
    )
    crowd = tuple(peer(f"a-host-with-a-long-name-{number}") for number in range(9))
    return [
        holder(),
        taken_over(),
        unknown(),
        unknown(failures=(failed,) * 3, telemetry=telemetry),
        holder(peers=crowd, alarms=(alarm(),) * 6),
    ]


# --- what is shown ------------------------------------------------------------------------------


def test_a_healthy_holder_and_its_standbys_are_one_table() -> None:
    """Each host in a row: role, state, producing, head, age, lag, links, last turn, term."""
    lines = shown(View(report=holder()))
    text = "\n".join(lines)
    assert "bp-1 is holder for 2 h 1 min: entitled to produce" in text
    assert "bp-1 produces; failover automatic; next own turn in 16 s" in lines
    rows = [" ".join(line.split()) for line in lines if line.startswith("bp-") and "#" in line]
    assert rows == [
        "bp-1 A holder yes 4123456 0.4 331 14 ############ 3",
        "bp-2 B standby paused 4123455 0.6 330 12 ############ 0",
        "bp-3 C standby paused 4123455 0.6 330 12 ############ 0",
    ]
    assert "Open alarms: 0" in text


def test_everything_unknown_is_shown_as_such() -> None:
    """A question mark is neither a nought nor a no."""
    lines = shown(View(report=unknown()))
    row = next(line for line in lines if line.startswith("bp-1 A"))
    assert row.split() == ["bp-1", "A", "learning", "may", "?", "?", "?", "?", "0"]
    assert any(line.startswith("? who produces is not known") for line in lines)
    assert "no own turn is known yet" in lines
    assert "no whole round has been seen yet" in lines
    assert "nothing yet" in lines


def test_a_takeover_is_told_by_turns_alarms_and_decisions() -> None:
    """Who made which turn, what is wrong, what was decided, newest first."""
    lines = shown(View(report=taken_over(), events=TAKEN))
    assert any("bp-2 produces" in line for line in lines)
    strips = [line.split("  ", 1)[1] for line in lines if "of 12" in line]
    assert strips == [
        "##x?########  10 of 12  by bp-2  -40 ms",
        "............  0 of 12",
        "............  0 of 12",
        "###.........  3 of 12  by bp-1",
    ]
    titles = [line for line in lines if line.startswith("!")]
    assert titles[1].startswith("!! CRITICAL  No blocks of ours  for 3 min")
    assert titles[2].startswith("!  WARNING  Few links  for 3 min")
    assert "   do: Look at p2p-peer-address." in lines
    decided = [line[16:] for line in lines if "->" in line]
    assert decided == [
        "resuming -> holder: resume proven",
        "standby -> resuming: 2 own turns in a row are empty",
    ]


def test_a_silent_peer_is_marked_and_its_word_is_not_taken_for_now() -> None:
    """It said that it produces, a minute and a half ago."""
    report = taken_over()
    lines = shown(View(report=report))
    row = next(line for line in lines if line.startswith("bp-1 A"))
    assert row.split()[2] == "silent"
    assert any(line.startswith("! bp-1 is silent for 1 min; it was holder") for line in lines)
    assert not any("several hosts" in line for line in lines)


def test_two_hosts_that_both_produce_are_shouted() -> None:
    """The one thing that must never be."""
    report = holder(peers=(peer("bp-2", produces=True, paused=False, may_produce=True),))
    lines = shown(View(report=report, columns=100))
    assert any(
        line.startswith("!! several hosts say that they produce: bp-1, bp-2") for line in lines
    )


@pytest.mark.parametrize(
    ("empty", "makers", "said"),
    [
        (0, ("bp-1", ""), "? bp-1 made the last own turn; who produces now is not known"),
        (0, ("", ""), "? who produces is not known"),
        (2, ("bp-1", ""), "!! own turns in a row without a block: 2"),
    ],
)
def test_nobody_is_named_who_does_not_say_that_it_produces(
    empty: int, makers: tuple[str, ...], said: str
) -> None:
    """What the chain tells is told; the rest is not known."""
    turns = tuple(turn(back, "#" * 12, maker) for back, maker in zip((1, 0), makers, strict=True))
    report = holder(produces=None, empty_own_turns=empty, own_turns=turns)
    assert any(line.startswith(said) for line in shown(View(report=report)))


def test_slots_that_are_over_but_were_not_seen_are_unknown() -> None:
    """A node that stands still has nothing to say of what came since."""
    turns = (turn(2, "#___________", "bp-1"), turn(1, "____________", ""))
    lines = shown(View(report=holder(own_turns=turns)))
    assert [line.split("  ", 1)[1] for line in lines if "of 12" in line] == [
        "????????????  ? of 12",
        "#???????????  1 of 12  by bp-1",
    ]


def test_the_last_round_marks_who_is_on_turn() -> None:
    """By the slot clock, not by whoever made the newest block."""
    lines = shown(View(report=holder(last_round=last_round("#####......."))))
    assert any(line.startswith("Last round; > bob is on turn") for line in lines)
    assert "  alice        ############   ourproducer1 #####......." in lines
    assert "> bob          ############   carol        ############" in lines


def test_held_back_acknowledged_and_silenced_alarms_say_so() -> None:
    """Why nobody is told."""
    alarms = (
        alarm(fired_utc=None),
        alarm(acknowledged_by="eve", silenced_until=UtcS(0.0), muted_by="api_answers"),
    )
    text = "\n".join(shown(View(report=holder(alarms=alarms), columns=140)))
    assert "Open alarms: 1" in text
    assert "acknowledged by eve" in text
    assert "silenced until 1970-01-01T00:00:00" in text
    assert "explained by api_answers" in text
    assert "1 more not yet for long enough" in text


def test_telemetry_that_fails_says_for_how_long_and_why() -> None:
    """A dashboard that stands still is no quiet network."""
    figures = TelemetryFigures(
        target="http://influx:8086/eos",
        accepted=10,
        rejected=2,
        dropped=5,
        spooled=77,
        failing_since_utc=UtcS(NOW_UTC - 130),
        last_problem="connection refused",
    )
    lines = shown(View(report=holder(telemetry=figures)))
    assert "given up: 5 points, refused: 2" in lines
    assert "FAILING for 2 min: connection refused" in lines
    assert "http://influx:8086/eos: 10 points taken, 77 waiting on disk" in lines
    assert not any("Telemetry" in line for line in shown(View(report=holder())))


# --- a picture of another time ------------------------------------------------------------------


def test_a_keeper_that_went_away_is_shown_with_the_age_of_its_word() -> None:
    """And nobody is said to produce now."""
    view = View(report=holder(), report_age_s=75, trouble="no keeper runs here: none at /run/x")
    lines = shown(view)
    assert lines[0] == "NO ANSWER FROM THE KEEPER; what you see is 1 min old"
    assert lines[1] == "no keeper runs here: none at /run/x"
    assert any(line.startswith("bp-1 A") for line in lines)
    assert not any("bp-1 produces" in line for line in lines)


@pytest.mark.parametrize(("age_s", "is_told"), [(3.9, False), (4.0, True)])
def test_a_keeper_that_answers_with_an_old_report_is_found_out(
    age_s: float, *, is_told: bool
) -> None:
    """Its control socket lives, its cycle does not."""
    lines = shown(View(report=holder(), report_age_s=age_s))
    assert lines[0].startswith("THE REPORT IS 4 s OLD") is is_told
    assert any("bp-1 produces" in line for line in lines) is not is_told


def test_without_any_report_the_decisions_are_still_there() -> None:
    """They lie on the disk, and tell what happened."""
    lines = shown(View(report=None, trouble="no keeper runs here", events=TAKEN))
    assert lines[0] == "NO ANSWER FROM THE KEEPER; asking again every second"
    assert any("resume proven" in line for line in lines)


def test_a_journal_that_cannot_be_read_is_told() -> None:
    """No decisions and no decisions known are two things."""
    lines = shown(View(report=holder(), events_trouble="permission denied"))
    assert "the journal cannot be read: permission denied" in lines
    assert "nothing yet" not in lines


# --- hostile words ------------------------------------------------------------------------------

HOSTILE = "[red]x[/] \x1b[2J\x07\r\n\x9b31m\u202e[/nope]"


@pytest.mark.parametrize("columns", [40, 80, 130])
def test_words_of_others_neither_mark_up_nor_steer_the_terminal(columns: int) -> None:
    """A peer, a producer and a server's answer may hold anything."""
    failed = ProbeFailed(NOW, ProbeName.PEER, FailureReason.NOT_JSON, HOSTILE, HOSTILE)
    report = holder(
        producer=HOSTILE,
        schedule=(HOSTILE,),
        peers=(peer(HOSTILE, HOSTILE, state=HOSTILE, last_own_turn=HOSTILE, age_s=9.0),),
        alarms=(alarm(title=HOSTILE, sentence=HOSTILE, remedy=HOSTILE, acknowledged_by=HOSTILE),),
        failures=(failed,),
        own_turns=(turn(0, "#" * 12, HOSTILE),),
        telemetry=TelemetryFigures(
            target=HOSTILE, failing_since_utc=UtcS(0.0), last_problem=HOSTILE
        ),
    )
    events = (moved(State.STANDBY, State.HOLDER, HOSTILE), paused(HOSTILE))
    view = View(
        report=report,
        trouble=HOSTILE,
        events=events,
        events_trouble=HOSTILE,
        columns=columns,
    )
    text = "\n".join(shown(view))
    assert "[red]x[/]" in text, "brackets are shown, not obeyed"
    assert [letter for letter in text if not letter.isprintable() and letter != "\n"] == []


# --- sizes --------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("columns", [20, 40, 71, 72, 80, 99, 119, 120, 200])
def test_no_line_is_wider_than_the_window(columns: int, language: Language) -> None:
    """A line that wraps would push the last one out of the window."""
    for report in every_report():
        view = View(report=report, events=TAKEN, columns=columns, language=language)
        wide = [line for line in shown(view) if cell_len(line) > columns]
        assert wide == []


def test_long_names_give_way_to_figures() -> None:
    """A figure that is cut is a wrong figure."""
    crowd = (peer("producer-two.example.org"), peer("producer-three.example.org"))
    lines = shown(View(report=holder(host="producer-one.example.org", peers=crowd)))
    rows = [line for line in lines if "####" in line and line.startswith("producer-")]
    assert len(rows) == 3
    assert all(row.split()[0].endswith("…") for row in rows)
    assert rows[0].split()[3:] == ["yes", "4123456", "0.4", "331", "14", "#" * 12, "3"]


@pytest.mark.parametrize("rows", [1, 5, 12, 24, 40, 80])
@pytest.mark.parametrize("columns", [40, 80, 130])
def test_no_frame_is_higher_than_the_window(columns: int, rows: int) -> None:
    """Whatever there is to tell."""
    events = TAKEN * 30
    for report in every_report():
        view = View(report=report, events=events, columns=columns, rows=rows, trouble="gone")
        assert len(shown(view)) <= rows


def test_what_has_no_room_is_named() -> None:
    """A section that is cut, or missing, must not look like one with nothing to tell."""
    small = View(report=taken_over(), events=TAKEN * 9, rows=24)
    lines = shown(small)
    assert len(lines) == 24
    assert any(line.startswith("... ") and line.endswith(" more lines") for line in lines)
    assert lines[-1] == "a taller window also shows: Last round; > bob is on turn"
    tall = shown(View(report=taken_over(), events=TAKEN * 9, rows=200))
    assert not any("more lines" in line or "taller" in line for line in tall)


def test_forty_columns_give_each_host_a_card() -> None:
    """All figures stay, below each other."""
    lines = shown(View(report=holder(), columns=40))
    at = lines.index("bp-1 (A) holder; producing: yes")
    assert lines[at + 1] == "  head 4123456, 0.4 s old, irrev. 331"
    assert lines[at + 2] == "  links 14, term 3 ############"


def test_a_wide_window_puts_turns_and_round_beside_each_other() -> None:
    """As the page does."""
    lines = shown(View(report=holder(), columns=130))
    assert any("Own turns" in line and "Last round" in line for line in lines)


def test_chinese_columns_stand_below_each_other() -> None:
    """A Chinese character is two columns wide."""
    lines = shown(View(report=holder(), columns=100, language=Language.CHINESE))
    head = next(line for line in lines if line.startswith("主机  角色"))
    row = next(line for line in lines if line.startswith("bp-2"))
    assert "备用" in row
    assert "已暂停" in row
    for heading, cell in (("角色", "B"), ("状态", "备用"), ("上一轮次", "############")):
        assert cell_len(head[: head.index(heading)]) == cell_len(row[: row.index(cell, 4)])
    assert any("由 bp-1 出块; 故障切换 自动" in line for line in lines)


def test_colours_only_repeat_what_the_text_says() -> None:
    """Each outcome of a slot, each severity and each alert has a mark of its own."""
    file = io.StringIO()
    console = Console(file=file, width=80, force_terminal=True, highlight=False)
    view = View(report=taken_over(), events=TAKEN)
    console.print(frame(view))
    assert "\x1b[" in file.getvalue(), "there are colours"
    text = "\n".join(shown(view))
    assert all(mark in text for mark in ("#", ".", "x", "?", "!! CRITICAL", "!  WARNING"))


def test_the_style_of_a_time_is_not_that_of_the_cells_behind_it() -> None:
    """A dim green reads like no green."""
    file = io.StringIO()
    console = Console(file=file, width=80, force_terminal=True, color_system="standard")
    console.print(frame(View(report=holder())))
    assert "\x1b[32m############\x1b[0m  12 of 12" in file.getvalue()
