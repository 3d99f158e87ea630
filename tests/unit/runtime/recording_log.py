"""A log that remembers, for whatever takes a log."""

from __future__ import annotations

import sys
from typing import NamedTuple


class Entry(NamedTuple):
    """One logged event; ``raised`` is the exception that was being handled, if asked for."""

    level: str
    event: str
    details: dict[str, object]
    raised: BaseException | None


class RecordingLog:
    """Has the three levels that the runtime uses."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def info(self, event: str, **details: object) -> None:
        """Remember a change."""
        self._remember("info", event, details)

    def warning(self, event: str, **details: object) -> None:
        """Remember something odd."""
        self._remember("warning", event, details)

    def critical(self, event: str, **details: object) -> None:
        """Remember a bug."""
        self._remember("critical", event, details)

    def events(self) -> list[str]:
        """Names only."""
        return [entry.event for entry in self.entries]

    def _remember(self, level: str, event: str, details: dict[str, object]) -> None:
        raised = sys.exc_info()[1] if details.get("exc_info") else None
        self.entries.append(Entry(level, event, details, raised))
