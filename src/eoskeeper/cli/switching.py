"""``eoskeeper switchover``: production goes to another host, seen through to its first turn."""

from __future__ import annotations

import getpass
import time
from pathlib import Path

import msgspec
import typer
from rich.table import Table

from eoskeeper.cli.common import Exit, ask, console, fail, load_or_exit, payload
from eoskeeper.config import Config
from eoskeeper.domain.actions import Condition, Met
from eoskeeper.domain.memory import CommandAnswer
from eoskeeper.domain.report import PeerLine, Report
from eoskeeper.domain.standing import State
from eoskeeper.runtime import clock
from eoskeeper.runtime.control_messages import StatusRequest, SwitchoverRequest

__all__ = ["Wanted", "switchover"]

LOOK_S = 0.5
SEEN_THROUGH_S = 40.0
"""Beyond two rounds for the gap: for the stop, the claim, the settling, and one retry of each."""

_MARKS = {Met.YES: "[green]ok[/]", Met.NO: "[red]no[/]", Met.UNKNOWN: "[yellow]unknown[/]"}


class Wanted(msgspec.Struct, frozen=True):
    """What the operator wants.

    Attributes:
        dry_run: print the members and the readiness list, and do nothing.
        yes: do not ask.
        as_json: one object at the end instead of text.
    """

    to: str
    by: str
    at_gap: bool
    dry_run: bool
    yes: bool
    as_json: bool


class _Told(msgspec.Struct, frozen=True, kw_only=True):
    """What became of it, for ``--json``.

    Attributes:
        held_after_s: from the order to the heir's own word that it holds; None: not seen.
        first_turn: of the heir, a letter for each slot; empty when it was not seen.
    """

    to: str
    done: bool
    reason: str
    conditions: tuple[Condition, ...]
    held_after_s: float | None = None
    first_turn: str = ""


def switchover(path: Path | None, wanted: Wanted) -> int:
    """Hand over; 0 when the heir has produced its first turn, 1 when it has not or may not."""
    config = load_or_exit(path)
    report = _report(config)
    _refuse_elsewhere(report, wanted)
    judged = _order(config, wanted, dry_run=True)
    if not wanted.as_json:
        _print_plan(report, judged, wanted)
    if not judged.accepted or wanted.dry_run:
        return _finish(wanted, _not_done(wanted, judged), good=judged.accepted)
    if not wanted.yes:
        typer.confirm(f"hand production of {report.producer} over to {wanted.to}?", abort=True)
    began_s = clock.read().mono_s
    taken = _order(config, wanted, dry_run=False)
    if not taken.accepted:
        return _finish(wanted, _not_done(wanted, taken), good=False)
    told = _see_through(config, wanted, taken, began_s)
    return _finish(wanted, told, good=told.done)


def _report(config: Config) -> Report:
    return payload(ask(config, StatusRequest()), Report)


def _refuse_elsewhere(report: Report, wanted: Wanted) -> None:
    if report.state is State.HOLDER:
        return
    holders = [peer.host for peer in report.peers if peer.state == State.HOLDER]
    where = f"run it on {holders[0]}" if len(holders) == 1 else "no other host says that it holds"
    raise fail(
        Exit.NOT_WELL,
        f"this host is {report.state}: only the holder can hand over to {wanted.to}; {where}",
    )


def _order(config: Config, wanted: Wanted, *, dry_run: bool) -> CommandAnswer:
    by = wanted.by or getpass.getuser()
    request = SwitchoverRequest(by, wanted.to, at_gap=wanted.at_gap, dry_run=dry_run)
    return payload(ask(config, request), CommandAnswer)


def _print_plan(report: Report, judged: CommandAnswer, wanted: Wanted) -> None:
    members = Table(title="members")
    for column in ("host", "role", "state", "head", "paused", "nodeos"):
        members.add_column(column)
    paused = {True: "yes", False: "no", None: "?"}
    own_head = str(report.head_number or "?")
    own = (report.host, str(report.role), str(report.state), own_head, paused[report.paused])
    members.add_row(*own, (report.server_version or "?")[:12])
    for peer in report.peers:
        head = str(peer.head_number or "?")
        version = (peer.server_version or "?")[:12]
        members.add_row(peer.host, peer.role, peer.state, head, paused[peer.paused], version)
    console.print(members)
    ready = Table(title=f"ready to hand over to {wanted.to}?")
    for column in ("what", "", "is", "should be"):
        ready.add_column(column)
    for one in judged.conditions:
        ready.add_row(one.name, _MARKS[one.met], one.figure, one.needed)
    console.print(ready)
    when = "in the gap after our next own turn" if wanted.at_gap else "at once"
    soon = report.next_own_turn_in_s
    after = "" if soon is None else f"; the next own turn begins in {soon:.0f} s"
    way = (
        f"it says so to {wanted.to}, in its sealed word, and {wanted.to} resumes"
        if report.lease is None
        else f"the lease is given back to {wanted.to}, which claims it, waits, and resumes"
    )
    console.print(f"plan: {when}{after}: {report.host} is paused, with proof; {way}", markup=False)


def _see_through(config: Config, wanted: Wanted, taken: CommandAnswer, began_s: float) -> _Told:
    """Follow it to the heir's first own turn."""
    report = _report(config)
    round_s = 6.0 * max(1, report.producers)
    told, held_after, last_state = _not_done(wanted, taken), None, report.state
    give_up_s = began_s + 2 * round_s + SEEN_THROUGH_S
    while (now_s := clock.read().mono_s) < give_up_s:
        time.sleep(LOOK_S)
        report = _report(config)
        if report.state is not last_state and not wanted.as_json:
            console.print(f"{now_s - began_s:5.1f} s  {report.host} is {report.state}")
        last_state = report.state
        heir = _line_of(report, wanted.to)
        if held_after is None and heir is not None and heir.state == State.HOLDER:
            held_after = now_s - began_s
            give_up_s = now_s + round_s + SEEN_THROUGH_S
            if not wanted.as_json:
                console.print(f"{held_after:5.1f} s  {wanted.to} holds, term {heir.term}")
        if held_after is not None and heir is not None and heir.produces:
            return msgspec.structs.replace(
                told,
                done=True,
                reason=f"{wanted.to} produces",
                held_after_s=held_after,
                first_turn=heir.last_own_turn,
            )
    reason = f"{wanted.to} was not seen producing; `eoskeeper status` and `history` tell what is"
    return msgspec.structs.replace(told, reason=reason, held_after_s=held_after)


def _line_of(report: Report, host: str) -> PeerLine | None:
    return next((peer for peer in report.peers if peer.host == host), None)


def _not_done(wanted: Wanted, judged: CommandAnswer) -> _Told:
    return _Told(to=wanted.to, done=False, reason=judged.reason, conditions=judged.conditions)


def _finish(wanted: Wanted, told: _Told, *, good: bool) -> int:
    if wanted.as_json:
        typer.echo(msgspec.json.encode(told).decode())
    else:
        console.print(told.reason, markup=False)
    return Exit.DONE if good else Exit.NOT_WELL
