"""What `check` says of hooks: whether their programs can be run."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from eoskeeper.app.protection_check import protection_conditions
from eoskeeper.config import load_text
from eoskeeper.domain.actions import Met

HOST = '[host]\nname = "a"\nrole = "B"\n[producer]\naccount = "ours"\n'


@pytest.mark.parametrize(
    ("program", "met"), [("/bin/sh", Met.YES), ("sh", Met.YES), ("/bin/nothing-here", Met.NO)]
)
def test_a_hook_whose_program_is_not_there_is_told(program: str, met: Met) -> None:
    """By the name as it is looked for later, in the hook's own search path."""
    text = f'{HOST}[hooks]\nafter_holding = ["{program}", "-c", "true"]\n'
    (found,) = asyncio.run(protection_conditions(load_text(text)))
    assert (found.name, found.met) == ("hooks.after_holding", met)


def test_a_program_that_may_not_be_run_is_told(tmp_path: Path) -> None:
    """It is there, and nobody may execute it."""
    program = tmp_path / "hook"
    program.write_text("#!/bin/sh\n")
    text = f'{HOST}[hooks]\nbefore_holding = ["{program}"]\n'
    (found,) = asyncio.run(protection_conditions(load_text(text)))
    assert found.met is Met.NO
    assert "may not be run" in found.figure


def test_without_hooks_nothing_is_told_of_them() -> None:
    """Most operators have none."""
    assert asyncio.run(protection_conditions(load_text(HOST))) == []
