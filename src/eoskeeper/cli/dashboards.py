"""``eoskeeper dashboards export``: Grafana's files for a store, written into a folder."""

from __future__ import annotations

from pathlib import Path

from eoskeeper.cli.common import Exit, console, fail
from eoskeeper.telemetry.dashboards.catalogue import export as files_for
from eoskeeper.telemetry.dashboards.panel import Store

__all__ = ["export"]


def export(store: str, out: Path) -> int:
    """Write every file anew and tell where they belong; needs neither keeper nor configuration."""
    if store not in set(Store):
        raise fail(Exit.USAGE, f"--for {store}: there are {' and '.join(Store)}")
    try:
        for name, text in files_for(Store(store)).items():
            path = out / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            console.print(f"written: {path}", markup=False)
    except OSError as error:
        raise fail(Exit.NOT_WELL, f"{error.filename}: {error.strerror}") from None
    console.print("where each belongs: docs/grafana.md", markup=False)
    return Exit.DONE
