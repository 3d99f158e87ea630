"""A devnet with keepers, and the questions that the failover scenarios ask it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable

import msgspec

from eoskeeper.devnet.api import ApiError
from eoskeeper.devnet.network import Devnet
from eoskeeper.devnet.oracle import Oracle, ProducedBlock
from eoskeeper.domain.actions import Resume
from eoskeeper.domain.chain_time import slot_at, slot_utc
from eoskeeper.domain.events import ActionDecided, Event
from eoskeeper.domain.report import Report
from eoskeeper.domain.standing import State
from eoskeeper.runtime import clock
from eoskeeper.runtime.control_client import ControlError, call
from eoskeeper.runtime.control_messages import Answer, StatusRequest
from eoskeeper.runtime.journal import JournalReader

BPS = ("a", "b", "c")
TURN_SLOTS = 12
FIRST_STALL_BLOCKS = 20
"""A young chain finalizes nothing for its first half minute; that is a stall like any other."""


class Cluster:
    """Three hosts with keepers on a real network, and the never-two oracle over their logs."""

    def __init__(self, devnet: Devnet) -> None:
        self.devnet = devnet
        self.round_slots = TURN_SLOTS * devnet.options.producers
        self.round_s = self.round_slots / 2

    # --- looking ----------------------------------------------------------------------------

    def report(self, host: str) -> Report | None:
        """Last report of a keeper; None when it does not answer."""
        try:
            response = call(self.devnet.host(host).control_socket, StatusRequest(), 3.0)
        except ControlError:
            return None
        if not isinstance(response, Answer):
            return None
        return msgspec.json.decode(response.payload, type=Report)

    def report_or_fail(self, host: str) -> Report:
        """Last report of a keeper that must be there."""
        report = self.report(host)
        assert report is not None, f"the keeper of {host} does not answer"
        return report

    def state(self, host: str) -> State | None:
        """State of a host's keeper; None when it does not answer."""
        report = self.report(host)
        return None if report is None else report.state

    def events(self, host: str) -> list[Event]:
        """The journal of a host."""
        path = self.devnet.host(host).keeper_state / "journal"
        reader: JournalReader[Event] = JournalReader(path, Event)
        return list(reader.read())

    def resumes(self, host: str) -> list[ActionDecided]:
        """Every resume that a host's journal holds."""
        return [
            event
            for event in self.events(host)
            if isinstance(event, ActionDecided) and isinstance(event.action, Resume)
        ]

    def blocks(self, host: str) -> list[ProducedBlock]:
        """What a host logged as produced for our account."""
        log = self.devnet.host(host).nodeos_log
        if "Produced block" not in log.read_text(errors="replace"):
            return []
        return Oracle({host: log}).produced(self.devnet.our_producer)

    def paused(self, host: str) -> object:
        """What nodeos itself says; None while it does not answer.

        A node that is restarted in our own turn is held by the turn gate and answers after it.
        """
        try:
            return self.devnet.call(host, "/v1/producer/paused", timeout_s=3)
        except ApiError:
            return None

    def sleep_into_own_turn(self, seconds: float) -> None:
        """Sleep until so many seconds after the begin of the next own turn, learnt from blocks."""
        producers = self.devnet.options.producers
        own = self.blocks("a")[0].slot // TURN_SLOTS % producers
        now = clock.read().utc_s
        turn = slot_at(now) // TURN_SLOTS + 1
        turn += (own - turn) % producers
        time.sleep(max(0.0, slot_utc(turn * TURN_SLOTS) + seconds - now))

    def now_utc_s(self) -> float:
        """UTC seconds now."""
        return clock.read().utc_s

    def now_slot(self) -> int:
        """The slot in which we are."""
        return slot_at(self.now_utc_s())

    # --- waiting ----------------------------------------------------------------------------

    def wait(self, what: str, condition: Callable[[], bool], timeout_s: float) -> None:
        """Wait for a condition, and tell what every keeper said when it does not come."""
        deadline = time.perf_counter() + timeout_s
        while time.perf_counter() < deadline:
            if condition():
                return
            time.sleep(0.25)
        message = f"not within {timeout_s:g} s: {what}\n{self.account()}"
        raise AssertionError(message)

    def wait_state(self, host: str, state: State, timeout_s: float) -> None:
        """Wait until a keeper is in a state."""
        self.wait(f"{host} is {state}", lambda: self.state(host) is state, timeout_s)

    def wait_ready(self) -> None:
        """a holds, b and c stand by with a whole round seen."""
        self.wait_state("a", State.HOLDER, 60)
        for host in ("b", "c"):
            self.wait_state(host, State.STANDBY, 60)
        self.wait("a round was watched", self._watched, 60)

    def _watched(self) -> bool:
        reports = [self.report(host) for host in ("b", "c")]
        return all(
            report is not None
            and (report.irreversible_number or 0) > FIRST_STALL_BLOCKS
            and has_watched(report)
            for report in reports
        )

    def sleep_rounds(self, rounds: float) -> None:
        """Let the chain go on."""
        time.sleep(rounds * self.round_s)

    # --- judging ----------------------------------------------------------------------------

    def account(self) -> str:
        """What every keeper logged, for a failing test."""
        parts = [f"--- keeper {h}\n{self.devnet.keeper_log(h)[-4000:]}" for h in (*BPS, "f")]
        return "\n".join(parts)

    def assert_never_two(self) -> None:
        """No slot and no height of ours was produced by two hosts, by the hosts' own logs."""
        doubled = self.devnet.oracle.doubled(self.devnet.our_producer)
        assert not doubled, f"{len(doubled)} doubled: {doubled[:4]}\n{self.account()}"

    def assert_every_resume_had_a_permit(self) -> None:
        """Each host that produced, apart from the first, had journalled a permit before."""
        for host in ("b", "c"):
            blocks = self.blocks(host)
            if not blocks:
                continue
            permits = self.resumes(host)
            assert permits, f"{host} produced without a journalled resume\n{self.account()}"
            first = permits[0].action
            assert isinstance(first, Resume)
            assert first.permit.not_before_slot <= blocks[0].slot
            assert all(condition.met == "yes" for condition in first.permit.conditions)

    def eoskeeper(self, host: str, *words: str) -> subprocess.CompletedProcess[str]:
        """Run the command line as the operator of a host would."""
        target = self.devnet.host(host)
        command = [
            *target.enter,
            sys.executable,
            "-m",
            "eoskeeper",
            *words,
            "-c",
            str(target.config),
        ]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


def has_watched(report: Report) -> bool:
    """The keeper has seen a whole round since its start."""
    return any(c.name == "watched_a_round" and c.met == "yes" for c in report.conditions)


def empty_turns_between(last: ProducedBlock, first: ProducedBlock, producers: int) -> int:
    """Whole own turns between the last block of one host and the first of the next."""
    return (first.slot // TURN_SLOTS - last.slot // TURN_SLOTS) // producers - 1
