"""The nemesis's order of faults, what it keeps apart, and what it would find."""

from __future__ import annotations

from itertools import islice

import pytest

from eoskeeper.devnet.oracle import ProducedBlock
from tests.nemesis.faults import BY_HAND, FAULTS, LONGEST_STOP_S, Deed, Part, Struck, must_not_meet
from tests.nemesis.judge import without_permit
from tests.nemesis.plan import OFFSET_S, steps


def made(*blocks: tuple[int, str]) -> list[ProducedBlock]:
    """Own blocks: slot and maker."""
    return [
        ProducedBlock(slot, slot, f"{slot:016x}", host, "ourproducer1") for slot, host in blocks
    ]


def test_a_seed_is_one_order_of_faults() -> None:
    """The same each time, and another one for another seed."""
    first = list(islice(steps(7), 50))
    assert first == list(islice(steps(7), 50))
    assert first != list(islice(steps(8), 50))


def test_within_a_thousand_steps_everything_is_struck() -> None:
    """Each row of the table, alone and in pairs, briefly and for longer than a lease."""
    drawn = list(islice(steps(1), 1000))
    blows = [blow for step in drawn for blow in step.blows]
    assert {blow.fault for blow in blows} == set(FAULTS)
    assert {len(step.blows) for step in drawn} == {1, 2}
    assert all(0 <= blow.begin_s <= OFFSET_S[1] for blow in blows)
    lasting = [b.lasts_s for b in blows if b.fault.deed is Deed.STOP]
    assert min(lasting) < 1
    assert LONGEST_STOP_S / 3 < max(lasting) <= LONGEST_STOP_S


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        (Struck("a", Part.KEEPER, Deed.KILL), Struck("a", Part.GUARD, Deed.STOP), "nobody is left"),
        (Struck("a", Part.GUARD, Deed.KILL), Struck("a", Part.KEEPER, Deed.STOP), "nobody is left"),
        (Struck("a", Part.KEEPER, Deed.STOP), Struck("b", Part.GUARD, Deed.STOP), ""),
        (Struck("a", Part.KEEPER, Deed.STOP), Struck("a", Part.NODEOS, Deed.STOP), ""),
        (Struck("a", Part.GUARD, Deed.STOP), Struck("a", Part.LINE, Deed.CUT_ETCD), ""),
        (Struck("a", Part.MEMBER, Deed.KILL), Struck("b", Part.MEMBER, Deed.KILL), ""),
        (Struck("a", Part.LINE, Deed.CUT_IN), Struck("b", Part.LINE, Deed.CUT_IN), "one partition"),
        (Struck("a", Part.KEEPER, Deed.KILL), Struck("a", Part.NODEOS, Deed.UNPAUSED), "unpaused"),
        (Struck("b", Part.NODEOS, Deed.CURL), Struck("b", Part.KEEPER, Deed.STOP), "by hand"),
        (Struck("b", Part.NODEOS, Deed.CURL), Struck("a", Part.KEEPER, Deed.STOP), ""),
    ],
)
def test_what_is_not_covered_is_kept_apart_with_its_reason(
    one: Struck, other: Struck, why: str
) -> None:
    """Whichever comes first; everything else may meet."""
    for told in (must_not_meet(one, other), must_not_meet(other, one)):
        assert (why in told) if why else told == ""


def test_deeds_by_hand_last_no_time() -> None:
    """There is nothing to undo: what they did is the keeper's to undo."""
    assert all(fault.lasts_s == (1.0, 1.0) for fault in FAULTS if fault.deed in BY_HAND)


@pytest.mark.parametrize(
    ("blocks", "permits", "found"),
    [
        (made((1, "a"), (2, "a")), {}, []),
        (made((1, "a"), (50, "b")), {"b": [40]}, []),
        (made((1, "a"), (50, "b")), {}, ["b made slot 50 without a permit"]),
        (made((1, "a"), (50, "b")), {"b": [51]}, ["b made slot 50 without a permit"]),
        (made((1, "a"), (50, "b")), {"a": [40]}, ["b made slot 50 without a permit"]),
        (made((1, "a"), (50, "b"), (90, "a")), {"b": [40], "a": [80]}, []),
        (
            made((1, "a"), (50, "b"), (90, "a"), (130, "b")),
            {"b": [40], "a": [80]},
            ["b made slot 130 without a permit"],
        ),
    ],
    ids=["alone", "permitted", "none", "later", "of another", "there and back", "an old one"],
)
def test_a_maker_that_is_new_needs_a_permit_of_its_own(
    blocks: list[ProducedBlock], permits: dict[str, list[int]], found: list[str]
) -> None:
    """Journalled for a slot after its last block, and not after the one it made."""
    assert without_permit(blocks, permits) == found
