"""Recorder: journal first, then the deed. Nothing that can start production goes unwritten."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from eoskeeper.app.performer import Performer
from eoskeeper.domain.actions import Action, Resume
from eoskeeper.domain.event_words import event_text
from eoskeeper.domain.events import (
    ActionDecided,
    Advised,
    CommandAnswered,
    Event,
    FailsafeTurned,
    HookEnded,
    LeaseWritten,
    OutcomeSeen,
    SlotDoubled,
    StandingChanged,
)
from eoskeeper.runtime.journal import Journal, JournalError

__all__ = ["Recorder"]

JOURNAL_FAILED = "journal_failed"


class Log(Protocol):
    """The levels used here."""

    def info(self, event: str, **details: object) -> object:
        """Log a change."""

    def warning(self, event: str, **details: object) -> object:
        """Log advice."""

    def critical(self, event: str, **details: object) -> object:
        """Log that the journal is not writable."""


class Recorder:
    """Writes events, then lets actions go."""

    def __init__(self, journal: Journal[Event], performer: Performer, log: Log) -> None:
        """Take where to write, who acts, and the log for people."""
        self._journal = journal
        self._performer = performer
        self._log = log

    def carry_out(self, events: Sequence[Event], actions: Sequence[Action]) -> bool:
        """Journal every event; then act, or refuse to resume if one could not be written.

        A pause is let go all the same: to stop is safe without a journal.

        Returns whether all that may change who produces was written.
        """
        failed = [event for event in events if not self._write(event)]
        for action in actions:
            if isinstance(action, Resume) and failed:
                self._performer.refuse(action, "its permit could not be journalled")
            else:
                self._performer.perform(action)
        return not failed

    def _write(self, event: Event) -> bool:
        log_event(self._log, event)
        try:
            self._journal.append(event)
        except JournalError as error:
            self._log.critical(JOURNAL_FAILED, problem=str(error))
            return False
        return True


def log_event(log: Log, event: Event) -> None:
    """One line for each change, for people."""
    match event:
        case StandingChanged():
            log.info(
                "standing_changed",
                before=str(event.before),
                state=str(event.standing.state),
                trigger=event.event,
                reason=event.reason,
            )
        case ActionDecided():
            name = type(event.action).__name__.lower()
            log.info("action_decided", action=name, reason=event.action.reason)
        case OutcomeSeen():
            log.info("outcome", result=str(event.result), detail=event.detail)
        case Advised():
            log.warning("advised", would=event.action, reason=event.reason)
        case CommandAnswered():
            log.info("command", kind=str(event.kind), accepted=event.accepted, reason=event.reason)
        case SlotDoubled():
            log.critical("slot_doubled", count=len(event.slots), what=event_text(event).en)
        case FailsafeTurned():
            log.warning("failsafe_turned", on=event.on, what=event_text(event).en)
        case HookEnded() | LeaseWritten():
            log.info(str(type(event).__struct_config__.tag), what=event_text(event).en)
        case _:
            log.info(str(type(event).__struct_config__.tag))
