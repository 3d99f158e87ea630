"""The primitives on real processes: they hit exactly the one that was seen, and prove it."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from eoskeeper.guard import cgroup, hold
from eoskeeper.guard.clock import boot_s
from eoskeeper.guard.hold import Held, Step
from eoskeeper.guard.process import Life, find_listeners, read_life, thread_states
from tests.contract.guard.bench import Bench, soon


def held_of(pid: int) -> Held:
    """A process, held."""
    life = read_life(pid)
    assert life is not None
    held = hold.take(life)
    assert isinstance(held, Held)
    return held


def test_a_listener_is_found_by_its_port(place: Bench) -> None:
    """Whoever holds the socket, and nobody on a port where nobody listens."""
    node = place.node()
    assert [life.pid for life in find_listeners(f"127.0.0.1:{place.port}")] == [node.pid]
    assert find_listeners("127.0.0.1:1") == ()


def test_a_stop_is_proven_of_every_thread(place: Bench) -> None:
    """And what was stopped goes on only by a thaw with a permit."""
    held = held_of(place.node().pid)
    assert len(thread_states(held.life.pid)) > 1
    assert not hold.is_stopped(held)
    assert hold.stop(held, boot_s() + 1, boot_s).proven
    assert set(thread_states(held.life.pid).values()) == {"T"}
    with pytest.raises(ValueError, match="permit"):
        hold.thaw(held, "")
    assert hold.thaw(held, "a test").proven
    soon(lambda: not hold.is_stopped(held))
    held.let_go()


def test_our_stop_is_told_from_anybody_elses(place: Bench) -> None:
    """By a mark in the kernel that every guard and keeper sees, and that a SIGCONT wipes off."""
    node = place.node()
    held = held_of(node.pid)
    node.send_signal(signal.SIGSTOP)
    soon(lambda: hold.is_stopped(held))
    hold.leave_sigterm(held)
    assert not hold.is_ours(held)
    hold.mark(held)
    assert hold.is_ours(held)
    again = held_of(node.pid)
    assert hold.is_ours(again)
    assert hold.is_stopped(again)
    hold.kill(held, boot_s() + 2, boot_s)
    again.let_go()
    held.let_go()


def test_the_mark_does_not_stop_a_process_again(place: Bench) -> None:
    """A stop that waits is taken back by the SIGCONT that comes after it."""
    held = held_of(place.node().pid)
    assert hold.stop(held, boot_s() + 1, boot_s).proven
    hold.mark(held)
    assert hold.thaw(held, "a test").proven
    soon(lambda: not hold.is_stopped(held))
    assert not hold.is_ours(held)
    time.sleep(0.2)
    assert not hold.is_stopped(held)
    held.let_go()


def test_a_kill_is_proven_by_the_end(place: Bench) -> None:
    """Also of a stopped one."""
    node = place.node()
    held = held_of(node.pid)
    hold.stop(held, boot_s() + 1, boot_s)
    assert hold.kill(held, boot_s() + 2, boot_s) == Step(proven=True, detail="killed and gone")
    assert node.wait(1) == -signal.SIGKILL
    assert hold.is_gone(held)
    held.let_go()


def test_a_reused_number_is_never_hit(place: Bench) -> None:
    """Neither one that was taken over before the look, nor one after it."""
    node = place.node()
    life = read_life(node.pid)
    assert life is not None
    earlier = Life(life.pid, life.started_ticks - 1)
    assert isinstance(hold.take(earlier), Step)
    held = held_of(node.pid)
    node.kill()
    node.wait()
    with child_with(node.pid) as child:
        assert hold.kill(held, boot_s(), boot_s) == Step(proven=True, detail="gone")
        assert hold.stop(held, boot_s(), boot_s) == Step(proven=True, detail="gone")
        assert child.wait(5) == 0
    held.let_go()


@contextmanager
def child_with(pid: int) -> Iterator[subprocess.Popen[bytes]]:
    """A child that ends well if it is left alone, with that number where we may choose it."""
    with suppress(OSError):
        Path("/proc/sys/kernel/ns_last_pid").write_text(str(pid - 1), encoding="ascii")
    with subprocess.Popen(["sleep", "0.3"]) as child:
        yield child


@pytest.fixture
def group(place: Bench) -> Iterator[Path]:
    """A control group of version 2 of its own, or a loud skip."""
    mounts = Path("/proc/self/mountinfo").read_text("utf-8").splitlines()
    roots = [line.split()[4] for line in mounts if " - cgroup2 " in line]
    path = Path(roots[0] if roots else "/nowhere", f"eoskeeper-test-{os.getpid()}")
    try:
        path.mkdir()
    except OSError as error:
        pytest.skip(f"NO CGROUP V2 THAT WE MAY WRITE, so the freeze is not tested: {error}")
    yield path
    (path / "cgroup.freeze").write_text("0", encoding="ascii")
    place.end()
    soon(lambda: "populated 0" in (path / "cgroup.events").read_text("ascii"))
    path.rmdir()


def test_a_group_of_its_own_is_frozen(place: Bench, group: Path) -> None:
    """Proven by the kernel's word; thawed only with a permit."""
    node = place.node()
    held = held_of(node.pid)
    (group / "cgroup.procs").write_text(str(node.pid), encoding="ascii")
    assert cgroup.freeze(held, boot_s() + 1, boot_s).proven
    time.sleep(0.1)
    frozen = place.blocks()
    time.sleep(0.2)
    assert place.blocks() == frozen
    with pytest.raises(ValueError, match="permit"):
        cgroup.thaw_group(str(group), " ")
    assert cgroup.thaw_group(str(group), "a test").proven
    held.let_go()


def test_a_group_with_a_stranger_is_never_frozen(place: Bench, group: Path) -> None:
    """Two nodes in one group, or a node beside another service."""
    node = place.node()
    stranger = place.guard("--check")
    for pid in (node.pid, stranger.pid):
        stranger.send_signal(signal.SIGSTOP)
        (group / "cgroup.procs").write_text(str(pid), encoding="ascii")
    held = held_of(node.pid)
    step = cgroup.freeze(held, boot_s() + 1, boot_s)
    assert not step.proven
    assert "holds others" in step.detail
    assert not cgroup.is_frozen(str(group))
    held.let_go()
