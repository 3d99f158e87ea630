"""docs/configuration.md tells every key with its default, and no key that is not there."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator

import msgspec
from msgspec.structs import FieldInfo

from eoskeeper.config import Config, ConfigError, load_text
from eoskeeper.config.ini_2018 import KEYS
from eoskeeper.config.keys import join, keys_of
from eoskeeper.config.wording import notation
from tests.house.house import ROOT

PAGE = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
_ROW = re.compile(r"^\| `([\w.]+)` \| [^|]+ \| ([^|]+) \|", re.MULTILINE)
_KIND = re.compile(r'`kind = "(\w+)"`')
_TABLE = re.compile(r"`\[([\w.]+)\]`")
TOP = "The top of the file"
MACHINE_NAME = "the machine's host name"


def sections() -> Iterator[tuple[str, str]]:
    """Table that a heading stands for, and what is written below it."""
    table = ""
    for section in re.split(r"^##+ ", PAGE, flags=re.MULTILINE):
        if section.startswith(TOP):
            yield "", section
        elif head := _TABLE.match(section):
            table = head[1]
            yield table, section
        elif kind := _KIND.match(section):
            yield f"{table} ({kind[1]})", section


def rows_of_page() -> dict[str, str]:
    """Default as printed, by key with its table."""
    return {
        join(table, key): default.strip().strip("`")
        for table, section in sections()
        for key, default in _ROW.findall(section)
    }


def default_of(field: FieldInfo) -> str:
    """Default as the page should print it."""
    if field.required:
        return "required"
    if field.default_factory is socket.gethostname:
        return MACHINE_NAME
    factory = field.default_factory
    default = field.default if factory is msgspec.NODEFAULT else factory()
    return "none" if default is None else notation(default)


def test_every_key_is_on_the_page_with_its_default() -> None:
    """And every key on the page is in the program; the rules have a page of their own."""
    keys = {
        join(table, field.encode_name): default_of(field)
        for table, field in keys_of(Config)
        if not table.startswith("rules.")
    }
    assert len(keys) > 100
    assert rows_of_page() == keys


def test_every_key_of_2018_is_on_the_page() -> None:
    """With the key of today that it became."""
    rows = re.findall(r"^\| (`[^|]+) \| `([\w.]+)` \|$", PAGE, re.MULTILINE)
    assert {place for _, place in rows} == set(KEYS.values())
    assert [key for key in KEYS if key != "influxdb_url" and f"`{key}`" not in str(rows)] == []


def problems_in(example: str) -> list[str]:
    """Problems but for secret files, which are on no other machine."""
    try:
        load_text(example)
    except ConfigError as error:
        return [str(one) for one in error.problems if not one.path.endswith("_file")]
    return []


def test_the_examples_on_the_page_load() -> None:
    """What is copied from there works, by itself or below the smallest file."""
    examples = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    whole = [one if "[host]" in one else f'{one}\n[host]\nrole = "F"\n' for one in examples]
    assert len(whole) == 4
    assert [problem for one in whole for problem in problems_in(one)] == []


def test_the_example_with_channels_is_complete() -> None:
    """With its secrets in place, every group reaches a channel, and a short message follows."""
    (example,) = re.findall(r"```toml\n([^`]*corp_id[^`]*)```", PAGE)
    config = load_text(re.sub(r'_file = "[^"]+"', ' = "https://example.test/planted"', example))
    groups = config.alert_settings().contacts.values()
    assert {name for group in groups for name in group.channels} == {"wecom", "sms"}
    assert {one.fallback for one in config.channels().values()} == {None, "sms"}
    assert config.unused() == ()
