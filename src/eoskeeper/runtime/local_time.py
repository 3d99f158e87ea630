"""Local time: how far the wall clock on the wall is from UTC, for the hours that people name."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from eoskeeper.domain.chain_time import UtcS

__all__ = ["utc_offset_s"]


def utc_offset_s(utc_s: UtcS, zone: str | None) -> int:
    """Local time minus UTC at a moment, in seconds.

    Args:
        utc_s: the moment; summer time may hold at it or not.
        zone: name in the time zone database; None takes the machine's own zone.

    Raises:
        ZoneInfoNotFoundError: no such zone; the configuration has been checked for that.
    """
    moment = datetime.fromtimestamp(utc_s, UTC)
    local = moment.astimezone(ZoneInfo(zone) if zone else None)
    offset = local.utcoffset()
    assert offset is not None, "an aware datetime has an offset"
    return round(offset.total_seconds())
