"""Rule not_producing_reason: what nodeos says, to whom it matters, and for how long."""

from __future__ import annotations

import msgspec
import pytest

from eoskeeper.domain.chain_time import Slot
from eoskeeper.domain.findings import Grade
from eoskeeper.domain.logbook import Logbook
from eoskeeper.domain.rules.not_producing_reason import NOT_PRODUCING_REASON, NotProducingRule
from eoskeeper.domain.rules.rule import View
from eoskeeper.domain.samples import (
    BlockLogged,
    LoggedBlockKind,
    NodeNote,
    NotProducingReason,
    PausedRead,
)
from eoskeeper.domain.standing import State
from tests.unit.domain.rules.host_views import log_pass, not_producing, note
from tests.unit.domain.rules.views import ago, graded, replaced, view_of, watched
from tests.unit.domain.scene import OURS, ROSTER, START_SLOT, settled_holder, settled_standby

Reason = NotProducingReason
NOTHING = (Grade.OK, "nothing")


def _view(
    reason: Reason | None = None,
    age_s: float = 5.0,
    state: State = State.HOLDER,
    node: dict[str, object] | None = None,
) -> View:
    """A host that entered its state 100 s ago, its log followed, four producers."""
    view = view_of(
        node={"roster": ROSTER, "log_pass": log_pass(), **(node or {})},
        vitals={"not_producing": None if reason is None else not_producing(reason, age_s)},
        standing=state,
    )
    return replaced(view, standing={"since": ago(100)})


def _judged(view: View) -> tuple[Grade, str]:
    return graded(NOT_PRODUCING_REASON, NotProducingRule(), view)


def _paused(since_s: float, asked_s: float = 0.0) -> dict[str, object]:
    read = PausedRead(ago(asked_s), ago(asked_s), paused=True)
    return {"paused": read, "paused_since": ago(since_s)}


UNPAUSED: dict[str, object] = {"paused": PausedRead(ago(0), ago(0), paused=False)}


@pytest.mark.parametrize("reason", [one for one in Reason if one is not Reason.PAUSED])
def test_every_reason_has_its_words(reason: Reason) -> None:
    """Failed on the holder, degraded on a host that may have to take over."""
    if reason is Reason.NO_KEY:
        assert _judged(_view(reason)) == (Grade.UNKNOWN, "no_key")
        return
    assert _judged(_view(reason)) == (Grade.FAILED, reason.value)
    assert _judged(_view(reason, state=State.STANDBY)) == (Grade.DEGRADED, reason.value)


def test_a_paused_standby_says_so_and_is_well() -> None:
    """In every turn of the primary."""
    view = _view(Reason.PAUSED, state=State.STANDBY, node=_paused(90))
    assert _judged(view) == (Grade.OK, "paused_as_due")
    assert _judged(_view(Reason.PAUSED, state=State.HELD)) == (Grade.OK, "paused_as_due")


@pytest.mark.parametrize(
    ("age_s", "expected"), [(30.0, (Grade.FAILED, "watermark")), (30.1, NOTHING)]
)
def test_a_line_counts_for_a_round_and_a_turn(age_s: float, expected: tuple[Grade, str]) -> None:
    """24 s and 6 s; the next own turn has ended by then."""
    assert _judged(_view(Reason.WATERMARK, age_s)) == expected


def test_without_a_schedule_the_longest_round_counts() -> None:
    """126 s and a turn, said since the host holds production."""
    view = replaced(_view(Reason.VOTES, 90), node={"roster": type(ROSTER)()})
    assert _judged(view) == (Grade.FAILED, "votes")


def test_what_was_said_before_this_host_held_production_is_void() -> None:
    """A standby that took over was paused a turn before."""
    view = replaced(_view(Reason.VOTES_OF_OURS), standing={"since": ago(5)})
    assert _judged(view) == NOTHING


def test_a_line_without_a_date_counts_by_when_it_was_read() -> None:
    """EOSIO 1.0 prints none."""
    undated = msgspec.structs.replace(not_producing(Reason.VOTES, 5), logged_utc=None)
    view = replaced(_view(), vitals={"not_producing": undated})
    assert _judged(view) == (Grade.FAILED, "votes")
    backlog = msgspec.structs.replace(undated, logged_utc=ago(101).utc_s)
    assert _judged(replaced(view, vitals={"not_producing": backlog})) == NOTHING


def test_a_block_made_since_a_resume_or_a_restart_voids_the_line() -> None:
    """Each shows that the reason is gone."""
    line = BlockLogged(
        ago(4), LoggedBlockKind.PRODUCED, 1, "0", Slot(START_SLOT), OURS, None, None, None
    )
    assert _judged(_view(Reason.VOTES, node={"logbook": Logbook(produced=(line,))})) == NOTHING
    earlier = msgspec.structs.replace(line, at=ago(6))
    view = _view(Reason.VOTES, node={"logbook": Logbook(produced=(earlier,))})
    assert _judged(view) == (Grade.FAILED, "votes")
    assert _judged(replaced(view, vitals={"notes": note(NodeNote.RESUMED, 4)})) == NOTHING
    assert _judged(replaced(view, vitals={"restarts": (ago(4),)})) == NOTHING


@pytest.mark.parametrize(
    ("since_s", "expected"), [(2.9, NOTHING), (3.0, (Grade.FAILED, "paused_somehow"))]
)
def test_a_pause_is_seen_before_the_next_own_turn(
    since_s: float, expected: tuple[Grade, str]
) -> None:
    """By the API; on Spring it may also be a pause of nodeos's own."""
    assert _judged(_view(node=_paused(since_s))) == expected


def test_a_pause_by_hand_is_known_by_its_line() -> None:
    """The one of the call, or the one of the own turn."""
    view = _view(node=_paused(10))
    noted = replaced(view, vitals={"notes": note(NodeNote.PAUSED, 10)})
    assert _judged(noted) == (Grade.FAILED, "paused_by_hand")
    assert _judged(_view(Reason.PAUSED, node=_paused(10))) == (Grade.FAILED, "paused_by_hand")
    old = replaced(view, vitals={"notes": note(NodeNote.PAUSED, 60)})
    assert _judged(old) == (Grade.FAILED, "paused_somehow")


def test_the_api_overrules_a_line_about_a_pause() -> None:
    """It says unpaused now; where it is silent the line is believed."""
    assert _judged(_view(Reason.PAUSED, node=UNPAUSED)) == NOTHING
    assert _judged(_view(Reason.PAUSED)) == (Grade.FAILED, "paused_by_hand")


def test_a_resume_on_its_way_is_no_pause_by_hand() -> None:
    """What was read before it still says paused."""
    for state in (State.RESUMING, State.HOLDER):
        view = _view(Reason.PAUSED, state=state, node=_paused(90, asked_s=1.5))
        assert _judged(replaced(view, standing={"since": ago(1)})) == NOTHING
        view = _view(state=state, node=_paused(90))
        assert _judged(replaced(view, standing={"since": ago(1)})) == NOTHING


def test_words_about_votes_come_before_the_flag_they_set() -> None:
    """Spring's own pause reads as paused too."""
    view = _view(Reason.VOTES_OF_OURS, node=_paused(10))
    assert _judged(view) == (Grade.FAILED, "votes_of_ours")


def test_is_unknown_without_log_and_producer_api() -> None:
    """Nobody says anything."""
    assert _judged(view_of(standing=State.HOLDER)) == (Grade.UNKNOWN, "no_reading")


def test_healthy_hosts_are_never_accused() -> None:
    """For two rounds; and a standby that takes over neither."""
    for site in (settled_holder(), settled_standby()):
        assert watched(site).ever(NotProducingRule(), 48) == {Grade.OK}
    site = settled_standby()
    site.elsewhere = False
    host = watched(site)
    assert host.ever(NotProducingRule(), 90) == {Grade.OK}
    assert site.state() is State.HOLDER


def test_a_primary_paused_by_hand_is_told_within_five_seconds() -> None:
    """Before its next own turn is empty."""
    site = settled_holder()
    site.paused = True
    host = watched(site).run(5)
    found = graded(NOT_PRODUCING_REASON, NotProducingRule(), host.view, site.now)
    assert found == (Grade.FAILED, "paused_somehow")
