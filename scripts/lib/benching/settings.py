"""What is switched on while the keepers are measured: everything that there is."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from eoskeeper.devnet.errors import DevnetError
from tests.contract.telemetry.filled_influxdb import DATABASE, running_influxdb

__all__ = ["PAGES_ASKED", "everything_on"]

PAGES_ASKED = ("metrics", "api/status")
"""What a scraper or a browser asks of each keeper while it is measured."""


@contextmanager
def everything_on(directory: Path) -> Iterator[dict[str, dict[str, Any]]]:
    """Tables of ``eoskeeper.toml`` by host, ``*`` is all, while a real InfluxDB takes the points.

    The devnet itself lets the keepers take over from each other, serve and ask one another; the
    history and every rule are on where nothing is said.

    Args:
        directory: of the bench; the database's files go with it.

    Raises:
        DevnetError: there is no InfluxDB.
    """
    if shutil.which("influxd") is None:
        message = "InfluxDB is missing, and it is measured, too: apt-get install influxdb"
        raise DevnetError(message)
    with running_influxdb(directory / "influxdb") as running:
        url = f"{running.server.url}/write?db={DATABASE}"
        yield {"*": {"influxdb": {"url": url}}}
        rows = running.server.query("SELECT COUNT(hbn) FROM eosbpinfo")
        assert rows, "nothing was measured: the database got no point"
