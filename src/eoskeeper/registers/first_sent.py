"""When a record was first sent: others may count its age from then, whichever call confirms it."""

from __future__ import annotations

from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.register import LeaseRecord

__all__ = ["FirstSent"]

KEPT_RECORDS = 32
"""A minute of heartbeats; an unknown swap is repeated within seconds, or never."""


class FirstSent:
    """Remembers the latest records of one client."""

    def __init__(self) -> None:
        """Begin with none."""
        self._sent: dict[LeaseRecord, Moment] = {}

    def of(self, record: LeaseRecord, now: Moment) -> Moment:
        """The moment at which this very record was first about to be sent; ``now`` if never."""
        first = self._sent.setdefault(record, now)
        while len(self._sent) > KEPT_RECORDS:
            del self._sent[next(iter(self._sent))]
        return first
