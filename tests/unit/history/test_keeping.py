"""What the history takes from the journals."""

from __future__ import annotations

import msgspec

from eoskeeper.domain.alerting.events import AlarmAcked, AlarmsSnapshot, SilenceCleared
from eoskeeper.domain.chain_time import Moment, MonoS, Turn, UtcS
from eoskeeper.domain.events import Event, KeeperStarted
from eoskeeper.domain.logbook import Maker
from eoskeeper.domain.records import EventSource
from eoskeeper.domain.tally import NoticeMark, OwnTurnClosed
from eoskeeper.domain.watch import WatchEvent
from eoskeeper.history.keeping import event_row, rows_of_journals


def at(utc_s: float) -> Moment:
    """A moment by its wall clock."""
    return Moment(MonoS(utc_s - 1000.0), UtcS(utc_s))


def started(utc_s: float) -> KeeperStarted:
    """A decision's journal begins with it."""
    return KeeperStarted(at(utc_s), "1.0", "bp-one", "primary", "auto")


def test_a_row_tells_what_happened_and_where_it_was_journalled() -> None:
    """The JSON is that of the journal, with its tag."""
    row = event_row(started(5000.25))
    assert row is not None
    assert (row.at_utc, row.source, row.kind) == (5000.25, EventSource.DECISION, "keeper_started")
    assert msgspec.json.decode(row.event, type=Event) == started(5000.25)
    acked = event_row(AlarmAcked(at(1.0), ("links",), "ann"))
    assert acked is not None
    assert (acked.source, acked.kind) == (EventSource.ALARM, "alarm_acknowledged")


def test_bookkeeping_is_left_out() -> None:
    """A snapshot of what is open tells a reader nothing that was not told before."""
    closed = OwnTurnClosed(at(1.0), Turn(1), 12, 0, 0, None, Maker.HERE, 20_000)
    for event in (AlarmsSnapshot(at(1.0), 1), NoticeMark(at(1.0), 1, 8, 0), closed):
        assert event_row(event) is None


def test_an_event_that_was_read_back_has_the_same_digest() -> None:
    """So it is not written twice; another one's differs."""
    acked: WatchEvent = AlarmAcked(at(1751788800.1), ("links", "disk"), "ann")
    read = msgspec.json.decode(msgspec.json.encode(acked), type=WatchEvent)
    first, again, other = event_row(acked), event_row(read), event_row(started(1.0))
    assert first is not None
    assert first == again
    assert other is not None
    assert first.digest != other.digest
    assert -(2**63) <= first.digest < 2**63


def test_journals_are_told_in_the_order_of_their_times() -> None:
    """One timeline from two files."""
    decisions = (started(10.0), started(30.0))
    alarms = (SilenceCleared(at(20.0), "links", ""), AlarmsSnapshot(at(25.0), 1))
    rows = list(rows_of_journals((decisions, alarms)))
    assert [row.at_utc for row in rows] == [10.0, 20.0, 30.0]
