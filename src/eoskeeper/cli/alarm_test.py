"""``eoskeeper test-alarm``: one message by each channel, and what the services say to it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

from rich.table import Table

from eoskeeper.app.courier import channel_of
from eoskeeper.cli.common import Exit, console, fail, load_or_exit
from eoskeeper.config import Config
from eoskeeper.domain.findings import Severity, Text
from eoskeeper.domain.host_samples import DeliveryResult
from eoskeeper.effects.alert_channels.channel import Attempt, ChannelSettings, Message
from eoskeeper.runtime import clock

__all__ = ["send_tests"]

_TEST_TITLE = Text(en="Test alarm of eoskeeper on {host}", zh="eoskeeper 测试告警,主机 {host}")
_TEST_LINE = Text(
    en="Somebody asked for it with `eoskeeper test-alarm`; nothing is wrong.",
    zh="有人执行了 eoskeeper test-alarm, 并无故障。",
)


def send_tests(path: Path | None, only: str) -> int:
    """Send one message by each channel, or by one; 1 when a service did not prove it."""
    config = load_or_exit(path)
    channels = config.channels()
    if only and only not in channels:
        known = ", ".join(channels) or "none is configured"
        raise fail(Exit.USAGE, f"--channel {only}: no such channel; there are: {known}")
    chosen = {name: one for name, one in channels.items() if only in {"", name}}
    if not chosen:
        message = "no channel is configured: add [alarm.channels.NAME], see docs/configuration.md"
        raise fail(Exit.NOT_WELL, message)
    results = asyncio.run(_try_all(chosen, _test_message(config)))
    table = Table(title="test alarm: one attempt each, no fallback")
    for column in ("channel", "delivery", "the service's answer"):
        table.add_column(column)
    for name, attempt in results.items():
        table.add_row(name, str(attempt.result), attempt.detail)
    console.print(table)
    proven = all(one.result is DeliveryResult.PROVEN for one in results.values())
    return Exit.DONE if proven else Exit.NOT_WELL


def _test_message(config: Config) -> Message:
    language, host = config.language, config.host.name
    return Message(
        title=_TEST_TITLE.say(language, {"host": host}),
        lines=(_TEST_LINE.say(language),),
        severity=Severity.INFO,
        resolved=False,
        host=host,
        at_utc=clock.read().utc_s,
    )


async def _try_all(channels: Mapping[str, ChannelSettings], message: Message) -> dict[str, Attempt]:
    return {name: await _try_one(settings, message) for name, settings in channels.items()}


async def _try_one(settings: ChannelSettings, message: Message) -> Attempt:
    channel = channel_of(settings, clock.read)
    try:
        return await channel.send(message)
    finally:
        await channel.close()
