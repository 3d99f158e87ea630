"""``eoskeeper alarms``, ``silence``, ``unsilence`` and ``ack``: what people are told."""

from __future__ import annotations

import getpass
import re
from pathlib import Path

import msgspec

from eoskeeper.cli.common import Exit, ask, console, fail, load_or_exit, payload
from eoskeeper.domain.alerting.alarms import AlarmLine
from eoskeeper.domain.alerting.orders import LONGEST_SILENCE_S
from eoskeeper.domain.chain_time import format_utc
from eoskeeper.domain.findings import Severity
from eoskeeper.domain.report import Report
from eoskeeper.runtime.control_messages import (
    AckRequest,
    Request,
    SilenceRequest,
    StatusRequest,
    UnsilenceRequest,
)

__all__ = ["acknowledge", "alarms", "parse_duration", "silence", "unsilence"]

_COLOURS = {Severity.CRITICAL: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}

_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)([smhd])")


def parse_duration(text: str) -> float | None:
    """Seconds of ``90s``, ``30m``, ``2h``, ``1d``; None for anything else."""
    found = _DURATION.fullmatch(text.strip().lower())
    return None if found is None else float(found[1]) * _UNITS_S[found[2]]


def alarms(path: Path | None, *, as_json: bool) -> int:
    """Print every open or pending alarm; 1 while one is open."""
    report = payload(ask(load_or_exit(path), StatusRequest()), Report)
    if as_json:
        text = msgspec.json.format(msgspec.json.encode(report.alarms), indent=2)
        console.print(text.decode(), markup=False)
    else:
        _print_alarms(report)
    return Exit.NOT_WELL if any(line.fired_utc is not None for line in report.alarms) else Exit.DONE


def _print_alarms(report: Report) -> None:
    if not report.alarms:
        console.print(f"{report.host}: no alarm", markup=False)
    for line in report.alarms:
        colour = _COLOURS[line.severity]
        name = f"{line.rule} {line.subject}".strip()
        since = format_utc(line.since_utc)
        console.print(f"[{colour}]{line.severity}[/] {name}: ", end="")
        console.print(f"{line.title}, since {since}", markup=False)
        console.print(f"    {line.sentence}", markup=False)
        console.print(f"    do: {line.remedy}", markup=False)
        console.print(f"    {_told(line)}", markup=False)
    for channel, counts in sorted(report.deliveries.items()):
        shown = ", ".join(f"{result} {count}" for result, count in sorted(counts.items()))
        console.print(f"channel {channel}: {shown}", markup=False)


def _told(line: AlarmLine) -> str:
    told = f"told to {', '.join(line.told_to)}" if line.told_to else "nobody told"
    parts = [told, str(line.verdict)]
    if line.acknowledged_by:
        parts.append(f"acknowledged by {line.acknowledged_by}")
    if line.silenced_until is not None:
        parts.append(f"silenced until {format_utc(line.silenced_until)}")
    return "; ".join(parts)


def silence(path: Path | None, rule: str, duration: str, by: str, reason: str) -> int:
    """Order a silence; returns the exit code."""
    for_s = parse_duration(duration)
    if for_s is None or not 0 < for_s <= LONGEST_SILENCE_S:
        message = f"--for {duration!r}: write a number and s, m, h or d, like 30m; 30d at most"
        raise fail(Exit.USAGE, message)
    return _order(path, SilenceRequest(_who(by), rule, for_s, reason))


def unsilence(path: Path | None, rule: str, by: str) -> int:
    """End silences; returns the exit code."""
    return _order(path, UnsilenceRequest(_who(by), rule))


def acknowledge(path: Path | None, rule: str, by: str) -> int:
    """Acknowledge alarms; returns the exit code."""
    return _order(path, AckRequest(_who(by), rule))


def _who(by: str) -> str:
    return by or getpass.getuser()


def _order(path: Path | None, request: Request) -> int:
    told = payload(ask(load_or_exit(path), request), str)
    console.print(told, markup=False)
    return Exit.DONE
