"""What the tests of the chat channels share: a message, a time, and one send to a service."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

import msgspec

from eoskeeper.domain.chain_time import Moment, MonoS, UtcS
from eoskeeper.domain.findings import Severity
from eoskeeper.effects.alert_channels.channel import Attempt, Channel, ChannelSettings, Message
from tests.fakes.alert_service import AlertService, Gate, Misbehaviour, serving

Settings = TypeVar("Settings", bound=ChannelSettings)

NOW = Moment(mono_s=MonoS(100.0), utc_s=UtcS(1_700_000_000.0))

MESSAGE = Message(
    title="bp-1 出块停止: no block for 12 s",
    lines=("head #7 is 12.5 s old", "看 journalctl -u nodeos", "since 22:13:20 UTC"),
    severity=Severity.CRITICAL,
    resolved=False,
    host="bp-1",
    at_utc=NOW.utc_s,
)

WHOLE_TEXT = "\n".join((MESSAGE.title, *MESSAGE.lines))

LONG = msgspec.structs.replace(MESSAGE, lines=("十二 blocks <missed> & counted",) * 2000)

CALM = msgspec.structs.replace(MESSAGE, resolved=True)


def now() -> Moment:
    """A clock that stands."""
    return NOW


def settings_of(kind: type[Settings], tag: str, table: dict[str, object]) -> Settings:
    """Settings as the configuration makes them of its table; half a second for an attempt."""
    return msgspec.convert({"kind": tag, "timeout_s": 0.5, **table}, kind)


def send(
    channel_at: Callable[[str], Channel],
    gate: Gate,
    *next_answers: Misbehaviour | None,
    message: Message = MESSAGE,
    times: int = 1,
) -> tuple[Attempt, AlertService]:
    """The last attempt of some, and the service as it is then."""

    async def run() -> tuple[Attempt, AlertService]:
        async with serving(gate, *next_answers) as service, asyncio.timeout(10):
            channel = channel_at(service.url)
            try:
                attempts = [await channel.send(message) for _ in range(times)]
            finally:
                await channel.close()
        return attempts[-1], service

    return asyncio.run(run())
