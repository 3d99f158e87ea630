"""Reads how full the file systems are that nodeos and the keeper write to.

The folders are those that the nodeos process names on its command line or has files open in, so
that nobody has to list them. nodeos's own monitor ends it when one of them is too full.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, NamedTuple

import msgspec
import psutil
from msgspec import Meta

from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.samples import (
    FailureReason,
    FoldersRead,
    FolderUse,
    ProbeFailed,
    ProbeName,
)

__all__ = ["FoldersProbe", "FoldersSettings", "Place", "named_folders", "one_per_file_system"]

_DATA = ("data-dir",)
_BELOW_DATA = (
    "blocks-dir",
    "state-dir",
    "finalizers-dir",
    "snapshots-dir",
    "state-history-dir",
    "trace-dir",
)
"""Relative ones are below the data folder. Source: spring v1.2.2 plugins/*_plugin.cpp, options."""

_CONFIG = ("config-dir",)
_KERNEL_FOLDERS = frozenset({"proc", "sys"})
_GROWING = frozenset({"w", "a", "r+", "a+"})
"""Modes, as psutil tells them, in which a file may grow."""


class FoldersSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is looked at besides what the nodeos process shows.

    Attributes:
        folders: more folders; the only ones of nodeos when its process may not be seen.
        state_folder: where the keeper writes; None when it writes nowhere.
        search_every_s: how long the folders of one process stay as found. It opens some of its
            files minutes after its start.
    """

    folders: tuple[Path, ...] = ()
    state_folder: Path | None = None
    search_every_s: Annotated[float, Meta(ge=0)] = 300.0


class Place(NamedTuple):
    """A folder that is there.

    Attributes:
        shown: as the process or the configuration names it, links resolved.
        reached: how the keeper reaches it; another path when nodeos runs in a container.
        device: number of its file system.
    """

    shown: str
    reached: str
    device: int


class _Found(NamedTuple):
    pid: int
    started_utc_s: float
    searched: Moment
    places: tuple[Place, ...]


class FoldersProbe:
    """Reads file systems; remembers where nodeos writes while its process stays the same."""

    def __init__(self, settings: FoldersSettings) -> None:
        self._settings = settings
        self._found: _Found | None = None

    def read(self, pid: int | None, now: Moment) -> FoldersRead | ProbeFailed:
        """Read each file system once.

        Blocks for some ms, and without end when a folder lies on a network file system whose
        server is gone: not for the loop's own thread.

        Args:
            pid: the nodeos process; None when it is not known.
            now: goes into the reading, and says when to search again.
        """
        places = (*self._places_of(pid, now), *_there(self._configured()))
        uses = [use for place in one_per_file_system(places) if (use := _use(place))]
        if not uses:
            detail = "no folder of nodeos may be seen, and none that is configured is there"
            return ProbeFailed(now, ProbeName.FOLDERS, FailureReason.MISSING, detail)
        return FoldersRead(now, tuple(uses))

    def _configured(self) -> tuple[Path, ...]:
        state = self._settings.state_folder
        return (*self._settings.folders, *((state,) if state else ()))

    def _places_of(self, pid: int | None, now: Moment) -> tuple[Place, ...]:
        """Those of the process; none when there is none, or it may not be seen at all."""
        if pid is None:
            return ()
        try:
            process = psutil.Process(pid)
            started_utc_s = process.create_time()
        except psutil.Error:
            return ()
        found = self._found
        if found is None or not self._holds(found, pid, started_utc_s, now):
            found = _Found(pid, started_utc_s, now, tuple(_search(process)))
            self._found = found
        return found.places

    def _holds(self, found: _Found, pid: int, started_utc_s: float, now: Moment) -> bool:
        same = (found.pid, found.started_utc_s) == (pid, started_utc_s)
        return same and now.mono_s - found.searched.mono_s < self._settings.search_every_s


def one_per_file_system(places: Iterable[Place]) -> tuple[Place, ...]:
    """The first place on each file system: as nodeos counts them.

    Source: spring v1.2.2 resource_monitor_plugin, file_space_handler.hpp ``add_file_system``.
    """
    first: dict[int, Place] = {}
    for place in places:
        first.setdefault(place.device, place)
    return tuple(first.values())


def named_folders(command: Sequence[str], working: Path) -> tuple[list[Path], list[Path]]:
    """Folders that a command line of nodeos names: those of data, and those of configuration.

    Args:
        command: all words; ``--blocks-dir x``, ``--blocks-dir=x``, ``-d x`` and ``-dx`` count.
        working: the process's working directory, for relative paths.
    """
    told = dict(_options(command))
    data = [working / told[name] for name in _DATA if name in told]
    base = data[0] if data else working
    below = [base / told[name] for name in _BELOW_DATA if name in told]
    return data + below, [working / told[name] for name in _CONFIG if name in told]


def _options(command: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Long name and value of each option. Source: Boost.Program_options, default style."""
    for index, word in enumerate(command):
        following = command[index + 1] if index + 1 < len(command) else ""
        if word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            yield name, value if equals else following
        elif word.startswith("-d"):
            yield "data-dir", word[2:] or following


def _search(process: psutil.Process) -> Iterator[Place]:
    """Folders of a process, the most telling ones first; each part that is denied is left out."""
    root = _root_of(process)
    try:
        working = Path(process.cwd())
    except (psutil.Error, OSError):
        working = Path("/")
    try:
        command = process.cmdline()
    except (psutil.Error, OSError):
        command = []
    data, config = named_folders(command, working)
    yield from _there(data, root)
    yield from _there(_subfolders(data[:1], root), root)
    yield from _there(_written_folders(process), root)
    yield from _there(config, root)


def _root_of(process: psutil.Process) -> str:
    """What stands before its paths: nothing when it sees the files that we see."""
    space = Path("/proc") / str(process.pid)
    try:
        if (space / "ns/mnt").readlink() != Path("/proc/self/ns/mnt").readlink():
            return str(space / "root")
    except OSError:
        pass
    return ""


def _subfolders(data: Sequence[Path], root: str) -> list[Path]:
    """nodeos's monitor looks at each folder in the data folder: it may be a mount of its own."""
    folders: list[Path] = []
    for folder in data:
        try:
            with os.scandir(root + str(folder)) as entries:
                folders += sorted(folder / one.name for one in entries if one.is_dir())
        except OSError:
            continue
    return folders


def _written_folders(process: psutil.Process) -> list[Path]:
    """Where it has files open that may grow, in the order of their names."""
    try:
        files = process.open_files()
    except (psutil.Error, OSError):
        return []
    folders = {Path(file.path).parent for file in files if getattr(file, "mode", "") in _GROWING}
    return sorted(one for one in folders if _KERNEL_FOLDERS.isdisjoint(one.parts[1:2]))


def _there(folders: Iterable[Path], root: str = "") -> Iterator[Place]:
    for folder in folders:
        try:
            # Behind another root a link would be followed in ours.
            shown = str(folder if root else folder.resolve(strict=True))
            yield Place(shown, root + shown, Path(root + shown).stat().st_dev)
        except (OSError, RuntimeError, ValueError):
            continue  # not there, not ours to see, a loop of links, or a byte that no path has


def _use(place: Place) -> FolderUse | None:
    """None when it has gone.

    What root alone may use counts as used, as in nodeos's own monitor, which ends nodeos below
    10 % of the capacity by default. Source: statvfs(3), ``f_bavail``; spring v1.2.2
    resource_monitor_plugin, file_space_handler.hpp, ``std::filesystem::space``.
    """
    try:
        space = os.statvfs(place.reached)
    except OSError:
        return None
    if not space.f_blocks:
        return None  # no storage: proc and the like
    return FolderUse(
        path=place.shown,
        total_bytes=space.f_blocks * space.f_frsize,
        free_bytes=space.f_bavail * space.f_frsize,
    )
