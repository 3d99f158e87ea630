"""Members: who made which of our blocks, by what the keepers of the cluster say of themselves.

A word can stop a host; one kind lets an heir begin (``leaving``). A member that is silent
about a slot may have made its block; then the answer is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from eoskeeper.domain.chain_time import Moment, Slot, first_slot_of_turn, slot_at, turn_of
from eoskeeper.domain.lease.register import Lease
from eoskeeper.domain.logbook import PAUSE_DRAIN_S, Logbook
from eoskeeper.domain.member_words import (
    LAST_SLOT,
    NEWEST_BLOCKS,
    Doubled,
    MadeBy,
    MemberWord,
    OwnBlock,
)
from eoskeeper.domain.memory import Memory
from eoskeeper.domain.node_state import NodeState
from eoskeeper.domain.policy import FailoverMode, Policy, Role
from eoskeeper.domain.production import Roster
from eoskeeper.domain.samples import Block, PeerRead, ProbeName, ProcessState
from eoskeeper.domain.standing import Standing, State

__all__ = [
    "Claims",
    "blocks_by_host",
    "claims",
    "doubled_slots",
    "heard",
    "is_outranked",
    "last_claims",
    "made_by",
    "outranking",
    "own_blocks",
    "word_of",
    "words_of",
]

_HOLDS = frozenset({State.HOLDER, State.RESUMING})


class Claims(msgspec.Struct, frozen=True):
    """Blocks of ours on the chain that no member says it made.

    Attributes:
        strange: those that no member can have made: each was paused.
        open: the others; somebody who may have made them is silent about them.
        silent: names of those, sorted.
    """

    strange: tuple[Block, ...] = ()
    open: tuple[Block, ...] = ()
    silent: tuple[str, ...] = ()


def word_of(
    node: NodeState,
    standing: Standing,
    policy: Policy,
    lease: Lease | None = None,
    *,
    maintained: bool = False,
) -> MemberWord:
    """What this host says of itself."""
    tenure = None if lease is None else lease.tenure
    paused_from, paused_to = _idle_slots(node, standing, policy)
    left = policy.lease is None and standing.state is State.LAPSED and standing.heir != ""
    return MemberWord(
        role=policy.role,
        holds=standing.state in _HOLDS,
        lease_term=0 if tenure is None else tenure.record.term,
        blocks=own_blocks(node.logbook),
        paused_from=paused_from,
        paused_to=paused_to,
        chain_id=node.chain_id,
        acts=policy.failover.mode is FailoverMode.AUTO and not maintained,
        stopped_for=standing.heir if left else "",
        stopped_from=Slot(slot_at(standing.since.utc_s) + 1) if left else Slot(0),
        wants=None if lease is None else lease.wants,
    )


def _idle_slots(node: NodeState, standing: Standing, policy: Policy) -> tuple[Slot | None, Slot]:
    """Slots in which a block of ours cannot have been made here."""
    if policy.role is Role.OBSERVER:
        return Slot(0), LAST_SLOT
    if standing.state is State.LAPSED and standing.heir and (seen := _held_fast(node)):
        return Slot(slot_at(standing.since.utc_s) + 1), Slot(slot_at(seen.utc_s))
    if node.paused_since is None or node.paused is None:
        return None, Slot(0)
    # A block that was begun when the pause was asked for may still follow it.
    begin = slot_at(node.paused_since.utc_s + PAUSE_DRAIN_S) + 1
    return Slot(begin), Slot(slot_at(node.paused.asked.utc_s))


def _held_fast(node: NodeState) -> Moment | None:
    """When nodeos was last seen not to listen, or stopped, after its end or stop was proven.

    Whoever starts again listens first and is paused then; what a fence has stopped stays so.
    """
    failure, process = node.failures.get(ProbeName.GET_INFO), node.process
    if node.refused and failure is not None:
        return failure.at
    if process is not None and process.state is ProcessState.STOPPED:
        return process.at
    return None


def words_of(
    node: NodeState, standing: Standing, policy: Policy, lease: Lease | None = None
) -> dict[str, MemberWord]:
    """The newest word of each member by host, this one included.

    A word does not go stale: whoever made a block has made it. Members on another chain are left
    out.
    """
    own = word_of(node, standing, policy, lease)
    return {policy.host: own, **heard(node, policy)}


def heard(node: NodeState, policy: Policy) -> dict[str, MemberWord]:
    """The newest word of each other member by host, of those on this chain."""
    words = {}
    for host in policy.members:
        read = node.peers.get(host)
        word = None if read is None else read.word
        if word is not None and not _differ(word.chain_id, node.chain_id):
            words[host] = word
    return words


def _differ(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and one != other


def blocks_by_host(node: NodeState, policy: Policy) -> dict[str, tuple[OwnBlock, ...]]:
    """Own blocks of this host, by its log, and of each member, by its word."""
    told = {host: word.blocks for host, word in heard(node, policy).items()}
    return {policy.host: own_blocks(node.logbook), **told}


def own_blocks(book: Logbook) -> tuple[OwnBlock, ...]:
    """The newest blocks that this host made."""
    lines = book.produced[-NEWEST_BLOCKS:]
    return tuple(OwnBlock(line.slot, line.number, line.id_part) for line in lines)


def doubled_slots(blocks: Mapping[str, Iterable[OwnBlock]], after: int) -> tuple[Doubled, ...]:
    """Slots that two hosts produced in, in order.

    Two nodes with one key and one view of the chain make the very same block; that counts too.

    Args:
        blocks: by host.
        after: only later slots.
    """
    seen: set[Slot] = set()
    twice: set[Slot] = set()
    for made in blocks.values():
        slots = {block.slot for block in made if block.slot > after}
        twice |= seen & slots
        seen |= slots
    # Nearly always none: no more is looked at then, each second on each host.
    return tuple(Doubled(slot, _makers(blocks, slot)) for slot in sorted(twice))


def _makers(blocks: Mapping[str, Iterable[OwnBlock]], slot: Slot) -> tuple[MadeBy, ...]:
    found = {
        MadeBy(host, block.id_part)
        for host, made in blocks.items()
        for block in made
        if block.slot == slot
    }
    return tuple(sorted(found))


def claims(
    blocks: Iterable[Block], hosts: Iterable[str], words: Mapping[str, MemberWord]
) -> Claims:
    """Compare blocks of ours on the chain with what the members say they made.

    Args:
        blocks: canonical ones.
        hosts: all hosts of the cluster, this one included.
        words: of those that gave one.
    """
    every = frozenset(hosts)
    strange: list[Block] = []
    undecided: list[Block] = []
    silent: set[str] = set()
    for block in blocks:
        if any(made_by(word, block) for word in words.values()):
            continue
        quiet = {h for h in every if h not in words or not words[h].excludes(block.slot)}
        silent |= quiet
        (undecided if quiet else strange).append(block)
    return Claims(tuple(strange), tuple(undecided), tuple(sorted(silent)))


def made_by(word: MemberWord, block: Block) -> bool:
    """Whether a member says that it made this block of the chain."""
    parts = (block.block_id[8:24], block.block_id[:16])
    return any(
        one.slot == block.slot and one.number == block.number and one.id_part in parts
        for one in word.blocks
    )


def last_claims(
    node: NodeState, standing: Standing, policy: Policy, now: Moment
) -> tuple[int, Claims]:
    """Of our blocks in the last own turn that is over, and in the one that is on.

    Returns:
        How many blocks these are, and what the members say of them.
    """
    begin = _begin_of_last_turn(node.roster, now)
    blocks = () if begin is None else tuple(b for b in node.chain.own if b.slot >= begin)
    words = words_of(node, standing, policy)
    return len(blocks), claims(blocks, {policy.host, *policy.members}, words)


def _begin_of_last_turn(roster: Roster, now: Moment) -> Slot | None:
    current = first_slot_of_turn(turn_of(slot_at(now.utc_s)))
    turn = roster.own_turn_at_or_after(current - roster.round_slots)
    return None if turn is None else first_slot_of_turn(turn)


def is_outranked(memory: Memory, now: Moment, policy: Policy) -> bool:
    """Whether there is such a member: see ``outranking``."""
    return bool(policy.members) and outranking(memory, now, policy) is not None


def outranking(memory: Memory, now: Moment, policy: Policy) -> tuple[str, Doubled] | None:
    """A member that made a block beside one of ours, still holds, and goes before this host.

    Whoever has the newer lease goes first, then who comes first by role, then by name. A member
    that no longer holds has stopped or is being stopped by its own keeper: were this host to stop
    as well, nobody would be left.

    Returns:
        The member, and the newest such slot; None when there is none.
    """
    blocks = blocks_by_host(memory.node, policy)
    doubled = doubled_slots(blocks, after=_first_that_counts(memory, now) - 1)
    if not doubled:
        return None
    words = words_of(memory.node, memory.standing, policy, memory.lease)
    mine = _rank(policy.host, words[policy.host])
    for found in reversed(doubled):
        hosts = [maker.host for maker in found.makers]
        if policy.host not in hosts:
            continue
        for host in hosts:
            read = memory.node.peers.get(host)
            if host == policy.host or not _holds_now(read, now, policy):
                continue
            if _rank(host, words[host]) < mine:
                return host, found
    return None


def _first_that_counts(memory: Memory, now: Moment) -> int:
    """Of this holdership, and of the last two rounds."""
    standing, roster = memory.standing, memory.node.roster
    of_late = slot_at(now.utc_s) - 2 * roster.round_slots
    return max(of_late, _held_from(standing))


def _held_from(standing: Standing) -> int:
    return 0 if standing.held_from is None else standing.held_from


def _holds_now(read: PeerRead | None, now: Moment, policy: Policy) -> bool:
    if read is None or read.word is None or not read.word.holds:
        return False
    return now.mono_s - read.at.mono_s <= policy.failover.reading_age_limit_s


def _rank(host: str, word: MemberWord) -> tuple[bool, int, str, str]:
    return not word.holds, -word.lease_term, word.role, host
