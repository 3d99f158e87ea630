"""The main job on real nodeos processes: the primary fails in every way, and never two produce."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

import pytest

from eoskeeper.domain.chain_time import slot_utc
from eoskeeper.domain.events import Advised, StandingChanged
from eoskeeper.domain.standing import State
from eoskeeper.runtime import clock
from tests.integration.cluster import Cluster, empty_turns_between

pytestmark = [pytest.mark.devnet, pytest.mark.timeout(600)]

StartCluster = Callable[..., Cluster]

TAKEOVER_S = 110.0
"""A little more than four rounds of 24 s: two empty own turns may begin up to a round later."""


def _fence_of(cluster: Cluster, host: str, after_utc: float) -> StandingChanged:
    """The first time since ``after_utc`` that a fence of a host was proven."""
    for event in cluster.events(host):
        if (
            isinstance(event, StandingChanged)
            and event.before is State.FENCING
            and event.at.utc_s > after_utc
        ):
            return event
    message = f"{host} was never fenced\n{cluster.account()}"
    raise AssertionError(message)


def test_each_standby_takes_over_after_its_own_number_of_empty_turns(
    start_cluster: StartCluster,
) -> None:
    """kill -9 of a: b begins in the third own turn; b killed too: c after its seven."""
    cluster = start_cluster()
    cluster.wait_ready()
    cluster.devnet.kill("a")
    cluster.wait("b produces", lambda: bool(cluster.blocks("b")), TAKEOVER_S)
    last_of_a, first_of_b = cluster.blocks("a")[-1], cluster.blocks("b")[0]
    assert empty_turns_between(last_of_a, first_of_b, 4) == 2
    assert first_of_b.slot % 12 == 0, "b began with the first slot of its turn"
    assert cluster.state("c") is State.STANDBY
    assert cluster.paused("c") is True
    cluster.sleep_rounds(1)
    cluster.devnet.kill("b")
    cluster.wait("c produces", lambda: bool(cluster.blocks("c")), 10 * 24.0)
    last_of_b, first_of_c = cluster.blocks("b")[-1], cluster.blocks("c")[0]
    assert empty_turns_between(last_of_b, first_of_c, 4) == 7
    cluster.sleep_rounds(1)
    cluster.assert_never_two()
    cluster.assert_every_resume_had_a_permit()


def test_a_primary_that_returns_unpaused_never_produces_beside_the_standby(
    start_cluster: StartCluster,
) -> None:
    """Restarted eight times without pause-on-startup, at all phases of the round."""
    cluster = start_cluster()
    cluster.wait_ready()
    cluster.devnet.kill("a")
    cluster.wait("b produces", lambda: bool(cluster.blocks("b")), TAKEOVER_S)
    for phase in range(8):
        time.sleep(3.0 * phase % cluster.round_s / 3)
        cluster.devnet.start("a", pause_on_startup=False)
        cluster.wait("a is paused", lambda: cluster.paused("a") is True, 30)
        cluster.wait_state("a", State.STANDBY, 30)
        time.sleep(4.0)
        cluster.devnet.kill("a")
        time.sleep(1.0)
    cluster.devnet.start("a", pause_on_startup=False)
    cluster.sleep_rounds(2)
    assert cluster.state("b") is State.HOLDER
    assert cluster.state("a") is State.STANDBY
    cluster.assert_never_two()
    cluster.assert_every_resume_had_a_permit()


def test_a_primary_that_is_cut_off_stops_before_the_standby_begins(
    start_cluster: StartCluster,
) -> None:
    """Cut for three rounds: a fences itself because it is alone; healed: b goes on alone."""
    cluster = start_cluster()
    cluster.wait_ready()
    cut_utc = clock.read().utc_s
    cluster.devnet.cut("a")
    cluster.wait("b produces", lambda: bool(cluster.blocks("b")), TAKEOVER_S)
    first_of_b = cluster.blocks("b")[0]
    fenced = _fence_of(cluster, "a", cut_utc)
    assert fenced.at.utc_s < cut_utc + 30 + 6 + 4, "isolation_s, an own turn, time for the proof"
    assert fenced.at.utc_s < slot_utc(first_of_b.slot) - 1
    time.sleep(max(0.0, cut_utc + 3 * cluster.round_s - clock.read().utc_s))
    cluster.devnet.heal("a")
    cluster.sleep_rounds(2)
    assert cluster.state("b") is State.HOLDER
    cluster.assert_never_two()
    cluster.assert_every_resume_had_a_permit()


def test_a_primary_whose_blocks_nobody_hears_fences_before_the_third_own_turn(
    start_cluster: StartCluster,
) -> None:
    """The line is cut one way: a hears everyone, and none of its blocks stays."""
    cluster = start_cluster()
    cluster.wait_ready()
    cut_utc = clock.read().utc_s
    cluster.devnet.cut("a", one_way=True)
    cluster.wait("b produces", lambda: bool(cluster.blocks("b")), TAKEOVER_S)
    first_of_b = cluster.blocks("b")[0]
    fenced = _fence_of(cluster, "a", cut_utc)
    assert fenced.at.utc_s < slot_utc(first_of_b.slot) - 1
    assert cluster.state("a") in {State.LAPSED, State.STANDBY}
    cluster.devnet.heal("a")
    cluster.sleep_rounds(2)
    assert cluster.state("b") is State.HOLDER
    cluster.assert_never_two()


def test_a_primary_that_somebody_stopped_is_ended_before_another_produces(
    start_cluster: StartCluster,
) -> None:
    """SIGSTOP in the middle of an own turn, and nobody knows when the SIGCONT comes.

    Pauses that wait for it would come one block too late, and so may a SIGTERM.
    """
    cluster = start_cluster()
    cluster.wait_ready()
    cluster.sleep_into_own_turn(2.0)
    frozen_utc = clock.read().utc_s
    cluster.devnet.freeze("a")
    cluster.wait("nodeos of a ends", lambda: cluster.devnet.host("a").pid is None, TAKEOVER_S)
    assert not cluster.blocks("b")
    cluster.wait("b produces", lambda: bool(cluster.blocks("b")), TAKEOVER_S)
    time.sleep(max(0.0, frozen_utc + 3 * cluster.round_s - clock.read().utc_s))
    cluster.devnet.start("a", pause_on_startup=False)
    cluster.wait_state("a", State.STANDBY, 30)
    cluster.sleep_rounds(2)
    assert cluster.state("b") is State.HOLDER
    assert cluster.paused("a") is True
    cluster.assert_never_two()


def test_a_short_freeze_costs_blocks_but_does_not_move_production(
    start_cluster: StartCluster,
) -> None:
    """SIGSTOP for half a round: a's lease holds, it goes on by itself, and b does not move."""
    cluster = start_cluster()
    cluster.wait_ready()
    cluster.sleep_into_own_turn(7.0)
    cluster.devnet.freeze("a")
    time.sleep(cluster.round_s / 2)
    cluster.devnet.thaw("a")
    cluster.sleep_rounds(2.5)
    assert cluster.state("a") is State.HOLDER
    assert not cluster.blocks("b")
    cluster.assert_never_two()


def test_nobody_takes_over_when_the_producer_has_left_the_schedule(
    start_cluster: StartCluster,
) -> None:
    """Voted out: no block of ours for four rounds, no resume, and `explain` says why."""
    cluster = start_cluster()
    cluster.wait_ready()
    others = cluster.devnet.other_producers
    cluster.devnet.set_schedule(others)
    cluster.wait(
        "b sees the schedule",
        lambda: (report := cluster.report("b")) is not None and report.in_schedule is False,
        60,
    )
    cluster.sleep_rounds(4)
    for host in ("b", "c"):
        assert cluster.state(host) is State.STANDBY
        assert not cluster.resumes(host)
    told = cluster.eoskeeper("b", "explain")
    assert told.returncode == 1
    assert "in_schedule" in told.stdout.splitlines()[-1]
    assert "not in it" in told.stdout
    cluster.assert_never_two()


def test_a_keeper_killed_in_the_middle_of_a_takeover_goes_on_after_its_restart(
    start_cluster: StartCluster,
) -> None:
    """kill -9 of b's keeper as soon as it has journalled its resume; it must end as the holder."""
    cluster = start_cluster()
    cluster.wait_ready()
    cluster.devnet.kill("a")
    cluster.wait("b resumes", lambda: bool(cluster.resumes("b")), TAKEOVER_S)
    time.sleep(time.perf_counter() % 0.1)
    cluster.devnet.kill_keeper("b", signal.SIGKILL)
    time.sleep(0.2)
    cluster.devnet.start_keeper("b")
    cluster.wait_state("b", State.HOLDER, 30)
    cluster.wait("b produces", lambda: bool(cluster.blocks("b")), 30)
    cluster.sleep_rounds(1)
    assert cluster.state("b") is State.HOLDER
    cluster.assert_never_two()
    cluster.assert_every_resume_had_a_permit()


def test_in_advise_mode_the_standby_tells_what_it_would_do_and_does_nothing(
    start_cluster: StartCluster,
) -> None:
    """b advises: it says when it would have taken over, and c, in auto, does at its own number."""
    cluster = start_cluster({"b": {"failover": {"mode": "advise"}}})
    cluster.wait_ready()
    cluster.devnet.kill("a")
    cluster.wait(
        "b advises",
        lambda: any(isinstance(event, Advised) for event in cluster.events("b")),
        TAKEOVER_S,
    )
    cluster.sleep_rounds(1.5)
    assert not cluster.blocks("b")
    assert not cluster.resumes("b")
    assert cluster.paused("b") is True


def test_production_is_given_back_by_hand_without_a_doubled_block(
    start_cluster: StartCluster,
) -> None:
    """`pause` on b and `resume` on a: refused while b's blocks are fresh, done in the gap after."""
    cluster = start_cluster()
    cluster.wait_ready()
    cluster.devnet.kill("a")
    cluster.wait("b produces", lambda: len(cluster.blocks("b")) >= 12, TAKEOVER_S)
    cluster.devnet.start("a", pause_on_startup=True)
    cluster.wait_state("a", State.STANDBY, 60)
    refused = cluster.eoskeeper("a", "resume")
    assert refused.returncode == 1
    assert "not safe" in refused.stderr
    assert cluster.eoskeeper("b", "pause").returncode == 0
    cluster.wait_state("b", State.HELD, 20)
    assert cluster.eoskeeper("a", "resume").returncode == 1, "b's word is not enough without ours"
    given = cluster.eoskeeper("a", "resume", "--wait", "80", "--others-paused")
    assert given.returncode == 0, given.stderr + cluster.account()
    cluster.wait_state("a", State.HOLDER, 20)
    before = len(cluster.blocks("a"))
    cluster.wait("a produces", lambda: len(cluster.blocks("a")) >= before + 12, 60)
    assert cluster.state("b") is State.HELD
    cluster.assert_never_two()
