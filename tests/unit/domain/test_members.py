"""Who made which of our blocks, by the words of the members: doubled slots, and strangers."""

from __future__ import annotations

import msgspec
import pytest

from eoskeeper.domain.actions import FenceCause, Met, PermitKind
from eoskeeper.domain.chain_time import Moment, Slot
from eoskeeper.domain.conditions import conditions_for
from eoskeeper.domain.events import SlotDoubled, StandingChanged
from eoskeeper.domain.findings import Grade
from eoskeeper.domain.member_condition import no_stranger
from eoskeeper.domain.member_words import Doubled, MadeBy, MemberWord, OwnBlock
from eoskeeper.domain.members import claims, doubled_slots, outranking, word_of
from eoskeeper.domain.memory import restore
from eoskeeper.domain.permits import scene_of
from eoskeeper.domain.policy import FailoverMode, Policy, Role
from eoskeeper.domain.rules.rule import View
from eoskeeper.domain.rules.strangers import Strangers
from eoskeeper.domain.rules.two_producers import TwoProducers
from eoskeeper.domain.samples import PeerRead
from eoskeeper.domain.standing import State
from eoskeeper.domain.vitals import Vitals
from tests.unit.domain.scene import START_SLOT, Site, block, policy_of

ID, OTHER_ID = "0" * 16, "1" * 16


def word(**changes: object) -> MemberWord:
    """A word of the first standby, which holds nothing."""
    return msgspec.structs.replace(MemberWord(role="B", holds=False), **changes)


def own(*slots: int, id_part: str = ID) -> tuple[OwnBlock, ...]:
    """Blocks of these slots."""
    return tuple(OwnBlock(Slot(slot), slot, id_part) for slot in slots)


# --- pure comparisons ---------------------------------------------------------------------------


def test_a_slot_of_two_hosts_is_doubled() -> None:
    """And a slot of one is not."""
    found = doubled_slots({"a": own(3, 4), "b": own(4, 5, id_part=OTHER_ID)}, after=0)
    assert found == (Doubled(Slot(4), (MadeBy("a", ID), MadeBy("b", OTHER_ID))),)


def test_the_same_block_of_two_hosts_is_doubled_too() -> None:
    """Two nodes with one key and one view of the chain make the very same block."""
    assert [one.slot for one in doubled_slots({"a": own(4), "b": own(4)}, after=0)] == [4]


def test_a_slot_that_one_host_names_twice_is_no_second_producer() -> None:
    """A question for its log."""
    blocks = {"a": (*own(4), *own(4, id_part=OTHER_ID)), "b": own(5)}
    assert doubled_slots(blocks, after=0) == ()


def test_only_later_slots_are_told() -> None:
    """Each is told once."""
    blocks = {"a": own(3, 4), "b": own(3, 4)}
    assert [one.slot for one in doubled_slots(blocks, after=3)] == [4]


def test_a_block_that_every_member_disclaims_is_a_strangers() -> None:
    """All were paused."""
    made = block(9, 90, "ours")
    paused = word(paused_from=Slot(50), paused_to=Slot(95))
    found = claims([made], ["a", "b"], {"a": paused, "b": paused})
    assert (found.strange, found.open, found.silent) == ((made,), (), ())


@pytest.mark.parametrize(
    "other",
    [
        None,
        word(),
        word(paused_from=Slot(91), paused_to=Slot(95)),
        word(paused_from=Slot(50), paused_to=Slot(89)),
    ],
)
def test_a_silent_member_leaves_the_question_open(other: MemberWord | None) -> None:
    """It was not heard, or not paused, or not at that time."""
    paused = word(paused_from=Slot(50), paused_to=Slot(95))
    words = {"a": paused} if other is None else {"a": paused, "b": other}
    found = claims([block(9, 90, "ours")], ["a", "b"], words)
    assert (found.strange, found.silent) == ((), ("b",))
    assert len(found.open) == 1


@pytest.mark.parametrize("part", [slice(8, 24), slice(0, 16)])
def test_a_block_is_claimed_by_either_part_of_its_id(part: slice) -> None:
    """Old and new nodeos print different ones."""
    made = block(9, 90, "ours")
    claimed = word(blocks=(OwnBlock(made.slot, made.number, made.block_id[part]),))
    assert claims([made], ["a"], {"a": claimed}) == claims([], ["a"], {})


def test_a_claim_of_another_block_of_that_slot_claims_nothing() -> None:
    """Lost in a fork."""
    made = block(9, 90, "ours")
    claimed = word(blocks=(OwnBlock(made.slot, made.number, "f" * 16),))
    assert claims([made], ["a"], {"a": claimed}).open == (made,)


# --- in the keeper ------------------------------------------------------------------------------


class Pair:
    """A host, and what the keeper of the other one says every second."""

    def __init__(self, role: Role, *, paused: bool = False, seconds: int = 48 + 14) -> None:
        plain = policy_of(role)
        self.policy: Policy = msgspec.structs.replace(plain, members=frozenset({"there"}))
        self.site = Site(self.policy, paused=paused, elsewhere=paused)
        self.site.run(seconds)

    def hear(self, said: MemberWord, *, ago_s: float = 0.0) -> Pair:
        """One second, in which the other one says something."""

        def read(now: Moment) -> PeerRead:
            at = Moment(type(now.mono_s)(now.mono_s - ago_s), now.utc_s)
            return PeerRead(
                at,
                "there",
                said.role,
                "holder",
                may_produce=True,
                head_number=1,
                summary="",
                word=said,
            )

        self.site.tick(read)
        return self

    def beside(self, role: str, **changes: object) -> MemberWord:
        """A word of a holder that made a block beside our newest one."""
        line = self.site.memory.node.logbook.produced[-1]
        blocks = (OwnBlock(line.slot, line.number, line.id_part),)
        return word(role=role, holds=True, blocks=blocks, **changes)

    def told(self) -> list[SlotDoubled]:
        """What was journalled of doubled slots."""
        return [event for event in self.site.events if isinstance(event, SlotDoubled)]

    def view(self) -> View:
        """What rules look at."""
        memory = self.site.memory
        return View(
            node=memory.node,
            standing=memory.standing,
            vitals=Vitals(started=memory.node.started),
            policy=self.policy,
        )


def test_a_holder_stops_when_a_host_that_goes_before_it_made_the_same_slot() -> None:
    """The lower rank fences; it says which slot, and who."""
    pair = Pair(Role.FIRST_STANDBY)
    assert pair.site.state() is State.HOLDER
    pair.hear(pair.beside("A"))
    assert pair.site.state() is State.FENCING
    assert pair.site.memory.standing.cause is FenceCause.PRODUCED_ELSEWHERE
    change = next(e for e in reversed(pair.site.events) if isinstance(e, StandingChanged))
    assert change.reason.startswith("there made a block in slot ")
    assert len(pair.told()) == 1


def test_the_host_that_goes_first_goes_on_and_tells() -> None:
    """Were both to stop, nobody would be left."""
    pair = Pair(Role.PRIMARY)
    pair.hear(pair.beside("B"))
    assert pair.site.state() is State.HOLDER
    assert [one.newest.makers[0].host for one in pair.told()] == ["here"]


def test_of_two_of_one_role_the_name_decides() -> None:
    """``here`` goes before ``there``."""
    pair = Pair(Role.PRIMARY)
    pair.hear(pair.beside("A"))
    assert pair.site.state() is State.HOLDER


def test_the_newer_lease_goes_before_the_role() -> None:
    """What a register says is worth more than who was meant to be first."""
    pair = Pair(Role.PRIMARY)
    pair.hear(pair.beside("B", lease_term=3))
    assert pair.site.state() is State.FENCING


def test_a_member_that_holds_no_more_stops_nobody() -> None:
    """Its own keeper has stopped it."""
    pair = Pair(Role.FIRST_STANDBY)
    pair.hear(msgspec.structs.replace(pair.beside("A"), holds=False))
    assert pair.site.state() is State.HOLDER
    assert len(pair.told()) == 1


def test_an_old_word_stops_nobody() -> None:
    """Whether it still holds is unknown."""
    pair = Pair(Role.FIRST_STANDBY)
    pair.hear(pair.beside("A"), ago_s=6.0)
    assert pair.site.state() is State.HOLDER
    assert outranking(pair.site.memory, pair.site.now, pair.policy) is None


def test_a_slot_of_long_ago_stops_nobody() -> None:
    """It was told then; of two rounds ago it is evidence, and no reason any more."""
    pair = Pair(Role.FIRST_STANDBY)
    said = pair.beside("A")
    pair.site.run(3 * 24)
    pair.hear(said)
    assert pair.site.state() is State.HOLDER


def test_a_doubled_slot_is_told_once_also_after_a_restart() -> None:
    """The journal remembers."""
    pair = Pair(Role.PRIMARY)
    pair.hear(pair.beside("B")).hear(pair.beside("B"))
    assert len(pair.told()) == 1
    restored = restore(pair.site.events, pair.site.now, pair.policy)
    assert restored.doubled_to == pair.told()[0].newest.slot


def test_a_member_on_another_chain_is_left_out() -> None:
    """Slots are the same everywhere."""
    pair = Pair(Role.FIRST_STANDBY)
    pair.hear(pair.beside("A", chain_id="f" * 64))
    assert pair.site.state() is State.HOLDER
    assert pair.told() == []


def test_the_rule_two_producers_names_the_hosts() -> None:
    """On both hosts."""
    pair = Pair(Role.PRIMARY)
    pair.hear(pair.beside("B"))
    (finding,) = TwoProducers().assess(pair.view(), pair.site.now)
    assert (finding.grade, finding.code) == (Grade.FAILED, "members")
    assert finding.figures["hosts"] == "here + there"


def test_what_this_host_says_of_itself() -> None:
    """A holder tells its blocks; a paused host since when it made none."""
    memory = Pair(Role.PRIMARY).site.memory
    said = word_of(memory.node, memory.standing, policy_of(Role.PRIMARY))
    assert (said.role, said.holds, said.paused_from) == ("A", True, None)
    assert [one.slot for one in said.blocks][-24:] == [b.slot for b in memory.node.chain.own[-24:]]
    memory = Pair(Role.FIRST_STANDBY, paused=True).site.memory
    said = word_of(memory.node, memory.standing, policy_of())
    assert (said.role, said.holds, said.blocks) == ("B", False, ())
    # Asked for at the first second; whatever was under way then is drained two slots later.
    assert said.paused_from == START_SLOT + 5
    assert not said.excludes(START_SLOT + 4)
    assert said.excludes(START_SLOT + 60)


def test_an_observer_makes_no_blocks() -> None:
    """It has no key, paused or not: its silence would leave every question open."""
    memory = Pair(Role.PRIMARY).site.memory
    said = word_of(memory.node, memory.standing, policy_of(Role.OBSERVER))
    assert said.excludes(0)
    assert said.excludes(2**32 - 1)


PAUSED = word(role="A", paused_from=Slot(START_SLOT - 100), paused_to=Slot(START_SLOT + 1000))


def standby(said: MemberWord | None) -> Pair:
    """A standby that sees our blocks made elsewhere, at the end of an own turn."""
    pair = Pair(Role.FIRST_STANDBY, paused=True)
    return pair if said is None else pair.hear(said)


def graded(pair: Pair, kind: PermitKind = PermitKind.TAKEOVER) -> Met:
    """The condition, as it is asked before that kind of resume."""
    scene = scene_of(pair.site.memory, pair.site.now, pair.policy)
    found = [one for one in conditions_for(kind, scene) if one.name == "no_stranger"]
    assert found == [no_stranger(scene)]
    return found[0].met


def test_nobody_takes_over_from_a_stranger() -> None:
    """Every member was paused, and yet there are blocks of ours: somebody else has the key."""
    pair = standby(PAUSED)
    assert graded(pair) is Met.NO
    assert graded(pair, PermitKind.OPERATOR) is Met.NO
    (finding,) = Strangers().assess(pair.view(), pair.site.now)
    assert (finding.grade, finding.code) == (Grade.FAILED, "stranger")


def test_the_operator_may_know_better() -> None:
    """``--others-paused`` is their word for it."""
    pair = standby(PAUSED)
    scene = scene_of(pair.site.memory, pair.site.now, pair.policy)
    sure = msgspec.structs.replace(scene, others_paused=True)
    assert no_stranger(sure).met is Met.YES


@pytest.mark.parametrize("said", [None, word(role="A", holds=True)])
def test_a_dead_holder_is_no_stranger(said: MemberWord | None) -> None:
    """Who is silent may have made the block: that is no reason to leave the cluster without one."""
    pair = standby(said)
    assert graded(pair) is Met.YES
    (finding,) = Strangers().assess(pair.view(), pair.site.now)
    assert (finding.grade, finding.code) == (Grade.UNKNOWN, "open")


def test_a_holder_that_claims_its_blocks_is_no_stranger() -> None:
    """The usual case."""
    pair = Pair(Role.FIRST_STANDBY, paused=True)
    chain = pair.site.memory.node.chain.own
    blocks = tuple(OwnBlock(b.slot, b.number, b.block_id[8:24]) for b in chain)
    pair.hear(word(role="A", holds=True, blocks=blocks))
    assert graded(pair) is Met.YES
    (finding,) = Strangers().assess(pair.view(), pair.site.now)
    assert (finding.grade, finding.figures) == (Grade.OK, {"count": 12})


def test_a_stranger_that_has_stopped_is_forgotten_after_an_own_turn() -> None:
    """Nobody would ever take over otherwise."""
    pair = standby(PAUSED)
    pair.site.elsewhere = False
    pair.site.run(24)
    pair.hear(PAUSED)
    assert graded(pair) is Met.YES


def test_without_members_nothing_is_asked() -> None:
    """The condition is not even there."""
    site = Site(policy_of(mode=FailoverMode.AUTO)).run(62)
    scene = scene_of(site.memory, site.now, site.policy)
    names = [one.name for one in conditions_for(PermitKind.TAKEOVER, scene)]
    assert "no_stranger" not in names
