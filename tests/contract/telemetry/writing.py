"""A writer of points that runs for the length of a block, and the points it is given."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from eoskeeper.domain.chain_time import Moment, MonoS, UtcS
from eoskeeper.domain.secret import Secret
from eoskeeper.runtime import clock
from eoskeeper.runtime.clock import Clock
from eoskeeper.telemetry.influx_settings import Endpoint, InfluxdbSettings, endpoint_of
from eoskeeper.telemetry.influx_writer import InfluxWriter, World
from eoskeeper.telemetry.line_protocol import Point, encode
from eoskeeper.telemetry.spool import Kind

__all__ = [
    "ListLog",
    "SkippingClock",
    "line_of",
    "point",
    "put_each",
    "until",
    "writer_of",
    "writing",
]

FLUSH_S = 0.2


class ListLog:
    """Keeps what it is told.

    Attributes:
        told: event and details, oldest first.
    """

    def __init__(self) -> None:
        self.told: list[tuple[str, dict[str, object]]] = []

    def info(self, event: str, **details: object) -> None:
        """Keep."""
        self.told.append((event, details))

    def warning(self, event: str, **details: object) -> None:
        """Keep."""
        self.told.append((event, details))

    @property
    def events(self) -> list[str]:
        """Their names."""
        return [event for event, _ in self.told]


def point(number: int) -> Point:
    """One of many: its number is its nanosecond and its field."""
    return Point("m", {"host": "bp-a"}, {"number": number}, number)


def line_of(number: int) -> bytes:
    """How it arrives."""
    line = encode(point(number))
    assert line is not None
    return line + b"\n"


class SkippingClock:
    """The real one, but for what a test leaves out."""

    def __init__(self) -> None:
        self._skipped_s = 0.0

    def __call__(self) -> Moment:
        """The time."""
        now = clock.read()
        return Moment(MonoS(now.mono_s + self._skipped_s), UtcS(now.utc_s + self._skipped_s))

    def skip(self, seconds: float) -> None:
        """Let this pass at once."""
        self._skipped_s += seconds


def writer_of(
    path: Path,
    url: str,
    log: ListLog | None = None,
    clock_: Clock = clock.read,
    **changes: object,
) -> InfluxWriter:
    """One that is quick; ``changes`` are of its settings."""
    settings = InfluxdbSettings(url=Secret(url), timeout_s=0.5, flush_s=FLUSH_S)
    settings = msgspec.structs.replace(settings, **changes)
    endpoint = endpoint_of(settings)
    assert isinstance(endpoint, Endpoint), endpoint
    world = World(clock_, asyncio.sleep, lambda: 0.0, log or ListLog())
    return InfluxWriter(settings, endpoint, path, world)


@asynccontextmanager
async def writing(writer: InfluxWriter) -> AsyncIterator[InfluxWriter]:
    """Run it in a task; at the end it is cancelled, as the keeper does."""
    async with asyncio.TaskGroup() as group:
        task = group.create_task(writer.run())
        try:
            yield writer
        finally:
            task.cancel()


async def until(holds: Callable[[], bool], within_s: float = 10.0) -> None:
    """Wait for it; a test that waits in vain fails."""
    async with asyncio.timeout(within_s):
        while not holds():  # noqa: ASYNC110 - the writer tells figures, and no event
            await asyncio.sleep(0.01)


def put_each(writer: InfluxWriter, numbers: range, kind: Kind = Kind.SAMPLE) -> None:
    """Hand over points, one record each."""
    for number in numbers:
        writer.put([point(number)], kind)
