"""The line that the kernel keeps of a process, read as psutil reads it; real processes only."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from eoskeeper.probes.process_files import ProcessFiles, socket_inodes


def test_the_line_says_what_psutil_says() -> None:
    """Of this very process: processor time, memory and begin."""
    known = psutil.Process()
    while known.cpu_times().user < 0.6:  # far from the other figures of the line
        pass
    with ProcessFiles(os.getpid()) as files:
        line = files.read()
    assert line is not None
    times = known.cpu_times()
    assert line.cpu_s == pytest.approx(times.user + times.system, abs=0.1)
    assert line.resident_bytes == pytest.approx(known.memory_info().rss, rel=0.2)
    begun_s = psutil.boot_time() + line.started_ticks / os.sysconf("SC_CLK_TCK")
    assert begun_s == pytest.approx(known.create_time(), abs=1.1)
    assert line.state == "R"


def test_a_name_with_brackets_and_blanks_moves_no_figure() -> None:
    """Whoever names a program cannot make the keeper read the wrong column."""
    program = (
        "import sys; open('/proc/self/comm', 'w').write(') Z 1 2 (');"
        "print(flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        with ProcessFiles(child.pid) as files:
            line = files.read()
        assert line is not None
        assert line.state in "SR"
        assert line.started_ticks > 0


def test_a_process_that_is_gone_has_no_line() -> None:
    """Whatever gets its number next: the open file is still that of the dead one."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        files = ProcessFiles(child.pid)
        assert files.read() is not None
        child.kill()
    assert files.read() is None
    files.close()
    with pytest.raises(OSError, match="No such file"):
        ProcessFiles(child.pid)


def test_sockets_are_told_apart_from_other_descriptors() -> None:
    """A new socket is a new name, a file is none; of a process that is gone nothing is known."""
    before = socket_inodes(os.getpid())
    assert before is not None
    with socket.socket() as one, Path(os.devnull).open():
        after = socket_inodes(os.getpid())
        assert after is not None
        inode = os.fstat(one.fileno()).st_ino
        assert after - before == {f"socket:[{inode}]"}
    assert socket_inodes(2**22 + 1) is None
