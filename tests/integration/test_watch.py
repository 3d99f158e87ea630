"""`eoskeeper watch` in a terminal of its own, beside a real keeper that comes and goes."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.lone_keeper import PATIENCE_S, LoneKeeper, _environment

pytestmark = [pytest.mark.slow, pytest.mark.timeout(200)]

NOWHERE = "http://127.0.0.1:1"
"""No node is needed: that there is none is what the frames say."""

COLUMNS, ROWS = 90, 30

IN, OUT = "\x1b[?1049h", "\x1b[?1049l"
"""To the terminal's other screen, and back to what was there before."""

SHOW_CURSOR = "\x1b[?25h"
CLEAR = "\x1b[2J"
HOME = "\x1b[H"


class Terminal:
    """A pseudo-terminal with `eoskeeper watch` in it."""

    def __init__(self, config: Path) -> None:
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        dropped = {"COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR"}
        environment = {k: v for k, v in _environment().items() if k not in dropped}
        self.process = subprocess.Popen(
            # In the background of a shell script ctrl-C is ignored, and so it would be in here.
            [
                "env",
                "--default-signal=INT",
                sys.executable,
                "-m",
                "eoskeeper",
                "watch",
                "-c",
                str(config),
            ],
            env=environment | {"TERM": "xterm-256color"},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        self.text = ""

    @property
    def frame(self) -> str:
        """The newest whole frame, without what steers the terminal."""
        frames = self.text.split(HOME)
        whole = frames[-2] if len(frames) > 2 else ""
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", whole).replace("\r", "")

    def wait(self, shown: str, times: int = 1) -> None:
        """Until a frame shows it so often."""
        deadline_s = time.perf_counter() + PATIENCE_S
        while self.frame.count(shown) < times:
            assert time.perf_counter() < deadline_s, f"no {shown!r} in\n{self.frame}"
            assert self._read(), f"it ended before it showed {shown!r}:\n{self.text}"

    def end(self, number: signal.Signals) -> int:
        """Send it a signal; its exit code."""
        self.process.send_signal(number)
        while self._read():
            pass
        return self.process.wait(PATIENCE_S)

    def close(self) -> None:
        """Leave nothing behind."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(PATIENCE_S)
        os.close(self._ours)

    def _read(self) -> bool:
        ready, _, _ = select.select([self._ours], [], [], PATIENCE_S)
        assert ready, f"nothing for {PATIENCE_S:g} s after\n{self.frame}"
        try:
            data = os.read(self._ours, 65_536)
        except OSError:  # Linux's word for: nobody has the other side open
            return False
        self.text += data.decode(errors="replace")
        return bool(data)


@pytest.fixture
def keeper(tmp_path: Path) -> Iterator[LoneKeeper]:
    """A keeper that is gone after the test."""
    keeper = LoneKeeper(tmp_path, NOWHERE)
    keeper.configure({})
    yield keeper
    keeper.kill()


@pytest.fixture
def terminal(keeper: LoneKeeper) -> Iterator[Terminal]:
    """A terminal with the view on that keeper."""
    terminal = Terminal(keeper.config)
    yield terminal
    terminal.close()


def test_the_view_outlives_the_keeper_and_gives_the_terminal_back(
    keeper: LoneKeeper, terminal: Terminal
) -> None:
    """Nobody there, there, gone, back; then ctrl-C."""
    terminal.wait("NO ANSWER FROM THE KEEPER; asking again every second")
    keeper.start()
    terminal.wait("seen from lone")
    terminal.wait("get_info: refused")
    terminal.wait("started as lone (F, auto)")
    keeper.kill()
    terminal.wait("NO ANSWER FROM THE KEEPER; what you see is")
    assert "lone" in terminal.frame, "what it said last stays on the screen"
    keeper.start()
    terminal.wait("eoskeeper  no producer, seen from lone")
    terminal.wait("started as lone (F, auto)", times=2)
    assert terminal.end(signal.SIGINT) == 0
    assert terminal.text.count(IN) == terminal.text.count(OUT) == 1
    assert SHOW_CURSOR in terminal.text.rpartition(HOME)[2]
    assert CLEAR not in terminal.text, "a screen that is cleared flickers"


def test_sigterm_gives_the_terminal_back_too(terminal: Terminal) -> None:
    """Else the shell below it would be left without a cursor."""
    terminal.wait("NO ANSWER")
    assert terminal.end(signal.SIGTERM) == 128 + signal.SIGTERM
    assert OUT in terminal.text
    assert SHOW_CURSOR in terminal.text.rpartition(HOME)[2]


def test_without_a_terminal_it_prints_one_frame(keeper: LoneKeeper) -> None:
    """In a pipe, and with --once without a word about it."""
    keeper.start()
    keeper.wait_report()
    piped = keeper.command("watch")
    assert piped.returncode == 0
    assert piped.stderr.strip() == "not a terminal: one frame only, as with --once"
    assert "seen from lone" in piped.stdout
    assert "\x1b" not in piped.stdout
    once = keeper.command("watch", "--once", "--language", "zh")
    assert (once.returncode, once.stderr) == (0, "")
    assert "观察主机 lone" in once.stdout


def test_one_frame_of_no_keeper_is_an_error(keeper: LoneKeeper) -> None:
    """A script must see it."""
    told = keeper.command("watch", "--once")
    assert told.returncode == 3
    assert "no keeper runs here" in told.stderr


def test_the_language_is_that_of_the_configuration(keeper: LoneKeeper) -> None:
    """Unless the command line says otherwise."""
    keeper.configure({"language": "zh"})
    keeper.start()
    keeper.wait_report()
    assert "主机" in keeper.command("watch", "--once").stdout
    assert "主机" not in keeper.command("watch", "--once", "--language", "en").stdout
