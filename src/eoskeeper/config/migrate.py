"""Migrate: a config.ini of 2018 as TOML of today, with a comment on each thing that changed.

Loading the result gives the same Config as loading the old file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from eoskeeper.config.ini_2018 import KEYS, Ini, parse_ini
from eoskeeper.config.load import FileFormat, load_text
from eoskeeper.config.model import Config
from eoskeeper.domain.policy import Role

__all__ = ["migrate"]


def migrate(ini_text: str) -> str:
    """The same configuration in TOML.

    Raises:
        ConfigError: the old file has problems.
    """
    config = load_text(ini_text, source="config.ini", file_format=FileFormat.INI_2018)
    return "\n".join(_lines(config, parse_ini(ini_text))) + "\n"


def _lines(config: Config, ini: Ini) -> Iterator[str]:
    yield "# Made from the config.ini of 2018. All keys: docs/configuration.md."
    for key in ini.ignored:
        yield f"# Not taken over, eoskeeper never read it: {key}"
    yield from _host(config)
    if config.producer.account is not None:
        yield from ("", "[producer]", f"account = {_text(config.producer.account)}")
    yield from _nodeos(config)
    yield from _failover(config)
    if config.log.file is not None:
        yield from ("", "[log]", f"file = {_text(str(config.log.file))}")
    yield from _kept(config)


def _host(config: Config) -> Iterator[str]:
    yield from ("", "[host]")
    yield "# A or primary, B, C, standby, F or observer."
    yield f"role = {_text(config.host.role)}"
    yield "# The name of this host in its cluster; left out, it is the machine's."
    yield '# name = "producer-1"'


def _nodeos(config: Config) -> Iterator[str]:
    yield from ("", "[nodeos]")
    yield "# In 2018 always this one."
    yield f"url = {_text(config.nodeos.url)}"
    if config.nodeos.log is not None:
        yield f"log = {_text(str(config.nodeos.log))}"


def _failover(config: Config) -> Iterator[str]:
    turns = config.policy().takeover_after_turns
    yield from ("", "[failover]")
    if config.host.role.role is Role.OBSERVER:
        yield "# An observer watches only."
    else:
        yield '# auto acts; "advise" only tells what it would do: good for the first days.'
    yield f"mode = {_text(config.failover.mode)}"
    if turns is not None:
        yield "# Own turns without a block before this host takes over; here the role's own."
        yield f"# takeover_after_turns = {turns}"


_GATEWAY_TO_ADD = """\
# Nobody is told before a channel is there. The gateway of 2018 was written into the program; now
# its address, what it takes and which answer means yes stand here. As a start, to be adapted:
# [alarm.channels.sms]
# kind = "sms_gateway"
# url_file = "/etc/eoskeeper/sms-url"
# password_file = "/etc/eoskeeper/sms-password"
# success = { json_path = "code", equals = "0" }
# [alarm.channels.sms.parameters]
# account = "ACCOUNT"
# password = "{password}"
# mobile = "{mobiles}"
# content = "{text}"
# Then: eoskeeper test-alarm\
""".splitlines()
"""What the operator has to write where the old program had an address built in."""


def _kept(config: Config) -> Iterator[str]:
    if config.influxdb.url is not None:
        yield from ("", "# Kept for a later version; this one does not write to InfluxDB.")
        yield from ("[influxdb]", f"url = {_text(config.influxdb.url.reveal())}")
    if config.alarm.mobiles:
        numbers = ", ".join(_text(number) for number in config.alarm.mobiles)
        yield from ("", "[alarm]", f"mobiles = [{numbers}]", *_GATEWAY_TO_ADD)


def _text(value: str) -> str:
    """A TOML basic string; JSON's escapes are all TOML's, and DEL is the one that JSON lacks."""
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")


assert set(KEYS.values()) == {
    "host.role",
    "producer.account",
    "nodeos.log",
    "log.file",
    "influxdb.url",
    "alarm.mobiles",
}, "a key of 2018 that migrate does not write"
