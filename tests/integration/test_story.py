"""The demo as its user would run it: the command line only."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = [pytest.mark.devnet, pytest.mark.timeout(600)]


@pytest.fixture
def directory() -> Iterator[Path]:
    """A short path for a devnet, taken down at the end."""
    path = Path(tempfile.mkdtemp(prefix="eks-"))
    yield path / "n"
    _eoskeeper("devnet", "down", "--dir", str(path / "n"))
    shutil.rmtree(path, ignore_errors=True)


def _eoskeeper(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "eoskeeper", *words]
    environment = {**os.environ, "COLUMNS": "160"}
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=280, env=environment
    )


def test_the_story_of_a_failover_is_played_and_told_with_its_figures(directory: Path) -> None:
    """Up, play: a is killed, b takes over in the third own turn, a returns and is paused."""
    up = _eoskeeper("devnet", "up", "--keepers", "--dir", str(directory))
    assert up.returncode == 0, up.stdout + up.stderr
    checked = _eoskeeper("check", "-c", str(directory / "f" / "eoskeeper.toml"))
    assert "configuration: no problem found" in checked.stdout
    played = _eoskeeper("devnet", "play", "--dir", str(directory))
    assert played.returncode == 0, played.stdout + played.stderr
    assert re.search(r"own turns empty +2 ", played.stdout)
    assert re.search(r"blocks doubled +0\n", played.stdout)
    lost = re.search(r"blocks lost +(\d+)", played.stdout)
    assert lost is not None
    assert 24 <= int(lost[1]) < 36, "two whole turns and what was left of the first"
    history = _eoskeeper("history", "-c", str(directory / "b" / "eoskeeper.toml"))
    assert "permit takeover" in history.stdout
    status = _eoskeeper("status", "-c", str(directory / "b" / "eoskeeper.toml"))
    assert "holder" in status.stdout
