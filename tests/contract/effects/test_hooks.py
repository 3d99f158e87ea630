"""Hooks are real programs here, of the kinds that an operator writes and the kinds he regrets."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from eoskeeper.domain.hooks import (
    HookCall,
    HookName,
    HookResult,
    answer_limit_s,
    environment_of,
)
from eoskeeper.effects.hooks import run_hook
from eoskeeper.runtime import clock
from tests.contract.effects.hook_stage import CONTEXT, HookStage

SLEEPER = f'{sys.executable} -c "import time; time.sleep(60)" MARK'
DAEMON = """
import os, sys, time
for _ in range(2):
    if os.fork():
        os._exit(0) if _ else os.wait()
        break
    os.setsid()
else:
    open("FOLDER/daemon", "w").write(str(os.getpid()))
    os.closerange(0, 3) if CLOSED else None
    time.sleep(60)
while not os.path.exists("FOLDER/daemon"):
    time.sleep(0.01)
"""


@pytest.fixture(name="stage")
def _stage(tmp_path: Path) -> Iterator[HookStage]:
    """Fails the test when anything is left, and ends it all the same."""
    stage = HookStage(tmp_path)
    yield stage
    left = stage.alive()
    stage.end()
    assert left == {}


def soon(condition: Callable[[], object], within_s: float = 5.0) -> bool:
    """Whether it comes true."""
    for _ in range(round(within_s / 0.02)):
        if condition():
            return True
        time.sleep(0.02)
    return False


def test_a_hook_that_agrees_is_done(stage: HookStage) -> None:
    """With what it printed on both outputs."""
    ran = stage.run(stage.call("echo ready; echo warm >&2"))
    assert (ran.result, ran.exit_code, ran.term) == (HookResult.DONE, 0, 7)
    assert ran.output == "ready\nwarm\n"
    assert (ran.stragglers, ran.unkillable) == (0, 0)
    assert 0 < ran.took_s < 5


def test_a_hook_vetoes_by_its_exit_status(stage: HookStage) -> None:
    """And where no veto counts the same status is a failure."""
    ran = stage.run(stage.call("echo the key is not here; exit 77"))
    assert (ran.result, ran.exit_code) == (HookResult.VETOED, 77)
    assert ran.output == "the key is not here\n"
    ran = stage.run(stage.call("exit 77", name=HookName.BEFORE_CEASING))
    assert ran.result is HookResult.FAILED


@pytest.mark.parametrize("case", ["no file", "no right", "no program", "a folder"])
def test_a_hook_that_cannot_be_started_is_missing(stage: HookStage, case: str) -> None:
    """It is told apart from one that started and said no."""
    path = stage.folder / "hook"
    if case == "a folder":
        path.mkdir()
    elif case != "no file":
        path.write_bytes(b"\x7fELF is not enough")
        path.chmod(0o644 if case == "no right" else 0o755)
    call = HookCall(
        name=HookName.BEFORE_HOLDING, program=(str(path),), timeout_s=2, context=CONTEXT
    )
    ran = stage.run(call)
    assert ran.result is HookResult.MISSING
    assert ran.exit_code is None
    assert ran.detail.startswith(str(path))


def test_a_hook_inherits_no_secret(stage: HookStage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither by its environment, nor by an open file, nor from its warden's environment."""
    monkeypatch.setenv("PLANTED_TOKEN", "planted-secret")
    monkeypatch.setenv("PYTHONSTARTUP", "planted-secret")
    with (stage.folder / "secret").open("w+") as secret:
        os.set_inheritable(secret.fileno(), True)  # noqa: FBT003 - the library takes it by place
        ran = stage.run(call := stage.call("cat /proc/$PPID/environ; env; echo; ls -l /proc/$$/fd"))
    assert ran.result is HookResult.DONE
    assert "planted" not in ran.output.lower()
    assert "/secret" not in ran.output
    for key, value in environment_of(call).items():
        assert f"{key}={value}" in ran.output


def test_a_hook_reads_nothing_and_has_a_session_of_its_own(stage: HookStage) -> None:
    """No terminal to ask at, no group that others send signals to, no signal ignored."""
    body = "read line; echo read:$?; cut -d' ' -f5,6 /proc/$$/stat; grep SigIgn /proc/$$/status"
    ran = stage.run(stage.call(f"echo $$; {body}; pwd"))
    pid, read, group, ignored, folder = ran.output.splitlines()
    assert (read, group, folder) == ("read:1", f"{pid} {pid}", "/")
    assert int(ignored.split()[1], 16) == 0


def test_a_hook_goes_before_the_keeper_when_memory_runs_out(stage: HookStage) -> None:
    """It may live in the keeper's own cgroup."""
    assert stage.run(stage.call("cat /proc/self/oom_score_adj")).output == "500\n"


def test_a_hook_that_hangs_is_ended(stage: HookStage) -> None:
    """With all that it started; what it printed until then is kept."""
    ran = stage.run(stage.call(f"echo begun; {SLEEPER} & {SLEEPER}", timeout_s=0.5))
    assert (ran.result, ran.exit_code) == (HookResult.TIMED_OUT, None)
    assert ran.output == "begun\n"
    assert 0.5 <= ran.took_s < 4


def test_a_hook_may_tidy_up_when_its_time_is_over(stage: HookStage) -> None:
    """It gets SIGTERM first; a status that it ends with then is no answer any more."""
    body = f"trap 'echo tidied; exit 0' TERM; {SLEEPER} & wait"
    ran = stage.run(stage.call(body, timeout_s=0.5))
    assert (ran.result, ran.output) == (HookResult.TIMED_OUT, "tidied\n")
    assert ran.exit_code is None


def test_what_a_hook_started_may_tidy_up_too(stage: HookStage) -> None:
    """SIGTERM goes to the whole group, not to the hook alone."""
    child = stage.folder / "child"
    child.write_text("trap 'echo child; exit' TERM; sleep 60 & wait", encoding="utf-8")
    ran = stage.run(stage.call("trap wait TERM; sh FOLDER/child MARK & wait", timeout_s=0.5))
    assert (ran.result, ran.output) == (HookResult.TIMED_OUT, "child\n")


def test_what_forks_faster_than_it_can_be_looked_up_is_killed(stage: HookStage) -> None:
    """A group is killed as one: no pid in it gets away by becoming another."""
    runner = "import os, sys\nfor _ in range(30000):\n    if os.fork():\n        os._exit(0)"
    (stage.folder / "runner").write_text(runner, encoding="utf-8")
    ran = stage.run(stage.call(f"{sys.executable} FOLDER/runner MARK & sleep 0.3"))
    assert (ran.result, ran.unkillable) == (HookResult.DONE, 0)
    assert stage.alive() == {}
    assert ran.took_s < 4


@pytest.mark.parametrize("how", ["ignores", "stopped"])
def test_a_hook_that_does_not_heed_sigterm_is_killed(stage: HookStage, how: str) -> None:
    """Also one that stopped itself, which SIGTERM does not wake."""
    body = f"trap '' TERM; {SLEEPER}" if how == "ignores" else "kill -STOP $$"
    call = stage.call(body, timeout_s=0.5)
    ran = stage.run(call)
    assert ran.result is HookResult.TIMED_OUT
    assert 1.5 <= ran.took_s < answer_limit_s(call.timeout_s)


@pytest.mark.parametrize("closed", [True, False])
def test_a_daemon_that_a_hook_leaves_behind_is_killed(stage: HookStage, *, closed: bool) -> None:
    """Out of its group, its session and its parentage; with its outputs open or closed."""
    body = DAEMON.replace("CLOSED", str(closed))
    ran = stage.run(stage.call(body, interpreter=sys.executable))
    assert (ran.result, ran.stragglers, ran.unkillable) == (HookResult.DONE, 1, 0)
    pid = int((stage.folder / "daemon").read_text(encoding="utf-8"))
    assert not Path(f"/proc/{pid}").exists()
    assert ran.took_s < 5


def test_what_a_hook_leaves_in_the_background_does_not_delay_its_answer(stage: HookStage) -> None:
    """Though it holds the output open."""
    ran = stage.run(stage.call(f"{SLEEPER} & echo yes"))
    assert (ran.result, ran.output, ran.stragglers) == (HookResult.DONE, "yes\n", 1)
    assert ran.took_s < 5


def test_a_hook_that_closes_its_output_is_followed_to_its_end(stage: HookStage) -> None:
    """An end of the output is no end of the program."""
    ran = stage.run(stage.call("echo bye; exec >&- 2>&-; sleep 0.5; exit 3"))
    assert (ran.result, ran.exit_code, ran.output) == (HookResult.VETOED, 3, "bye\n")
    assert ran.took_s >= 0.5


def test_a_flood_blocks_nobody_and_only_its_end_is_kept(stage: HookStage) -> None:
    """Hundreds of megabytes, while the keeper's own loop goes on turning."""
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0.01)
            turns += 1

    async def both() -> HookResult:
        counting = asyncio.get_running_loop().create_task(count())
        ran = await run_hook(call, clock.read)
        counting.cancel()
        assert len(ran.output) == 4096
        assert ran.output.endswith("x\nthe end\n")
        return ran.result

    call = stage.call("head -c 300000000 /dev/zero | tr '\\0' x; echo; echo the end", timeout_s=20)
    assert asyncio.run(both()) is HookResult.DONE
    assert turns > 10


def test_an_endless_flood_is_ended_in_time(stage: HookStage) -> None:
    """Its own deadline is not drowned in it."""
    ran = stage.run(stage.call("exec yes MARK", timeout_s=0.5))
    assert ran.result is HookResult.TIMED_OUT
    assert ran.took_s < 4


def test_a_hook_ended_by_a_signal_gave_no_answer(stage: HookStage) -> None:
    """A crash is no veto."""
    ran = stage.run(stage.call("kill -SEGV $$"))
    assert (ran.result, ran.exit_code) == (HookResult.FAILED, None)
    assert ran.detail == "ended by signal 11"


def test_a_hook_that_kills_its_warden_goes_with_it(stage: HookStage) -> None:
    """Nobody is left to judge it, so it must not go on; the result is a failure, never a yes."""
    hook = str(stage.folder / "hook")
    ran = stage.run(stage.call(f"kill -KILL $PPID; {SLEEPER}"))
    assert ran.result is HookResult.FAILED
    assert "without an answer" in ran.detail
    # Its sleeper lives on: with the warden gone, nobody adopts and ends it.
    assert soon(lambda: not any(hook in line for line in stage.alive().values()))
    stage.end()
    assert soon(lambda: not stage.alive())


def test_a_cancelled_keeper_leaves_nothing(stage: HookStage) -> None:
    """It waits until the warden has tidied up, and no longer."""
    call = stage.call(
        DAEMON.replace("CLOSED", "True") + "time.sleep(60)", interpreter=sys.executable
    )

    async def cancelled() -> None:
        task = asyncio.get_running_loop().create_task(run_hook(call, clock.read))
        await asyncio.to_thread(soon, (stage.folder / "daemon").exists)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    assert stage.alive() == {}


KEEPER = """
import asyncio, sys
import msgspec
from eoskeeper.domain.hooks import HookCall
from eoskeeper.effects.hooks import run_hook
from eoskeeper.runtime import clock
asyncio.run(run_hook(msgspec.json.decode(sys.argv[1], type=HookCall), clock.read))
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_keeper_leaves_nothing(stage: HookStage, number: signal.Signals) -> None:
    """Hook, its children and its daemons go when the lifeline closes."""
    body = DAEMON.replace("CLOSED", "False") + "time.sleep(60)"
    call = stage.call(body, interpreter=sys.executable, timeout_s=60)
    told = encoded(call)
    with subprocess.Popen([sys.executable, "-c", KEEPER, told], start_new_session=True) as keeper:
        assert soon((stage.folder / "daemon").exists)
        assert len(stage.alive()) >= 3
        keeper.send_signal(number)
        keeper.wait()
    assert soon(lambda: not stage.alive())


def test_a_hook_may_tidy_up_after_its_keeper(stage: HookStage) -> None:
    """It gets SIGTERM and the grace also when nobody waits for it any more."""
    body = "trap 'sleep 0.3; touch FOLDER/tidied; exit' TERM; touch FOLDER/begun; sleep 60 & wait"
    told = encoded(stage.call(body, timeout_s=60))
    with subprocess.Popen([sys.executable, "-c", KEEPER, told], start_new_session=True) as keeper:
        assert soon((stage.folder / "begun").exists)
        keeper.kill()
    assert soon((stage.folder / "tidied").exists)
    assert soon(lambda: not stage.alive())


def test_a_warden_does_not_heed_the_signals_of_a_service_manager(stage: HookStage) -> None:
    """SIGTERM to the whole control group must not make it drop what it holds."""
    ran = stage.run(stage.call("kill -TERM $PPID; kill -INT $PPID; sleep 0.2; echo there"))
    assert (ran.result, ran.output) == (HookResult.DONE, "there\n")


def encoded(call: HookCall) -> str:
    """As JSON, for another process."""
    return msgspec.json.encode(call).decode()
