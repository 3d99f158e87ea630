"""Rule disk: one finding for each folder, and what nodeos warns of."""

from __future__ import annotations

import pytest

from eoskeeper.domain.findings import Grade
from eoskeeper.domain.rules.disk import DISK, Disk
from eoskeeper.domain.samples import FoldersRead, FolderUse, NodeNote
from tests.unit.domain.rules.host_views import note
from tests.unit.domain.rules.views import NOW, ago, said, view_of


def _folder(used_percent: float, path: str = "/data") -> FolderUse:
    return FolderUse(path, 10_000, round(10_000 - used_percent * 100))


QUIET = (Grade.OK, "no_warning")


@pytest.mark.parametrize(
    ("used_percent", "expected"),
    [
        (79.9, (Grade.OK, "room")),
        (80.1, (Grade.DEGRADED, "filling")),
        (86.9, (Grade.DEGRADED, "filling")),
        (87.1, (Grade.FAILED, "full")),
        (100, (Grade.FAILED, "full")),
    ],
)
def test_grades_below_the_threshold_of_nodeos(
    used_percent: float, expected: tuple[Grade, str]
) -> None:
    """80 and 87 %."""
    read = FoldersRead(ago(0), (_folder(used_percent),))
    found = Disk().assess(view_of(vitals={"folders": read}), NOW)
    assert said(DISK, found) == [expected, QUIET]


def test_each_folder_is_its_own_subject() -> None:
    """One that is full does not hide another."""
    read = FoldersRead(ago(0), (_folder(90, "/blocks"), _folder(10, "/state")))
    found = Disk().assess(view_of(vitals={"folders": read}), NOW)
    assert [(one.subject, one.grade) for one in found] == [
        ("/blocks", Grade.FAILED),
        ("/state", Grade.OK),
        ("nodeos", Grade.OK),
    ]


def test_an_old_look_is_unknown_for_each_folder() -> None:
    """A dead network disk hangs it."""
    read = FoldersRead(ago(90.1), (_folder(90, "/blocks"), _folder(10, "/state")))
    found = Disk().assess(view_of(vitals={"folders": read}), NOW)
    assert said(DISK, found) == [(Grade.UNKNOWN, "stale"), (Grade.UNKNOWN, "stale"), QUIET]


@pytest.mark.parametrize(
    ("kind", "age_s", "expected"),
    [
        (NodeNote.DISK_FULL, 600, (Grade.FAILED, "nodeos_full")),
        (NodeNote.DISK_LOW, 600, (Grade.DEGRADED, "nodeos_low")),
        (NodeNote.DISK_FULL, 601, QUIET),
    ],
)
def test_nodeos_is_believed_for_ten_minutes(
    kind: NodeNote, age_s: float, expected: tuple[Grade, str]
) -> None:
    """Even where no folder could be looked at."""
    found = Disk().assess(view_of(vitals={"notes": note(kind, age_s)}), NOW)
    assert said(DISK, found) == [(Grade.UNKNOWN, "no_reading"), expected]
