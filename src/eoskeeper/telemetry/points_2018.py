"""The two tables of 2018: eosbpinfo and eosfninfo, for dashboards that are there already.

Names, words and limits are those of the program of 2018; our own names stop here. What it wrote as
``~`` for *unknown* is left out, and whole numbers are whole numbers.
Source: eosstore/eoskeeper, README.md and eoskeeper.py (``post_bpn_info_to_infulxdb``), 2018.
"""

from __future__ import annotations

from collections.abc import Mapping

from eoskeeper.domain.findings import Language, Text
from eoskeeper.domain.known import known
from eoskeeper.domain.policy import Role
from eoskeeper.domain.report import Report
from eoskeeper.telemetry.line_protocol import Point
from eoskeeper.telemetry.points_table import nanoseconds

__all__ = [
    "BP_TABLE",
    "CHINESE_FIELDS",
    "FULL_NODE_TABLE",
    "INFO_CHARACTERS",
    "ago",
    "points_2018",
]

BP_TABLE = "eosbpinfo"
FULL_NODE_TABLE = "eosfninfo"

INFO_CHARACTERS = 60
"""Longest alarm information, in characters."""

CHINESE_FIELDS: Mapping[str, str] = {
    "hbn": "hbn/当前块",
    "lib": "lib/不可逆块",
    "linkn": "linkn/连接数量",
    "lpbt": "lpbt/上次出块时间",
    "paused": "paused",
    "info": "info/告警信息",
}
"""Field names with their Chinese half, letter for letter those that the program of 2018 wrote.

``paused`` had none, and ``host`` was a tag without one.
"""

_SECONDS_UP_TO_S = 150
"""Up to here in seconds, as in 2018."""

_YES = Text(en="yes", zh="是")
_NO = Text(en="no", zh="否")
_AGO = (
    (86_400, 2 * 86_400, Text(en="{count}d ago", zh="{count}天前")),
    (3600, 2 * 3600, Text(en="{count}h ago", zh="{count}小时前")),
    (60, _SECONDS_UP_TO_S, Text(en="{count}min ago", zh="{count}分钟前")),
    (1, 0, Text(en="{count}s ago", zh="{count}秒前")),
)
"""Length of the unit in seconds, from which age on it is used, and its words; longest first."""


def points_2018(
    report: Report, language: Language, *, chinese_fields: bool = False
) -> tuple[Point, ...]:
    """The report as a row of its role's table; no row while not one number of it is known.

    Args:
        report: of the cycle; its time is the row's.
        language: of the words in ``lpbt`` and ``paused``; ``info`` is in the report's.
        chinese_fields: names of fields with their Chinese half.
    """
    report = known(report)
    full_node = report.role is Role.OBSERVER
    told: dict[str, int | str | None] = {
        "hbn": report.head_number,
        "lib": report.irreversible_number,
        "linkn": report.links,
    }
    if not full_node:
        told["lpbt"] = _last_produced(report, language)
        told["paused"] = _paused(report, language)
    fields = {name: value for name, value in told.items() if value is not None}
    if not fields:
        return ()
    fields["info"] = _info(report)
    if chinese_fields:
        fields = {CHINESE_FIELDS[name]: value for name, value in fields.items()}
    table = FULL_NODE_TABLE if full_node else BP_TABLE
    return (Point(table, {"host": report.host}, fields, nanoseconds(report.at_utc)),)


def ago(age_s: float, language: Language) -> str:
    """``10s ago``: in seconds up to 150 s, then in minutes, hours, days; never in the future."""
    age_s = max(0.0, age_s)
    length_s, _, text = next(row for row in _AGO if age_s > row[1] or row[1] == 0)
    return text.say(language, {"count": int(age_s // length_s)})


def _last_produced(report: Report, language: Language) -> str | None:
    """By this host's own log: in 2018 that was the time when a line ``Produced block`` was read."""
    if report.last_made_utc is None:
        return None
    return ago(report.at_utc - report.last_made_utc, language)


def _paused(report: Report, language: Language) -> str | None:
    if report.paused is None:
        return None
    return (_YES if report.paused else _NO).say(language)


def _info(report: Report) -> str:
    """The most urgent open alarm, the longest-lasting of several; empty when there is none.

    One that another alarm explains comes after those that speak for themselves.
    """
    lines = [line for line in report.alarms if line.fired_utc is not None]
    if not lines:
        return ""
    worst = min(lines, key=lambda one: (bool(one.muted_by), -one.severity.rank, one.since_utc))
    words = " ".join(worst.sentence.split())
    return words if len(words) <= INFO_CHARACTERS else words[: INFO_CHARACTERS - 1] + "…"
