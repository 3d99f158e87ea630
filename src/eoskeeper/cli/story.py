"""``eoskeeper devnet play``: the story of a failover, played on a devnet and told with figures."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from eoskeeper.cli.common import Exit, console, fail
from eoskeeper.devnet.errors import DevnetError
from eoskeeper.devnet.network import Devnet
from eoskeeper.devnet.oracle import ProducedBlock
from eoskeeper.domain.actions import Resume
from eoskeeper.domain.chain_time import SLOT_S, TURN_SLOTS
from eoskeeper.domain.events import ActionDecided, Event
from eoskeeper.domain.report import Report
from eoskeeper.domain.standing import State
from eoskeeper.runtime import clock
from eoskeeper.runtime.control_client import ControlError, call
from eoskeeper.runtime.control_messages import Answer, StatusRequest
from eoskeeper.runtime.journal import JournalReader

__all__ = ["Account", "play"]

FIRST_STALL_BLOCKS = 20
"""A young chain finalizes nothing for its first half minute; that is a stall like any other."""

POLL_S = 0.25
READY_WITHIN_S = 120.0
PAUSED_WITHIN_S = 30.0


class Account(msgspec.Struct, frozen=True):
    """What the story cost, by the hosts' own logs.

    Attributes:
        takeover_s: from the kill to the time stamp of the first block of the standby.
        empty_turns: whole own turns in between.
        lost_blocks: slots of ours between the last block of a and the first of b.
        doubled: slots or heights that two hosts produced.
        permit_journalled: the standby's journal holds its permit.
        returned_paused: the primary came back without pause-on-startup and was paused.
    """

    takeover_s: float
    round_s: float
    empty_turns: int
    lost_blocks: int
    doubled: int
    permit_journalled: bool
    returned_paused: bool

    @property
    def good(self) -> bool:
        """Took over in the third own turn, with a permit, and nobody produced beside it."""
        return (
            self.empty_turns == 2  # noqa: PLR2004 - role B waits for two
            and self.doubled == 0
            and self.permit_journalled
            and self.returned_paused
        )


def play(directory: Path) -> int:
    """Kill the primary of a devnet with keepers, let it return, and print the account."""
    try:
        account = _play(Devnet.open(directory))
    except DevnetError as error:
        raise fail(Exit.NOT_WELL, f"devnet: {error}") from None
    _tell(account)
    return Exit.DONE if account.good else Exit.NOT_WELL


def _play(devnet: Devnet) -> Account:
    _say("waiting until a holds and b and c stand by, a whole round seen")
    _wait(lambda: _ready(devnet), READY_WITHIN_S)
    _say("kill -9 of the nodeos of a, the primary")
    killed_utc = clock.read().utc_s
    last = _produced(devnet, "a")[-1]
    devnet.kill("a")
    last = _produced(devnet, "a")[-1]
    round_s = devnet.options.producers * TURN_SLOTS * SLOT_S
    _say(f"b must see two whole own turns empty: up to {round_s * 4:.0f} s")
    _wait(lambda: bool(_produced(devnet, "b")), round_s * 5)
    first = _produced(devnet, "b")[0]
    _say(f"b produces; its first block is #{first.height}")
    _say("the nodeos of a returns, WITHOUT pause-on-startup")
    devnet.start("a", pause_on_startup=False)
    returned = _wait(lambda: _paused(devnet, "a"), PAUSED_WITHIN_S)
    _say("watching for a round and a half whether anybody produces beside b")
    time.sleep(round_s * 1.5)
    return Account(
        takeover_s=first.slot * SLOT_S - killed_utc + _EPOCH_S,
        round_s=round_s,
        empty_turns=_turns_between(last, first, devnet.options.producers) - 1,
        lost_blocks=_lost_blocks(last, first, devnet.options.producers),
        doubled=len(devnet.oracle.doubled(devnet.our_producer)),
        permit_journalled=_has_permit(devnet, "b"),
        returned_paused=returned and _state(devnet, "a") is State.STANDBY,
    )


_EPOCH_S = 946_684_800


def _say(text: str) -> None:
    console.print(f"  {text}", markup=False)


def _wait(condition: Callable[[], bool], timeout_s: float) -> bool:
    give_up = clock.read().mono_s + timeout_s
    while not condition():
        if clock.read().mono_s > give_up:
            message = f"not within {timeout_s:.0f} s"
            raise DevnetError(message)
        time.sleep(POLL_S)
    return True


def _report(devnet: Devnet, host: str) -> Report | None:
    try:
        response = call(devnet.host(host).control_socket, StatusRequest(), 3.0)
    except ControlError:
        return None
    if not isinstance(response, Answer):
        return None
    return msgspec.json.decode(response.payload, type=Report)


def _state(devnet: Devnet, host: str) -> State | None:
    report = _report(devnet, host)
    return None if report is None else report.state


def _ready(devnet: Devnet) -> bool:
    if _state(devnet, "a") is not State.HOLDER:
        return False
    return all(_stands_by(_report(devnet, host)) for host in ("b", "c"))


def _stands_by(report: Report | None) -> bool:
    if report is None or report.state is not State.STANDBY:
        return False
    if (report.irreversible_number or 0) <= FIRST_STALL_BLOCKS:
        return False
    return any(c.name == "watched_a_round" and c.met == "yes" for c in report.conditions)


def _paused(devnet: Devnet, host: str) -> bool:
    report = _report(devnet, host)
    return report is not None and report.paused is True and report.state is State.STANDBY


def _produced(devnet: Devnet, host: str) -> list[ProducedBlock]:
    blocks = devnet.oracle.produced(devnet.our_producer)
    return [block for block in blocks if block.host == host]


def _turns_between(last: ProducedBlock, first: ProducedBlock, producers: int) -> int:
    return (first.slot // TURN_SLOTS - last.slot // TURN_SLOTS) // producers


def _lost_blocks(last: ProducedBlock, first: ProducedBlock, producers: int) -> int:
    """Own slots after the last block of the old holder and before the first of the new one."""
    turns = _turns_between(last, first, producers)
    rest_of_last_turn = TURN_SLOTS - 1 - last.slot % TURN_SLOTS
    return rest_of_last_turn + (turns - 1) * TURN_SLOTS + first.slot % TURN_SLOTS


def _has_permit(devnet: Devnet, host: str) -> bool:
    reader: JournalReader[Event] = JournalReader(devnet.host(host).keeper_state / "journal", Event)
    return any(
        isinstance(event, ActionDecided) and isinstance(event.action, Resume)
        for event in reader.read()
    )


def _tell(account: Account) -> None:
    rounds = account.takeover_s / account.round_s
    permit = "yes" if account.permit_journalled else "NO"
    paused = "yes" if account.returned_paused else "NO"
    lines = (
        "",
        "account, by the hosts' own logs:",
        f"  takeover          {account.takeover_s:.1f} s after the kill, {rounds:.1f} rounds",
        f"  own turns empty   {account.empty_turns} (role B waits for 2)",
        f"  blocks lost       {account.lost_blocks}",
        f"  blocks doubled    {account.doubled}",
        f"  permit journalled before the resume   {permit}",
        f"  the returning primary was paused      {paused}",
        "all well" if account.good else "NOT as it should be",
    )
    console.print("\n".join(lines), markup=False)
