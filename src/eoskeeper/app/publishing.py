"""Publishing: hands what each cycle tells to everything that keeps, sends or shows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from eoskeeper.domain.publication import Publication
from eoskeeper.runtime.optional_parts import OptionalParts

__all__ = ["Outlet", "Publisher"]


class Outlet(Protocol):
    """Where publications go: it takes one at once, and never waits for disk or network."""

    def put(self, publication: Publication) -> None:
        """Take one."""


class Publisher:
    """Knows every outlet; one that fails is told, and keeps no other from its publication."""

    def __init__(self, outlets: Mapping[str, Outlet], parts: OptionalParts) -> None:
        """Take the outlets by name, and who guards them."""
        self._outlets = dict(outlets)
        self._parts = parts

    def publish(self, publication: Publication) -> None:
        """Hand one cycle to all."""
        for name, outlet in self._outlets.items():
            self._parts.call(name, outlet.put, publication)
