"""The warden finds its children by what the kernel tells of every process."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from eoskeeper.effects.hook_warden import children_of, parent_in_stat


@pytest.mark.parametrize("name", ["sh", "a b", ") S 1 (", "((("])
def test_a_parent_is_found_whatever_the_process_is_called(name: str) -> None:
    """A process may give itself any name."""
    assert parent_in_stat(f"4711 ({name}) S 42 4711 4711 0 -1 4194560") == 42


def test_children_are_all_that_name_the_parent(tmp_path: Path) -> None:
    """Others, and what ends while one looks, are passed over."""
    for pid, text in {"7": "7 (a) Z 1 7", "8": "8 (b) S 7 7", "9": "9 (c) S 1 9"}.items():
        (tmp_path / pid).mkdir()
        (tmp_path / pid / "stat").write_text(text, encoding="utf-8")
    (tmp_path / "10").mkdir()
    (tmp_path / "self").mkdir()
    (tmp_path / "11").mkdir()
    (tmp_path / "11" / "stat").write_text("", encoding="utf-8")
    assert sorted(children_of(1, tmp_path)) == [7, 9]
    assert children_of(8, tmp_path) == []


def test_this_process_is_a_child_of_its_parent() -> None:
    """As the real kernel tells it."""
    assert os.getpid() in children_of(os.getppid())
