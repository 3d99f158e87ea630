"""Known bugs of etcd by version, as far as one key under compare-and-swap meets them.

The list is short on purpose: what concerns watches, leases, locks or the Go client is left out,
for none of them is used. Half-open ranges, one for each line that got the fix.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple

__all__ = ["EtcdVersion", "KnownProblem", "ProblemGrade", "known_problems", "parse_version"]


class EtcdVersion(NamedTuple):
    """Major, minor and patch; an early version of 3.6.0 counts as 3.6.0."""

    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


class ProblemGrade(StrEnum):
    """What follows from a bug."""

    REFUSE = "refuse"
    """Members may disagree about the record: nothing may be decided by it."""
    WARN = "warn"
    """Costs time, or needs something else to go wrong first."""


class KnownProblem(NamedTuple):
    """One bug.

    Attributes:
        effect: what it does to us, and what to do besides an upgrade.
        fixed_in: the next version of the same line without it; None: of a later line only.
        source: where it is told.
    """

    grade: ProblemGrade
    problem: str
    effect: str
    fixed_in: EtcdVersion | None
    source: str


class _Range(NamedTuple):
    first: EtcdVersion
    end: EtcdVersion
    """The first version without the bug."""


class _Bug(NamedTuple):
    grade: ProblemGrade
    problem: str
    effect: str
    ranges: tuple[_Range, ...]
    source: str


_FORM = re.compile(r"v?(\d{1,4})\.(\d{1,4})\.(\d{1,4})(?:[-+~].*)?")
_ISSUES = "https://github.com/etcd-io/etcd/issues/"
_CHANGES = "https://github.com/etcd-io/etcd/blob/main/CHANGELOG/"


def parse_version(text: str) -> EtcdVersion | None:
    """Read what ``/version`` tells as ``etcdserver``; None when it is no version."""
    found = _FORM.fullmatch(text.strip())
    return None if found is None else EtcdVersion(*map(int, found.groups()))


def known_problems(version: EtcdVersion) -> tuple[KnownProblem, ...]:
    """What is known against a version, the worst first; empty is no promise."""
    found = [
        KnownProblem(bug.grade, bug.problem, bug.effect, _fix(one, version), bug.source)
        for bug in _BUGS
        for one in bug.ranges
        if one.first <= version < one.end
    ]
    return tuple(sorted(found, key=lambda one: list(ProblemGrade).index(one.grade)))


def _fix(one: _Range, version: EtcdVersion) -> EtcdVersion | None:
    return one.end if one.end[:2] == version[:2] else None


def _until(*ends: tuple[int, int, int]) -> tuple[_Range, ...]:
    """From the first version of its line to each of these ends; the oldest covers all before."""
    lines = [EtcdVersion(*end) for end in ends]
    firsts = [EtcdVersion(0, 0, 0), *(EtcdVersion(end.major, end.minor, 0) for end in lines[1:])]
    return tuple(_Range(first, end) for first, end in zip(firsts, lines, strict=True))


def _line(first: tuple[int, int, int], end: tuple[int, int, int]) -> _Range:
    return _Range(EtcdVersion(*first), EtcdVersion(*end))


_BUGS = (
    _Bug(
        ProblemGrade.REFUSE,
        "a killed member forgets transactions that the others have",
        "two members answer the same swap differently, so two hosts may both win",
        (_line((3, 5, 0), (3, 5, 3)),),
        _ISSUES + "13766",
    ),
    _Bug(
        ProblemGrade.REFUSE,
        "with users, a restarted member refuses what the others applied",
        "members disagree about the record; a restart is enough",
        (_line((0, 0, 0), (3, 3, 21)), _line((3, 4, 0), (3, 4, 8))),
        _ISSUES + "11651",
    ),
    _Bug(
        ProblemGrade.REFUSE,
        "with users, a member that was given a snapshot refuses what the others applied",
        "members disagree about the record after one was added or was long away",
        (_line((3, 4, 20), (3, 4, 22)), _line((3, 5, 5), (3, 5, 6))),
        _ISSUES + "14571",
    ),
    _Bug(
        ProblemGrade.WARN,
        "a lone member answers before it has written",
        "a crash takes back a swap that was confirmed; with three members it does not",
        _until((3, 4, 21), (3, 5, 5)),
        _ISSUES + "14370",
    ),
    _Bug(
        ProblemGrade.WARN,
        "a read may be stale after a leader was stopped and continued",
        "a read shows an older record; a swap built on it is refused, so only time is lost",
        _until((3, 4, 42), (3, 5, 28), (3, 6, 9)),
        _ISSUES + "20418",
    ),
    _Bug(
        ProblemGrade.WARN,
        "the revision may go back after a crash while compacting",
        "looks like a restored backup; only where another program deletes keys in the store",
        _until((3, 4, 32), (3, 5, 14)),
        _ISSUES + "17780",
    ),
    _Bug(
        ProblemGrade.WARN,
        "defragmenting a member while it is given a snapshot damages its data",
        "members may disagree; defragment only members that have caught up",
        _until((3, 4, 38), (3, 5, 23), (3, 6, 5)),
        _ISSUES + "20271",
    ),
    _Bug(
        ProblemGrade.WARN,
        "a crash while defragmenting makes the revisions of members differ",
        "members may disagree; do not defragment, or upgrade",
        (_line((3, 5, 0), (3, 5, 6)),),
        "https://github.com/etcd-io/etcd/pull/14733",
    ),
    _Bug(
        ProblemGrade.WARN,
        "nested transactions pass over the rights of users",
        "any user of the store may write our record; give no other program a user",
        _until((3, 4, 42), (3, 5, 28), (3, 6, 9)),
        "https://github.com/etcd-io/etcd/security/advisories/GHSA-rfx7-8w68-q57q",
    ),
    _Bug(
        ProblemGrade.WARN,
        "a new leader drops the reads that come before its first own entry",
        "reads take some seconds more after each election",
        _until((3, 4, 20)),
        _ISSUES + "12680",
    ),
    _Bug(
        ProblemGrade.WARN,
        "the line is no longer maintained",
        "bugs found since are not mended; upgrade to 3.5 or later",
        _until((3, 5, 0)),
        _CHANGES + "CHANGELOG-3.4.md",
    ),
)
