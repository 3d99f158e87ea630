"""The daily notice: each hour of a local day is told once, with figures in both languages."""

from __future__ import annotations

import msgspec
import pytest

from eoskeeper.domain.alerting.alarms import NotificationKind
from eoskeeper.domain.chain_time import Moment, MonoS, Turn, UtcS
from eoskeeper.domain.findings import Language, Severity
from eoskeeper.domain.host_samples import FolderUse
from eoskeeper.domain.logbook import Maker
from eoskeeper.domain.notice import (
    NoticeFigures,
    NoticeMark,
    NoticeSettings,
    due_notice,
    last_notice,
    notice_announcement,
    notice_text,
)
from eoskeeper.domain.policy import Role
from eoskeeper.domain.standing import State
from eoskeeper.domain.tally import DayTally, OwnTurnClosed, restore_tally

DAY = 20_400
SHANGHAI = 8 * 3600


def at(clock: str, day: int = DAY, offset_s: int = SHANGHAI) -> Moment:
    """The moment of a local time of day, ``HH:MM`` or ``HH:MM:SS``."""
    hours, minutes, seconds = [*map(int, clock.split(":")), 0][:3]
    local_s = day * 86_400 + hours * 3600 + minutes * 60 + seconds
    return Moment(MonoS(1000.0), UtcS(local_s - offset_s))


def due(
    clock: str,
    last: NoticeMark | None = None,
    role: Role = Role.PRIMARY,
    hours: tuple[int, ...] | None = None,
    *,
    day: int = DAY,
    offset_s: int = SHANGHAI,
) -> int | None:
    """Hour of the notice that has to be told at that local time."""
    now = at(clock, day, offset_s)
    mark = due_notice(last, now, offset_s, role, NoticeSettings(hours=hours))
    assert mark is None or (mark.at, mark.utc_offset_s) == (now, offset_s)
    return None if mark is None else mark.hour


def mark(hour: int, day: int = DAY, offset_s: int = SHANGHAI) -> NoticeMark:
    """A notice that was told."""
    return NoticeMark(at(f"{hour:02d}:00", day, offset_s), day, hour, offset_s)


# --- when -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("clock", "hour"),
    [
        ("00:00", None),
        ("06:59:59", None),
        ("07:00", 7),
        ("07:20", 7),
        ("07:29:59", 7),
        ("07:30", None),
        ("12:59", None),
        ("13:00", 13),
        ("19:29", 19),
        ("23:59", None),
    ],
)
def test_a_notice_is_due_at_its_hour_and_half_an_hour_later_at_most(
    clock: str, hour: int | None
) -> None:
    """A keeper that starts later than that skips it."""
    assert due(clock) == hour


@pytest.mark.parametrize(
    ("role", "hours"),
    [
        (Role.PRIMARY, [7, 13, 19]),
        (Role.FIRST_STANDBY, [7, 13, 19]),
        (Role.SECOND_STANDBY, [7, 13, 19]),
        (Role.OBSERVER, [7, 19]),
    ],
)
def test_hours_follow_the_role_unless_they_are_configured(role: Role, hours: list[int]) -> None:
    """An empty list tells none."""
    told = [hour for hour in range(24) if due(f"{hour:02d}:00", role=role) is not None]
    assert told == hours
    chosen = [hour for hour in range(24) if due(f"{hour:02d}:00", role=role, hours=(0, 23))]
    assert chosen == [23]
    assert due("00:10", role=role, hours=(23, 0)) == 0
    assert due("07:00", role=role, hours=()) is None


def test_each_hour_is_told_once() -> None:
    """The mark of the last notice says which; every minute of three days is tried."""
    last: NoticeMark | None = None
    told = []
    for minute in range(3 * 1440):
        now = Moment(MonoS(0.0), UtcS(DAY * 86_400 - SHANGHAI + minute * 60))
        new = due_notice(last, now, SHANGHAI, Role.OBSERVER, NoticeSettings())
        if new is not None:
            told.append((new.day - DAY, new.hour))
            # A restart reads it back from the journal.
            last = last_notice(["other", *([last] if last else []), new, "other"])
    assert told == [(0, 7), (0, 19), (1, 7), (1, 19), (2, 7), (2, 19)]


def test_a_clock_that_is_set_back_repeats_nothing() -> None:
    """Neither over an hour nor over midnight."""
    assert due("07:00", mark(7)) is None
    assert due("07:00", mark(13)) is None
    assert due("19:00", mark(7, DAY + 1)) is None
    assert due("13:00", mark(7)) == 13
    assert due("07:00", mark(19, DAY - 1)) == 7


def test_a_clock_that_was_days_ahead_silences_nobody() -> None:
    """Its mark counts no more; the next one is told, and once."""
    assert due("07:00", mark(19, DAY + 2)) == 7
    assert due("07:01", mark(7)) is None
    assert due("07:00", mark(19, DAY + 1)) is None


def test_an_hour_that_comes_twice_is_told_once() -> None:
    """Winter time begins: the clock goes from 3:00 back to 2:00."""
    assert due("02:00", mark(19, DAY - 1, 7200), hours=(2, 19), offset_s=7200) == 2
    assert due("02:00", mark(2, offset_s=7200), hours=(2, 19), offset_s=3600) is None
    assert due("19:00", mark(2, offset_s=7200), hours=(2, 19), offset_s=3600) == 19


def test_an_hour_that_is_left_out_is_told_at_the_change() -> None:
    """Summer time begins: the clock goes from 2:00 to 3:00."""
    last = mark(19, DAY - 1, 3600)
    assert due("01:59", last, hours=(2, 19), offset_s=3600) is None
    assert due("03:00", last, hours=(2, 19), offset_s=7200) == 2
    assert due("03:01", mark(2, offset_s=7200), hours=(2, 19), offset_s=7200) is None
    assert due("03:00", mark(19, DAY - 9, 3600), hours=(2, 19), offset_s=7200) is None


@pytest.mark.parametrize("hours", ["[24]", "[-1]", '["7"]', "7"])
def test_what_is_no_hour_is_refused(hours: str) -> None:
    """By the type, so that the configuration names the key."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(f'{{"hours": {hours}}}', type=NoticeSettings)
    assert msgspec.json.decode('{"hours": [8]}', type=NoticeSettings).hours == (8,)


def test_without_a_mark_in_the_journal_none_was_told() -> None:
    """Other records say nothing."""
    assert last_notice([]) is None
    assert last_notice(["other", 7]) is None


# --- words ----------------------------------------------------------------------------------------

FIGURES = NoticeFigures(
    day=DAY,
    hour=7,
    host="bp-1",
    role=Role.PRIMARY,
    state=State.HOLDER,
    producer="ours",
    head_number=1234,
    head_age_s=0.42,
    irreversible_number=900,
    irreversible_lag_blocks=334,
    links=17,
    paused=False,
    server_version="v5.0.3",
    free_database_bytes=3 * 1024**3,
    disks=(FolderUse("/data", 1000 * 1024**3, 250 * 1024**3),),
    memory_available_bytes=700 * 1024**2,
)


def closed(turn: int, day: int, produced: int, lost: int = 0) -> OwnTurnClosed:
    """A record of a turn with no unknown slot."""
    missed = 12 - produced - lost
    moment = at("07:00")
    maker = Maker.HERE if produced else Maker.UNKNOWN
    return OwnTurnClosed(moment, Turn(turn), produced, missed, lost, None, maker, day)


def tally() -> DayTally:
    """A full turn yesterday; since then a full one, a notice, a short one and a missed one."""
    before = [closed(1, DAY - 1, 12), closed(5, DAY, 12), mark(13, DAY - 1)]
    return restore_tally([*before, closed(9, DAY, 8, 1), closed(13, DAY, 0)])


def test_the_notice_tells_every_figure_in_english() -> None:
    """Node, machine, own turns, open alarms."""
    title, lines = notice_text(FIGURES, tally(), ["disk full", "old head"], Language.ENGLISH)
    assert title == "eoskeeper bp-1: notice of 2025-11-08 07:00"
    assert lines == (
        "role A (primary), state holder",
        "head #1234, 0.4 s old",
        "last irreversible block #900, 334 behind the head",
        "links 17, paused no, nodeos v5.0.3",
        "free in the chain database: 3.0 GiB",
        "memory available: 700.0 MiB",
        "disk /data: 250.0 GiB free, 75 % used",
        "own turns of ours:",
        (
            "today: 3 turns (1 full, 1 short, 1 missed, 0 unknown);"
            " blocks: 20 produced, 15 missed, 1 lost in forks, 0 unknown"
        ),
        (
            "since the last notice: 2 turns (0 full, 1 short, 1 missed, 0 unknown);"
            " blocks: 8 produced, 15 missed, 1 lost in forks, 0 unknown"
        ),
        (
            "yesterday: 1 turns (1 full, 0 short, 0 missed, 0 unknown);"
            " blocks: 12 produced, 0 missed, 0 lost in forks, 0 unknown"
        ),
        "today's turns by maker: 2 here, 0 on another host",
        "open alarms: 2",
        "- disk full",
        "- old head",
    )


def test_the_notice_tells_the_same_in_chinese() -> None:
    """Line by line, with the same numbers."""
    english = notice_text(FIGURES, tally(), ["a"], Language.ENGLISH)[1]
    title, lines = notice_text(FIGURES, tally(), ["a"], Language.CHINESE)
    assert title == "eoskeeper bp-1: 2025-11-08 07:00 例行通报"
    assert len(lines) == len(english)
    assert lines[1] == "头块 #1234、距今 0.4 秒"
    assert lines[8] == (
        "今天: 3 轮(完整 1、不足 1、漏轮 1、未知 0)。区块: 已出 20、漏块 15、分叉丢失 1、未知 0"
    )


@pytest.mark.parametrize(
    ("language", "unknown", "quiet"),
    [
        (Language.ENGLISH, "unknown", "no open alarms"),
        (Language.CHINESE, "未知", "没有未解除的告警"),
    ],
)
def test_what_is_not_known_is_told_as_unknown(language: Language, unknown: str, quiet: str) -> None:
    """Never as zero; disks and memory that nobody read are left out, and an observer's turns."""
    bare = NoticeFigures(day=DAY, hour=19, host="x", role=Role.OBSERVER, state=State.OBSERVER)
    _, lines = notice_text(bare, DayTally(), (), language)
    assert len(lines) == 6
    assert [line.count(unknown) for line in lines] == [0, 2, 2, 3, 1, 0]
    assert lines[-1] == quiet


def test_every_role_and_state_has_words() -> None:
    """In both languages."""
    for state in State:
        for role in Role:
            figures = msgspec.structs.replace(FIGURES, role=role, state=state)
            for language in Language:
                line = notice_text(figures, DayTally(), (), language)[1][0]
                assert role.value in line


def test_the_announcement_holds_the_notice_as_it_is() -> None:
    """It is written out already: braces in an alarm's words are no figures."""
    odd = {Language.ENGLISH: ["answer {} of {host}"], Language.CHINESE: ["{0}"]}
    told = notice_announcement(FIGURES, tally(), odd)
    assert (told.code, told.severity, told.kind) == (
        "notice",
        Severity.INFO,
        NotificationKind.NOTICE,
    )
    for language in Language:
        title, lines = notice_text(FIGURES, tally(), odd[language], language)
        assert told.title.say(language, told.figures) == title
        assert told.text.say(language, told.figures) == "\n".join(lines)
