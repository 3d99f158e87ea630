"""Memory and load are read as the kernel tells them, or not at all."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from eoskeeper.domain.chain_time import Moment, MonoS, UtcS
from eoskeeper.domain.samples import FailureReason, HostRead, ProbeFailed, ProbeName
from eoskeeper.probes.host import HostProbe, HostSettings, parse_host

NOW = Moment(mono_s=MonoS(1.0), utc_s=UtcS(2.0))
MEMORY = """\
MemTotal:       32768000 kB
MemFree:          512000 kB
MemAvailable:   16384000 kB
SwapTotal:       2048000 kB
SwapFree:        1536000 kB
HugePages_Total:       0
DirectMap4k:      100000 kB
"""
LOAD = "0.52 12.25 3.00 2/1234 56789\n"


def test_the_kernel_s_tables_are_read() -> None:
    """Available, not free memory; used, not free swap; bytes."""
    assert parse_host(MEMORY, LOAD, 8, NOW) == HostRead(
        at=NOW,
        memory_total_bytes=32_768_000 * 1024,
        memory_available_bytes=16_384_000 * 1024,
        swap_total_bytes=2_048_000 * 1024,
        swap_used_bytes=512_000 * 1024,
        load_1m=0.52,
        load_5m=12.25,
        load_15m=3.0,
        cpus=8,
    )


@pytest.mark.parametrize(
    ("memory", "load", "lacking"),
    [
        (MEMORY.replace("MemAvailable", "MemReachable"), LOAD, "MemAvailable"),
        (MEMORY.replace("kB", "kilobytes"), LOAD, "MemTotal, MemAvailable, SwapTotal, SwapFree"),
        (MEMORY, "high\n", "load"),
        ("", "", "load"),
    ],
)
def test_what_is_not_there_is_not_guessed(memory: str, load: str, lacking: str) -> None:
    """A kernel older than 3.14 has no figure for available memory."""
    failed = parse_host(memory, load, 8, NOW)
    assert isinstance(failed, ProbeFailed)
    assert (failed.probe, failed.reason) == (ProbeName.HOST, FailureReason.UNEXPECTED_SHAPE)
    assert failed.detail.endswith(lacking)


def test_without_the_tables_there_is_no_reading(tmp_path: Path) -> None:
    """A folder that is no proc file system."""
    failed = HostProbe(HostSettings(proc=tmp_path)).read(NOW)
    assert isinstance(failed, ProbeFailed)
    assert failed.reason is FailureReason.MISSING


def test_tables_of_no_text_are_no_reading(tmp_path: Path) -> None:
    """Bytes that are not ASCII."""
    (tmp_path / "meminfo").write_bytes(b"\xff\xfe")
    failed = HostProbe(HostSettings(proc=tmp_path)).read(NOW)
    assert isinstance(failed, ProbeFailed)
    assert failed.reason is FailureReason.MISSING


def test_this_machine_is_read_as_others_read_it() -> None:
    """The totals are those that psutil finds."""
    read = HostProbe().read(NOW)
    assert isinstance(read, HostRead)
    assert read.memory_total_bytes == psutil.virtual_memory().total
    assert 0 < read.memory_available_bytes <= read.memory_total_bytes
    assert read.cpus == psutil.cpu_count()
    assert read.load_5m >= 0
