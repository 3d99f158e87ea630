"""Load: find the file, tell its format, and return a Config or every problem in it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path

import msgspec

from eoskeeper.config.checks import check_all
from eoskeeper.config.ini_2018 import Ini, looks_like_ini, parse_ini, place_in_ini, tables_from_ini
from eoskeeper.config.model import Config
from eoskeeper.config.problems import MISSING, ConfigError, Problem
from eoskeeper.config.reading import Reader

__all__ = ["SEARCHED", "FileFormat", "find_file", "load", "load_text"]

SEARCHED = (
    Path("/etc/eoskeeper/eoskeeper.toml"),
    Path("eoskeeper.toml"),
    Path("/etc/eoskeeper/config.ini"),
    Path("config.ini"),
)
"""Where a configuration is looked for, first come first served; the last two as in 2018."""

_AT_LINE = re.compile(r"\s*\(at (?P<place>line (?P<line>\d+), column \d+|end of document)\)")
_KEY = re.compile(r"\s*([\w.-]+(?=\s*=)|\[{1,2}[\w.-]+)")


class FileFormat(StrEnum):
    """The two formats; which one a file has is told by its ending, or else by what is in it."""

    TOML = "toml"
    INI_2018 = "ini"


def load(path: Path | None = None) -> Config:
    """Read a configuration file.

    Args:
        path: the file; None searches the usual places.

    Raises:
        ConfigError: no file, or it cannot be used.
    """
    path = find_file() if path is None else path
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        problem = Problem("(file)", "", "UTF-8 text", "save the file as UTF-8")
        raise ConfigError([problem], source=str(path)) from error
    except OSError as error:
        remedy = f"{error.strerror}: name another with -c FILE, or correct its rights"
        problem = Problem("(file)", "", "a file that this user can read", remedy)
        raise ConfigError([problem], source=str(path)) from error
    return load_text(text, source=str(path), file_format=_format_by_name(path))


def find_file(searched: Iterable[Path] = SEARCHED) -> Path:
    """The first file that is there.

    Raises:
        ConfigError: none is.
    """
    places = tuple(searched)
    for path in places:
        if path.exists():
            return path
    problem = Problem(
        path="(file)",
        value=MISSING,
        allowed=", ".join(map(str, places)),
        remedy="write one of them, or name another with -c FILE",
    )
    raise ConfigError([problem])


def load_text(
    text: str, *, source: str = "configuration", file_format: FileFormat | None = None
) -> Config:
    """Read a configuration from its text.

    Args:
        text: TOML, or the ini of 2018.
        source: what to call it in a message.
        file_format: None tells it from the text.

    Raises:
        ConfigError: with every problem.
    """
    if file_format is None:
        file_format = FileFormat.INI_2018 if looks_like_ini(text) else FileFormat.TOML
    match file_format:
        case FileFormat.INI_2018:
            return _load_ini(parse_ini(text), source)
        case FileFormat.TOML:
            config, problems = _assemble(_parse_toml(text, source))
            return _finish(config, problems, source)


def _load_ini(ini: Ini, source: str) -> Config:
    config, problems = _assemble(tables_from_ini(ini))
    renamed = (
        msgspec.structs.replace(problem, path=place_in_ini(problem.path, ini))
        for problem in problems
    )
    return _finish(config, (*ini.problems, *renamed), source)


def _assemble(raw: Mapping[str, object]) -> tuple[Config, tuple[Problem, ...]]:
    reader = Reader(Config)
    config: Config = reader.read_struct(Config, raw, "")
    return config, (*reader.problems, *check_all(config, reader.failed))


def _finish(config: Config, problems: tuple[Problem, ...], source: str) -> Config:
    if problems:
        raise ConfigError(problems, source=source)
    return config


def _parse_toml(text: str, source: str) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([_syntax_problem(str(error), text)], source=source) from error


def _syntax_problem(message: str, text: str) -> Problem:
    """A broken line; nothing of it is shown but its key, for the rest may be a secret."""
    found = _AT_LINE.search(message)
    place = "(file)" if found is None else found["place"]
    line = (
        "" if found is None or found["line"] is None else text.split("\n")[int(found["line"]) - 1]
    )
    key = _KEY.match(line)
    return Problem(
        path=place,
        value="" if key is None else key[1],
        allowed="TOML",
        remedy=f"{_AT_LINE.sub('', message)}; texts stand in quotes",
    )


def _format_by_name(path: Path) -> FileFormat | None:
    match path.suffix.lower():
        case ".toml":
            return FileFormat.TOML
        case ".ini":
            return FileFormat.INI_2018
        case _:
            return None
