"""The systemd unit is valid, hardened, and says why."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from eoskeeper.config import load_text
from eoskeeper.effects.guard_link import GuardLinkSettings
from eoskeeper.guard.settings import Settings
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


PAIR = ("eoskeeper-guard", "eoskeeper-hold")
"""The units beside the keeper's own."""


@pytest.mark.parametrize("name", PAIR)
def test_systemd_accepts_the_guards_units_and_finds_them_hardened(
    tmp_path: Path, name: str
) -> None:
    """They are as closed as the keeper's."""
    unit = tmp_path / f"{name}.service"
    text = text_of(name).replace("/usr/local/bin/eoskeeper-guard", "/bin/true")
    unit.write_text(text.replace("User=nodeos", "User=daemon"), encoding="utf-8")
    verified = analyze("verify", "--man=no", unit)
    assert (verified.returncode, verified.stderr) == (0, "")
    rated = analyze("security", "--offline=true", f"--threshold={EXPOSURE_LIMIT}", unit)
    assert rated.returncode == 0, rated.stdout[-300:]


def test_no_unit_thaws_or_takes_the_guard_down_with_somebody_else() -> None:
    """The guard outlives keeper and nodeos, its memory outlives the guard."""
    for name in ("eoskeeper", *PAIR):
        lines = [line for line in text_of(name).splitlines() if not line.startswith("#")]
        forbidden = re.compile(
            r"thaw|SIGCONT|-CONT|PartOf|BindsTo|Requires|systemctl", re.IGNORECASE
        )
        assert [line for line in lines if forbidden.search(line)] == []
    guard = text_of("eoskeeper-guard")
    for line in (
        "OnFailure=eoskeeper-hold.service",
        "Restart=always",
        "RuntimeDirectoryPreserve=yes",
        "StartLimitIntervalSec=0",
    ):
        assert f"\n{line}\n" in guard
    assert re.search(r"^ExecStopPost=.*--after-stop$", guard, re.MULTILINE)
    assert re.search(r"^Wants=eoskeeper-guard.service$", SERVICE, re.MULTILINE)


def test_the_guards_defaults_are_the_folders_of_its_unit() -> None:
    """With ProtectSystem=strict nothing else can be written."""
    unit = text_of("eoskeeper-guard")
    assert "\nStateDirectory=eoskeeper-guard\n" in unit
    assert Settings().record.startswith("/var/lib/eoskeeper-guard/")
    assert "\nRuntimeDirectory=eoskeeper-guard\n" in unit
    assert Settings().memory.startswith("/run/eoskeeper-guard/")
    assert f"--socket {GuardLinkSettings().socket}\n" in unit


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


def text_of(name: str) -> str:
    """A unit's file."""
    return (UNITS / f"{name}.service").read_text(encoding="utf-8")


def setting(name: str) -> str:
    """Value of a setting of the unit."""
    (value,) = re.findall(rf"^{name}=(.*)$", SERVICE, re.MULTILINE)
    return str(value)
