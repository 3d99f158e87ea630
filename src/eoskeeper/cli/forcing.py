"""``eoskeeper failover``: the holder is out of reach, and this host is to produce.

It says what proof is missing and what that risks, and wants the risk in the operator's own words.
With a lease in etcd there is nothing to risk: this host claims by itself as soon as that is safe.
"""

from __future__ import annotations

import getpass
import time
from pathlib import Path

import msgspec
import typer

from eoskeeper.cli.common import Exit, ask, console, fail, load_or_exit, payload
from eoskeeper.config import Config
from eoskeeper.domain.memory import CommandAnswer
from eoskeeper.domain.report import PeerLine, Report
from eoskeeper.domain.standing import State
from eoskeeper.runtime import clock
from eoskeeper.runtime.control_messages import (
    Failure,
    FailureCode,
    Response,
    ResumeRequest,
    StatusRequest,
)

__all__ = ["Forced", "failover", "missing_proofs", "words_for"]

LOOK_S = 1.0
LEASE_AND_MORE_S = 30.0
"""Beyond L: for the claim, the settling and the resume, and one retry of each."""

HEARD_S = 10.0
"""A peer that answered within so many seconds is not out of reach."""

_READY = frozenset({State.STANDBY, State.LAPSED, State.ISOLATED, State.RESTARTED, State.HELD})


class Forced(msgspec.Struct, frozen=True):
    """What the operator wants.

    Attributes:
        words: the sentence that accepts the risk; asked for when empty.
        wait_s: how long to go on asking until it is safe to begin.
    """

    to: str
    by: str
    words: str
    wait_s: float
    as_json: bool


class _Told(msgspec.Struct, frozen=True):
    """What became of it, for ``--json``."""

    to: str
    done: bool
    reason: str
    missing: tuple[str, ...]


def failover(path: Path | None, forced: Forced) -> int:
    """Produce here; 0 when this host holds, 1 when it does not."""
    config = load_or_exit(path)
    report = payload(ask(config, StatusRequest()), Report)
    _refuse(report, forced)
    missing = missing_proofs(report)
    _say(forced, *(f"missing: {one}" for one in missing))
    if config.keeps_lease:
        return _follow_lease(config, report, forced, missing)
    wanted = words_for(report)
    said = forced.words or typer.prompt(f'to go on all the same, write "{wanted}"')
    if said != wanted:
        message = f'not ordered: the words are "{wanted}" (with --words, or typed)'
        raise fail(Exit.NOT_WELL, message)
    return _order(config, forced, missing)


def words_for(report: Report) -> str:
    """The sentence that accepts the risk; it names every host that might still produce."""
    others = sorted(peer.host for peer in report.peers if _may_be_producing(peer))
    return f"{' and '.join(others)} cannot produce" if others else "nobody else can produce"


def missing_proofs(report: Report) -> tuple[str, ...]:
    """What would have to be known for certain, and is not."""
    found = []
    for peer in report.peers:
        if not _may_be_producing(peer):
            continue
        if peer.age_s > HEARD_S:
            found.append(
                f"no word of {peer.host} for {peer.age_s:.0f} s: it may be cut off and produce on"
            )
        elif peer.may_produce:
            found.append(f"{peer.host} says that it may produce ({peer.state})")
    if not report.peers:
        found.append("no peers are configured: nothing is known of the other hosts")
    if not report.empty_own_turns:
        found.append("our newest own turn is not empty on the chain: somebody produces")
    return tuple(found)


def _may_be_producing(peer: PeerLine) -> bool:
    return peer.role != "F" and (peer.age_s > HEARD_S or peer.may_produce)


def _refuse(report: Report, forced: Forced) -> None:
    if report.host != forced.to:
        message = f"this is {report.host}: run it on {forced.to}, which is to produce"
        raise fail(Exit.NOT_WELL, message)
    if report.state not in _READY:
        raise fail(Exit.NOT_WELL, f"{report.host} is {report.state}: nothing to take over")
    alive = [peer.host for peer in report.peers if peer.may_produce and peer.age_s <= HEARD_S]
    if alive:
        message = (
            f"{alive[0]} answers and may produce: hand over there with "
            f"`eoskeeper switchover --to {forced.to}`, or pause it there first"
        )
        raise fail(Exit.NOT_WELL, message)


def _follow_lease(config: Config, report: Report, forced: Forced, missing: tuple[str, ...]) -> int:
    """With a lease in etcd it needs no order, and no order makes it faster."""
    lease, limit_s = report.lease, config.lease.lease_s
    who = "nobody" if lease is None or not lease.holder else lease.holder
    _say(
        forced,
        f"the lease is {who}'s by the record; this host claims it once that has not changed for "
        f"{limit_s:g} s: then the old holder is stopped by itself or by its guard",
    )
    give_up_s = clock.read().mono_s + max(forced.wait_s, limit_s + LEASE_AND_MORE_S)
    while clock.read().mono_s < give_up_s:
        report = payload(ask(config, StatusRequest()), Report)
        if report.state is State.HOLDER:
            return _finish(forced, _Told(forced.to, True, f"{forced.to} holds", missing))
        time.sleep(LOOK_S)
    unmet = "; ".join(f"{one.name}: {one.figure}" for one in report.conditions if one.met != "yes")
    reason = f"{forced.to} does not hold: {unmet or report.summary}"
    return _finish(forced, _Told(forced.to, False, reason, missing))


def _order(config: Config, forced: Forced, missing: tuple[str, ...]) -> int:
    """By the chain: a resume with the operator's word that every other host is paused."""
    request = ResumeRequest(forced.by or getpass.getuser(), others_paused=True)
    give_up_s = clock.read().mono_s + forced.wait_s
    response = ask(config, request)
    while _not_yet(response) and clock.read().mono_s < give_up_s:
        time.sleep(LOOK_S)
        response = ask(config, request)
    if isinstance(response, Failure):
        return _finish(forced, _Told(forced.to, False, response.message, missing))
    told = payload(response, CommandAnswer)
    return _finish(forced, _Told(forced.to, told.accepted, told.reason, missing))


def _not_yet(response: Response) -> bool:
    return isinstance(response, Failure) and response.code is FailureCode.REFUSED


def _say(forced: Forced, *lines: str) -> None:
    if not forced.as_json:
        for line in lines:
            console.print(line, markup=False)


def _finish(forced: Forced, told: _Told) -> int:
    if forced.as_json:
        typer.echo(msgspec.json.encode(told).decode())
    else:
        console.print(told.reason, markup=False)
    return Exit.DONE if told.done else Exit.NOT_WELL
