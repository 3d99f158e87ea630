"""Fixtures of the integration tests: a devnet with keepers that is gone at the end of each."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from eoskeeper.devnet.network import Devnet
from eoskeeper.devnet.plan import DevnetOptions
from tests.integration.cluster import Cluster
from tests.integration.leased import LeasedCluster

Settings = dict[str, dict[str, Any]]


@pytest.fixture
def start_cluster(request: pytest.FixtureRequest) -> Iterator[Callable[..., Cluster]]:
    """Start a devnet with keepers; its logs are kept when the test fails."""
    # Short paths: a unix socket's may have 107 bytes.
    directory = Path(tempfile.mkdtemp(prefix="ekt-"))
    devnets: list[Devnet] = []

    def start(
        settings: Settings | None = None,
        **fields: Any,  # noqa: ANN401 - those of DevnetOptions
    ) -> Cluster:
        chosen: dict[str, Any] = {"keepers": True, "keeper_settings": settings or {}} | fields
        options = DevnetOptions(**chosen)
        devnet = Devnet.create(directory / "n", options)
        devnets.append(devnet)
        devnet.up()
        return Cluster(devnet)

    yield start
    outcome = getattr(request.node, "rep_call", None)
    failed = outcome is not None and not outcome.passed
    for devnet in devnets:
        if failed:
            keep_logs(devnet, directory / "kept")
        devnet.down()
    if failed:
        sys.stderr.write(f"logs kept in {directory / 'kept'}\n")
    else:
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def start_leased(start_cluster: Callable[..., Cluster]) -> Callable[..., LeasedCluster]:
    """Start a devnet whose keepers hold by a lease in etcd; each host has its own network."""
    if os.geteuid() != 0:
        pytest.skip("NOT TESTED: three etcd members on their own hosts need namespaces, so root")

    def start(overrides: Settings | None = None) -> LeasedCluster:
        return LeasedCluster(start_cluster(keepers=False, pages=True).devnet, overrides)

    return start


def keep_logs(devnet: Devnet, kept: Path) -> None:
    """Logs and journals of every host: `down` leaves nothing."""
    for name, host in devnet.hosts.items():
        folder = kept / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "keeper.log").write_text(devnet.keeper_log(name), encoding="utf-8")
        with contextlib.suppress(OSError):
            shutil.copy(host.nodeos_log, folder / "nodeos.log")
        with contextlib.suppress(OSError, shutil.Error):
            shutil.copytree(host.keeper_state, folder / "state", dirs_exist_ok=True)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Let fixtures see how the test ended."""
    outcome: Any = yield
    report = outcome.get_result()
    setattr(item, f"rep_{report.when}", report)
