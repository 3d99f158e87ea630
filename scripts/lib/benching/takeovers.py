"""``scripts/bench failover``: what a takeover costs, by cause and by register, on real nodes."""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from signal import SIGKILL

import msgspec
import psutil
from scripts.lib.benching.takeover_figures import PLANNED, Run, lost_slots, read_runs, table

from eoskeeper.devnet.errors import DevnetError
from eoskeeper.devnet.network import Devnet
from eoskeeper.devnet.plan import DevnetOptions
from eoskeeper.domain.chain_time import TURN_SLOTS, slot_at, slot_utc
from eoskeeper.domain.events import StandingChanged
from eoskeeper.domain.standing import State
from tests.integration.cluster import BPS, Cluster, has_watched
from tests.integration.leased import LeasedCluster, guard_of, guard_table

__all__ = ["run"]

CAUSES = ("killed", "hung", "dead", "cut", PLANNED)
MEMBERS = "members"
"""The chain register, and keepers with sealed words and a guard each."""

REGISTERS = ("etcd", "chain", MEMBERS)
WITHIN_S = 240.0
READY_WITHIN_S = 150.0
SYNCED_S = 8.0
"""A head of this age is one whose producer's turn was missed, and no older."""
RESET_AFTER = 12
"""Takeovers on one network before a new one: its logs grow, and each question reads them."""


def run(arguments: Sequence[str]) -> int:
    """Measure, append and print; 1 when something broke or a slot was doubled."""
    options = _parser().parse_args(arguments)
    if options.report is not None:
        print(table(read_runs(options.report)))
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sheet = Sheet(options.out)
    wanted = _wanted(options)
    chance = random.Random(options.seed)  # noqa: S311 - no secret
    jobs = [(chance.random(), *one) for one in wanted for _ in range(options.runs)]
    # Causes take turns, so that a bench that is ended early has some of each.
    chance.shuffle(jobs)
    line = Line(jobs)
    with ThreadPoolExecutor(options.networks) as pool:
        try:
            workers = pool.map(lambda number: _work(line, sheet, number), range(options.networks))
            broken = sum(workers)
        finally:
            line.drop()  # who is ended takes down its networks, and begins no more runs
    runs = read_runs(options.out)
    print(table(runs))
    return int(broken > 0 or any(one.doubled for one in runs))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/bench failover", description=__doc__)
    parser.add_argument("--cause", choices=[*CAUSES, "all"], default="all")
    parser.add_argument("--register", choices=[*REGISTERS, "all"], default="all")
    parser.add_argument("--runs", type=int, default=50, help="of each cause and register (50)")
    parser.add_argument("--networks", type=int, default=2, help="side by side (2)")
    parser.add_argument("--seed", type=int, default=1, help="of moments and order (1)")
    parser.add_argument("--out", type=Path, default=Path("takeovers.jsonl"), help="appended to")
    parser.add_argument("--report", type=Path, help="print the table of such a file, and end")
    return parser


def _wanted(options: argparse.Namespace) -> list[tuple[str, str]]:
    registers = REGISTERS if options.register == "all" else (options.register,)
    causes = CAUSES if options.cause == "all" else (options.cause,)
    return [
        (register, cause)
        for register in registers
        for cause in causes
        if (register, cause) != ("chain", PLANNED)  # one of the rows with members
    ]


class Sheet:
    """Where runs are written down, one line each, as they are done."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def add(self, one: Run) -> None:
        """Append; a bench that is killed loses nothing."""
        with self._lock, self._path.open("a", encoding="utf-8") as file:
            file.write(msgspec.json.encode(one).decode() + "\n")
        say(
            f"{one.register} {one.cause}: {one.victim} to {one.successor}"
            f" in {one.takeover_s:.1f} s, lost {one.lost}, doubled {one.doubled}"
        )

    def keep(self, name: str, told: str) -> None:
        """All that a run told that broke, in a file of its own beside the figures."""
        folder = self._path.with_suffix(".broken")
        folder.mkdir(exist_ok=True)
        count = sum(1 for _ in folder.iterdir())
        (folder / f"{count:03}-{name}.txt").write_text(told, encoding="utf-8")


Job = tuple[float, str, str]


class Line:
    """What is still to be done; networks take from it, each only what its register can do."""

    def __init__(self, jobs: list[Job]) -> None:
        self._jobs = jobs
        self._lock = threading.Lock()

    def take(self, register: str | None) -> Job | None:
        """The next job, of this register if one is given."""
        with self._lock:
            for index, job in enumerate(self._jobs):
                if register in (None, job[1]):
                    return self._jobs.pop(index)
        return None

    def drop(self) -> None:
        """Nothing more is to be done."""
        with self._lock:
            self._jobs.clear()


def say(text: str) -> None:
    """To the other output."""
    print(text, file=sys.stderr, flush=True)


def _work(line: Line, sheet: Sheet, number: int) -> int:
    """Runs on one network after another until nothing is left; how many broke."""
    broken = 0
    while (job := line.take(None)) is not None:
        try:
            with _network(job[1]) as cluster:
                for left in reversed(range(RESET_AFTER)):
                    sheet.add(_one(cluster, *job))
                    goes_on = left > 0 and job[1] != "chain"
                    following = line.take(job[1]) if goes_on else None
                    if following is None:
                        break
                    job = following
        except (AssertionError, DevnetError, OSError, psutil.Error) as error:
            broken += 1
            told = str(error)
            say(f"network {number}: a run broke ({job[1]} {job[2]}): {told.splitlines()[0]}")
            sheet.keep(f"{job[1]}-{job[2]}", told)
    return broken


@contextmanager
def _network(register: str) -> Iterator[Cluster]:
    """A network whose keepers are ready; gone when the block ends."""
    directory = Path(tempfile.mkdtemp(prefix="ekb-"))
    options = DevnetOptions(pages=True, keepers=register == "chain")
    try:
        with Devnet.create(directory / "n", options) as devnet:
            devnet.up()
            cluster = LeasedCluster(devnet) if register == "etcd" else Cluster(devnet)
            if register == MEMBERS:
                for name in BPS:
                    _start_keeper(cluster, name, register)
            cluster.wait_ready()
            yield cluster
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _one(cluster: Cluster, draw: float, register: str, cause: str) -> Run:
    """One takeover, measured and repaired."""
    victim = _holder(cluster)
    assert victim is not None, "nobody holds"
    time.sleep(draw * cluster.round_s)
    began_utc = cluster.now_utc_s()
    repair = _strike(cluster, register, cause, victim)
    cluster.wait(
        f"another than {victim} holds", lambda: _holder(cluster) not in {None, victim}, WITHIN_S
    )
    successor = _holder(cluster) or victim
    held_utc = _held_utc(cluster, successor, began_utc)
    first_slot = slot_at(began_utc)
    cluster.wait(
        f"{successor} produces",
        lambda: any(block.slot > first_slot for block in cluster.blocks(successor)),
        2 * cluster.round_s,
    )
    made_slot = next(b.slot for b in cluster.blocks(successor) if b.slot > first_slot)
    end_slot = made_slot
    if cause == PLANNED:
        end_slot = (made_slot // TURN_SLOTS + 1) * TURN_SLOTS
        time.sleep(max(0.0, slot_utc(end_slot) - cluster.now_utc_s() + 1))
    counted = [successor] if cause == "cut" else [*BPS]
    made = {block.slot for name in counted for block in cluster.blocks(name)}
    own_turn = made_slot // TURN_SLOTS % cluster.devnet.options.producers
    producers = cluster.devnet.options.producers
    repair()
    doubled = len(cluster.devnet.oracle.doubled(cluster.devnet.our_producer))
    if register != "chain":
        _await_ready(cluster)
    turn_slots = TURN_SLOTS * producers
    return Run(
        register=register,
        cause=cause,
        at=datetime.fromtimestamp(began_utc, UTC).isoformat(timespec="milliseconds"),
        phase_s=round((first_slot - own_turn * TURN_SLOTS) % turn_slots / 2, 1),
        victim=victim,
        successor=successor,
        takeover_s=round(held_utc - began_utc, 3),
        first_block_s=round(slot_utc(made_slot) - began_utc, 3),
        lost=lost_slots(first_slot, end_slot, own_turn, producers, made),
        doubled=doubled,
        round_s=cluster.round_s,
        load=os.getloadavg()[0],
    )


def _holder(cluster: Cluster) -> str | None:
    if isinstance(cluster, LeasedCluster):
        return cluster.holder()
    holders = [name for name in BPS if cluster.state(name) is State.HOLDER]
    fresh = [name for name in holders if cluster.paused(name) is False]
    return fresh[0] if len(fresh) == 1 else None


def _held_utc(cluster: Cluster, name: str, after_utc: float) -> float:
    """When the keeper of a host journalled that its resume is proven; its page may be first."""

    def found() -> list[float]:
        return [
            event.at.utc_s
            for event in cluster.events(name)
            if isinstance(event, StandingChanged)
            and event.standing.state is State.HOLDER
            and event.at.utc_s > after_utc
        ]

    cluster.wait(f"{name} holds, and its journal says since when", lambda: found() != [], 5.0)
    return found()[0]


Repair = Callable[[], None]


def _start_keeper(cluster: Cluster, name: str, register: str) -> None:
    if isinstance(cluster, LeasedCluster):
        cluster.start_keeper(name)
        return
    guarded = {"guard": guard_table(cluster.devnet.host(name))} if register == MEMBERS else {}
    cluster.devnet.start_keeper(name, guarded)


def _strike(cluster: Cluster, register: str, cause: str, victim: str) -> Repair:
    """Do it; return how it is made good."""
    devnet = cluster.devnet
    match cause:
        case "killed":
            devnet.kill(victim)
            return lambda: devnet.start(victim, pause_on_startup=True)
        case "hung":
            devnet.freeze(victim)
            return lambda: _thaw(cluster, victim)
        case "cut":
            devnet.cut(victim)
            return lambda: devnet.heal(victim)
        case "dead":
            return _die(cluster, register, victim)
        case _:
            return _hand_over(cluster, victim)


def _thaw(cluster: Cluster, name: str) -> None:
    """Start it paused: the fence has killed it; if it has not, the nodeos is continued."""
    devnet = cluster.devnet
    if devnet.host(name).pid is not None:
        devnet.thaw(name)
        time.sleep(3)
    if devnet.host(name).pid is None:
        devnet.start(name, pause_on_startup=True)


def _die(cluster: Cluster, register: str, name: str) -> Repair:
    """All of our processes on the host at once; its cable is pulled first, as a dead host's is."""
    devnet, host = cluster.devnet, cluster.devnet.host(name)
    parts = [pid for part in ("keeper", "nodeos", "etcd") if (pid := host.pid_of(part))]
    if register != "chain":
        parts.append(guard_of(cluster, name).pid)
    devnet.cut(name)
    for pid in parts:
        psutil.Process(pid).send_signal(SIGKILL)

    def repair() -> None:
        devnet.heal(name)
        if isinstance(cluster, LeasedCluster):
            cluster.start_member(name)
        devnet.start(name, pause_on_startup=True)
        _start_keeper(cluster, name, register)

    return repair


def _hand_over(cluster: Cluster, name: str) -> Repair:
    heir = BPS[(BPS.index(name) + 1) % len(BPS)]
    done = cluster.eoskeeper(name, "switchover", "--to", heir, "--yes", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["done"] is True
    return lambda: None


def _await_ready(cluster: Cluster) -> None:
    """One holds, the others stand by and have watched a round."""

    def ready() -> bool:
        holder = _holder(cluster)
        return holder is not None and all(
            _stands_by(cluster, name) for name in BPS if name != holder
        )

    cluster.wait("all are ready again", ready, READY_WITHIN_S)


def _stands_by(cluster: Cluster, name: str) -> bool:
    report = cluster.report(name)
    if report is None or report.state is not State.STANDBY or not has_watched(report):
        return False
    return report.paused is True and report.head_age_s is not None and report.head_age_s < SYNCED_S
