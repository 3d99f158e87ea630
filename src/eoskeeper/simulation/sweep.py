"""Sweep: many seeds on all processors, counted; each seed names one world for good."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from enum import StrEnum

import msgspec

from eoskeeper.simulation.lease_seeds import LEASE_MINUTES, LeaseRun, run_lease_seed
from eoskeeper.simulation.seeds import Verdict, run_seed

__all__ = ["CHAIN_EVERY", "CHAIN_MINUTES", "RegisterKind", "Sums", "judge", "sweep"]

CHAIN_MINUTES = 20.0
"""Of faults where the chain is the register: a takeover waits for two rounds and more."""

CHAIN_EVERY = 4
"""With both registers, every fourth seed is a world of the chain; it takes four times as long."""

CHUNK = 8
"""Seeds that a process takes at once."""


class RegisterKind(StrEnum):
    """Where the worlds keep their lease."""

    CHAIN = "chain"
    ETCD = "etcd"
    BOTH = "both"


class Sums(msgspec.Struct):
    """What a sweep has come to.

    Attributes:
        seeds: that were judged.
        simulated_s: of virtual time in all their worlds.
        resumes: that hosts were given.
        failed: verdicts that did not pass.
    """

    seeds: int = 0
    simulated_s: float = 0.0
    resumes: int = 0
    failed: list[Verdict] = []

    def take(self, verdict: Verdict) -> None:
        """Count one more."""
        self.seeds += 1
        self.simulated_s += verdict.simulated_s
        self.resumes += verdict.resumes
        if not verdict.passed:
            self.failed.append(verdict)


def judge(seed: int, register: RegisterKind, minutes: float | None, *, told: bool) -> Verdict:
    """Make the world of a seed, and judge it.

    Args:
        seed: of the world.
        register: where it keeps its lease; ``both``: the seed itself says.
        minutes: of faults; None: as many as a world of that register needs.
        told: whether the story is wanted also of a world that is safe and live.
    """
    if register is RegisterKind.CHAIN or (
        register is RegisterKind.BOTH and seed % CHAIN_EVERY == 0
    ):
        verdict = run_seed(seed, minutes or CHAIN_MINUTES)
    else:
        verdict = run_lease_seed(seed, LeaseRun(minutes=minutes or LEASE_MINUTES, told=told))
    if verdict.passed and not told:
        return msgspec.structs.replace(verdict, story=())
    return verdict


def sweep(  # noqa: PLR0913, PLR0917 - what to run, and how long
    first: int,
    count: int,
    register: RegisterKind,
    minutes: float | None,
    jobs: int,
    goes_on: Callable[[], bool],
) -> Iterator[Verdict]:
    """Judge seeds from ``first`` on, in no certain order, until ``goes_on`` says no.

    Args:
        first: seed.
        count: seeds at most.
        register: see ``judge``.
        minutes: see ``judge``.
        jobs: processes.
        goes_on: asked before more seeds are begun; what is begun is judged.
    """
    seeds = iter(range(first, first + count, CHUNK))
    with ProcessPoolExecutor(jobs) as pool:
        running: set[Future[list[Verdict]]] = set()

        def begin() -> None:
            chunk = next(seeds, None) if goes_on() else None
            if chunk is not None:
                last = min(chunk + CHUNK, first + count)
                running.add(pool.submit(_judge_all, range(chunk, last), register, minutes))

        for _ in range(jobs * 2):
            begin()
        while running:
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for each in done:
                running.discard(each)
                yield from each.result()
                begin()


def _judge_all(seeds: range, register: RegisterKind, minutes: float | None) -> list[Verdict]:
    return [_judge(seed, register, minutes) for seed in seeds]


def _judge(seed: int, register: RegisterKind, minutes: float | None) -> Verdict:
    try:
        return judge(seed, register, minutes, told=False)
    except Exception as error:
        error.add_note(f"in the world of seed {seed}, register {register}")
        raise
