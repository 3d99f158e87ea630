"""What the log proves about who made a block: no proof is *unknown*, never *elsewhere*."""

from __future__ import annotations

import msgspec
import pytest

from eoskeeper.domain.chain_time import Moment, Slot
from eoskeeper.domain.logbook import (
    KEEP,
    Logbook,
    Maker,
    fold_log_pass,
    fold_logged_block,
    lost_slots,
    maker_of,
)
from eoskeeper.domain.samples import Block, BlockLogged, LogFollowed, LoggedBlockKind
from tests.unit.domain.scene import OURS, START_SLOT, block, moment_at

PRODUCED, RECEIVED = LoggedBlockKind.PRODUCED, LoggedBlockKind.RECEIVED
NOT_APPLIED = LoggedBlockKind.NOT_APPLIED
OWN = block(7, START_SLOT + 20, OURS)


def line(
    kind: LoggedBlockKind, of: Block = OWN, *, old: bool = False, producer: str = OURS
) -> BlockLogged:
    """The line of a block; old nodeos prints the first 16 digits of the id."""
    part = of.block_id[:16] if old else of.block_id[8:24]
    return BlockLogged(moment_at(of.slot), kind, of.number, part, of.slot, producer, None, 0, 1)


def book_of(*lines: BlockLogged) -> Logbook:
    """A log with these lines in it."""
    book = Logbook()
    for one in lines:
        book = fold_logged_block(book, one, OURS)
    return book


EARLIER, LATER = moment_at(START_SLOT), moment_at(START_SLOT + 40)


@pytest.mark.parametrize(
    ("lines", "paused_since", "maker"),
    [
        ((), None, Maker.UNKNOWN),
        ((), EARLIER, Maker.ELSEWHERE),
        ((), LATER, Maker.UNKNOWN),
        ((line(PRODUCED),), None, Maker.HERE),
        ((line(PRODUCED, old=True),), None, Maker.HERE),
        ((line(PRODUCED),), EARLIER, Maker.HERE),
        ((line(RECEIVED),), None, Maker.ELSEWHERE),
        ((line(RECEIVED, old=True),), None, Maker.ELSEWHERE),
        # Spring prints Received for its own block too when a fork switch applies it again.
        ((line(PRODUCED), line(RECEIVED)), None, Maker.HERE),
        ((line(RECEIVED), line(PRODUCED)), None, Maker.HERE),
        ((line(NOT_APPLIED),), None, Maker.UNKNOWN),
        ((line(PRODUCED, producer="carol"),), None, Maker.UNKNOWN),
    ],
)
def test_the_maker_is_whom_the_log_proves(
    lines: tuple[BlockLogged, ...], paused_since: Moment | None, maker: Maker
) -> None:
    """A Produced line is the strongest proof, a Received line the next, a long pause the last."""
    assert maker_of(OWN, book_of(*lines), paused_since) is maker


@pytest.mark.parametrize(
    "change", [{"number": 8}, {"slot": Slot(OWN.slot + 1)}, {"id_part": "feedfeedfeedfeed"}]
)
def test_a_line_of_another_block_proves_nothing(change: dict[str, object]) -> None:
    """Number, slot and id must all agree: a block lost in a fork has a twin on the chain."""
    other = msgspec.structs.replace(line(PRODUCED), **change)
    assert maker_of(OWN, book_of(other), None) is Maker.UNKNOWN
    assert maker_of(OWN, book_of(other, line(RECEIVED)), None) is Maker.ELSEWHERE


@pytest.mark.parametrize(
    ("slots_after", "maker"),
    [(0, Maker.UNKNOWN), (1, Maker.UNKNOWN), (2, Maker.UNKNOWN), (3, Maker.ELSEWHERE)],
)
def test_one_more_block_may_follow_a_pause(slots_after: int, maker: Maker) -> None:
    """Within a second of the pause a block may still be ours; later it cannot."""
    paused_since = moment_at(OWN.slot - slots_after)
    assert maker_of(OWN, Logbook(), paused_since) is maker


def test_a_full_log_keeps_the_newest_lines_of_ours() -> None:
    """Lines of others never push ours out; of ours the oldest go first."""
    own = [block(number, START_SLOT + number, OURS) for number in range(KEEP + 5)]
    foreign = [line(RECEIVED, one, producer="carol") for one in own]
    book = book_of(*(line(PRODUCED, one) for one in own), *foreign)
    assert len(book.produced) == KEEP
    assert book.produced[-1].number == own[-1].number
    assert maker_of(own[-1], book, None) is Maker.HERE
    assert maker_of(own[0], book, None) is Maker.UNKNOWN
    received = book_of(*(line(RECEIVED, one) for one in own))
    assert [one.number for one in received.received] == list(range(5, KEEP + 5))


def test_every_block_line_tells_how_far_the_log_is() -> None:
    """Also those of other producers."""
    book = book_of(line(RECEIVED, block(9, START_SLOT + 9, "carol"), producer="carol"))
    assert (book.last_number, book.last_at) == (9, moment_at(START_SLOT + 9))


@pytest.mark.parametrize("at_end", [True, False])
def test_only_a_pass_to_the_end_has_caught_up(*, at_end: bool) -> None:
    """A pass that stopped half way leaves the old moment."""
    told = LogFollowed(LATER, at_end, lines=1, skipped_bytes=0, latest_logged_utc=None)
    book = fold_log_pass(Logbook(caught_up=EARLIER), told)
    assert book.caught_up == (LATER if at_end else EARLIER)


def test_a_logged_block_that_the_chain_does_not_hold_is_lost() -> None:
    """Its slot is told; slots of blocks that are on the chain are not."""
    gone = block(8, START_SLOT + 21, OURS)
    assert lost_slots(book_of(line(PRODUCED), line(PRODUCED, gone)), (OWN,)) == {gone.slot}
    assert lost_slots(Logbook(), (OWN,)) == frozenset()


# --- what the log alone tells of a turn -----------------------------------------------------------


@pytest.mark.parametrize(
    ("numbers", "stayed"),
    [
        ([OWN.number + 1], True),
        # Built without our block: the first is lower, and its successors reach the height later.
        ([OWN.number, OWN.number + 1, OWN.number + 2], False),
        ([OWN.number + 2], False),
        ([], False),
    ],
)
def test_the_first_foreign_block_after_ours_tells_whether_ours_stayed(
    numbers: list[int], *, stayed: bool
) -> None:
    """One higher: it was built on ours. Only the first one tells."""
    heard = [
        line(RECEIVED, block(number, OWN.slot + 1 + later, "carol"), producer="carol")
        for later, number in enumerate(numbers)
    ]
    book = book_of(line(PRODUCED), *heard)
    assert book.stayed_slot == (OWN.slot if stayed else None)


@pytest.mark.parametrize(
    "beside",
    [
        line(RECEIVED, block(OWN.number, OWN.slot - 1, "alpha"), producer="alpha"),
        line(RECEIVED, block(OWN.number - 1, OWN.slot - 2, "alpha"), producer="alpha"),
        line(NOT_APPLIED, OWN),
    ],
    ids=["same height, before ours", "lower", "not applied, which names the head"],
)
def test_after_a_block_of_another_branch_nothing_tells_that_ours_stayed(
    beside: BlockLogged,
) -> None:
    """Our predecessor's last block came late: the next block may be built on it, one higher too."""
    above = line(RECEIVED, block(OWN.number + 1, OWN.slot + 12, "carol"), producer="carol")
    assert book_of(line(PRODUCED), beside, above).stayed_slot is None
    again = line(PRODUCED, block(OWN.number + 9, OWN.slot + 48, OURS))
    next_above = block(OWN.number + 10, OWN.slot + 60, "carol")
    later = line(RECEIVED, next_above, producer="carol")
    assert book_of(line(PRODUCED), beside, above, again, later).stayed_slot == OWN.slot + 48


@pytest.mark.parametrize(
    "said",
    [
        line(NOT_APPLIED, block(8, OWN.slot + 1, "carol"), producer="carol"),
        line(RECEIVED, block(8, OWN.slot - 1, "carol"), producer="carol"),
        line(RECEIVED, block(8, OWN.slot + 1, OURS)),
    ],
    ids=["not applied", "earlier slot", "ours"],
)
def test_other_lines_do_not_tell_that_ours_stayed(said: BlockLogged) -> None:
    """Not taken, older than ours, or made by another host of ours."""
    assert book_of(line(PRODUCED), said).stayed_slot is None
    assert book_of(said).stayed_slot is None


def test_what_was_skipped_in_the_log_may_hide_who_was_first_above_ours() -> None:
    """A line one higher is then no proof, neither one read before nor one read after."""
    after = block(OWN.number + 1, OWN.slot + 1, "carol")
    told = LogFollowed(moment_at(OWN.slot + 2), True, 1, 5, None)  # noqa: FBT003 - its own field
    before_the_gap = book_of(line(PRODUCED), line(RECEIVED, after, producer="carol"))
    assert before_the_gap.stayed_slot == OWN.slot
    assert fold_log_pass(before_the_gap, told).stayed_slot is None
    behind = fold_logged_block(
        fold_log_pass(book_of(line(PRODUCED)), told), line(RECEIVED, after, producer="carol"), OURS
    )
    assert behind.stayed_slot is None
