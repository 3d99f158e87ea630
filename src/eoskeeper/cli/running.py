"""``eoskeeper run``: from a configuration file to a keeper in the foreground."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from eoskeeper.app.keeper import Journals, Keeper
from eoskeeper.cli.common import Exit, fail, load_or_exit
from eoskeeper.config import Config, ConfigError, load
from eoskeeper.domain.events import Event
from eoskeeper.domain.secret import telling_parts
from eoskeeper.domain.watch import WatchEvent
from eoskeeper.runtime import clock
from eoskeeper.runtime.journal import Journal, JournalError
from eoskeeper.runtime.log_setup import SecretStars, set_up_logging
from eoskeeper.runtime.notify import notifier_from
from eoskeeper.runtime.tasks import ExitCode

__all__ = ["run", "secrets_of"]


def run(path: Path | None) -> int:
    """Run until a signal; returns the exit code.

    At SIGHUP the same command is run anew in this very process, with the configuration as it is
    then and whatever version is installed; a configuration with problems is told, and changes
    nothing. Production is left as it is meanwhile, as at any end of the keeper.
    """
    code = _run_once(path)
    if code == ExitCode.RELOAD:
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - this command
    return code


def _run_once(path: Path | None) -> int:
    config = load_or_exit(path)
    try:
        state, size = config.paths.state, config.journal
        with (
            Journal[Event](state / "journal", Event, size) as events,
            Journal[WatchEvent](state / "alarms", WatchEvent, size) as alarms,
        ):
            return asyncio.run(_run(config, path, Journals(events, alarms)))
    except JournalError as error:
        raise fail(Exit.NOT_WELL, str(error)) from None


def secrets_of(config: Config) -> list[str]:
    """What no log line may show, in whatever form it gets there."""
    return [part for secret in config.secrets() for part in telling_parts(secret.reveal())]


async def _run(config: Config, path: Path | None, journals: Journals) -> int:
    log = set_up_logging(config.log_settings(), SecretStars(secrets_of(config)))
    for setting in config.unused():
        log.warning("setting_without_effect", setting=setting)
    notifier = notifier_from(os.environ)

    def may_reload() -> bool:
        try:
            load(path)
        except ConfigError as error:
            log.critical("reload_refused", problems=str(error))
            return False
        return True

    return await Keeper(config, clock.read, log, notifier, journals).run(may_reload)
