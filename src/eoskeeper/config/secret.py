"""How a secret is read from a file of its own."""

from __future__ import annotations

import stat
from pathlib import Path

from eoskeeper.domain.secret import STARS, Secret

__all__ = ["STARS", "Secret", "SecretFileError", "read_secret_file"]

MAX_BYTES = 64 * 1024


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
