"""A standby whose nodeos API misbehaves says *unknown*, with the reason, and does not move."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from eoskeeper.domain.actions import Met
from eoskeeper.domain.report import Report
from tests.integration.cluster import BPS, Cluster
from tests.integration.door import proxy

pytestmark = [pytest.mark.devnet, pytest.mark.timeout(600)]

PROXY_PORT = 18899


def _told(report: Report | None, reasons: set[str]) -> bool:
    return report is not None and any(failure.reason in reasons for failure in report.failures)


def _on_wrong_chain(report: Report | None) -> bool:
    return report is not None and any(
        condition.name == "chain_id" and condition.met is Met.NO for condition in report.conditions
    )


def _standby_produces(cluster: Cluster) -> bool:
    return bool(cluster.blocks("b") or cluster.blocks("c"))


def test_a_standby_with_a_bad_api_says_unknown_and_does_not_move(
    start_cluster: Callable[..., Cluster], tmp_path: Path
) -> None:
    """Hang, 500, garbage and a wrong chain while the primary is dead; well again, it takes over."""
    mode = tmp_path / "mode"
    mode.write_text("pass")
    cluster = start_cluster(keepers=False)
    with proxy(cluster.devnet.host("b"), PROXY_PORT, mode):
        time.sleep(1.0)
        url = f"http://127.0.0.1:{PROXY_PORT}"
        for host in BPS:
            settings = {"nodeos": {"url": url}} if host == "b" else None
            cluster.devnet.start_keeper(host, settings)
        cluster.wait_ready()
        mode.write_text("hang")
        cluster.devnet.kill("a")
        cluster.wait("hang is told", lambda: _told(cluster.report("b"), {"timed_out"}), 20)
        cluster.sleep_rounds(1.2)
        mode.write_text("500")
        cluster.wait("500 is told", lambda: _told(cluster.report("b"), {"http_status"}), 20)
        cluster.sleep_rounds(1)
        mode.write_text("garbage")
        unreadable = {"not_json", "disconnected", "unexpected_shape"}
        cluster.wait("garbage is told", lambda: _told(cluster.report("b"), unreadable), 20)
        cluster.sleep_rounds(1)
        mode.write_text("wrong_chain")
        cluster.wait("wrong chain is told", lambda: _on_wrong_chain(cluster.report("b")), 20)
        cluster.sleep_rounds(1)
        assert not cluster.resumes("b"), cluster.account()
        assert not cluster.blocks("b")
        mode.write_text("pass")
        cluster.wait(
            "b or c produces", lambda: bool(cluster.blocks("b") + cluster.blocks("c")), 150
        )
        cluster.sleep_rounds(1)
        cluster.assert_never_two()
        cluster.assert_every_resume_had_a_permit()
