"""The guard as a real process: whoever is killed or stopped, nodeos is proven stopped in time."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from eoskeeper.guard.clock import boot_s
from eoskeeper.guard.process import find_listeners, read_state
from eoskeeper.guard.settings import worst_time_s
from tests.contract.guard.bench import Bench, Client, soon

RSS_LIMIT_KIB = 20 * 1024


def test_it_fences_when_the_deadline_passes(place: Bench) -> None:
    """Nobody extended: the pause is acknowledged, drained, read back, and written down."""
    place.node()
    place.guard()
    client = place.client()
    armed = client.arm(0.8)
    assert (armed["ok"], armed["can_hold"]) == (True, True)
    result = place.result()
    assert (result["proven"], result["how"]) == (True, "pause")
    assert result["ended_s"] - armed["until_s"] < worst_time_s(place.settings())
    assert [entry["entry"] for entry in place.record()] == ["armed", "intent", "result"]
    assert place.blocks()[-1] < result["ended_s"]
    assert client.ask(op="status")["phase"] == "fenced"
    assert client.events[0]["event"] == "fenced"


def test_extensions_keep_it_quiet_and_a_late_one_is_refused(place: Bench) -> None:
    """Only confirmed evidence in time moves the deadline; late means fenced."""
    place.node()
    place.guard()
    client = place.client()
    client.arm(0.6)
    for _ in range(6):
        time.sleep(0.2)
        assert client.extend(0.6)["ok"]
    assert place.blocks()[-1] > boot_s() - 0.3
    time.sleep(0.7)
    late = client.extend(5)
    assert not late["ok"]
    assert "too late" in late["refused"]
    assert not client.arm(5, term=1)["ok"]
    assert client.arm(5, term=2)["ok"]


@pytest.mark.parametrize(
    ("behaviour", "how"), [("honest", "pause"), ("hangs", "freeze"), ("lies", "freeze")]
)
def test_it_climbs_until_one_rung_is_proven(place: Bench, behaviour: str, how: str) -> None:
    """A node that hangs or lies is stopped by the kernel, with SIGTERM waiting for it."""
    node = place.node(behaviour)
    place.guard()
    armed = place.client().arm(0.8)
    assert armed["ok"], armed
    result = place.result()
    assert (result["proven"], result["how"]) == (True, how), result
    assert result["ended_s"] - armed["until_s"] < worst_time_s(place.settings())
    time.sleep(0.3)
    assert place.blocks()[-1] < result["ended_s"]
    if how == "freeze":
        node.send_signal(signal.SIGCONT)
        assert node.wait(5) == -signal.SIGTERM


def test_where_a_resume_may_still_come_a_pause_that_is_proven_is_not_enough(place: Bench) -> None:
    """Mode *freeze*: the pause is taken and proven, and nodeos is stopped all the same."""
    node = place.node()
    place.guard()
    assert place.client().arm(0.8, mode="freeze")["ok"]
    result = place.result()
    assert (result["proven"], result["how"]) == (True, "freeze"), result
    paused = next(rung for rung in result["rungs"] if rung["name"] == "pause")
    assert paused["result"] == "unproven"
    assert "a resume may still come" in paused["detail"]
    node.send_signal(signal.SIGCONT)
    assert node.wait(5) == -signal.SIGTERM


def test_a_guard_that_was_stopped_fences_as_soon_as_it_goes_on(place: Bench) -> None:
    """The window is one tick and K; the extension that waited for it is refused."""
    place.node()
    guard = place.guard()
    client = place.client()
    client.arm(0.8)
    guard.send_signal(signal.SIGSTOP)
    time.sleep(1.3)
    client_too_late = Client(place.socket)
    continued_s = boot_s()
    guard.send_signal(signal.SIGCONT)
    assert not client_too_late.extend(5)["ok"]
    client_too_late.close()
    result = place.result()
    assert result["proven"]
    assert result["ended_s"] - continued_s < worst_time_s(place.settings())


def test_a_guard_that_was_killed_goes_on_with_its_deadline(place: Bench) -> None:
    """Started again, by systemd or the keeper, it needs nobody to tell it."""
    place.node()
    guard = place.guard()
    place.client().arm(1.0)
    guard.kill()
    guard.wait()
    place.guard()
    assert place.result()["how"] == "pause"
    time.sleep(0.2)
    assert place.blocks()[-1] < place.result()["ended_s"]


def test_a_keeper_that_is_stopped_does_not_keep_its_node(place: Bench) -> None:
    """A real keeper's process, stopped for longer than the deadline."""
    place.node()
    place.guard()
    order = {"op": "arm", "term": 1, "until_boot_s": boot_s() + 0.8}
    script = (
        "import socket,time\n"
        f"s=socket.socket(socket.AF_UNIX); s.connect({str(place.socket)!r})\n"
        f"s.sendall({json.dumps(order)!r}.encode()+b'\\n'); print(s.recv(9999), flush=True)\n"
        "time.sleep(60)"
    )
    with subprocess.Popen(["python3", "-c", script], stdout=subprocess.PIPE) as keeper:
        assert keeper.stdout is not None
        keeper.stdout.readline()
        keeper.send_signal(signal.SIGSTOP)
        assert place.result()["proven"]
        keeper.kill()


def test_a_node_that_restarts_unpaused_while_fenced_is_fenced_again(place: Bench) -> None:
    """A restart forgets the pause; nobody may have to tell the guard."""
    node = place.node()
    place.guard()
    place.client().arm(0.8)
    place.result()
    node.kill()
    node.wait()
    place.node()
    soon(lambda: len([one for one in place.record() if one["entry"] == "result"]) > 1)
    soon(lambda: place.blocks()[-1] < boot_s() - 0.5)


def test_a_resume_behind_its_back_is_fenced_again(place: Bench) -> None:
    """Whoever sent it: there is no permit."""
    place.node()
    place.guard()
    client = place.client()
    client.arm(0.8)
    place.result()
    with socket.create_connection(("127.0.0.1", place.port)) as line:
        line.sendall(b"POST /v1/producer/resume HTTP/1.0\r\n\r\n")
        line.recv(999)
    resumed_s = boot_s()
    time.sleep(1.5)
    assert place.blocks()[-1] < resumed_s + 0.7


@pytest.mark.parametrize(("kill", "how"), [("last", "kill"), ("never", "")])
def test_a_node_that_somebody_else_stopped_is_not_taken_for_stopped(
    place: Bench, kill: str, how: str
) -> None:
    """Whoever stopped it may continue it: it is killed, or nothing is proven."""
    node = place.node()
    place.guard(kill=kill)
    assert place.client().arm(0.8)["ok"]
    node.send_signal(signal.SIGSTOP)
    result = place.result()
    assert (result["proven"], result["how"]) == (bool(how), how), result
    detail = next(rung["detail"] for rung in result["rungs"] if rung["name"] == "freeze")
    assert "somebody else had stopped it" in detail
    assert (node.poll() is None) is (kill == "never")
    node.send_signal(signal.SIGCONT)


def test_somebody_elses_sigcont_does_not_thaw_for_long(place: Bench) -> None:
    """A node that ignores SIGTERM is stopped again; only a thaw with a permit sets it free."""
    node = place.node("deaf")
    (place.folder / "hang").touch()
    place.guard()
    client = place.client()
    client.arm(0.8)
    assert place.result()["how"] == "freeze"
    node.send_signal(signal.SIGCONT)
    soon(lambda: read_state(node.pid) == "T")
    (place.folder / "hang").unlink()
    assert not client.ask(op="thaw", permit=" ")["ok"]
    assert client.ask(op="thaw", permit="the operator")["ok"]
    soon(lambda: client.ask(op="status")["how"] == "pause")
    time.sleep(0.5)
    assert read_state(node.pid) != "T"
    assert place.blocks()[-1] < boot_s() - 0.4


def test_one_that_was_thawed_is_let_end(place: Bench) -> None:
    """It has closed its port and takes its time: stopped again it would never end."""
    node = place.node("deaf")
    place.guard()
    client = place.client()
    client.arm(0.8)
    (place.folder / f"close-{node.pid}").touch()
    assert place.result()["how"] == "freeze"
    assert client.ask(op="thaw", permit="the operator")["ok"]
    time.sleep(0.6)
    assert read_state(node.pid) != "T"
    assert client.ask(op="status")["phase"] == "fenced"


def test_a_pause_is_no_proof_while_somebody_lives_without_listening(place: Bench) -> None:
    """One nodeos that closed its port and goes on, and a second one that answers for it."""
    first = place.node()
    place.guard()
    client = place.client()
    client.arm(1.5)
    (place.folder / f"close-{first.pid}").touch()
    soon(lambda: find_listeners(f"127.0.0.1:{place.port}") == ())
    second = place.node()
    assert place.result()["how"] == "freeze"
    assert (read_state(first.pid), read_state(second.pid)) == ("T", "T")


@pytest.mark.parametrize("what", ["others", "alone", "hang"])
def test_mode_look_fences_only_a_node_that_is_not_heard(place: Bench, what: str) -> None:
    """A silent keeper alone is no reason; a node that hears nobody, or does not say, is one."""
    place.node()
    if what != "others":
        (place.folder / what).touch()
    place.guard(isolation_s=1.0, unanswered_s=2.0)
    client = place.client()
    assert client.arm(0.8, mode="look")["ok"]
    if what == "others":
        time.sleep(3.2)
        assert client.ask(op="status")["phase"] == "looking"
        assert place.blocks()[-1] > boot_s() - 0.3
        assert client.extend(5)["phase"] == "armed"
    else:
        assert place.result()["proven"]


def test_it_is_refused_when_nothing_could_be_held(place: Bench) -> None:
    """Without nodeos, and with somebody on its port who is not nodeos."""
    place.node()
    place.guard(programs=("nodeos",))
    refused = place.client().arm(5)
    assert not refused["ok"]
    assert "its program is" in refused["refused"]
    assert not refused["can_hold"]


def test_nonsense_changes_nothing(place: Bench) -> None:
    """Each is answered with what is wrong."""
    place.node()
    place.guard()
    client = place.client()
    before = client.ask(op="status")
    for order in ({"op": "arm"}, {"op": "arm", "term": "1", "until_boot_s": 1}, {"op": "x"}, {}):
        assert not client.ask(**order)["ok"]
    for_ever = client.ask(op="arm", term=1, until_boot_s=boot_s() + 9999)
    assert "ahead" in for_ever["refused"]
    assert client.ask(op="status")["phase"] == before["phase"] == "idle"


def test_a_disk_that_hangs_does_not_hold_up_the_fence(place: Bench) -> None:
    """Its scribe waits for the disk, the guard for its scribe no longer than it says."""
    place.node()
    guard = place.guard()
    client = place.client()
    armed = client.arm(0.8)
    (scribe,) = children_of(guard)
    os.kill(scribe, signal.SIGSTOP)
    soon(lambda: client.ask(op="status")["how"] == "pause")
    last = client.ask(op="status")["last"]
    assert last["ended_s"] - armed["until_s"] < worst_time_s(place.settings())
    assert [entry["entry"] for entry in place.record()] == ["armed"]
    os.kill(scribe, signal.SIGCONT)
    assert place.result()["proven"]


def test_mode_look_is_refused_without_our_own_names(place: Bench) -> None:
    """Our own blocks would be taken for somebody else's."""
    place.node()
    place.guard(own_producers=())
    assert "own_producers" in place.client().arm(5, mode="look")["refused"]


@pytest.mark.parametrize("text", ["{", "[1]", '{"boot": "BOOT", "phase": "asleep"}'])
def test_a_memory_that_cannot_be_understood_is_a_fence(place: Bench, text: str) -> None:
    """It may have been armed: that is not the same as idle."""
    place.node()
    boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    (place.folder / "memory.json").write_text(text.replace("BOOT", boot), encoding="utf-8")
    place.guard()
    assert "memory" in place.result()["reason"]


def test_the_memory_of_another_boot_is_idle(place: Bench) -> None:
    """Its deadlines mean nothing any more, and nodeos starts paused."""
    place.node()
    text = '{"boot": "another", "phase": "armed", "mode": "deadline", "term": 1, "until_s": 1.0}'
    (place.folder / "memory.json").write_text(text, encoding="utf-8")
    place.guard()
    assert place.client().ask(op="status")["phase"] == "idle"


def test_the_watchdog_is_fed_by_extensions_and_not_by_time(place: Bench) -> None:
    """While a deadline is armed; and no more after a fence that proved nothing."""
    place.node("hangs")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(place.folder / "notify"))
        manager.settimeout(5)
        place.environment["NOTIFY_SOCKET"] = str(place.folder / "notify")
        place.guard()
        client = place.client()
        client.arm(1.0)
        drained(manager)
        time.sleep(0.5)
        assert drained(manager) == []
        assert client.extend(1.0)["ok"]
        assert drained(manager) == [b"WATCHDOG=1"]
        place.result()
        time.sleep(0.3)
        assert b"WATCHDOG=1" in drained(manager)


def drained(manager: socket.socket) -> list[bytes]:
    """Everything that waits in a socket."""
    manager.setblocking(False)  # noqa: FBT003 - the socket API's own signature
    words = []
    with contextlib.suppress(BlockingIOError):
        while True:
            words.append(manager.recv(999))
    return words


def children_of(process: subprocess.Popen[bytes]) -> list[int]:
    """Its children."""
    path = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    return [int(word) for word in path.read_text("ascii").split()]


def test_it_is_small_with_all_its_memory_locked(place: Bench) -> None:
    """After a fence, so that everything it needs has been used; its scribe is counted, too."""
    place.node("hangs")
    guard = place.guard()
    place.client().arm(0.8)
    place.result()
    sizes = [_kib(pid, "VmRSS") for pid in (guard.pid, *children_of(guard))]
    print("KiB of guard and scribe:", sizes)  # noqa: T201 - the figure is wanted
    assert len(sizes) == 2
    assert sizes[0] <= RSS_LIMIT_KIB
    if os.geteuid() == 0:
        assert _kib(guard.pid, "VmLck") > 0


def test_the_check_tells_what_it_can_do(place: Bench) -> None:
    """With K, and an exit status."""
    place.node()
    check = place.guard("--check")
    out, _ = check.communicate(timeout=20)
    assert check.returncode == 0
    assert b"K         2." in out
    assert b"4 kill    can" in out


@pytest.mark.parametrize(
    ("result", "fences"), [("success", True), ("signal", False)], ids=["stopped", "died"]
)
def test_a_guard_that_is_stopped_while_armed_fences(
    place: Bench, result: str, *, fences: bool
) -> None:
    """What systemd runs after it; one that died is started again instead."""
    place.node()
    guard = place.guard()
    place.client().arm(20)
    guard.terminate()
    assert guard.wait(5) == 0
    place.environment["SERVICE_RESULT"] = result
    after = place.guard("--after-stop")
    assert after.wait(20) == 0
    assert ("result" in [one["entry"] for one in place.record()]) is fences


def _kib(pid: int, name: str) -> int:
    text = Path(f"/proc/{pid}/status").read_text("ascii")
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith(name))
