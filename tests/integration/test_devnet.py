"""The devnet on real nodeos: it is quick, does what its commands say, and leaves nothing."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import msgspec
import pytest

from eoskeeper.devnet import namespaces, processes
from eoskeeper.devnet.api import ApiError
from eoskeeper.devnet.clock import await_that, monotonic_s, slot_of, utc_now
from eoskeeper.devnet.errors import DevnetError
from eoskeeper.devnet.network import Devnet, DevnetOptions, HostStatus, NodeState
from eoskeeper.devnet.oracle import Doubled
from eoskeeper.devnet.plan import HOSTS, load_plan
from eoskeeper.devnet.wire import WireMode
from eoskeeper.domain.chain_time import SLOT_S

pytestmark = [pytest.mark.devnet, pytest.mark.slow]
UP_WITHIN_S = 30
ROUND_S = 24
REPLAYS = b"Initializing new blockchain"
NETWORKS = [
    pytest.param(True, marks=pytest.mark.root, id="namespaces"),
    pytest.param(False, id="loopback"),
]


@pytest.fixture(scope="module", params=NETWORKS)
def devnet(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Devnet]:
    """One network for all tests of a kind, each of which leaves it whole."""
    if request.param and not namespaces.can_use_namespaces():
        pytest.skip("no right to create network namespaces")
    directory = tmp_path_factory.mktemp("dn")
    with Devnet.create(directory, DevnetOptions(namespaces=request.param)) as network:
        began_s = monotonic_s()
        network.up()
        request.config.stash[UP_TOOK] = monotonic_s() - began_s
        yield network


UP_TOOK = pytest.StashKey[float]()


def info(devnet: Devnet, host: str) -> dict[str, str | int]:
    """Ask a host for its head."""
    answer = devnet.call(host, "/v1/chain/get_info", {})
    assert isinstance(answer, dict)
    return answer


def head(devnet: Devnet, host: str) -> int:
    """Return a host's head."""
    return int(info(devnet, host)["head_block_num"])


def follows(devnet: Devnet, host: str) -> bool:
    """Tell whether a host has the block at the height where host o is, and the same one."""
    body = {"block_num_or_id": head(devnet, "o")}
    try:
        theirs, its = (devnet.call(name, "/v1/chain/get_block", body) for name in ("o", host))
    except ApiError:
        return False
    return bool(theirs["id"] == its["id"])


def pause(devnet: Devnet, host: str) -> None:
    """Pause, and wait for the one block that may follow: within our turn it is the next test's."""
    devnet.call(host, "/v1/producer/pause")
    time.sleep(2 * SLOT_S)


def status(devnet: Devnet, host: str) -> HostStatus:
    """Return one host's status."""
    return next(found for found in devnet.status() if found.name == host)


def heard(devnet: Devnet, host: str) -> int:
    """Count the blocks that a host has received."""
    return devnet.host(host).nodeos_log.read_text().count("Received block")


@pytest.mark.quiet
def test_it_is_up_within_half_a_minute(devnet: Devnet, request: pytest.FixtureRequest) -> None:
    """Bootstrapped, scheduled, in sync, and a has produced."""
    took_s = request.config.stash[UP_TOOK]
    sys.stderr.write(f"\nup took {took_s:.1f} s (namespaces: {devnet.has_namespaces})\n")
    assert took_s < UP_WITHIN_S
    assert len(devnet.active_schedule()) == devnet.options.producers
    for host in "abcf":
        await_that(partial(follows, devnet, host), f"{host} follows", timeout_s=3)


def test_a_produces_and_the_standbys_are_paused(devnet: Devnet) -> None:
    """As a primary and two standbys."""
    states = {found.name: found for found in devnet.status()}
    assert all(found.node is NodeState.RUNNING for found in states.values())
    assert {name: states[name].paused for name in "abc"} == {"a": False, "b": True, "c": True}
    assert {name: states[name].producing for name in HOSTS} == {
        "a": True,
        "b": False,
        "c": False,
        "f": False,
        "o": True,
    }
    assert {block.host for block in devnet.oracle.produced(devnet.our_producer)} == {"a"}


def test_a_call_leaves_the_caller_in_its_own_network(devnet: Devnet) -> None:
    """Only a thread of its own goes into the host's network."""
    before = Path("/proc/thread-self/ns/net").readlink()
    head(devnet, "a")
    assert Path("/proc/thread-self/ns/net").readlink() == before


def test_a_killed_host_replays_and_follows(devnet: Devnet) -> None:
    """The dirty state goes, the log is kept and added to."""
    devnet.kill("b")
    assert status(devnet, "b").node is NodeState.GONE
    with pytest.raises(DevnetError, match="not running"):
        devnet.kill("b")
    before = devnet.host("b").nodeos_log.stat().st_size
    devnet.start("b")
    await_that(lambda: follows(devnet, "b"), "b follows", timeout_s=15)
    text = devnet.host("b").nodeos_log.read_bytes()
    assert REPLAYS in text[before:]
    assert status(devnet, "b").paused


def test_a_stopped_host_starts_as_it_is_told(devnet: Devnet) -> None:
    """A standby may be started unpaused; a second start is refused."""
    devnet.stop("c")
    before = devnet.host("c").nodeos_log.stat().st_size
    devnet.start("c", pause_on_startup=False)
    await_that(lambda: status(devnet, "c").paused is False, "c says: not paused", timeout_s=10)
    pause(devnet, "c")
    assert REPLAYS not in devnet.host("c").nodeos_log.read_bytes()[before:]
    with pytest.raises(DevnetError, match="already running"):
        devnet.start("c")


def test_the_other_producers_go_on_after_a_kill(devnet: Devnet) -> None:
    """Host o comes back with all blocks, and produces without waiting for anyone."""
    devnet.kill("o")
    reached = head(devnet, "f")
    devnet.start("o")
    assert head(devnet, "o") >= reached
    await_that(lambda: head(devnet, "f") > reached + 2, "the chain goes on", timeout_s=15)


def test_a_frozen_host_says_nothing_and_thaws(devnet: Devnet) -> None:
    """It is neither gone nor answering."""
    devnet.freeze("c")
    assert status(devnet, "c").node is NodeState.FROZEN
    with pytest.raises(ApiError):
        devnet.call("c", "/v1/chain/get_info", {}, timeout_s=0.5)
    devnet.thaw("c")
    await_that(lambda: follows(devnet, "c"), "c follows", timeout_s=15)


def test_a_cut_host_hears_nobody_until_it_is_healed(devnet: Devnet) -> None:
    """Its transactions go on, the others' blocks do not reach it."""
    devnet.cut("a")
    assert status(devnet, "a").line is WireMode.CUT
    time.sleep(1)
    blocks, others = heard(devnet, "a"), head(devnet, "f")
    await_that(lambda: head(devnet, "f") >= others + 12, "others go on", timeout_s=ROUND_S)
    assert heard(devnet, "a") == blocks
    devnet.heal("a")
    await_that(lambda: follows(devnet, "a"), "a follows", timeout_s=ROUND_S)
    assert status(devnet, "a").line is WireMode.OPEN


def is_between_own_turns(devnet: Devnet) -> bool:
    """Nothing of ours is on its way any more, and nothing will be for some seconds."""
    newest = max(block.slot for block in devnet.oracle.produced(devnet.our_producer))
    return 8 <= slot_of(utc_now()) - newest <= 20


def test_a_host_cut_one_way_hears_and_is_not_heard(devnet: Devnet) -> None:
    """It makes its turn, nobody has it, and it hears of the others' blocks all the time."""
    await_that(partial(is_between_own_turns, devnet), "the own turn is over", timeout_s=ROUND_S)
    devnet.cut("a", one_way=True)
    since, blocks = slot_of(utc_now()), heard(devnet, "a")
    time.sleep(ROUND_S + 2)
    made = [b for b in devnet.oracle.produced(devnet.our_producer) if b.slot >= since]
    received = devnet.host("f").nodeos_log.read_text()
    assert made
    # A notice that names such a block may come; the block itself may not.
    assert not any(f"Received block {block.id16}" in received for block in made)
    assert heard(devnet, "a") >= blocks + 24
    assert status(devnet, "a").line is WireMode.MUTE
    devnet.heal("a")
    await_that(lambda: follows(devnet, "a"), "a follows", timeout_s=ROUND_S)


def test_two_unpaused_hosts_double_and_the_oracle_says_so(devnet: Devnet) -> None:
    """What all of this is there to find: and thanks to the trickle the blocks differ.

    Host b is cut, so that no transaction gets from one to the other: two hosts that hear of the
    same ones in the same half second make the very same block, which is a double as well.
    """
    since = slot_of(utc_now())

    def doubles() -> list[Doubled]:
        found = devnet.oracle.doubled(devnet.our_producer)
        return [double for double in found if double.blocks[0].slot > since]

    await_that(partial(is_between_own_turns, devnet), "the own turn is over", timeout_s=ROUND_S)
    devnet.cut("b")
    devnet.call("b", "/v1/producer/resume")
    await_that(lambda: len(doubles()) > 0, "a double", timeout_s=ROUND_S + 6)
    time.sleep(3)
    pause(devnet, "b")
    devnet.heal("b")
    doubled = doubles()
    assert all({block.host for block in found.blocks} == {"a", "b"} for found in doubled)
    assert any(len({block.id16 for block in found.blocks}) > 1 for found in doubled)
    await_that(lambda: follows(devnet, "b"), "b follows", timeout_s=ROUND_S)


def test_the_command_line_shows_and_explains(devnet: Devnet) -> None:
    """Status for programs; one sentence and exit 1 for what a person got wrong."""
    told = command("status", "--json", "--dir", str(devnet.directory))
    hosts = msgspec.json.decode(told.stdout, type=list[HostStatus])
    assert [host.name for host in hosts] == list(HOSTS)
    for arguments, words in ((["kill", "x"], "no such host"), (["up"], "already up")):
        refused = command(*arguments, "--dir", str(devnet.directory))
        assert refused.returncode == 1
        assert words in " ".join(refused.stderr.split())
    assert command("status", "--dir", str(devnet.directory / "none")).returncode == 1


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the devnet as an operator would."""
    return subprocess.run(cli(*arguments), capture_output=True, text=True, check=False, timeout=60)


def cli(*arguments: str) -> list[str]:
    """Return the command line of a devnet command."""
    return [sys.executable, "-m", "eoskeeper.devnet.cli", *arguments]


def nothing_is_left(directory: Path, identity: str) -> bool:
    """Look for processes, namespaces and files."""
    return not (
        processes.marked(identity) or namespaces.existing(identity) or any(directory.glob("*"))
    )


@pytest.mark.parametrize("in_namespaces", NETWORKS)
def test_down_leaves_nothing(tmp_path: Path, *, in_namespaces: bool) -> None:
    """Even when things are killed, frozen and cut; and it may be said twice."""
    if in_namespaces and not namespaces.can_use_namespaces():
        pytest.skip("no right to create network namespaces")
    devnet = Devnet.create(tmp_path / "n", DevnetOptions(namespaces=in_namespaces))
    with devnet:
        devnet.up()
        assert len(processes.marked(devnet.identity)) >= 2 * len(HOSTS)
        devnet.kill("a")
        devnet.freeze("b")
        devnet.cut("c")
    assert nothing_is_left(devnet.directory, devnet.identity)
    devnet.down()


@pytest.mark.parametrize("delay_s", [0.1, 0.6, 2.0])
def test_an_up_that_was_killed_half_way_is_cleaned(tmp_path: Path, delay_s: float) -> None:
    """By `down`, which needs nothing but the plan; and then `up` works."""
    directory = tmp_path / "n"
    killed_up(directory, delay_s)
    plan = load_plan(directory)
    assert plan is not None
    assert not nothing_is_left(directory, plan.identity)
    assert command("down", "--dir", str(directory)).returncode == 0
    assert nothing_is_left(directory, plan.identity)


def test_the_next_up_cleans_what_a_killed_one_left(tmp_path: Path) -> None:
    """Without a `down` in between."""
    killed_up(tmp_path / "n", 1.5)
    plan = load_plan(tmp_path / "n")
    assert plan is not None
    assert processes.marked(plan.identity)
    with Devnet.create(tmp_path / "n") as devnet:
        assert not processes.marked(plan.identity)
        assert not namespaces.existing(plan.identity)
        devnet.up()
        assert devnet.identity != plan.identity


def killed_up(directory: Path, delay_s: float) -> None:
    """Start an `up` and SIGKILL it some time after it has written its plan."""
    with subprocess.Popen(cli("up", "--dir", str(directory)), stdout=subprocess.DEVNULL) as child:
        await_that((directory / "plan.json").exists, "a plan", timeout_s=20, every_s=0.01)
        time.sleep(delay_s)
        child.send_signal(signal.SIGKILL)


def test_two_networks_live_side_by_side(tmp_path: Path) -> None:
    """Each has its own chain, and the end of one is not the other's."""
    first = Devnet.create(tmp_path / "1")
    second = Devnet.create(tmp_path / "2")
    with first, second:
        first.up()
        second.up()
        assert info(first, "a")["chain_id"] != info(second, "a")["chain_id"]
        second.down()
        reached = head(first, "f")
        await_that(lambda: head(first, "f") > reached + 4, "the first goes on", timeout_s=10)
        assert len(processes.marked(first.identity)) >= 2 * len(HOSTS)


def test_our_producer_can_be_dropped_from_the_schedule(tmp_path: Path) -> None:
    """The others go on without it; a name nobody has is refused."""
    with Devnet.create(tmp_path / "n", DevnetOptions(producers=5)) as devnet:
        devnet.up()
        with pytest.raises(DevnetError, match="no such producer"):
            devnet.set_schedule(["nobody"])
        devnet.set_schedule(devnet.other_producers, timeout_s=200)
        assert devnet.active_schedule("f") == devnet.other_producers
