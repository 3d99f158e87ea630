"""The devnet's clock and its one way of waiting.

The daemon reads its clock in `runtime/clock.py` alone; the devnet is no part of the daemon.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from eoskeeper.devnet.errors import DevnetError

SLOT_MS = 500
EPOCH_MS = 946_684_800_000
SLOTS_PER_TURN = 12


def monotonic_s() -> float:
    """Read the monotonic clock, in seconds."""
    return time.monotonic()  # noqa: TID251  the devnet's only reading


def utc_now() -> datetime:
    """Read the wall clock."""
    return datetime.now(UTC)  # noqa: TID251  the devnet's only reading


def slot_of(moment: datetime) -> int:
    """Return the absolute slot in which an aware time lies.

    Source: spring v1.2.2 libraries/chain/include/eosio/chain/config.hpp (500 ms from 2000-01-01).
    """
    return (int(moment.timestamp() * 1000) - EPOCH_MS) // SLOT_MS


def await_that(
    condition: Callable[[], bool], what: str, *, timeout_s: float, every_s: float = 0.1
) -> None:
    """Wait until the condition holds.

    Raises:
        DevnetError: it did not within `timeout_s`; the message names `what`.
    """
    end_s = monotonic_s() + timeout_s
    while not condition():
        if monotonic_s() > end_s:
            message = f"waited {timeout_s:g} s in vain until {what}"
            raise DevnetError(message)
        time.sleep(every_s)
