"""The bench of the guard's contract tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.guard.bench import Bench, bench


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Bench]:
    """A folder in which nodes and guards are started."""
    with bench(tmp_path) as started:
        yield started
