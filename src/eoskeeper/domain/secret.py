"""Secret: a text that shows itself as stars.

Whatever prints, logs or encodes a configuration must not spill it; only ``reveal`` gives it out.
"""

from __future__ import annotations

__all__ = ["STARS", "Secret"]

STARS = "***"


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
