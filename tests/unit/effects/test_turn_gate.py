"""The turn gate stops our nodeos in our own turn, nobody else, and never for long."""

from __future__ import annotations

import asyncio
import os
import resource
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from eoskeeper.domain.chain_time import Moment, MonoS, UtcS
from eoskeeper.effects.turn_gate import FULL_LOOK_S, HOLD_LIMIT_S, TurnGate
from tests.fakes.loop_clock import clock_from
from tests.fakes.standin_nodeos import SLEEPER, is_stopped, soon, standin, started

CAN_UNSHARE = os.geteuid() == 0 and shutil.which("unshare") is not None


class Scene:
    """A gate with its own turn and its own clock, which the test sets."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.left_s = 5.0
        self.mono_s = 1000.0
        self.gate = TurnGate(lambda _: self.left_s, self.now)

    def now(self) -> Moment:
        """The test's time."""
        return Moment(MonoS(self.mono_s), UtcS(self.mono_s))

    def look(self, after_s: float = 0.05) -> None:
        """One look, so much later than the one before."""
        self.mono_s += after_s
        self.gate.look(self.now())

    @property
    def arguments(self) -> tuple[str, ...]:
        """Of our nodeos."""
        return ("--data-dir", str(self.folder / "data"), "--config-dir", str(self.folder / "etc"))

    def held(self, pid: int) -> bool:
        """Whether it is stopped, and the gate says so."""
        return soon(lambda: is_stopped(pid)) and self.gate.holds(pid)

    def left_alone(self, pid: int) -> bool:
        """Whether it runs, a moment later too: a signal takes effect when it is scheduled."""
        return not self.gate.holds(pid) and not soon(lambda: is_stopped(pid), within_s=0.05)


@pytest.fixture(name="scene")
def _scene(tmp_path: Path) -> Iterator[Scene]:
    """An own turn is on, and our nodeos was seen and is away."""
    scene = Scene(tmp_path)
    with standin(*scene.arguments) as seen:
        scene.gate.remember(seen.pid)
    try:
        yield scene
    finally:
        scene.gate.release()


def test_our_nodeos_that_starts_in_our_turn_is_stopped_until_its_end(scene: Scene) -> None:
    """Stopped at the first look, continued at the first one after the turn, and not before."""
    scene.look()
    with standin(*scene.arguments) as nodeos:
        assert scene.left_alone(nodeos.pid)
        scene.look()
        assert scene.held(nodeos.pid)
        scene.look(3.0)
        assert is_stopped(nodeos.pid)
        scene.left_s = 0.0
        scene.look()
        assert soon(lambda: not is_stopped(nodeos.pid))
        assert not scene.gate.held
    assert scene.gate.holds_begun == 1


def test_our_nodeos_that_runs_when_our_turn_comes_near_is_stopped_then(scene: Scene) -> None:
    """It may still replay, or listen with its pause not proven yet."""
    scene.left_s = 0.0
    with standin(*scene.arguments) as nodeos:
        scene.look()
        assert scene.left_alone(nodeos.pid)
        scene.left_s = 7.7
        scene.look()
        assert scene.held(nodeos.pid)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--data-dir", "{0}/other", "--config-dir", "{0}/etc"),
        ("--data-dir", "{0}/data", "--config-dir", "{0}/other"),
        ("--data-dir", "{0}/data"),
        ("--data-dir", "data", "--config-dir", "etc"),
        ("-d", "{0}/other"),
        (),
    ],
)
def test_another_nodeos_on_the_host_is_never_touched(
    scene: Scene, arguments: tuple[str, ...]
) -> None:
    """The same program and user, but other folders."""
    with standin(*(word.format(scene.folder) for word in arguments)) as other:
        for _ in range(3):
            scene.look(FULL_LOOK_S)
        assert scene.left_alone(other.pid)
    assert scene.gate.holds_begun == 0


def test_another_program_with_the_same_folders_is_never_touched(scene: Scene) -> None:
    """A tool may be given the folders of nodeos too."""
    script = 'echo up; sleep 60 & trap "kill $!; exit" TERM; wait'
    with started("/bin/sh", "-c", script, *scene.arguments) as other:
        scene.look()
        assert scene.left_alone(other.pid)
        other.terminate()
        other.wait()


@pytest.mark.root
@pytest.mark.skipif(not CAN_UNSHARE, reason="needs root and unshare(1)")
def test_the_same_nodeos_in_another_network_namespace_is_never_touched(scene: Scene) -> None:
    """Test networks run many with one program; each host of theirs has its own namespace."""
    words = (sys.executable, "-c", SLEEPER, *scene.arguments)
    with started("unshare", "--net", *words) as other:
        scene.look()
        assert scene.left_alone(other.pid)


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_the_same_nodeos_of_another_user_is_never_touched(scene: Scene) -> None:
    """It is not the one that was seen."""
    code = f"import os; os.setuid(65534); {SLEEPER}"
    with started(sys.executable, "-c", code, *scene.arguments) as other:
        scene.look()
        assert scene.left_alone(other.pid)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--config-dir={0}/etc", "--data-dir={0}/data"),
        ("-d", "{0}/data/", "--config-dir", "{0}/etc", "--pause-on-startup"),
        ("-d", "data", "--config-dir", "./etc"),
    ],
)
def test_our_nodeos_is_known_however_its_folders_are_written(
    scene: Scene, arguments: tuple[str, ...]
) -> None:
    """With another option, relative to its working folder, or with more arguments."""
    words = [word.format(scene.folder) for word in arguments]
    with standin(*words, cwd=scene.folder) as nodeos:
        scene.look()
        assert scene.held(nodeos.pid)


def test_a_nodeos_without_folders_is_known_by_its_working_folder(tmp_path: Path) -> None:
    """The command line alone would fit every such nodeos."""
    ours, other = tmp_path / "ours", tmp_path / "other"
    ours.mkdir()
    other.mkdir()
    scene = Scene(tmp_path)
    with standin(cwd=ours) as seen:
        scene.gate.remember(seen.pid)
    with standin(cwd=other) as stranger, standin(cwd=ours) as nodeos:
        scene.look()
        assert scene.held(nodeos.pid)
        assert scene.left_alone(stranger.pid)
        scene.gate.release()


def test_nothing_is_stopped_before_our_nodeos_was_seen(tmp_path: Path) -> None:
    """Who is ours is learnt from the process that served the API, never guessed."""
    scene = Scene(tmp_path)
    with standin(*scene.arguments) as nodeos:
        scene.look()
        assert scene.left_alone(nodeos.pid)


def test_a_process_that_is_gone_is_no_news(scene: Scene) -> None:
    """What was remembered stays."""
    scene.gate.remember(2**22 + 1)
    with standin(*scene.arguments) as nodeos:
        scene.look()
        assert scene.held(nodeos.pid)


def test_its_children_with_the_same_command_line_are_stopped_too(scene: Scene) -> None:
    """EOS-VM-OC forks its compilers so."""
    code = "import os, time; child = os.fork(); "
    code += "child and print('up', flush=True); time.sleep(60)"
    with started(sys.executable, "-c", code, *scene.arguments) as nodeos:
        child = psutil.Process(nodeos.pid).children()[0]
        scene.look()
        assert scene.held(nodeos.pid)
        assert scene.held(child.pid)
        child.kill()


def test_a_script_that_becomes_nodeos_late_is_found(scene: Scene) -> None:
    """Everybody is looked at again once a second."""
    with started("/bin/sh", "-c", 'echo up; read -r _ < "$0"; exec "$@"', *_late(scene)) as script:
        for _ in range(40):
            scene.look()
        assert scene.left_alone(script.pid)
        (scene.folder / "gate").write_text("go\n")
        assert soon(lambda: "python" in psutil.Process(script.pid).exe())
        scene.look(FULL_LOOK_S)
        assert scene.held(script.pid)


def _late(scene: Scene) -> tuple[str, ...]:
    """Arguments of a script that waits for a line in a pipe before it becomes nodeos."""
    pipe = scene.folder / "gate"
    os.mkfifo(pipe)
    return (str(pipe), sys.executable, "-c", SLEEPER, *scene.arguments)


def test_a_nodeos_that_somebody_else_stopped_is_left_as_it_is(scene: Scene) -> None:
    """It does not run anyway; and it is not ours to continue."""
    with standin(*scene.arguments) as nodeos:
        nodeos.send_signal(signal.SIGSTOP)
        assert soon(lambda: is_stopped(nodeos.pid))
        scene.look()
        assert not scene.gate.held
        scene.left_s = 0.0
        scene.look()
        assert is_stopped(nodeos.pid)


def test_a_nodeos_that_somebody_else_continues_in_our_turn_is_stopped_then(scene: Scene) -> None:
    """Whether it was stopped by them or by us."""
    with standin(*scene.arguments) as nodeos:
        nodeos.send_signal(signal.SIGSTOP)
        assert soon(lambda: is_stopped(nodeos.pid))
        scene.look()
        for _ in range(2):
            nodeos.send_signal(signal.SIGCONT)
            assert soon(lambda: not is_stopped(nodeos.pid))
            scene.look()
            assert scene.held(nodeos.pid)


def test_a_proven_nodeos_is_spared_and_its_successor_is_not(scene: Scene) -> None:
    """The proof is one process's; with the next it is worth nothing."""
    with standin(*scene.arguments) as nodeos:
        scene.gate.spare(scene.gate.present())
        scene.look()
        assert scene.left_alone(nodeos.pid)
    with standin(*scene.arguments) as successor:
        scene.look()
        assert scene.held(successor.pid)


def test_no_hold_lasts_longer_than_its_limit(scene: Scene) -> None:
    """The clock may be set back, or the turns of a lone producer never end."""
    scene.left_s = 100.0
    with standin(*scene.arguments) as nodeos:
        scene.look()
        assert scene.held(nodeos.pid)
        scene.look(HOLD_LIMIT_S - 0.1)
        assert is_stopped(nodeos.pid)
        scene.look(0.2)
        assert soon(lambda: not is_stopped(nodeos.pid))
        scene.look(FULL_LOOK_S)
        assert scene.left_alone(nodeos.pid)


def test_a_held_nodeos_that_is_killed_is_forgotten_at_the_end_of_the_turn(scene: Scene) -> None:
    """Its pidfd leads to nobody else."""
    with standin(*scene.arguments) as nodeos:
        scene.look()
        nodeos.kill()
        nodeos.wait()
        scene.look()
        assert not scene.gate.held


def test_releasers_are_ended_with_the_hold(scene: Scene) -> None:
    """No child is left, dead or alive."""
    before = psutil.Process().children(recursive=True)
    with standin(*scene.arguments) as nodeos:
        scene.look()
        assert len(psutil.Process().children()) == len(before) + 2
        scene.gate.release()
        assert soon(lambda: not is_stopped(nodeos.pid))
    assert psutil.Process().children(recursive=True) == before


def test_a_releaser_that_is_asked_to_end_continues_the_process_first(scene: Scene) -> None:
    """systemd ends what is left of a service whose main process was killed."""
    with standin(*scene.arguments) as nodeos:
        scene.look()
        assert scene.held(nodeos.pid)
        releaser = scene.gate._held[nodeos.pid].releaser
        assert soon(lambda: bool(psutil.Process(releaser.pid).children()))
        releaser.terminate()
        assert soon(lambda: not is_stopped(nodeos.pid))
        assert releaser.wait(2) is not None


KEEPER = """
import sys, time
from eoskeeper.domain.chain_time import Moment
from eoskeeper.effects.turn_gate import TurnGate
gate = TurnGate(lambda _: 0.5, lambda: Moment(0.0, 0.0))
gate.remember(int(sys.argv[1]))
gate.look(Moment(0.0, 0.0))
print("up", flush=True)
time.sleep(60)
"""


def test_a_held_nodeos_goes_on_by_itself_when_the_keeper_is_killed(tmp_path: Path) -> None:
    """One second after the own turn is over, and not at once: it is still our turn."""
    scene = Scene(tmp_path)
    with standin(*scene.arguments) as nodeos:
        with started(sys.executable, "-c", KEEPER, str(nodeos.pid)) as keeper:
            assert soon(lambda: is_stopped(nodeos.pid))
            keeper.kill()
            keeper.wait()
            assert is_stopped(nodeos.pid)
        assert soon(lambda: not is_stopped(nodeos.pid), within_s=3.0)


@contextmanager
def _guarded(gate: TurnGate) -> Iterator[asyncio.Task[None]]:
    guarding = asyncio.get_running_loop().create_task(gate.guard())
    try:
        yield guarding
    finally:
        guarding.cancel()


def test_guarding_stops_within_a_tenth_and_its_end_continues_everybody(scene: Scene) -> None:
    """Cancelled inside the own turn, it leaves nobody stopped."""

    async def run() -> None:
        gate = TurnGate(lambda _: 5.0, clock_from())
        with standin(*scene.arguments) as seen:
            gate.remember(seen.pid)
        with _guarded(gate) as guarding:
            await asyncio.sleep(0.1)
            with standin(*scene.arguments) as nodeos:
                await asyncio.sleep(0.1)
                assert is_stopped(nodeos.pid)
                guarding.cancel()
                await asyncio.gather(guarding, return_exceptions=True)
                assert soon(lambda: not is_stopped(nodeos.pid))
        assert not gate.held

    asyncio.run(run())


def test_without_a_releaser_nobody_is_stopped(scene: Scene) -> None:
    """A process that nobody would continue is worse than a doubled block."""
    with standin(*scene.arguments) as nodeos:
        with _two_descriptors_left():
            scene.look()
        assert scene.left_alone(nodeos.pid)
        assert not scene.gate.held
        scene.look()
        assert scene.held(nodeos.pid)


@contextmanager
def _two_descriptors_left() -> Iterator[None]:
    """Enough to look at a process, too few to start one."""
    lowest = os.dup(0)
    os.close(lowest)
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest + 2, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
