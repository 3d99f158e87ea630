"""Check: one thing that is looked for in a whole configuration, and when it is left out.

A check names the paths that it reads and is left out when one of them holds no usable value: so a
mistake is told once, and never followed by the mistakes that it seems to cause.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping

import msgspec

from eoskeeper.config.addresses import Fault
from eoskeeper.config.keys import join
from eoskeeper.config.model import Config
from eoskeeper.config.problems import Problem
from eoskeeper.config.secret import STARS, Secret
from eoskeeper.config.wording import notation

__all__ = ["Check", "EntryCheck", "allowed_token", "bad_token", "faulty"]


class Check(msgspec.Struct, frozen=True):
    """One check: the paths that it reads, and what it finds.

    Attributes:
        names_of: tables of which it reads the names of the entries only.
    """

    reads: tuple[str, ...]
    find: Callable[[Config], Iterator[Problem]]
    names_of: tuple[str, ...] = ()

    def run(self, config: Config, failed: Collection[str]) -> Iterator[Problem]:
        """What it finds, unless what it reads cannot be used.

        Args:
            config: as read; fields that failed are UNSET in it.
            failed: their paths.
        """
        if _can_be_read(self.reads, self.names_of, failed):
            yield from self.find(config)


class EntryCheck(msgspec.Struct, frozen=True):
    """The same for each entry of a table of tables, by itself.

    Attributes:
        table: path of the table.
        keys: of an entry, what is read; none for all of it.
        reads: of other tables, as in ``Check``.
        names_of: as in ``Check``.
    """

    table: str
    keys: tuple[str, ...]
    find: Callable[[Config, str], Iterator[Problem]]
    reads: tuple[str, ...] = ()
    names_of: tuple[str, ...] = ()

    def run(self, config: Config, failed: Collection[str]) -> Iterator[Problem]:
        """As in ``Check``."""
        if not _can_be_read(self.reads, (self.table, *self.names_of), failed):
            return
        for name, entry in _entries(config, self.table).items():
            here = join(self.table, name)
            reads = tuple(join(here, key) for key in self.keys) or (here,)
            if entry is not msgspec.UNSET and _can_be_read(reads, (), failed):
                yield from self.find(config, name)


def faulty(path: str, value: str | Secret, fault: Fault | None) -> Iterator[Problem]:
    """The fault as a problem, if there is one."""
    if fault is not None:
        shown = STARS if isinstance(value, Secret) else notation(value)
        yield Problem(path=path, value=shown, allowed=fault.allowed, remedy=fault.remedy)


def bad_token(path: str, token: Secret | None, least: int) -> Iterator[Problem]:
    """A token that a header field would change, or that could be guessed.

    Args:
        least: characters that it needs.
    """
    if token is not None and re.fullmatch(rf"[\x21-\x7e]{{{least},512}}", token.reveal()) is None:
        remedy = "make one for all hosts: openssl rand -hex 32"
        yield Problem(path=path, value=STARS, allowed=allowed_token(least), remedy=remedy)


def allowed_token(least: int) -> str:
    """What a token may be, in words."""
    return f"a token of {least} to 512 letters, digits and signs of ASCII, without spaces"


def _entries(config: Config, table: str) -> Mapping[str, object]:
    value: object = config
    for name in table.split("."):
        value = getattr(value, name)
    if isinstance(value, Mapping):
        return value
    assert isinstance(value, msgspec.Struct)
    return {name: getattr(value, name) for name in value.__struct_fields__}


def _can_be_read(
    reads: tuple[str, ...], names_of: tuple[str, ...], failed: Collection[str]
) -> bool:
    below = any(_lies_in(bad, path) for bad in failed for path in reads)
    above = any(_lies_in(path, bad) for bad in failed for path in (*reads, *names_of))
    return not below and not above


def _lies_in(path: str, table: str) -> bool:
    """One is the other, or a part of it."""
    return path == table or path.startswith((f"{table}.", f"{table}["))
