"""Known bugs of etcd: which version has which."""

from __future__ import annotations

import re

import pytest

from eoskeeper.registers.etcd_versions import (
    EtcdVersion,
    ProblemGrade,
    known_problems,
    parse_version,
)


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("3.4.23", EtcdVersion(3, 4, 23)),
        ("v3.5.0", EtcdVersion(3, 5, 0)),
        ("3.6.0-rc.5", EtcdVersion(3, 6, 0)),
        ("3.4.23+dfsg", EtcdVersion(3, 4, 23)),
        ("3.4", None),
        ("not_decided", None),
        ("", None),
    ],
)
def test_a_version_is_read_as_etcd_tells_it(text: str, version: EtcdVersion | None) -> None:
    """What is no version is none, rather than an old one."""
    assert parse_version(text) == version


def _sources(text: str, grade: ProblemGrade | None = None) -> set[str]:
    version = parse_version(text)
    assert version is not None
    return {
        one.source.rpartition("/")[2]
        for one in known_problems(version)
        if grade in {None, one.grade}
    }


@pytest.mark.parametrize(
    ("version", "refused"),
    [
        ("3.3.20", {"11651"}),
        ("3.3.21", set()),
        ("3.4.7", {"11651"}),
        ("3.4.8", set()),
        ("3.4.20", {"14571"}),
        ("3.4.21", {"14571"}),
        ("3.4.22", set()),
        ("3.5.0", {"13766"}),
        ("3.5.2", {"13766"}),
        ("3.5.3", set()),
        ("3.5.5", {"14571"}),
        ("3.5.6", set()),
        ("3.6.0", set()),
    ],
)
def test_versions_whose_members_may_disagree_are_refused(version: str, refused: set[str]) -> None:
    """Both sides of each limit."""
    assert _sources(version, ProblemGrade.REFUSE) == refused


@pytest.mark.parametrize(
    ("version", "known"),
    [
        ("3.4.41", True),
        ("3.4.42", False),
        ("3.5.27", True),
        ("3.5.28", False),
        ("3.6.8", True),
        ("3.6.9", False),
        ("3.7.0", False),
    ],
)
def test_stale_reads_are_known_on_each_line(version: str, *, known: bool) -> None:
    """Fixed on three lines at once."""
    assert ("20418" in _sources(version)) is known


def test_a_current_version_has_no_known_problem() -> None:
    """The newest of each line that is maintained."""
    assert _sources("3.5.33") == _sources("3.6.14") == _sources("3.7.1") == set()


def test_the_worst_comes_first_and_tells_where_to_go() -> None:
    """With the version of the same line that mends it, where there is one."""
    found = known_problems(EtcdVersion(3, 5, 0))
    assert found[0].grade is ProblemGrade.REFUSE
    assert str(found[0].fixed_in) == "3.5.3"
    (old,) = (one for one in known_problems(EtcdVersion(3, 4, 45)))
    assert old.fixed_in is None


def test_every_problem_is_told_whole() -> None:
    """A sentence for people, an effect, and a page of the project itself."""
    for patch in range(45):
        for minor in (3, 4, 5, 6):
            for one in known_problems(EtcdVersion(3, minor, patch)):
                assert one.problem
                assert one.effect
                assert re.match(r"https://github\.com/etcd-io/etcd/\S+\Z", one.source)
