"""docs/configuration.md tells every key with its default, and no key that is not there."""

from __future__ import annotations

import re

import msgspec
from msgspec.structs import FieldInfo

from eoskeeper.config import Config, load_text
from eoskeeper.config.ini_2018 import KEYS
from eoskeeper.config.reading import keys_of
from eoskeeper.config.wording import notation
from tests.house.house import ROOT

PAGE = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
_ROW = re.compile(r"^\| `(\w+)` \| [^|]+ \| ([^|]+) \|", re.MULTILINE)
MACHINE_NAME = "the machine's host name"


def rows_of_page() -> dict[str, str]:
    """Default as printed, by key with its table."""
    rows = {}
    for section in re.split(r"^## ", PAGE, flags=re.MULTILINE):
        head = re.match(r"`\[([\w.]+)\]`", section)
        if head is not None:
            for key, default in _ROW.findall(section):
                rows[f"{head[1]}.{key}"] = default.strip().strip("`")
    return rows


def default_of(field: FieldInfo) -> str:
    """Default as the page should print it."""
    if field.required:
        return "required"
    if field.default is msgspec.NODEFAULT:
        return MACHINE_NAME
    return "none" if field.default is None else notation(field.default)


def test_every_key_is_on_the_page_with_its_default() -> None:
    """And every key on the page is in the program."""
    keys = {f"{table}.{field.encode_name}": default_of(field) for table, field in keys_of(Config)}
    assert len(keys) > 25
    assert rows_of_page() == keys


def test_every_key_of_2018_is_on_the_page() -> None:
    """With the key of today that it became."""
    rows = re.findall(r"^\| (`[^|]+) \| `([\w.]+)` \|$", PAGE, re.MULTILINE)
    assert {place for _, place in rows} == set(KEYS.values())
    assert [key for key in KEYS if key != "influxdb_url" and f"`{key}`" not in str(rows)] == []


def test_the_examples_on_the_page_load() -> None:
    """What is copied from there works."""
    examples = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    assert [load_text(example).policy().role for example in examples] == ["B", "F"]
