"""``eoskeeper run``: from a configuration file to a keeper in the foreground."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from eoskeeper.app.keeper import Keeper
from eoskeeper.cli.common import Exit, fail, load_or_exit
from eoskeeper.config import Config
from eoskeeper.domain.events import Event
from eoskeeper.runtime import clock
from eoskeeper.runtime.journal import Journal, JournalError
from eoskeeper.runtime.log_setup import SecretStars, set_up_logging
from eoskeeper.runtime.notify import notifier_from

__all__ = ["run", "secrets_of"]


def run(path: Path | None) -> int:
    """Run until a signal; returns the exit code."""
    config = load_or_exit(path)
    try:
        with Journal[Event](config.paths.state / "journal", Event, config.journal) as journal:
            return asyncio.run(_run(config, journal))
    except JournalError as error:
        raise fail(Exit.NOT_WELL, str(error)) from None


def secrets_of(config: Config) -> list[str]:
    """What no log line may show, in whatever form it gets there."""
    kept = [config.web.token, config.influxdb.url, *(p.token for p in config.peers.values())]
    return [secret.reveal() for secret in kept if secret is not None]


async def _run(config: Config, journal: Journal[Event]) -> int:
    log = set_up_logging(config.log_settings(), SecretStars(secrets_of(config)))
    for setting in config.unused():
        log.warning("setting_not_used_yet", setting=setting)
    return await Keeper(config, clock.read, log, notifier_from(os.environ), journal).run()
