"""What may be imported where; the contracts in pyproject.toml hold the packages apart."""

from __future__ import annotations

import re

from tests.house.house import ROOT, SOURCES, imports_of, modules, name_of

DOMAIN_MAY_IMPORT = {
    "__future__",
    "abc",
    "bisect",
    "collections",
    "dataclasses",
    "datetime",
    "enum",
    "functools",
    "heapq",
    "itertools",
    "math",
    "msgspec",
    "operator",
    "re",
    "typing",
}
"""Nothing that reads, writes, waits, or tells the time by itself."""

CLOCKS = re.compile(
    r"\btime\.(time|monotonic|clock_gettime|perf_counter)(_ns)?\b"
    r"|\b(datetime|date)\.(now|utcnow|today)\("
    r"|\bfrom time import .*\b(time|monotonic|clock_gettime|perf_counter)(_ns)?\b"
)

PATCHING = "monkeypatch" + ".setattr"

MAY_READ_A_CLOCK = {
    "src/eoskeeper/runtime/clock.py",
    # Waits for real nodes to start; imports nothing of the keeper.
    "src/eoskeeper/devnet/clock.py",
    # A process of its own that imports nothing of the keeper.
    "src/eoskeeper/guard/clock.py",
}

GUARD_MAY_IMPORT = {
    "__future__",
    "collections",
    "contextlib",
    "ctypes",
    "enum",
    "json",
    "math",
    "os",
    "select",
    "signal",
    "socket",
    "struct",
    "sys",
    "time",
    "typing",
}
"""Each is memory that stays locked; asyncio, http, logging, pathlib and subprocess are too much."""


def test_the_domain_imports_values_and_arithmetic_only() -> None:
    """A list of what is allowed: new modules of the standard library have to be thought about."""
    strangers = [
        f"{name_of(path)}: {name}"
        for path in modules(SOURCES / "domain")
        for name in imports_of(path)
        if name.split(".")[0] not in DOMAIN_MAY_IMPORT and not name.startswith("eoskeeper.domain.")
    ]
    assert strangers == []


def test_the_guard_imports_little() -> None:
    """It works when everything else is broken, and its size has been thought about."""
    strangers = [
        f"{name_of(path)}: {name}"
        for path in modules(SOURCES / "guard")
        for name in imports_of(path)
        if name.split(".")[0] not in GUARD_MAY_IMPORT and not name.startswith("eoskeeper.guard")
    ]
    assert strangers == []


def test_no_module_imports_relatively() -> None:
    """A full name is found by searching for it, and imports_of counts on it."""
    relative = [
        name_of(path)
        for path in modules()
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.lstrip().startswith("from .")
    ]
    assert relative == []


def test_only_the_clocks_read_a_clock() -> None:
    """One reading per cycle needs one place that reads it; also without ruff, and past a noqa."""
    readers = {name_of(path) for path in modules() if CLOCKS.search(path.read_text("utf-8"))}
    assert readers - MAY_READ_A_CLOCK == set()


def test_nothing_uses_mocks() -> None:
    """A fake at the port, or a seam in another place."""
    mocked = [
        name_of(path)
        for path in (*modules(), *modules(ROOT / "tests"))
        if any("mock" in name.split(".") for name in imports_of(path))
        or PATCHING in path.read_text(encoding="utf-8")
    ]
    assert mocked == []
