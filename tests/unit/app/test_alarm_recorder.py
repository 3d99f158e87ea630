"""Alarm recorder: a message whose record cannot be written is sent all the same."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from eoskeeper.app.alarm_recorder import AlarmRecorder
from eoskeeper.app.courier import Courier
from eoskeeper.domain.alerting.alarms import Notification, NotificationKind, Verdict
from eoskeeper.domain.alerting.events import NotificationDecided
from eoskeeper.domain.chain_time import Moment, MonoS, UtcS
from eoskeeper.domain.findings import Severity
from eoskeeper.domain.host_samples import DeliveryOutcome, DeliveryResult
from eoskeeper.domain.watch import WatchEvent
from eoskeeper.effects.alert_channels.channel import Attempt, ChannelSettings, Message
from eoskeeper.effects.alert_channels.delivering import Deliverer
from eoskeeper.runtime.journal import Journal
from tests.unit.runtime.recording_log import RecordingLog

NOW = Moment(MonoS(1000.0), UtcS(1_795_000_000.0))

NOTIFICATION = Notification(
    notification_id=1,
    kind=NotificationKind.FIRED,
    contact="ops",
    channels=("telephone",),
    severity=Severity.CRITICAL,
    title="disk full",
    lines=(),
    resolved=False,
    reason=Verdict.FIRED,
    at_utc=NOW.utc_s,
)


class Telephone:
    """A channel that keeps what it was given."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    async def send(self, message: Message) -> Attempt:
        """Take it."""
        self.messages.append(message)
        return Attempt(DeliveryResult.PROVEN, "taken")

    async def close(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize("writable", [True, False], ids=["written", "the disk refuses"])
def test_a_message_is_sent_whether_its_record_was_written_or_not(
    tmp_path: Path, *, writable: bool
) -> None:
    """In doubt twice rather than never; the log says that the journal failed."""
    telephone, log = Telephone(), RecordingLog()
    with Journal[WatchEvent](tmp_path / "alarms", WatchEvent) as journal:
        if not writable:
            journal.close()
        outcome = asyncio.run(_carried_out(journal, telephone, log))
        written = list(journal.read())
    assert [message.title for message in telephone.messages] == ["disk full"]
    assert outcome.result is DeliveryResult.PROVEN
    assert len(written) == writable
    assert ("journal_failed" in log.events()) is not writable


async def _carried_out(
    journal: Journal[WatchEvent], telephone: Telephone, log: RecordingLog
) -> DeliveryOutcome:
    told: asyncio.Queue[DeliveryOutcome] = asyncio.Queue()
    channels = {"telephone": (telephone, ChannelSettings())}
    deliverer = Deliverer(channels, lambda: NOW, asyncio.sleep, lambda: 0.5)
    courier = Courier(deliverer, "bp-a", told.put_nowait)
    recorder = AlarmRecorder(journal, courier, log)
    recorder.carry_out((NotificationDecided(NOW, NOTIFICATION),), (NOTIFICATION,))
    running = asyncio.get_running_loop().create_task(courier.run())
    async with asyncio.timeout(5):
        outcome = await told.get()
    running.cancel()
    await asyncio.wait([running])
    return outcome
