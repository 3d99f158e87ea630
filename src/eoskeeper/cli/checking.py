"""``eoskeeper check`` and ``migrate``: is everything as it should be, before it matters."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import psutil
from rich.table import Table

from eoskeeper.app.guarded import guard_settings
from eoskeeper.app.protection_check import protection_conditions
from eoskeeper.cli.common import Exit, console, fail, load_or_exit
from eoskeeper.config import Config, ConfigError
from eoskeeper.config import migrate as migrate_text
from eoskeeper.domain.actions import Condition, Met
from eoskeeper.domain.chain_time import slot_utc
from eoskeeper.domain.lease.chain import MIN_PRODUCERS
from eoskeeper.domain.lease.timing import lease_sums
from eoskeeper.domain.policy import Role
from eoskeeper.domain.samples import (
    HeadRead,
    PausedRead,
    ProbeFailed,
    ProcessRead,
    ScheduleRead,
)
from eoskeeper.probes.nodeos_api import NodeosApi
from eoskeeper.probes.process import ProcessProbe
from eoskeeper.runtime import clock

__all__ = ["check", "print_guard_settings", "print_migrated"]

_MARKS = {Met.YES: "[green]ok[/]", Met.NO: "[red]wrong[/]", Met.UNKNOWN: "[yellow]unknown[/]"}


def print_migrated(file: Path) -> int:
    """Print the TOML of a 2018 file."""
    try:
        console.print(migrate_text(file.read_text(encoding="utf-8")), markup=False, end="")
    except OSError as error:
        raise fail(Exit.USAGE, f"{file}: {error.strerror}") from None
    except ConfigError as error:
        raise fail(Exit.USAGE, str(error)) from None
    return Exit.DONE


def print_guard_settings(path: Path | None) -> int:
    """Print what the guard is to be told."""
    settings = guard_settings(load_or_exit(path))
    text = msgspec.json.format(msgspec.json.encode(settings._asdict()), indent=2)
    console.print(text.decode(), markup=False, soft_wrap=True)
    return Exit.DONE


def check(path: Path | None) -> int:
    """Check file and node; 1 when something of the node is wrong or unknown."""
    config = load_or_exit(path)
    console.print("configuration: no problem found")
    for setting in config.unused():
        console.print(f"note: {setting} has no effect: nothing is sent by it", markup=False)
    _print_lease(config)
    found = asyncio.run(_ask_node(config))
    table = Table(title=f"nodeos at {config.nodeos.url}")
    for column in ("what", "", "is", "should be"):
        table.add_column(column)
    for condition in found:
        table.add_row(condition.name, _MARKS[condition.met], condition.figure, condition.needed)
    console.print(table)
    return Exit.DONE if all(c.met is Met.YES for c in found) else Exit.NOT_WELL


def _print_lease(config: Config) -> None:
    """The arithmetic that keeps two hosts apart, with this file's figures."""
    if not config.keeps_lease:
        return
    table = Table(title="the lease in etcd")
    for column in ("rule", "", "sum", "otherwise"):
        table.add_column(column)
    for one in lease_sums(config.lease):
        mark = _MARKS[Met.YES if one.holds else Met.NO]
        table.add_row(one.name, mark, one.arithmetic, one.otherwise)
    console.print(table)


async def _ask_node(config: Config) -> list[Condition]:
    async with NodeosApi(config.nodeos_settings(), clock.read) as api:
        head, paused = await api.read_head(), await api.read_paused()
        schedule = await api.read_schedule()
    process = ProcessProbe(config.process_settings()).read(clock.read())
    protection = await protection_conditions(config)
    return [
        *protection,
        _reachable(head),
        _chain(config, head),
        _fresh(head),
        _producer_api(config, paused),
        _paused_on_start(config, process),
        _scheduled(config, schedule),
        _round(schedule),
        _log_file(config),
    ]


def _unknown(name: str, failure: ProbeFailed, needed: str) -> Condition:
    return Condition(name, Met.UNKNOWN, f"{failure.reason}: {failure.detail}", needed)


def _graded(name: str, *, met: bool, figure: str, needed: str) -> Condition:
    return Condition(name, Met.YES if met else Met.NO, figure, needed)


def _reachable(head: HeadRead | ProbeFailed) -> Condition:
    if isinstance(head, ProbeFailed):
        return _unknown("reachable", head, "answers get_info")
    figure = f"{head.server_version}, head #{head.head_number} in {head.took_s * 1000:.0f} ms"
    return _graded("reachable", met=True, figure=figure, needed="answers get_info")


def _chain(config: Config, head: HeadRead | ProbeFailed) -> Condition:
    wanted = config.nodeos.chain_id
    needed = wanted or "any: nodeos.chain_id is not set, the first one seen is held on to"
    if isinstance(head, ProbeFailed):
        return _unknown("chain_id", head, needed)
    met = wanted is None or wanted == head.chain_id
    return _graded("chain_id", met=met, figure=head.chain_id, needed=needed)


def _fresh(head: HeadRead | ProbeFailed) -> Condition:
    needed = "a head at most 10 s old"
    if isinstance(head, ProbeFailed):
        return _unknown("synced", head, needed)
    age = clock.read().utc_s - slot_utc(head.head_slot)
    return _graded("synced", met=-2 <= age <= 10, figure=f"{age:.1f} s old", needed=needed)  # noqa: PLR2004 - the figures of the sentence


def _producer_api(config: Config, paused: PausedRead | ProbeFailed) -> Condition:
    if isinstance(paused, ProbeFailed):
        needed = "plugin = eosio::producer_api_plugin, on this address"
        return _unknown("producer_api", paused, needed)
    figure = "paused" if paused.paused else "not paused"
    if config.host.role.role.is_standby:
        return _graded(
            "producer_api", met=paused.paused, figure=figure, needed="a standby is paused"
        )
    return _graded("producer_api", met=True, figure=figure, needed="answers paused")


def _paused_on_start(config: Config, process: ProcessRead | ProbeFailed) -> Condition:
    """The option is read where it was given: on the command line, or in the config.ini."""
    needed = "pause-on-startup = true, on the primary too"
    if config.host.role.role is Role.OBSERVER:
        return _graded("pause_on_startup", met=True, figure="role F", needed="nothing on role F")
    if isinstance(process, ProbeFailed):
        return _unknown("pause_on_startup", process, needed)
    try:
        words = psutil.Process(process.pid).cmdline()
    except psutil.Error as error:
        return Condition("pause_on_startup", Met.UNKNOWN, str(error), needed)
    found = _finds_pause_on_startup(words, process.pid)
    if found is None:
        figure = f"config.ini of pid {process.pid} not found or not readable"
        return Condition("pause_on_startup", Met.UNKNOWN, figure, needed)
    figure = "set" if found else "not set: a restart forgets the pause"
    return _graded("pause_on_startup", met=found, figure=figure, needed=needed)


_SWITCHES = frozenset({"-x", "--pause-on-startup", "--pause-on-startup=true"})


def _finds_pause_on_startup(words: list[str], pid: int) -> bool | None:
    if any(word in _SWITCHES for word in words):
        return True
    directory = _option(words, "--config-dir") or "~/.local/share/eosio/nodeos/config"
    name = _option(words, "--config") or _option(words, "-c") or "config.ini"
    try:
        base = Path(psutil.Process(pid).cwd()) / Path(directory).expanduser()
        lines = (base / name).read_text(encoding="utf-8").splitlines()
    except (OSError, psutil.Error, UnicodeDecodeError):
        return None
    settings = (line.split("#")[0].replace(" ", "") for line in lines)
    return "pause-on-startup=true" in set(settings) or "pause-on-startup=1" in set(settings)


def _option(words: list[str], name: str) -> str | None:
    for word, following in zip(words, [*words[1:], ""], strict=True):
        if word == name and following:
            return following
        if word.startswith(f"{name}="):
            return word.partition("=")[2]
    return None


def _scheduled(config: Config, schedule: ScheduleRead | ProbeFailed) -> Condition:
    account = config.producer.account
    if account is None:
        return _graded("schedule", met=True, figure="no producer", needed="nothing on role F")
    needed = f"{account} in the active schedule"
    if isinstance(schedule, ProbeFailed):
        return _unknown("schedule", schedule, needed)
    accounts = [entry.account for entry in schedule.active.producers]
    place = f"place {accounts.index(account) + 1}" if account in accounts else "not in it"
    figure = f"{place} of {len(accounts)}, version {schedule.active.version}"
    return _graded("schedule", met=account in accounts, figure=figure, needed=needed)


def _round(schedule: ScheduleRead | ProbeFailed) -> Condition:
    needed = f"at least {MIN_PRODUCERS} producers, so that there is a gap to fence in"
    if isinstance(schedule, ProbeFailed):
        return _unknown("round", schedule, needed)
    count = len(schedule.active.producers)
    return _graded("round", met=count >= MIN_PRODUCERS, figure=f"{count}", needed=needed)


def _log_file(config: Config) -> Condition:
    needed = "the nodeos log: it alone tells which host made a block"
    if config.nodeos.journal_unit is not None:
        return _graded(
            "log", met=True, figure=f"journal of {config.nodeos.journal_unit}", needed=needed
        )
    path = config.nodeos.log
    if path is None:
        return _graded(
            "log", met=False, figure="neither nodeos.log nor nodeos.journal_unit", needed=needed
        )
    try:
        with path.open("rb") as file:
            file.read(1)
    except OSError as error:
        return _graded("log", met=False, figure=f"{path}: {error.strerror}", needed=needed)
    return _graded("log", met=True, figure=str(path), needed=needed)
