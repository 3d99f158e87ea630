"""Events as served: with words, also those that another version of the keeper wrote."""

from __future__ import annotations

import msgspec

from eoskeeper.domain.findings import Text
from eoskeeper.domain.records import EventSource
from eoskeeper.web.event_rows import row_of_event, row_of_record
from tests.unit.web.past import STARTED, record_of


def test_a_kept_event_and_a_fresh_one_make_the_same_row() -> None:
    """A page need not know where it came from."""
    assert row_of_record(record_of(5)) == row_of_event(5, STARTED)


def test_an_event_of_another_version_has_its_kind_for_words() -> None:
    """It is shown, as it is."""
    record = msgspec.structs.replace(
        record_of(1), kind="later", event=msgspec.Raw(b'{"type":"later"}'), source=EventSource.ALARM
    )
    row = row_of_record(record)
    assert row.text == Text(en="later", zh="later")
    assert row.evidence == ()
    assert row.event == record.event
