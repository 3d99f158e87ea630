"""Logging: one stream of events, as JSON for machines and readable for a person at a terminal.

The last step before anything is written puts stars in place of secrets, wherever they turn up. A
log that cannot be written loses lines, never the keeper.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Iterable, Mapping
from enum import StrEnum
from logging.handlers import WatchedFileHandler
from pathlib import Path
from typing import IO, TYPE_CHECKING, TextIO, cast
from urllib.parse import quote

import msgspec
import structlog
from structlog.stdlib import BoundLogger, ProcessorFormatter

from eoskeeper.domain.chain_time import format_utc
from eoskeeper.runtime.clock import Clock, read

if TYPE_CHECKING:
    from structlog.typing import EventDict, Processor, WrappedLogger

__all__ = ["STARS", "Level", "LogForm", "LogSettings", "SecretStars", "set_up_logging"]

STARS = "***"
"""What stands where a secret was."""

_MIN_SECRET_CHARACTERS = 4
_FILE_MODE = 0o640
_MAX_DEPTH = 12

_Json = bool | int | float | str | list["_Json"] | dict[str, "_Json"] | None


class Level(StrEnum):
    """Least important level that is written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogForm(StrEnum):
    """How the main stream is written; a file is always JSON."""

    AUTO = "auto"
    """Pretty on a terminal, else JSON."""
    JSON = "json"
    PRETTY = "pretty"


class LogSettings(msgspec.Struct, frozen=True):
    """Where the log goes.

    Attributes:
        file: appended to as well as the main stream; reopened after rotation.
    """

    level: Level = Level.INFO
    form: LogForm = LogForm.AUTO
    file: Path | None = None


class SecretStars:
    """Knows the secrets of this process and stars them, in values and in finished text.

    A value whose class is named ``Secret`` is starred whatever it holds. A registered string is
    starred wherever it occurs; shorter than four characters it would star innocent text, and is
    not registered.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        """Take the secret strings known by now."""
        self._forms: list[str] = []
        for secret in secrets:
            self.register(secret)

    def register(self, secret: str) -> None:
        """Star this string from now on, plain and as JSON, Python or an address would quote it."""
        if len(secret) >= _MIN_SECRET_CHARACTERS:
            self._forms = sorted({*_written_forms(secret), *self._forms}, key=len, reverse=True)

    def text(self, text: str) -> str:
        """Star the registered secrets in a text."""
        for form in self._forms:
            text = text.replace(form, STARS)
        return text

    def value(self, value: object, depth: int = 0) -> _Json:
        """The value as plain JSON types, with stars."""
        if type(value).__name__ == "Secret" or depth > _MAX_DEPTH:
            return STARS
        match value:
            case None | bool() | int() | float():
                return value
            case str():
                return self.text(str(value))
            case msgspec.Struct():
                return self.mapping(msgspec.structs.asdict(value), depth + 1)
            case Mapping():
                return self.mapping(value, depth + 1)
            case _:
                return self._sequence_or_text(value, depth)

    def _sequence_or_text(self, value: object, depth: int) -> _Json:
        if isinstance(value, list | tuple | set | frozenset):
            return [self.value(item, depth + 1) for item in value]
        return self.text(repr(value))

    def mapping(self, mapping: Mapping[str, object], depth: int = 0) -> dict[str, _Json]:
        """The same for a mapping; its keys become text."""
        return {self.text(str(key)): self.value(item, depth) for key, item in mapping.items()}

    def __call__(self, _log: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        """Be a structlog processor."""
        return cast("EventDict", self.mapping(event))


def set_up_logging(
    settings: LogSettings,
    stars: SecretStars,
    *,
    stream: TextIO = sys.stderr,
    clock: Clock = read,
) -> BoundLogger:
    """Configure structlog and the standard library's logging, and return the keeper's log.

    Args:
        settings: where to and how much.
        stars: more secrets may be registered with it later.
        stream: the main stream; journald takes what a unit writes to its standard error.
        clock: stamps the lines.

    Raises:
        OSError: the log file cannot be opened.
    """
    shared = _shared_processors(clock)
    handlers = [_main_handler(settings, stars, stream, shared)]
    if settings.file is not None:
        handlers.append(_file_handler(settings.file, stars, shared))
    _install(handlers, settings.level)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.contextvars.merge_contextvars,
            *shared,
            ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=BoundLogger,
        cache_logger_on_first_use=False,
    )
    return structlog.stdlib.get_logger("eoskeeper")


class _StarredFormatter(ProcessorFormatter):
    """Stars the finished text too: whatever a renderer makes of an object is seen here."""

    def __init__(self, stars: SecretStars, shared: list[Processor], renderer: Processor) -> None:
        super().__init__(
            foreign_pre_chain=shared,
            processors=[ProcessorFormatter.remove_processors_meta, stars, renderer],
        )
        self._stars = stars

    def format(self, record: logging.LogRecord) -> str:
        return self._stars.text(super().format(record))


class _StreamHandler(logging.StreamHandler[TextIO]):
    """A stream that went away loses lines."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 -- logging's name
        """Say nothing: there is nowhere to say it."""


class _FileHandler(WatchedFileHandler):
    """Appends, reopens after rotation, and outlives a full disk or a folder that went away."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            super().emit(record)
        except OSError:
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 -- logging's name
        """Say nothing: the main stream has the line."""

    def _open(self) -> IO[str]:  # type: ignore[override]  # narrower
        return open(self.baseFilename, "a", encoding="utf-8", opener=_open_private)


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CLOEXEC, _FILE_MODE)


def _shared_processors(clock: Clock) -> list[Processor]:
    """What every line gets, also one that a library logs."""

    def stamp(_log: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event["at"] = format_utc(clock().utc_s)
        return event

    return [
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        stamp,
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
    ]


def _main_handler(
    settings: LogSettings, stars: SecretStars, stream: TextIO, shared: list[Processor]
) -> logging.Handler:
    handler = _StreamHandler(stream)
    pretty = settings.form is LogForm.PRETTY or (settings.form is LogForm.AUTO and stream.isatty())
    renderer = _pretty(colors=stream.isatty()) if pretty else _json()
    handler.setFormatter(_StarredFormatter(stars, shared, renderer))
    return handler


def _file_handler(path: Path, stars: SecretStars, shared: list[Processor]) -> logging.Handler:
    handler = _FileHandler(path, encoding="utf-8")
    handler.setFormatter(_StarredFormatter(stars, shared, _json()))
    return handler


def _install(handlers: list[logging.Handler], level: Level) -> None:
    """Make these the only handlers; set up twice, a process does not log twice."""
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
        old.close()
    for handler in handlers:
        root.addHandler(handler)
    root.setLevel(level.upper())


def _json() -> Processor:
    return structlog.processors.JSONRenderer(serializer=_json_text)


def _pretty(*, colors: bool) -> Processor:
    return structlog.dev.ConsoleRenderer(
        colors=colors,
        timestamp_key="at",
        exception_formatter=structlog.dev.plain_traceback,
    )


def _json_text(value: object, **_: object) -> str:
    return msgspec.json.encode(value).decode()


def _written_forms(secret: str) -> set[str]:
    """How a secret may stand in a text: plain, in JSON, in a Python repr, in an address."""
    return {
        secret,
        _json_text(secret)[1:-1],
        json.dumps(secret)[1:-1],
        repr(secret)[1:-1],
        ascii(secret)[1:-1],
        repr(secret.encode())[2:-1],
        quote(secret),
        quote(secret, safe=""),
    }
