"""The register in memory misbehaves exactly as told."""

from __future__ import annotations

from eoskeeper.domain.register import ABSENT, LeaseRecord, Seen, Version, store_went_back
from eoskeeper.domain.register_model import Fault, FaultKind, RegisterModel

FINE = Fault()


def _record(beat: int) -> LeaseRecord:
    return LeaseRecord("north", 1, beat)


def _seen(seen: Seen | None) -> Seen:
    assert seen is not None, "no answer"
    return seen


def _written(model: RegisterModel, beats: int) -> Version:
    version = ABSENT
    for beat in range(beats):
        version = _seen(model.cas(0.0, version, _record(beat), FINE)).version
    return version


def test_a_lost_request_leaves_no_trace() -> None:
    """No answer, and no effect ever."""
    model = RegisterModel()
    assert model.cas(0.0, ABSENT, _record(0), Fault(FaultKind.REQUEST_LOST)) is None
    assert model.next_due_s is None
    assert _seen(model.read(99.0, FINE)).record is None
    assert model.read(99.0, Fault(FaultKind.REQUEST_LOST)) is None


def test_a_lost_answer_hides_an_effect() -> None:
    """The client cannot tell it from a lost request."""
    model = RegisterModel()
    assert model.cas(0.0, ABSENT, _record(0), Fault(FaultKind.ANSWER_LOST)) is None
    assert _seen(model.read(0.0, FINE)).record == _record(0)


def test_a_late_swap_takes_effect_at_its_time() -> None:
    """Not before, and the simulation can ask when."""
    model = RegisterModel()
    assert model.cas(1.0, ABSENT, _record(0), Fault(FaultKind.LATE, delay_s=5.0)) is None
    assert model.next_due_s == 6.0
    assert _seen(model.read(5.9, FINE)).record is None
    assert _seen(model.read(6.0, FINE)).record == _record(0)
    assert model.next_due_s is None


def test_a_late_swap_is_void_once_the_version_moved_on() -> None:
    """What makes an unknown swap harmless: the comparison happens on arrival."""
    model = RegisterModel()
    model.cas(0.0, ABSENT, _record(0), Fault(FaultKind.LATE, delay_s=5.0))
    _seen(model.cas(1.0, ABSENT, _record(9), FINE))
    assert _seen(model.read(6.0, FINE)).record == _record(9)


def test_a_duplicate_changes_nothing() -> None:
    """It compares with a version that its own first arrival has replaced."""
    model = RegisterModel()
    fault = Fault(FaultKind.DUPLICATED, delay_s=3.0)
    first = _seen(model.cas(0.0, ABSENT, _record(0), fault))
    assert first.applied
    assert model.next_due_s == 3.0
    later = _seen(model.read(4.0, FINE))
    assert (later.version, later.store) == (first.version, first.store)


def test_late_requests_arrive_in_the_order_of_their_times() -> None:
    """Whatever the order in which they were sent."""
    model = RegisterModel()
    model.cas(0.0, ABSENT, _record(1), Fault(FaultKind.LATE, delay_s=5.0))
    model.cas(0.0, ABSENT, _record(2), Fault(FaultKind.LATE, delay_s=2.0))
    assert _seen(model.read(9.0, FINE)).record == _record(2)


def test_a_stale_read_shows_the_past() -> None:
    """So many changes ago, and at most the beginning; a swap is not fooled."""
    model = RegisterModel()
    version = _written(model, 4)
    stale = _seen(model.read(0.0, Fault(FaultKind.STALE, changes=2)))
    assert stale.record == _record(1)
    assert _seen(model.read(0.0, Fault(FaultKind.STALE, changes=99))).record is None
    refused = _seen(model.cas(0.0, stale.version, _record(7), FINE))
    assert (refused.applied, refused.version) == (False, version)


def test_a_restored_backup_can_be_told_from_the_store_it_replaces() -> None:
    """The name stays, the revision falls; requests under way may fit again."""
    model = RegisterModel()
    _written(model, 4)
    model.elect()
    before = _seen(model.read(0.0, FINE))
    old = _seen(model.read(0.0, Fault(FaultKind.STALE, changes=2)))
    model.cas(0.0, old.version, _record(8), Fault(FaultKind.LATE, delay_s=1.0))
    model.restore(2)
    after = _seen(model.read(0.5, FINE))
    assert after.record == _record(1)
    assert after.store.cluster_id == before.store.cluster_id
    assert store_went_back(before.store, after.store)
    assert _seen(model.read(1.0, FINE)).record == _record(8)


def test_a_restored_backup_that_caught_up_is_told_by_its_elections() -> None:
    """The revision alone would not show it."""
    model = RegisterModel()
    _written(model, 2)
    model.elect()
    before = _seen(model.read(0.0, FINE))
    model.restore(1)
    for _ in range(5):
        model.write_elsewhere()
    after = _seen(model.read(0.0, FINE))
    assert after.store.revision > before.store.revision
    assert store_went_back(before.store, after.store)


def test_writes_elsewhere_leave_gaps_between_versions() -> None:
    """A version is the revision of the whole store, not a count of ours."""
    model = RegisterModel()
    first = _written(model, 1)
    model.write_elsewhere()
    second = _seen(model.cas(0.0, first, _record(1), FINE))
    assert second.applied
    assert second.version.revision == first.revision + 2
