"""The config.ini of 2018, which works unchanged: its keys, quotes and comments as tables of ours.

The program of 2018 asked nodeos at http://127.0.0.1:8888 and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from eoskeeper.config.problems import Problem, closest

__all__ = ["KEYS", "Ini", "looks_like_ini", "parse_ini", "place_in_ini", "tables_from_ini"]

SECTION = "global"

KEYS: Mapping[str, str] = {
    "role": "host.role",
    "block_producer_name": "producer.account",
    "eosio_log_file": "nodeos.log",
    "eoskeeper_log_file": "log.file",
    "infulxdb_url": "influxdb.url",
    "influxdb_url": "influxdb.url",
    "mobiles": "alarm.mobiles",
}
"""Where each key went. The program of 2018 spelt it ``infulxdb_url``; both spellings work."""

NODEOS_KEYS = frozenset({"http-server-address", "p2p-listen-endpoint", "plugin", "producer-name"})
_LINE = re.compile(r"^(?P<key>[^=:\s]+)\s*[=:]\s*(?P<value>.*)$")
_SECTION = re.compile(r"^\[(?P<name>[^\]]*)\]\s*(?:[#;].*)?$")
_COMMENT = re.compile(r"(?:^|\s)[#;].*$")


class Ini(msgspec.Struct, frozen=True):
    """What was read.

    Attributes:
        values: non-empty values of known keys; of a key given twice the last one.
        ignored: lines of other keys and sections, which 2018 did not read either.
        problems: lines that cannot be read, and keys that are most likely misspelt.
    """

    values: dict[str, str]
    ignored: tuple[str, ...]
    problems: tuple[Problem, ...]


def parse_ini(text: str) -> Ini:
    """Read the section ``[global]``, or the lines before any section."""
    values: dict[str, str] = {}
    ignored: list[str] = []
    problems: list[Problem] = []
    section = SECTION
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if not stripped or stripped[0] in "#;":
            continue
        header = _SECTION.match(stripped)
        if header is not None:
            section = header["name"].strip().lower()
            continue
        entry = _LINE.match(stripped)
        key = entry["key"].lower() if entry is not None else ""
        if section != SECTION:
            ignored.append(f"[{section}] {key}")
        elif entry is None:
            problems.append(_unreadable(number))
        elif key not in KEYS:
            _sort_unknown(key, number, ignored, problems)
        else:
            _take(key, entry["value"], number, values, problems)
    if any(key in NODEOS_KEYS for key in ignored):
        problems.insert(0, _nodeos_own())
    return Ini(values=values, ignored=tuple(ignored), problems=tuple(problems))


def _take(key: str, raw: str, number: int, values: dict[str, str], problems: list[Problem]) -> None:
    value = _unquoted(raw)
    if value is None:
        problems.append(
            Problem(
                path=f"line {number}",
                value=key,
                allowed='key = "value"  # comment',
                remedy="close the quotes; only a comment may follow them",
            )
        )
    elif value:
        values[key] = value


def _unquoted(raw: str) -> str | None:
    """The value without quotes and comment; None when the quotes are not closed.

    A ``#`` inside quotes belongs to the value.
    """
    if raw[:1] not in {'"', "'"}:
        return _COMMENT.sub("", raw).strip()
    value, closing, rest = raw[1:].partition(raw[0])
    if not closing or (rest.strip() and rest.strip()[0] not in "#;"):
        return None
    return value.strip()


def _sort_unknown(key: str, number: int, ignored: list[str], problems: list[Problem]) -> None:
    """A near miss of a key of ours is a slip; any other key was ignored in 2018, too."""
    meant = closest(key, KEYS)
    if meant is None:
        ignored.append(key)
        return
    problems.append(
        Problem(
            path=f"line {number}",
            value=key,
            allowed=", ".join(KEYS),
            remedy=f'did you mean "{meant}"?',
        )
    )


def _unreadable(number: int) -> Problem:
    return Problem(
        path=f"line {number}",
        value="",
        allowed='key = "value"  # comment',
        remedy="correct the line, or make it a comment with #",
    )


def _nodeos_own() -> Problem:
    return Problem(
        path="(file)",
        value="",
        allowed="the configuration of eoskeeper",
        remedy="this is the config.ini of nodeos itself: name ours with -c FILE",
    )


def tables_from_ini(ini: Ini) -> dict[str, dict[str, object]]:
    """The same values under the names of today."""
    tables: dict[str, dict[str, object]] = {}
    for key, value in ini.values.items():
        table, _, name = KEYS[key].partition(".")
        tables.setdefault(table, {})[name] = _numbers(value) if key == "mobiles" else value
    return tables


def _numbers(value: str) -> list[str]:
    return [number.strip() for number in value.split(",") if number.strip()]


def place_in_ini(path: str, ini: Ini) -> str:
    """The key of 2018 that a path of today came from, as that file has it."""
    names = [key for key, place in KEYS.items() if place == path.partition("[")[0]]
    written = [key for key in names if key in ini.values]
    return next(iter(written or names), path)


def looks_like_ini(text: str) -> bool:
    """Whether a file without a telling name is of 2018: a ``[global]``, or its keys bare."""
    if re.search(r"^\s*\[\s*global\s*\]", text, re.MULTILINE | re.IGNORECASE):
        return True
    if re.search(r"^\s*\[", text, re.MULTILINE):
        return False
    found = {match["key"].lower() for match in map(_LINE.match, text.splitlines()) if match}
    return bool(found & (KEYS.keys() | NODEOS_KEYS))
