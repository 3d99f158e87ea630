"""What is switched on while the keepers are measured: everything that there is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

__all__ = ["PAGES_ASKED", "everything_on"]

PAGES_ASKED = ("metrics", "api/status")
"""What a scraper or a browser asks of each keeper while it is measured."""


def everything_on(directory: Path) -> dict[str, dict[str, Any]]:
    """Tables of ``eoskeeper.toml`` by host; ``*`` is all.

    The devnet itself lets the keepers take over from each other, serve and ask one another.

    Args:
        directory: of the devnet; what is put there goes with it.
    """
    _ = directory
    return {"*": {}}
