"""Protection check: what ``check`` says of etcd, its versions, the guard and the hooks."""

from __future__ import annotations

import shutil

from eoskeeper.app.guarded import guard_link_settings, guard_settings
from eoskeeper.app.protection import make_register
from eoskeeper.config import Config
from eoskeeper.domain.actions import Condition, Met
from eoskeeper.domain.guard_samples import GuardRead
from eoskeeper.domain.hooks import SEARCH_PATH, HookName, HookSettings
from eoskeeper.domain.register import RegisterFailed
from eoskeeper.effects.guard_link import GuardLink
from eoskeeper.guard.settings import worst_time_s
from eoskeeper.registers.etcd_versions import ProblemGrade, known_problems
from eoskeeper.runtime import clock

__all__ = ["protection_conditions"]


async def protection_conditions(config: Config) -> list[Condition]:
    """Conditions of the register, the guard and the hooks; none of what is not used."""
    policy, found = config.policy(), _hooks(config.hooks)
    if policy.lease is not None:
        found += await _etcd(config)
    if policy.guard is not None:
        found += await _guard(config)
    return found


def _hooks(hooks: HookSettings) -> list[Condition]:
    """Whether their programs are there for the user who runs this."""
    found = []
    for name in HookName:
        program = hooks.program_of(name)
        if program is not None:
            place = shutil.which(program[0], path=SEARCH_PATH)
            figure = f"{program[0]} is not there, or may not be run" if place is None else place
            met = Met.NO if place is None else Met.YES
            found.append(Condition(f"hooks.{name}", met, figure, "a program that may be run"))
    return found


async def _etcd(config: Config) -> list[Condition]:
    register = make_register(config, clock.read)
    try:
        read = await register.read(config.lease.timeout_s)
        versions = register.versions
    finally:
        await register.close()
    needed = "an answer that a majority stands behind"
    if isinstance(read, RegisterFailed):
        return [Condition("etcd", Met.UNKNOWN, f"{read.reason}: {read.detail}", needed)]
    record = read.record
    who = "nobody has ever held" if record is None else f"held by {record.host}"
    if record is not None and record.released:
        who = f"given back by {record.host}"
    term = "" if record is None else f", term {record.term}"
    found = [Condition("etcd", Met.YES, who + term, needed)]
    for endpoint, version in sorted(versions.items()):
        problems = known_problems(version)
        bad = any(one.grade is ProblemGrade.REFUSE for one in problems)
        told = "; ".join(f"{one.grade}: {one.problem} ({one.source})" for one in problems)
        figure = f"{endpoint} runs {version}" + (f": {told}" if told else "")
        met = Met.NO if bad else Met.YES
        found.append(Condition("etcd_version", met, figure, "no bug that breaks the record"))
    return found


async def _guard(config: Config) -> list[Condition]:
    worst_s, stop_s = worst_time_s(guard_settings(config)), config.lease.stop_s
    needed = f"at most lease.stop_s = {stop_s:g} s, of which the arithmetic is made"
    met = Met.YES if worst_s <= stop_s + 1e-9 else Met.NO
    found = [Condition("fence_ladder", met, f"takes {worst_s:.2f} s at worst", needed)]
    if config.guard.start:
        return found  # the keeper starts it: it need not run yet
    answer = await GuardLink(guard_link_settings(config), clock.read).status()
    needed = "answers, and has nodeos in hand"
    if not isinstance(answer, GuardRead):
        return [*found, Condition("guard", Met.UNKNOWN, answer.detail, needed)]
    met = Met.YES if answer.can_hold else Met.NO
    figure = answer.unclear or f"{answer.phase}, term {answer.term}"
    return [*found, Condition("guard", met, figure, needed)]
