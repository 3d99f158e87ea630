"""`eoskeeper dashboards export` writes what Grafana reads."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from eoskeeper.cli.main import app

RUNNER = CliRunner()


@pytest.mark.parametrize("store", ["influxdb", "prometheus"])
def test_all_files_are_written(tmp_path: Path, store: str) -> None:
    """Without a keeper and without a configuration; a second time over themselves."""
    for _ in range(2):
        done = RUNNER.invoke(app, ["dashboards", "export", "--for", store, "--out", str(tmp_path)])
        assert done.exit_code == 0, done.output
    boards = sorted(tmp_path.glob("dashboards/*.json"))
    assert len(boards) == 5
    assert {json.loads(path.read_text(encoding="utf-8"))["uid"] for path in boards} == {
        path.stem for path in boards
    }
    assert len(list(tmp_path.glob("provisioning/*/eoskeeper.yaml"))) == 2


def test_an_unknown_store_is_wrong_usage(tmp_path: Path) -> None:
    """Nothing is written."""
    done = RUNNER.invoke(app, ["dashboards", "export", "--for", "zabbix", "--out", str(tmp_path)])
    assert done.exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """In a sentence, without a traceback."""
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")
    done = RUNNER.invoke(app, ["dashboards", "export", "--for", "influxdb", "--out", str(blocked)])
    assert done.exit_code == 1
    assert "Traceback" not in done.output
