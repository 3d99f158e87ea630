"""The file systems behind nodeos's folders are found and measured; processes are real ones."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from eoskeeper.domain.chain_time import Moment, MonoS, UtcS
from eoskeeper.domain.samples import FailureReason, FoldersRead, ProbeFailed, ProbeName
from eoskeeper.probes.folders import (
    FoldersProbe,
    FoldersSettings,
    Place,
    named_folders,
    one_per_file_system,
)

NODE = """
import sys
words = sys.stdin.readline().split()
files = [open(path, mode) for mode, path in (word.split(":", 1) for word in words)]
print("ready", flush=True)
for line in sys.stdin:
    mode, path = line.strip().split(":", 1)
    files.append(open(path, mode))
    print("ready", flush=True)
"""
SHM = Path("/dev/shm")  # noqa: S108 (a second file system is wanted)


def moment(mono_s: float) -> Moment:
    """A moment of the test's own clock."""
    return Moment(mono_s=MonoS(mono_s), utc_s=UtcS(mono_s))


class Node:
    """A process that has files open as nodeos does."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.pid = process.pid

    def tell(self, line: str) -> None:
        """Files to open, each ``mode:path``."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "ready\n"


@contextmanager
def node(*arguments: str, files: str = "", before: tuple[str, ...] = ()) -> Iterator[Node]:
    """Such a process, with these words on its command line."""
    process = subprocess.Popen(
        [*before, sys.executable, "-c", NODE, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        running = Node(process)
        running.tell(files)
        yield running
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Path]:
    """A folder on another file system than ``tmp_path``."""
    if not SHM.is_dir() or SHM.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("no second file system")
    folder = SHM / f"eoskeeper-test-{os.getpid()}"
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def paths_of(read: FoldersRead | ProbeFailed) -> list[str]:
    """Paths of a good reading."""
    assert isinstance(read, FoldersRead), read
    return [use.path for use in read.folders]


# --- command lines ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "data", "config"),
    [
        ("nodeos", [], []),
        ("nodeos --data-dir /d", ["/d"], []),
        ("nodeos --data-dir=/d --config-dir=/c", ["/d"], ["/c"]),
        ("nodeos -d /d", ["/d"], []),
        ("nodeos -d/d", ["/d"], []),
        ("nodeos -d d --config-dir c", ["/w/d"], ["/w/c"]),
        ("nodeos -d /d --blocks-dir b --state-dir=/s", ["/d", "/d/b", "/s"], []),
        ("nodeos --finalizers-dir /f --snapshots-dir /n", ["/f", "/n"], []),
        ("nodeos --state-history-dir=/h --trace-dir /t", ["/h", "/t"], []),
        ("nodeos --http-server-address 127.0.0.1:8888 -e -p bpa", [], []),
    ],
)
def test_a_command_line_names_folders(command: str, data: list[str], config: list[str]) -> None:
    """Both forms of an option; relative ones lie below the data folder."""
    found = named_folders(command.split(), Path("/w"))
    assert [[str(path) for path in part] for part in found] == [data, config]


@pytest.mark.parametrize("command", [["nodeos", "--data-dir"], ["nodeos", "-d"], [], [""]])
def test_a_cut_command_line_names_nothing_harmful(command: list[str]) -> None:
    """An option without its value is that of the working directory."""
    data, config = named_folders(command, Path("/w"))
    assert data in ([], [Path("/w")])
    assert config == []


def test_one_file_system_is_told_once() -> None:
    """By the first of its folders: the data folder, as nodeos's monitor does."""
    places = [Place("/d", "/d", 1), Place("/d/blocks", "/d/blocks", 2), Place("/c", "/c", 1)]
    assert one_per_file_system(places) == tuple(places[:2])


# --- processes ----------------------------------------------------------------------------------


def test_the_folders_of_a_process_are_found(tmp_path: Path, other: Path) -> None:
    """By its command line and by the files that it writes; the data folder speaks for its disk."""
    data = tmp_path / "data"
    (data / "blocks").mkdir(parents=True)
    files = f"a:{data}/blocks/blocks.log w:{other}/shared_memory.bin"
    with node("--data-dir", str(data), files=files) as running:
        read = FoldersProbe(FoldersSettings()).read(running.pid, moment(1.0))
    assert paths_of(read)[:2] == [str(data), str(other)]


def test_a_folder_that_is_only_read_from_does_not_count(tmp_path: Path, other: Path) -> None:
    """nodeos cannot fill it."""
    (other / "genesis.json").touch()
    with node("-d", str(tmp_path), files=f"r:{other}/genesis.json") as running:
        read = FoldersProbe(FoldersSettings()).read(running.pid, moment(1.0))
    assert str(other) not in paths_of(read)


def test_a_mount_in_the_data_folder_is_found_before_anything_is_open(
    tmp_path: Path, other: Path
) -> None:
    """As nodeos does: every folder in the data folder counts, links followed."""
    (tmp_path / "state").symlink_to(other)
    with node(f"--data-dir={tmp_path}") as running:
        read = FoldersProbe(FoldersSettings()).read(running.pid, moment(1.0))
    assert paths_of(read)[:2] == [str(tmp_path), str(other)]


def test_configured_folders_and_the_keeper_s_own_come_last(tmp_path: Path, other: Path) -> None:
    """They speak for file systems that nodeos does not use, and are there without nodeos."""
    settings = FoldersSettings(folders=(other, tmp_path / "none"), state_folder=tmp_path)
    probe = FoldersProbe(settings)
    assert paths_of(probe.read(None, moment(1.0))) == [str(other), str(tmp_path)]
    data = tmp_path / "data"
    data.mkdir()
    with node("-d", str(data)) as running:
        assert paths_of(probe.read(running.pid, moment(1.0))) == [str(data), str(other)]


def test_a_process_that_is_gone_leaves_the_configured_folders(tmp_path: Path) -> None:
    """Its old folders are not told any more."""
    probe = FoldersProbe(FoldersSettings(state_folder=tmp_path))
    with node() as running:
        pid = running.pid
        assert isinstance(probe.read(pid, moment(1.0)), FoldersRead)
    assert paths_of(probe.read(pid, moment(2.0))) == [str(tmp_path)]


def test_without_any_folder_there_is_no_reading(tmp_path: Path) -> None:
    """No process, nothing configured that is there; a path that no file system has."""
    settings = FoldersSettings(folders=(tmp_path / "none", Path("a\0b")))
    failed = FoldersProbe(settings).read(None, moment(1.0))
    assert isinstance(failed, ProbeFailed)
    assert (failed.probe, failed.reason) == (ProbeName.FOLDERS, FailureReason.MISSING)


def test_a_process_is_searched_again_after_a_while_only(tmp_path: Path, other: Path) -> None:
    """Looking at each of its descriptors is costly; files opened later are found all the same."""
    probe = FoldersProbe(FoldersSettings(search_every_s=60.0))
    with node("-d", str(tmp_path)) as running:
        assert str(other) not in paths_of(probe.read(running.pid, moment(0.0)))
        running.tell(f"w:{other}/blocks.log")
        assert str(other) not in paths_of(probe.read(running.pid, moment(59.0)))
        assert str(other) in paths_of(probe.read(running.pid, moment(60.0)))


def test_another_process_is_searched_at_once(tmp_path: Path, other: Path) -> None:
    """nodeos was started again, with other folders."""
    probe = FoldersProbe(FoldersSettings())
    with node("-d", str(tmp_path)) as running:
        probe.read(running.pid, moment(1.0))
    with node("-d", str(other)) as running:
        assert paths_of(probe.read(running.pid, moment(2.0)))[0] == str(other)


def test_figures_are_those_of_an_unprivileged_writer(tmp_path: Path) -> None:
    """What root alone may use counts as used."""
    read = FoldersProbe(FoldersSettings(folders=(tmp_path,))).read(None, moment(1.0))
    assert isinstance(read, FoldersRead)
    (use,) = read.folders
    space = shutil.disk_usage(tmp_path)
    assert use.total_bytes == space.total
    assert use.free_bytes == pytest.approx(space.free, abs=space.total / 100)
    assert 0 < use.used_percent < 100


@pytest.mark.root
def test_a_process_in_a_container_is_measured_where_it_is(tmp_path: Path) -> None:
    """Its paths mean something else to us: they are shown as it names them, and reached in it."""
    data = tmp_path / "data"
    data.mkdir()
    mount = f'mount -t tmpfs -o size=1m none {data} && exec "$@"'
    with node("-d", str(data), before=("unshare", "-m", "sh", "-c", mount, "sh")) as running:
        read = FoldersProbe(FoldersSettings()).read(running.pid, moment(1.0))
    assert isinstance(read, FoldersRead)
    assert (read.folders[0].path, read.folders[0].total_bytes) == (str(data), 2**20)
