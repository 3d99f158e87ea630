"""Problems: what is wrong in a configuration, told in one form and all at once.

The operator errs: every problem has its place, what stands there, what may stand there, and what
to do. With one problem or more nothing starts.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

import msgspec

__all__ = ["MISSING", "ConfigError", "Problem", "closest", "listed"]

MISSING = "(missing)"
"""The value of a key that must be there and is not."""


class Problem(msgspec.Struct, frozen=True):
    """One thing that is wrong.

    Attributes:
        path: ``failover.takeover_after_turns``; in a file of 2018 the key as written there; for a
            broken file the line.
        value: what stands there, in the file's own notation; stars for a secret; ``MISSING``; empty
            where the key itself is the problem.
        allowed: what may stand there.
        remedy: what to do.
    """

    path: str
    value: str
    allowed: str
    remedy: str

    def __str__(self) -> str:
        """Two lines: what is wrong, and what to do."""
        found = f" = {self.value}" if self.value else ""
        found = " is missing" if self.value == MISSING else found
        return f"{self.path}{found}\n    allowed: {self.allowed}\n    remedy:  {self.remedy}"


class ConfigError(Exception):
    """The configuration cannot be used; exit code 2, nothing starts.

    Attributes:
        problems: every one of them, in the order of the file's tables; never empty.
        source: file it was read from, or what stands for it.
    """

    def __init__(self, problems: Iterable[Problem], *, source: str = "configuration") -> None:
        self.problems = tuple(problems)
        self.source = source
        assert self.problems, "a ConfigError without a problem"
        super().__init__(str(self))

    def __str__(self) -> str:
        """The source, the number of problems, and the problems."""
        count = len(self.problems)
        head = f"{self.source}: {count} problem{'s' if count > 1 else ''}"
        return "\n".join([head, *(f"  {problem}" for problem in self.problems)])


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word that ``word`` was most likely meant to be, or None."""
    matches = get_close_matches(word.lower(), list(known), n=1, cutoff=0.6)
    return matches[0] if matches else None


def listed(words: Iterable[str]) -> str:
    """``a, b or c``."""
    *others, last = words
    return f"{', '.join(others)} or {last}" if others else last
