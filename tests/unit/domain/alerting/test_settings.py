"""Settings: hours are local, may wrap midnight, and never hide an alarm by mistake."""

from __future__ import annotations

import msgspec
import pytest

from eoskeeper.domain.alerting.settings import AlertSettings, hours_fault, within_hours
from eoskeeper.domain.chain_time import UtcS
from tests.unit.domain.alerting.desk import START_UTC_S


@pytest.mark.parametrize(
    ("hours", "at", "within"),
    [
        ("00:00-24:00", "00:00", True),
        ("00:00-24:00", "23:59", True),
        ("08:00-22:00", "07:59", False),
        ("08:00-22:00", "08:00", True),
        ("08:00-22:00", "21:59", True),
        ("08:00-22:00", "22:00", False),
        ("22:00-08:00", "21:59", False),
        ("22:00-08:00", "22:00", True),
        ("22:00-08:00", "00:00", True),
        ("22:00-08:00", "07:59", True),
        ("22:00-08:00", "08:00", False),
        ("whenever", "03:00", True),
    ],
)
@pytest.mark.parametrize("utc_offset_s", [0, 8 * 3600, -5 * 3600])
def test_hours_are_judged_by_local_time(
    hours: str, at: str, utc_offset_s: int, *, within: bool
) -> None:
    """The first minute belongs to them, the last one does not."""
    local_s = START_UTC_S + int(at[:2]) * 3600 + int(at[3:]) * 60
    assert within_hours(hours, UtcS(local_s - utc_offset_s), utc_offset_s) is within


@pytest.mark.parametrize("hours", ["00:00-24:00", "22:00-08:00", "23:59-24:00", "09:30-00:00"])
def test_hours_that_make_sense_have_no_fault(hours: str) -> None:
    """These may stand in a configuration."""
    assert hours_fault(hours) is None


@pytest.mark.parametrize(
    "hours",
    ["", "8:00-22:00", "08:00-22:00 ", "08:60-22:00", "24:00-08:00", "08:00-24:01", "08:00-08:00"],
)
def test_hours_that_make_no_sense_are_told_at_the_check(hours: str) -> None:
    """Not at three in the morning."""
    assert hours_fault(hours) is not None


def test_an_unknown_key_is_refused() -> None:
    """A misspelt limit must not be a limit that is silently not there."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"repeat": 5}, AlertSettings)


def test_the_table_reads_like_its_documentation() -> None:
    """As the configuration hands it over."""
    table = {"repeat_s": 600, "contacts": {"ops": {"channels": ["sms"], "severity": "critical"}}}
    settings = msgspec.convert(table, AlertSettings)
    assert settings.contacts["ops"].channels == ("sms",)
    assert settings.escalation_s == 600
