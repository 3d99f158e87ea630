"""``eoskeeper rounds`` as an operator calls it: on recorded logs and on a chain API."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from eoskeeper.domain.rounds import account_rounds
from eoskeeper.domain.samples import FailureReason
from eoskeeper.probes.block_range import BlockRange, RangeSettings
from eoskeeper.probes.nodeos_api import NodeosSettings
from tests.fakes.fake_nodeos import FakeChain, FakeNodeos, Misbehaviour
from tests.fakes.loop_clock import clock_from

LOGS = Path(__file__).parent / "recordings" / "spring" / "logs"


def call(*arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run the command."""
    return subprocess.run(
        [sys.executable, "-m", "eoskeeper", "rounds", *arguments],
        input=given,
        capture_output=True,
        check=False,
        timeout=60,
    )


def answer(*arguments: str, given: bytes = b"") -> dict[str, Any]:
    """What it says to a program."""
    done = call(*arguments, "--json", given=given)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def log(name: str) -> str:
    """A recorded log."""
    return str(LOGS / f"{name}.log")


def test_a_producer_that_was_stopped_is_seen_by_its_neighbours() -> None:
    """The log alone knows its place only; a schedule tells its name."""
    file = log("missed-blocks-seen-by-producer-n1")
    told = answer("--log", file)
    figures = {one["producer"]: one for one in told["producers"]}
    assert sorted(figures) == ["", "producera", "producerb", "producerc"]
    assert (figures[""]["missed"], figures[""]["blocks_missed"]) == (1, 12)
    assert any("--schedule" in note for note in told["notes"])
    four = "producera,producerb,producerc,producerd"
    told = answer("--log", file, "--schedule", four, "--producer", "producerd")
    assert [turn["cells"] for turn in told["turns"]] == ["m" * 12]


def test_blocks_made_in_isolation_are_lost() -> None:
    """The node made twelve, and left their branch when it heard the others again."""
    told = answer("--log", log("isolated-12s-producer-n4"), "--producer", "producerd")
    assert [turn["cells"] for turn in told["turns"]] == ["l" * 12, "p" * 12]
    assert told["producers"][0]["blocks_lost"] == 12


def test_two_hosts_with_one_key_fill_each_slot_once() -> None:
    """Fork after fork within the turn, and yet each slot has a block in the end."""
    told = answer("--log", log("double-producer-same-key-n2"), "--producer", "producera")
    assert [turn["cells"] for turn in told["turns"]] == ["p" * 12, "p" * 12]


def test_standard_input_is_read() -> None:
    """As from `zstdcat nodeos.log.zst |`."""
    text = Path(log("steady-minute-relay-n0")).read_bytes()
    told = answer("--log", "-", given=text)
    assert told["producers"] == answer(log("steady-minute-relay-n0"), "--log", "-")["producers"]
    assert {one["missed"] + one["blocks_missed"] for one in told["producers"]} == {0}


def test_people_see_a_strip_for_each_turn() -> None:
    """And the figures below."""
    done = call("--log", log("isolated-12s-producer-n4"), "--producer", "producerd")
    text = done.stdout.decode()
    assert "2026-11-22T18:57:06.000Z  [xxxxxxxxxxxx]  0 of 12\n" in text
    assert "2026-11-22T18:57:30.000Z  [############] 12 of 12, latest block -35 ms\n" in text
    assert "producerd" in text


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--log", "/nowhere/nodeos.log"), 1, "/nowhere/nodeos.log"),
        (("--log", log("ports-in-use")), 1, "no turn"),
        (("--log", log("ports-in-use"), "--url", "http://127.0.0.1:1"), 2, "not both"),
        (("--log", "-", "--producer", "No Name"), 2, "no account name"),
        (("--log", "-", "--since", "yesterday"), 2, "--since takes"),
        (("--url", "http://127.0.0.1:1/v1"), 2, "--url takes"),
        (("--url", "http://127.0.0.1:1"), 1, "refused"),
    ],
)
def test_what_cannot_be_answered_is_told_with_its_exit_code(
    arguments: tuple[str, ...], code: int, words: str
) -> None:
    """1: nothing was found or could be read; 2: asked the wrong way."""
    done = call(*arguments)
    assert done.returncode == code
    assert words in (done.stdout + done.stderr).decode()


# --- the chain API ------------------------------------------------------------------------------


ROUND_SLOTS = 3 * 12
FIRST_SLOT = 1_600_000_000 // ROUND_SLOTS * ROUND_SLOTS


def chain_of_rounds() -> FakeChain:
    """Seven rounds of three, and two blocks of an eighth.

    In the sixth round bob leaves two slots empty, in the seventh carol her whole turn.
    """
    chain = FakeChain(["alice", "bob", "carol"], first_slot=FIRST_SLOT)
    chain.grow(5 * ROUND_SLOTS + 12 + 4)
    chain.grow(1, skip_slots=2)
    chain.grow(FIRST_SLOT + 6 * ROUND_SLOTS + 23 - chain.head.slot)
    chain.grow(2, skip_slots=12)
    return chain


def tallies(found: BlockRange) -> dict[str, tuple[int, int, int, int]]:
    """Full, short, missed and unknown turns of each."""
    told = account_rounds(found.turns(), given=found.schedule).tallies
    return {one.producer: (one.full, one.short, one.missed, one.unknown) for one in told}


async def read(node: FakeNodeos, rounds: int, most_per_s: float = 5000) -> BlockRange:
    """Read some rounds."""
    settings = RangeSettings(rounds=rounds, most_per_s=most_per_s)
    found = BlockRange(NodeosSettings(url=node.url), settings, clock_from())
    await found.read()
    return found


def test_the_chain_tells_whole_rounds_and_the_one_that_goes_on() -> None:
    """The newest turn is not over: unknown; what was asked for is read, and no more."""

    async def check() -> None:
        async with FakeNodeos(chain_of_rounds()) as node:
            found = await read(node, rounds=2)
            assert found.failure is None
            assert tallies(found) == {
                "alice": (2, 0, 0, 1),
                "bob": (1, 1, 0, 0),
                "carol": (1, 0, 1, 1),
            }
            asked = [path for path in node.requests if "block" in path]
            assert len(asked) <= 2 * ROUND_SLOTS + 2 + 4

    asyncio.run(check())


def test_blocks_that_the_node_does_not_have_are_unknown() -> None:
    """It began with a snapshot."""

    async def check() -> None:
        chain = chain_of_rounds()
        chain.prune(below=5 * ROUND_SLOTS)
        async with FakeNodeos(chain) as node:
            found = await read(node, rounds=6)
            assert found.failure is None
            assert all(missed == 0 for _, _, missed, _ in (tallies(found)["alice"],))
            assert tallies(found)["bob"][:2] == (1, 1)

    asyncio.run(check())


def test_an_interrupted_reading_tells_what_it_has() -> None:
    """Newest blocks first."""

    async def check() -> None:
        async with FakeNodeos(chain_of_rounds()) as node:
            settings = RangeSettings(rounds=7, most_per_s=100)
            found = BlockRange(NodeosSettings(url=node.url), settings, clock_from())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.5):
                    await found.read()
            turns = found.turns()
            assert turns[-1].turn == FIRST_SLOT // 12 + 21
            assert 1 < len(turns) < 10

    asyncio.run(check())


def test_questions_are_bounded_in_number_a_second() -> None:
    """The node asked may be one that produces."""

    async def check() -> None:
        async with FakeNodeos(chain_of_rounds()) as node:
            began_s = asyncio.get_running_loop().time()
            await read(node, rounds=1, most_per_s=100)
            took_s = asyncio.get_running_loop().time() - began_s
            assert took_s >= (ROUND_SLOTS - 12) / 100

    asyncio.run(check())


def test_a_node_that_fails_on_the_way_is_told_and_the_part_read_is_shown() -> None:
    """A failure after the schedule was read."""

    async def check() -> None:
        async with FakeNodeos(chain_of_rounds()) as node:
            node.misbehave(Misbehaviour.STATUS_503, "/v1/chain/get_block_info")
            found = await read(node, rounds=2)
            assert found.failure is not None
            assert found.failure.reason is FailureReason.OVERLOADED
            assert found.schedule == ("alice", "bob", "carol")

    asyncio.run(check())


def test_the_command_asks_a_chain_api() -> None:
    """The whole way, as a program of its own."""

    async def check() -> bytes:
        async with FakeNodeos(chain_of_rounds()) as node:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "eoskeeper", "rounds", "--json", "--rounds", "2"),
                *("--url", node.url, "--producer", "bob"),
                stdout=asyncio.subprocess.PIPE,
            )
            told, _ = await process.communicate()
            assert process.returncode == 0
            return told

    told = json.loads(asyncio.run(check()))
    assert told["source"] == "chain"
    assert [turn["cells"] for turn in told["turns"]] == ["ppppp" + "mm" + "ppppp", "p" * 12]
