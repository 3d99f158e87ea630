"""Secret: a text that shows itself as stars, and how it is read from a file of its own.

Whatever prints, logs or encodes a configuration must not spill it; only ``reveal`` gives it out.
"""

from __future__ import annotations

import stat
from pathlib import Path

__all__ = ["STARS", "Secret", "SecretFileError", "read_secret_file"]

STARS = "***"
MAX_BYTES = 64 * 1024


class Secret:
    """A text with a starred ``repr`` and ``str``; it has no JSON form on purpose."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself: for the one call that needs it."""
        return self._text

    def __repr__(self) -> str:
        return f"Secret({STARS})"

    def __str__(self) -> str:
        return STARS

    def __eq__(self, other: object) -> bool:
        return self._text == other._text if isinstance(other, Secret) else NotImplemented

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __reduce__(self) -> str:
        message = "a secret is not pickled"
        raise TypeError(message)


class SecretFileError(Exception):
    """A secret file cannot be used; the message says why and what to do."""


def read_secret_file(path: Path) -> Secret:
    """Read a secret that stands alone in a file; the line end after it is not part of it.

    Raises:
        SecretFileError: not readable, open to every user of the machine, empty, or not text.
    """
    try:
        mode = path.stat().st_mode
        raw = path.read_bytes()[: MAX_BYTES + 1]
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
        raise SecretFileError(message) from error
    if mode & (stat.S_IROTH | stat.S_IWOTH):
        message = f"open to every user of this machine; chmod 640 {path}"
        raise SecretFileError(message)
    return Secret(_text_of(raw))


def _text_of(raw: bytes) -> str:
    try:
        text = raw.decode().rstrip("\r\n")
    except UnicodeDecodeError as error:
        message = "not UTF-8 text"
        raise SecretFileError(message) from error
    if not text or len(raw) > MAX_BYTES:
        message = "empty" if not text else f"longer than {MAX_BYTES} bytes"
        raise SecretFileError(message)
    return text
