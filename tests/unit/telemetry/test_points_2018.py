"""The two tables of 2018 as its README prints them."""

from __future__ import annotations

from typing import Any

import pytest

from eoskeeper.domain.findings import Language, Severity
from eoskeeper.domain.policy import Role
from eoskeeper.domain.samples import ProbeName
from eoskeeper.telemetry.line_protocol import Point
from eoskeeper.telemetry.points_2018 import ago, points_2018
from tests.unit.telemetry.telling import AT_UTC, alarm_line, failure, full_report

EN, ZH = Language.ENGLISH, Language.CHINESE


def row_of(
    language: Language = EN,
    *,
    chinese_fields: bool = False,
    **fields: Any,  # noqa: ANN401 - of a report
) -> Point:
    """The one row of a report."""
    (row,) = points_2018(full_report(**fields), language, chinese_fields=chinese_fields)
    return row


def test_a_producing_host_is_a_row_of_eosbpinfo() -> None:
    """Whole numbers are whole numbers, the host is the tag, the time is the cycle's."""
    row = row_of(head_number=19876, irreversible_number=19856, links=34)
    assert (row.measurement, row.tags) == ("eosbpinfo", {"host": "bp-a"})
    assert row.fields == {
        "hbn": 19876,
        "lib": 19856,
        "linkn": 34,
        "lpbt": "10s ago",
        "paused": "no",
        "info": "only 2 links",
    }
    assert {type(row.fields[name]) for name in ("hbn", "lib", "linkn")} == {int}
    assert row.at_utc_ns == round(AT_UTC * 1000) * 1_000_000


def test_a_full_node_is_a_row_of_eosfninfo() -> None:
    """It has no last own block and nothing to pause."""
    row = row_of(role=Role.OBSERVER, producer=None)
    assert row.measurement == "eosfninfo"
    assert set(row.fields) == {"hbn", "lib", "linkn", "info"}


@pytest.mark.parametrize(
    ("language", "yes", "no"),
    [(EN, "yes", "no"), (ZH, "是", "否")],
)
def test_whether_it_is_paused_is_told_in_the_configured_language(
    language: Language, yes: str, no: str
) -> None:
    """As the two READMEs of 2018 do."""
    assert row_of(language, paused=True).fields["paused"] == yes
    assert row_of(language, paused=False).fields["paused"] == no


@pytest.mark.parametrize(
    ("age_s", "english", "chinese"),
    [
        (-0.3, "0s ago", "0秒前"),
        (10.9, "10s ago", "10秒前"),
        (150.0, "150s ago", "150秒前"),
        (151.0, "2min ago", "2分钟前"),
        (7200.0, "120min ago", "120分钟前"),
        (7201.0, "2h ago", "2小时前"),
        (3 * 86_400.0, "3d ago", "3天前"),
    ],
)
def test_the_age_of_the_last_own_block_is_told_in_words(
    age_s: float, english: str, chinese: str
) -> None:
    """In seconds up to 150 and then in minutes, as in 2018; what is older is still told."""
    assert (ago(age_s, EN), ago(age_s, ZH)) == (english, chinese)


def test_the_chinese_half_of_the_names_is_that_of_2018() -> None:
    """An old dashboard finds its fields."""
    assert set(row_of(ZH, chinese_fields=True).fields) == {
        "hbn/当前块",
        "lib/不可逆块",
        "linkn/连接数量",
        "lpbt/上次出块时间",
        "paused",
        "info/告警信息",
    }


def test_what_is_not_known_is_left_out() -> None:
    """Never 0: a graph would fall to the ground."""
    unknown = row_of(links=None, last_made_utc=None, paused=None, irreversible_number=None)
    assert set(unknown.fields) == {"hbn", "info"}
    assert points_2018(full_report(failures=(failure(),), last_made_utc=None), EN) == ()


def test_a_reading_whose_probe_fails_is_not_known() -> None:
    """The report still holds it, for people who see its age."""
    fields = row_of(failures=(failure(ProbeName.PAUSED),)).fields
    assert "paused" not in fields
    assert "hbn" in fields
    assert set(row_of(failures=(failure(),)).fields) == {"lpbt", "info"}


def test_the_information_is_the_most_urgent_open_alarm() -> None:
    """One that is held back is no alarm, and one that another explains comes last."""
    held = alarm_line("a", Severity.CRITICAL, "held", fired_utc=None)
    muted = alarm_line("b", Severity.CRITICAL, "muted", muted_by="process", since_utc=0.5)
    later = alarm_line("c", Severity.CRITICAL, "later")
    longest = alarm_line("d", Severity.CRITICAL, "longest", since_utc=1.0)
    alarms = (held, muted, alarm_line(), later, longest)
    assert row_of(alarms=alarms).fields["info"] == "longest"
    assert row_of(alarms=(held, muted)).fields["info"] == "muted"
    assert row_of(alarms=(held,)).fields["info"] == ""


@pytest.mark.parametrize("letter", ["x", "块"])
def test_the_information_has_at_most_sixty_characters(letter: str) -> None:
    """Characters, not bytes; what was cut shows it, and lines become one."""
    info = row_of(alarms=(alarm_line(sentence=letter * 61),)).fields["info"]
    assert info == letter * 59 + "…"
    assert row_of(alarms=(alarm_line(sentence=letter * 60),)).fields["info"] == letter * 60
    assert row_of(alarms=(alarm_line(sentence="a\nb"),)).fields["info"] == "a b"
