"""Rule two_producers: whether two hosts made blocks of our producer at the same time."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby, pairwise
from typing import Annotated

from msgspec import Meta

from eoskeeper.domain.chain_time import TURN_SLOTS, Moment, Slot, slot_at, slot_utc, turn_of
from eoskeeper.domain.findings import Figure, Finding, Grade, Severity, Text
from eoskeeper.domain.logbook import Logbook, Maker, is_line_of, maker_of
from eoskeeper.domain.member_words import Doubled
from eoskeeper.domain.members import blocks_by_host, doubled_slots
from eoskeeper.domain.rules.rule import Declaration, Limits, View, on_every_role
from eoskeeper.domain.rules.sight import age_s
from eoskeeper.domain.samples import Block, BlockLogged

__all__ = ["TWO_PRODUCERS", "TwoProducers"]

BLOCKS_CHECKED = 3 * TURN_SLOTS
"""As far back as blocks are compared with the log; both keep only a few turns."""

LOG_AGE_S = 15.0
"""The log is looked at five times a second, more seldom while there is a backlog."""

CHANGES_OF_A_HANDOVER = 1
"""Production that moves within a turn changes its maker once."""


class TwoProducers(Limits, frozen=True, kw_only=True):
    """The harm that failover exists to prevent: forks, lost blocks, and on Savanna a split vote.

    Told only on proof, of which there are four. nodeos itself says so (Spring 1.1.1 and later,
    on whichever node switches forks: ``X double produced block N``). A member's own log has a block
    for a slot in which another host made one (see docs/members.md). This host made a block for a
    slot that another block of ours fills. Or in one turn the maker of our blocks changes more than
    once: a change of one time is a handover. Two hosts that make the same block twice, which
    happens on an idle chain, cannot be told apart from outside; members tell it, and only they.

    Attributes:
        window_s: how long ago it may have been. The log lines that prove it are kept for a few
            turns only, nodeos's own word for as long as this says.
    """

    window_s: Annotated[float, Meta(ge=60, le=86400)] = 600.0

    def assess(self, view: View, now: Moment) -> tuple[Finding, ...]:
        """Look for each proof, the surest first."""
        producer, node = view.policy.producer, view.node
        if producer is None:
            return (Finding("two_producers", Grade.OK, "no_producer"),)
        note = view.vitals.doubled.get(producer)
        if note is not None:
            told_s = now.mono_s - note.at.mono_s
            if told_s <= self.window_s:
                figures: dict[str, Figure] = {"ago_s": told_s, "text": note.text}
                return (Finding("two_producers", Grade.FAILED, "told", figures),)
        told = _by_members(view, now.utc_s - self.window_s)
        if told is not None:
            hosts = " + ".join(maker.host for maker in told.makers)
            ago_s = now.utc_s - slot_utc(told.slot)
            figures = {"ago_s": ago_s, "slot": told.slot, "hosts": hosts}
            return (Finding("two_producers", Grade.FAILED, "members", figures),)
        log_age_s = age_s(node.logbook.caught_up, now)
        if log_age_s is None or log_age_s > LOG_AGE_S or not node.chain.own:
            return (Finding("two_producers", Grade.UNKNOWN, "not_known"),)
        own = node.chain.own[-BLOCKS_CHECKED:]
        return (_judge(own, node.logbook, now, now.utc_s - self.window_s),)


def _by_members(view: View, oldest_utc: float) -> Doubled | None:
    """Newest slot that two members have in their logs."""
    if not view.policy.members:
        return None
    found = doubled_slots(blocks_by_host(view.node, view.policy), after=slot_at(oldest_utc))
    return found[-1] if found else None


def _judge(own: tuple[Block, ...], book: Logbook, now: Moment, oldest_utc: float) -> Finding:
    for code, slot in (("same_slot", _same_slot(own, book)), ("taking_turns", _mixed(own, book))):
        if slot is not None and slot_utc(slot) >= oldest_utc:
            figures: dict[str, Figure] = {"ago_s": now.utc_s - slot_utc(slot)}
            return Finding("two_producers", Grade.FAILED, code, figures)
    return Finding("two_producers", Grade.OK, "one")


def _same_slot(own: Iterable[Block], book: Logbook) -> Slot | None:
    """Newest slot that was filled here and elsewhere with different blocks."""
    made = {line.slot: line for line in book.produced}
    slots = [b.slot for b in own if b.slot in made and not is_line_of(made[b.slot], b)]
    slots += [
        line.slot
        for line in book.received
        if line.slot in made and _is_other(made[line.slot], line)
    ]
    return max(slots, default=None)


def _is_other(made: BlockLogged, received: BlockLogged) -> bool:
    """Whether two lines tell of different blocks.

    Old nodeos prints another part of the id when it makes a block than when it receives one; such
    a part begins with the height, and proves nothing at the same height.
    """
    if made.number != received.number:
        return True
    comparable = not made.id_part.startswith(f"{made.number:08x}")
    return comparable and made.id_part != received.id_part


def _mixed(own: Iterable[Block], book: Logbook) -> Slot | None:
    """Newest slot of the newest turn whose blocks come from here, from elsewhere, and again."""
    if not book.produced or not book.received:
        return None  # a host that always produces, or never: the common case, and cheap
    found: Slot | None = None
    for _, blocks in groupby(own, key=lambda block: turn_of(block.slot)):
        turn = list(blocks)
        makers = [m for m in (maker_of(b, book, None) for b in turn) if m is not Maker.UNKNOWN]
        changes = sum(before is not after for before, after in pairwise(makers))
        if changes > CHANGES_OF_A_HANDOVER:
            found = turn[-1].slot
    return found


TWO_PRODUCERS = Declaration(
    name="two_producers",
    title=Text(en="Two hosts produce at once", zh="两台主机同时出块"),
    texts={
        "one": Text(en="no sign of a second host that produces", zh="未发现第二台主机出块"),
        "told": Text(
            en="nodeos said {ago_s:.0f} s ago: {text}", zh="nodeos 在 {ago_s:.0f} 秒前报告: {text}"
        ),
        "members": Text(
            en="{hosts} both made a block in slot {slot}, {ago_s:.0f} s ago, by their own logs",
            zh="{ago_s:.0f} 秒前 {hosts} 的日志都记录了在时段 {slot} 出块",
        ),
        "same_slot": Text(
            en="{ago_s:.0f} s ago this host and another one made different blocks for one slot",
            zh="{ago_s:.0f} 秒前本机与另一台主机为同一时段各出了不同的块",
        ),
        "taking_turns": Text(
            en="{ago_s:.0f} s ago blocks of one turn came from this host and another by turns",
            zh="{ago_s:.0f} 秒前同一轮次的块由本机与另一台主机交替产生",
        ),
        "not_known": Text(
            en="the log has not been read of late, or no block of ours is known",
            zh="近期未读到日志, 或未见到我方的块",
        ),
        "no_producer": Text(en="no producer is configured", zh="未配置出块账户"),
    },
    remedy=Text(
        en="Pause one of the hosts at once (eoskeeper pause; else stop its nodeos). Look at every"
        " host that has the key, forgotten ones and test machines too: /v1/producer/paused must"
        " say true on all but one.",
        zh="立即暂停其中一台(eoskeeper pause; 否则停止其 nodeos)。检查每台持有私钥的主机, 包括"
        "遗忘的主机和测试机: 除一台外 /v1/producer/paused 必须为 true。",
    ),
    depends_on=("standby_unpaused",),
    failed=on_every_role(Severity.CRITICAL),
)
