"""Findings: what a health rule says of the node, and the words that it says it in.

A finding is a value with figures; people read it in their language, machines by rule and code.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec

__all__ = ["Figure", "Finding", "Grade", "Language", "Severity", "Text"]

Figure = str | int | float
"""A figure of the evidence; its unit is the end of its name."""


class Language(StrEnum):
    """Languages that people are told in."""

    ENGLISH = "en"
    CHINESE = "zh"


class Text(msgspec.Struct, frozen=True):
    """One sentence in every language; ``{name}`` stands for a figure of the finding.

    Both are required: a message that is missing in one language cannot be written.
    """

    en: str
    zh: str

    def say(self, language: Language, figures: Mapping[str, Figure] | None = None) -> str:
        """The sentence with its figures.

        Raises:
            KeyError: a figure that the sentence names is missing: a bug of the rule.
        """
        template = self.zh if language is Language.CHINESE else self.en
        return template.format_map(figures or {})


class Grade(StrEnum):
    """How well the judged quantity is; a rule's own word, the same on every host."""

    OK = "ok"
    UNKNOWN = "unknown"
    """Nothing to judge. It neither raises an alarm nor ends one."""
    DEGRADED = "degraded"
    FAILED = "failed"


class Severity(StrEnum):
    """How urgently a person is told, least first."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for the least."""
        return tuple(Severity).index(self)


class Finding(msgspec.Struct, frozen=True):
    """What one rule says at one moment.

    Attributes:
        rule: its name.
        code: which of the rule's sentences.
        figures: the evidence, by the names that the sentence uses.
        subject: which of several things it judges (a folder, a peer); empty when there is one.
    """

    rule: str
    grade: Grade
    code: str
    figures: Mapping[str, Figure] = {}
    subject: str = ""
