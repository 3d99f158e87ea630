"""Settings of the embedded history: how long what is kept."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

__all__ = ["HISTORY_FILE", "HistorySettings"]

HISTORY_FILE = "history.sqlite"
"""Its name, in the keeper's state folder."""


class HistorySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How long what is kept. Turns and events are kept for ever, as far as ``max_mib`` lets them.

    A day counts only while the keeper runs: what it wrote before a long rest stays until that many
    days of newer readings are there. So a clock that runs ahead for a while deletes nothing.

    Attributes:
        enabled: keep a history at all.
        seconds_days: days of readings by the second; 0 keeps the newest hour, which the minutes
            are made of.
        minutes_days: days of means, lows and highs by the minute, by ten minutes and by the hour.
        max_mib: size of the file in MiB that it is kept under: beyond it the oldest turns of other
            producers go first, then the oldest minutes; own turns and events always stay.
    """

    enabled: bool = True
    seconds_days: Annotated[int, Meta(ge=0, le=7, description="0 to 7 days")] = 1
    minutes_days: Annotated[int, Meta(ge=1, le=3650, description="1 to 3650 days")] = 90
    max_mib: Annotated[int, Meta(ge=64, le=65_536, description="64 to 65536 MiB")] = 1024
