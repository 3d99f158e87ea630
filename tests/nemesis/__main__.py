"""`scripts/nemesis`: a real network, random faults for some minutes, and a verdict."""

from __future__ import annotations

import argparse
import shutil
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import takewhile
from pathlib import Path
from secrets import randbelow

from eoskeeper.devnet import namespaces
from eoskeeper.devnet.clock import monotonic_s
from eoskeeper.devnet.errors import DevnetError
from eoskeeper.devnet.network import Devnet
from eoskeeper.devnet.plan import DevnetOptions
from tests.integration.conftest import keep_logs
from tests.integration.leased import LeasedCluster
from tests.integration.truth import Truth
from tests.nemesis.faults import Struck, must_not_meet
from tests.nemesis.field import Field, SomethingElseError, Undo
from tests.nemesis.judge import Tally, takeovers, violations
from tests.nemesis.plan import Blow, Step, steps

LIVE_WITHIN_S = 120.0
"""After everything is healed: a nodeos reads its state, a round is watched, L and W pass, and the
own turn comes; the operator's thaw before all that."""

HOLDS_WITHIN_S = 90.0
SEEDS = 1_000_000


def main() -> int:
    """Parse, run, tell; 0 when nothing was found, 1 when something was, 2 when it cannot run."""
    parser = argparse.ArgumentParser(prog="scripts/nemesis", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="of faults (10)")
    parser.add_argument("--seed", type=int, help="of the order of faults (a fresh one)")
    parser.add_argument(
        "--out", type=Path, help="folder for the logs of a run that found something"
    )
    parser.add_argument("--list", type=int, metavar="N", help="print the first N steps of the seed")
    chosen = parser.parse_args()
    seed = randbelow(SEEDS) if chosen.seed is None else chosen.seed
    if chosen.list:
        for number, step in zip(range(chosen.list), steps(seed), strict=False):
            tell(f"{number:3} {describe(step)}")
        return 0
    if not namespaces.can_use_namespaces() or shutil.which("nft") is None:
        tell("scripts/nemesis: NOT RUN: it needs root, network namespaces and nft (nftables)")
        return 2
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(143))
    tell(f"seed {seed}, {chosen.minutes:g} minutes of faults")
    directory = Path(tempfile.mkdtemp(prefix="ekn-"))
    try:
        with Devnet.create(directory / "n", DevnetOptions(pages=True)) as devnet:
            devnet.up()
            found = run(Nemesis(LeasedCluster(devnet)), seed, chosen.minutes)
            if found:
                out = chosen.out or Path(tempfile.mkdtemp(prefix=f"nemesis-{seed}-"))
                keep_logs(devnet, out)
                tell(f"seed {seed}: FOUND; logs in {out}", *found)
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    return int(bool(found))


def tell(*texts: str) -> None:
    """Say it at once, also into a file."""
    for text in texts:
        sys.stdout.write(text + "\n")
    sys.stdout.flush()


def describe(step: Step) -> str:
    """A step in one line, before it is known whom it strikes."""
    return f"after {step.rest_s:.1f} s: " + "; ".join(
        f"at {blow.begin_s:.1f} s {blow.fault.part} of {blow.fault.target} "
        f"{blow.fault.deed} for {blow.lasts_s:.1f} s"
        for blow in step.blows
    )


class Nemesis:
    """Runs the steps, and tells what it does with the seconds since it began."""

    def __init__(self, cluster: LeasedCluster) -> None:
        self.cluster = cluster
        self.field = Field(cluster)
        self.tally = Tally()
        self._began_s = monotonic_s()

    @property
    def elapsed_s(self) -> float:
        """Seconds since the network was ready."""
        return monotonic_s() - self._began_s

    def begin(self) -> None:
        """Wait until a holds and the others stand by."""
        self.cluster.wait_held("a", HOLDS_WITHIN_S)
        self.cluster.wait_ready()
        self._began_s = monotonic_s()

    def say(self, text: str) -> None:
        """A line of the account."""
        tell(f"{self.elapsed_s:7.1f} s  {text}")

    def play(self, step: Step) -> list[str]:
        """One step, its healing and its verdict; what was found."""
        time.sleep(step.rest_s)
        undos: list[tuple[float, str, Undo]] = []
        began_s = monotonic_s()
        struck: list[Struck] = []
        for blow in step.blows:
            _sleep_until(began_s + blow.begin_s, undos, self.say)
            undone = self._strike(blow, step.choice, struck)
            if undone is not None:
                undos.append((monotonic_s() + blow.lasts_s, undone[0], undone[1]))
        while undos:
            _sleep_until(min(undos, key=_at)[0], undos, self.say)
        return self._heal()

    def _strike(self, blow: Blow, choice: float, struck: list[Struck]) -> tuple[str, Undo] | None:
        fault = blow.fault
        one = Struck(self.field.whom(fault.target, choice), fault.part, fault.deed)
        name = f"{one.part} of {one.host} {one.deed}"
        why = next(filter(None, (must_not_meet(one, other) for other in struck)), "")
        if why:
            self.say(f"not done: {name}: {why}")
            return None
        try:
            undo = self.field.strike(one, fault)
        except SomethingElseError as error:
            self.say(f"not done: {name}: {str(error).splitlines()[0]}")
            return None
        struck.append(one)
        holds = "which held" if one.host == self.field.last_holder else "a standby"
        self.say(f"{name} ({holds}), for {blow.lasts_s:.1f} s")
        self.tally.count(f"{one.part} {one.deed}")
        return name, undo

    def _heal(self) -> list[str]:
        """End everything, wait for a producer, judge."""
        self.tally.steps += 1
        recovered = self.field.recover(LIVE_WITHIN_S)
        found = violations(self.cluster)
        if recovered is None:
            return [*found, f"nobody produces {LIVE_WITHIN_S:g} s after all is healed"]
        took_s, holder = recovered
        self.tally.recovered_s.append(took_s)
        self.say(f"{holder} holds and has produced, {took_s:.1f} s after all was healed")
        return found


def _at(undo: tuple[float, str, Undo]) -> float:
    return undo[0]


def _sleep_until(
    moment_s: float, undos: list[tuple[float, str, Undo]], say: Callable[[str], None]
) -> None:
    """Sleep, and undo meanwhile what is over."""
    for due in sorted(undos, key=_at):
        if due[0] > moment_s:
            break
        time.sleep(max(0.0, due[0] - monotonic_s()))
        due[2]()
        undos.remove(due)
        say(f"over: {due[1]}")
    time.sleep(max(0.0, moment_s - monotonic_s()))


def run(nemesis: Nemesis, seed: int, minutes: float) -> list[str]:
    """Play steps until the time is over; what was found."""
    found: list[str] = []
    nemesis.begin()
    begin_utc = nemesis.cluster.now_utc_s()
    for step in takewhile(lambda _: nemesis.elapsed_s < minutes * 60, steps(seed)):
        found = nemesis.play(step)
        if found:
            tell(nemesis.cluster.account())
            break
    try:
        _count_lost(nemesis, begin_utc)
    except DevnetError as error:
        tell(f"own slots were not counted: {error}")
    report(nemesis)
    return found


def _count_lost(nemesis: Nemesis, begin_utc: float) -> None:
    """Own slots without an irreversible block, of the turns that are over."""
    truth = Truth(nemesis.cluster.devnet)
    for turn in truth.turns(begin_utc, nemesis.cluster.now_utc_s()):
        if truth.producer(turn) == truth.ours:
            nemesis.tally.own_slots += 12
            nemesis.tally.lost += truth.cells(turn).count("m")


def report(nemesis: Nemesis) -> None:
    """The table at the end."""
    tally = nemesis.tally
    tell("", "faults:", *(f"  {n:3}  {name}" for name, n in sorted(tally.faults.items())))
    took = tally.recovered_s or [0.0]
    doubled = nemesis.cluster.devnet.oracle.doubled(nemesis.cluster.devnet.our_producer)
    tell(
        f"{tally.steps} steps, {sum(tally.faults.values())} faults; production moved"
        f" {takeovers(nemesis.cluster)} times",
        f"one produces again after all is healed: median {statistics.median(took):.1f} s,"
        f" longest {max(took):.1f} s (bound {LIVE_WITHIN_S:g} s)",
        f"own slots {tally.own_slots}, without a block {tally.lost}, doubled {len(doubled)}",
    )


if __name__ == "__main__":
    sys.exit(main())
