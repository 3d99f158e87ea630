"""What people are told, on a real network: each cause gives its own alarm, and nothing else fires.

A cause of the table is brought about on one host; the messages that every keeper sends arrive at a
gateway on its host, and the alarm journal of each tells when it fired.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import psutil
import pytest

from eoskeeper.devnet import namespaces
from eoskeeper.domain.alerting.events import AlarmFired
from eoskeeper.domain.rules.catalogue import CATALOGUE, Rules, rules_by_name
from eoskeeper.domain.watch import WatchEvent
from eoskeeper.runtime import clock
from eoskeeper.runtime.journal import JournalReader
from tests.integration.alarm_sink import AlarmSink, Received, sink_settings
from tests.integration.causes import CAUSES, TOGETHER, Alarm, Cause
from tests.integration.cluster import Cluster

StartCluster = Callable[..., Cluster]

pytestmark = [
    pytest.mark.devnet,
    pytest.mark.slow,
    pytest.mark.root,
    pytest.mark.skipif(
        not namespaces.can_use_namespaces(),
        reason="each host needs a network of its own for its gateway, and one a small file system",
    ),
]

FILE_SYSTEM = "eoskeeper-test"
"""Name of the small file system, with the id of the process that made it."""

TOLD_S = 2.0
"""A message arrives at most so long after its rule's own limit and hold."""


def test_every_cause_is_tried() -> None:
    """Once."""
    assert sorted(name for names in TOGETHER for name in names) == sorted(CAUSES)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("names", TOGETHER, ids=", ".join)
def test_each_cause_gives_its_alarm_and_no_other(
    names: tuple[str, ...], start_cluster: StartCluster, small_file_system: Path
) -> None:
    """In time, with evidence and remedy, and with its resolved message; before it, silence."""
    folders = {"nodeos": {"folders": [str(small_file_system)]}}
    cluster = start_cluster({"*": sink_settings(), "b": folders})
    with gateways(cluster) as sink:
        cluster.wait_ready()
        cluster.sleep_rounds(1)
        assert fired(cluster) == {}, f"nothing was wrong yet\n{cluster.account()}"
        for name in names:
            play(CAUSES[name], cluster, sink)


@pytest.mark.quiet
@pytest.mark.timeout(1800)
def test_a_healthy_network_is_silent(start_cluster: StartCluster) -> None:
    """For three minutes, or as long as EOSKEEPER_QUIET_SECONDS says."""
    seconds = float(os.environ.get("EOSKEEPER_QUIET_SECONDS", "180"))
    cluster = start_cluster({"*": sink_settings()})
    with gateways(cluster) as sink:
        cluster.wait_ready()
        time.sleep(seconds)
        assert fired(cluster) == {}
        assert [one.text for one in sink.received if "notice of" not in one.text] == []
    for host in "abc":
        figures = [day for _, day in cluster.report_or_fail(host).own_turns_by_day]
        assert sum(day.missed + day.short for day in figures) == 0
        assert sum(day.full for day in figures) >= seconds / cluster.round_s - 2


def play(cause: Cause, cluster: Cluster, sink: AlarmSink) -> None:
    """One line of the table."""
    cluster.sleep_into_own_turn(7.0)
    done_utc = clock.read().utc_s
    cause.do(cluster)
    cluster.wait(
        f"{sorted(cause.expected)} fire",
        lambda: cause.expected.keys() <= fired(cluster, done_utc).keys(),
        max(cause.expected.values()) + 30.0,
    )
    found = fired(cluster, done_utc)
    messages = {alarm: message_of(alarm, found[alarm], cluster, sink) for alarm in cause.expected}
    cause.undo(cluster)
    for alarm, message in messages.items():
        check_message(alarm, message, done_utc + cause.expected[alarm])
        cluster.wait(
            f"the end of {alarm} is told", partial(is_end_told, sink, alarm, done_utc), 150
        )
    strangers = fired(cluster, done_utc).keys() - cause.expected.keys() - cause.after
    findings = fired(cluster, done_utc)
    assert not strangers, {alarm: findings[alarm].alarm.finding for alarm in strangers}


def fired(cluster: Cluster, since_utc: float = 0.0) -> dict[Alarm, AlarmFired]:
    """The first firing of each alarm, by the alarm journals."""
    found: dict[Alarm, AlarmFired] = {}
    for host in "abcf":
        path = cluster.devnet.host(host).keeper_state / "alarms"
        reader: JournalReader[WatchEvent] = JournalReader(path, WatchEvent)
        for event in reader.read():
            if isinstance(event, AlarmFired) and event.at.utc_s >= since_utc:
                found.setdefault((host, event.alarm.finding.rule), event)
    return found


def message_of(alarm: Alarm, event: AlarmFired, cluster: Cluster, sink: AlarmSink) -> Received:
    """The message that tells this firing; it may be a moment on its way."""
    host, rule = alarm
    title = CATALOGUE[rule].title.en

    def is_it(one: Received) -> bool:
        fresh = one.host == host and one.at_utc >= event.at.utc_s
        return fresh and title in one.text and "[RESOLVED]" not in one.text

    cluster.wait(f"{host} tells {title!r}", lambda: any(map(is_it, sink.received)), 10)
    return next(filter(is_it, sink.received))


def check_message(alarm: Alarm, message: Received, due_utc: float) -> None:
    """It came in time, and says what is wrong and what to do."""
    host, rule = alarm
    late_s = message.at_utc - (due_utc + rules_by_name(Rules())[rule].hold_s)
    print(f"{host} {rule}: {late_s:+.1f} s against its limit and hold")  # noqa: T201 - a figure
    assert late_s <= TOLD_S, message
    evidence, _, remedy = message.text.partition("; What to do: ")
    assert evidence.startswith("[")
    assert f"] {host} (" in evidence
    assert len(evidence.split("; ")) > 1, "a title, and what was seen"
    assert remedy


def is_end_told(sink: AlarmSink, alarm: Alarm, since_utc: float) -> bool:
    """Whether people heard of the end, too."""
    host, rule = alarm
    title = CATALOGUE[rule].title.en
    return any(
        one.host == host and one.at_utc >= since_utc and "[RESOLVED]" in one.text
        for one in sink.received
        if title in one.text
    )


@contextmanager
def gateways(cluster: Cluster) -> Iterator[AlarmSink]:
    """The gateways of all hosts, while a test runs."""
    sink = AlarmSink(cluster.devnet)
    try:
        yield sink
    finally:
        sink.close()


@pytest.fixture
def small_file_system(tmp_path: Path) -> Iterator[Path]:
    """16 MiB of their own; taken down whatever happens, by the next run after a kill."""
    for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines():
        source, left_behind, *_ = line.split(" ")
        name, _, owner = source.rpartition("-")
        if name == FILE_SYSTEM and not psutil.pid_exists(int(owner)):
            subprocess.run(["umount", "-l", left_behind], check=False, timeout=30)
    folder = tmp_path / "disk"
    folder.mkdir()
    source = f"{FILE_SYSTEM}-{os.getpid()}"
    options = ["mount", "-t", "tmpfs", "-o", "size=16m", source, str(folder)]
    subprocess.run(options, check=True, timeout=30)
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True, timeout=30)
