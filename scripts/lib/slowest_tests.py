"""Prints the slowest tests of several pytest runs, and how many there were, from JUnit files."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

SHOWN = 15


def read(path: Path) -> Iterator[tuple[float, str]]:
    """Seconds and name of each test of one run."""
    tree = ET.parse(path)  # noqa: S314 - pytest wrote it a moment ago
    for case in tree.iter("testcase"):
        yield float(case.get("time", "0")), f"{path.stem}: {case.get('name')}"


def main(paths: list[str]) -> None:
    """Print the slowest tests of all these files."""
    tests = sorted((test for path in paths for test in read(Path(path))), reverse=True)
    print(f"\nSlowest of {len(tests)} tests:")
    for took_s, name in tests[:SHOWN]:
        print(f"  {took_s:7.2f} s  {name}")


if __name__ == "__main__":
    main(sys.argv[1:])
