"""The systemd unit is valid, hardened, and says why."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from eoskeeper.config import load_text
from tests.house.house import ROOT

UNITS = ROOT / "packaging" / "systemd"
SERVICE = (UNITS / "eoskeeper.service").read_text(encoding="utf-8")
EXPOSURE_LIMIT = 25
"""In tenths of systemd's own scale, on which an unhardened service has 96."""


def analyze(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run systemd-analyze, or skip where there is none."""
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not on this machine")
    command = [program, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The unit with a program and a user that every machine has."""
    unit = tmp_path / "eoskeeper.service"
    text = SERVICE.replace("/usr/local/bin/eoskeeper run", "/bin/true")
    unit.write_text(text.replace("User=nodeos", "User=daemon"), encoding="utf-8")
    return unit


def test_systemd_accepts_the_unit(installed: Path) -> None:
    """No unknown setting and no value that systemd would drop with a warning."""
    verified = analyze("verify", "--man=no", installed)
    assert (verified.returncode, verified.stderr) == (0, "")


def test_systemd_finds_the_service_hardened(installed: Path) -> None:
    """By systemd's own measure."""
    rated = analyze("security", "--offline=true", f"--threshold={EXPOSURE_LIMIT}", installed)
    assert rated.returncode == 0, rated.stdout[-300:]


def test_the_defaults_of_the_program_are_the_folders_of_the_unit() -> None:
    """With ProtectSystem=strict nothing else can be written."""
    paths = load_text('[host]\nrole = "F"\n').paths
    assert str(paths.state) == "/var/lib/" + setting("StateDirectory")
    assert str(paths.control_socket.parent) == "/run/" + setting("RuntimeDirectory")


def test_the_unit_gives_no_capability_and_restarts_for_ever() -> None:
    """What the comments promise is what is set."""
    assert setting("CapabilityBoundingSet") == ""
    assert setting("AmbientCapabilities") == ""
    assert setting("Type") == "notify"
    assert setting("Restart") == "always"
    assert setting("StartLimitIntervalSec") == "0"
    assert setting("RestartPreventExitStatus") == "2"


def test_the_example_for_nodeos_starts_it_paused() -> None:
    """The one line that matters on every managed host."""
    example = (UNITS / "nodeos.service.d" / "eoskeeper.conf").read_text(encoding="utf-8")
    assert re.search(r"^ExecStart=/\S+nodeos .*--pause-on-startup$", example, re.MULTILINE)


def setting(name: str) -> str:
    """Value of a setting of the unit."""
    (value,) = re.findall(rf"^{name}=(.*)$", SERVICE, re.MULTILINE)
    return str(value)
