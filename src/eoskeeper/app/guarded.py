"""Guarded: the settings that the keeper shares with its guard, told from the configuration."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

import msgspec

from eoskeeper.config import Config
from eoskeeper.effects.guard_link import GuardLinkSettings
from eoskeeper.guard.settings import Settings
from eoskeeper.runtime.whole_files import write_atomically

__all__ = ["guard_file", "guard_link_settings", "guard_settings", "write_guard_file"]


def guard_settings(config: Config) -> Settings:
    """What the guard, and the ladder of the keeper itself, work with."""
    account = config.producer.account
    api, asked = config.nodeos.producer_url or config.nodeos.url, config.nodeos.url
    return Settings(
        api=_place(api),
        paused_api="" if api == asked else _place(asked),
        programs=config.guard.programs,
        own_producers=() if account is None else (account,),
        record=str(config.guard.record),
        memory=str(config.guard.memory),
        kill=config.guard.kill,
        gate=config.guard.gate,
        isolation_s=config.failover.isolation_s,
    )


def guard_link_settings(config: Config) -> GuardLinkSettings:
    """Where the guard is met, and who starts it."""
    return GuardLinkSettings(
        socket=str(config.guard.socket),
        start=config.guard.start,
        config=str(guard_file(config)),
    )


def guard_file(config: Config) -> Path:
    """The file that a guard which the keeper starts is given."""
    return config.paths.state / "guard.json"


def write_guard_file(config: Config) -> None:
    """Write it anew; it holds nothing secret.

    Raises:
        OSError: the state folder cannot be written.
    """
    write_atomically(guard_file(config), msgspec.json.encode(guard_settings(config)._asdict()))


def _place(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return unquote(parts.path)
    return f"{parts.hostname or '127.0.0.1'}:{parts.port or 80}"
