"""The journal and a power cut: what the disk holds when ``append`` returns is enough.

The file system lies in an image; a copy of it, taken without warning, is what a cut would leave.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from eoskeeper.runtime.journal import Journal, JournalReader
from tests.unit.runtime.journal_records import SMALL_SEGMENTS, Record, Said

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CUTS = 12
IMAGE_BYTES = 8 * 1024 * 1024


@contextmanager
def mounted(image: Path, place: Path) -> Iterator[Path]:
    """The file system of an image; mounting replays its own journal, as after a cut."""
    place.mkdir(exist_ok=True)
    if subprocess.run(["mount", "-o", "loop", image, place], check=False).returncode:
        pytest.skip("no loop device here")
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="mounts an image")
@pytest.mark.skipif(shutil.which("mkfs.ext4") is None, reason="needs mkfs.ext4")
def test_whatever_append_had_confirmed_survives_a_power_cut(tmp_path: Path) -> None:
    """From the first record in a new folder on, over rotations, at each of a dozen cuts."""
    chance = random.Random(20250706)  # noqa: S311 -- sizes, not secrets
    disk, left = tmp_path / "disk", tmp_path / "left"
    disk.touch()
    os.truncate(disk, IMAGE_BYTES)
    subprocess.run(["mkfs.ext4", "-q", "-F", disk], check=True)
    confirmed: list[Record] = []
    with (
        mounted(disk, tmp_path / "before") as before,
        Journal[Record](before / "state" / "journal", Record, SMALL_SEGMENTS) as journal,
    ):
        for _ in range(CUTS):
            for _ in range(chance.randrange(1, 5)):
                confirmed.append(Said(len(confirmed), "x" * chance.randrange(1500)))
                journal.append(confirmed[-1])
            shutil.copyfile(disk, left)
            with mounted(left, tmp_path / "after") as after:
                watching = JournalReader[Record](after / "state" / "journal", Record)
                assert list(watching.read()) == confirmed
