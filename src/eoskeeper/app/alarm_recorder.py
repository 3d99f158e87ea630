"""Alarm recorder: journal first, then the message; but a full disk never keeps an alarm back."""

from __future__ import annotations

from collections.abc import Sequence

from eoskeeper.app.courier import Courier
from eoskeeper.app.recorder import JOURNAL_FAILED, Log
from eoskeeper.domain.alerting.alarms import Notification
from eoskeeper.domain.alerting.events import (
    AlarmFired,
    AlarmResolved,
    AlarmWorsened,
    NotificationSettled,
)
from eoskeeper.domain.host_samples import DeliveryResult
from eoskeeper.domain.watch import WatchEvent
from eoskeeper.runtime.journal import Journal, JournalError

__all__ = ["AlarmRecorder"]


class AlarmRecorder:
    """Writes what the watch decided, then lets the messages go."""

    def __init__(self, journal: Journal[WatchEvent], courier: Courier, log: Log) -> None:
        """Take where to write, who carries, and the log for people."""
        self._journal = journal
        self._courier = courier
        self._log = log

    def carry_out(
        self, events: Sequence[WatchEvent], notifications: Sequence[Notification]
    ) -> None:
        """Journal and send.

        A message whose record could not be written is sent all the same: after a restart it may
        come twice, and that is better than never.
        """
        for event in events:
            self._write(event)
        for notification in notifications:
            self._courier.send(notification)

    def _write(self, event: WatchEvent) -> None:
        log_alarm_event(self._log, event)
        try:
            self._journal.append(event)
        except JournalError as error:
            self._log.critical(JOURNAL_FAILED, problem=str(error))


def log_alarm_event(log: Log, event: WatchEvent) -> None:
    """One line for each change of an alarm, and for each delivery."""
    match event:
        case AlarmFired():
            finding, severity = event.alarm.finding, str(event.alarm.severity)
            details = {"rule": finding.rule, "code": finding.code, "subject": finding.subject}
            log.warning("alarm_fired", severity=severity, **details, figures=dict(finding.figures))
        case AlarmWorsened():
            log.warning("alarm_worsened", rule=event.finding.rule, severity=str(event.severity))
        case AlarmResolved():
            log.info("alarm_resolved", alarm=event.key, ending=str(event.ending))
        case NotificationSettled(result=DeliveryResult.PROVEN):
            log.info("alarm_delivered", channel=event.channel, answer=event.detail)
        case NotificationSettled():
            result = str(event.result)
            log.warning(
                "alarm_not_delivered", channel=event.channel, result=result, answer=event.detail
            )
        case _:
            # Snapshots, own turns and messages that are under way: the journal has them.
            return
