"""The description is held against the real server by a tool that knows neither of them.

It asks what the description allows and what it does not, and checks every answer against it.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from pathlib import Path

import pytest

from eoskeeper.web.feed import Feed
from eoskeeper.web.page_files import packaged_page
from eoskeeper.web.ports import Offers
from tests.contract.page.world import World
from tests.unit.web.past import FixedHistory
from tests.unit.web.serving import NOW, serving

TOOL = "schemathesis"

CONFIGURATION = """
[checks.not_a_server_error]
expected-statuses = ["2xx", "4xx", "503"]
"""
"""503 is what load balancers are told by; that it is none of the described ones is found anyway."""

ARGUMENTS = (
    *("--max-examples", "12", "--max-time", "15", "--generation-deterministic", "--no-shrink"),
    *("--phases", "coverage,fuzzing", "--request-timeout", "5"),
    *("--no-color", "--continue-on-failure", "--warnings", "off"),
    # An answer without an end cannot be compared; test_stream.py looks at it.
    *("--exclude-path", "/api/stream"),
    # OpenAPI cannot say that `span` and `from` exclude each other, or that one is before the other.
    *("--exclude-checks", "positive_data_acceptance"),
)


def found_tool() -> str:
    """Where the tool is: beside this Python, or on the path."""
    beside = shutil.which(TOOL, path=str(Path(sys.executable).parent))
    tool = beside or shutil.which(TOOL)
    if tool is None:
        reason = f"{TOOL} is missing: pip install schemathesis, or the extra `dev`"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(f"THE API IS NOT CHECKED AGAINST ITS DESCRIPTION: {reason}")
    return tool


async def checked(tool: str, folder: Path) -> tuple[int, str]:
    """Exit code and words of the tool."""
    offers = Offers(
        history=FixedHistory(), metrics=lambda: b"up 1\n", feed=Feed(), page=packaged_page()
    )
    report = World(now=NOW.utc_s).report()
    (folder / "schemathesis.toml").write_text(CONFIGURATION)
    async with asyncio.timeout(90), serving(report, offers=offers) as served:
        process = await asyncio.create_subprocess_exec(
            tool,
            "run",
            f"http://127.0.0.1:{served.port}/api/openapi.json",
            *ARGUMENTS,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            cwd=folder,
            env={"PATH": os.environ["PATH"], "HOME": str(folder)},
        )
        try:
            words, _ = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    return process.returncode or 0, words.decode(errors="replace")


@pytest.mark.slow
def test_the_server_does_what_its_description_says(tmp_path: Path) -> None:
    """Codes, types and shapes, for good and for bad requests."""
    code, words = asyncio.run(checked(found_tool(), tmp_path))
    assert code == 0, words
