"""Saying: puts figures, and texts within texts, into sentences in every language at once."""

from __future__ import annotations

from eoskeeper.domain.findings import Figure, Language, Text

__all__ = ["said", "same"]


def said(template: Text, **figures: Figure | Text) -> Text:
    """The sentence, finished in every language.

    Args:
        template: names its figures in braces.
        figures: those; a text takes the language of the sentence that it stands in.

    Raises:
        KeyError: a figure is missing: a bug of the template.
    """
    english, chinese = (
        template.say(language, {name: _in(figure, language) for name, figure in figures.items()})
        for language in (Language.ENGLISH, Language.CHINESE)
    )
    return Text(en=english, zh=chinese)


def same(words: str) -> Text:
    """Words that no language translates, like a name."""
    return Text(en=words, zh=words)


def _in(figure: Figure | Text, language: Language) -> Figure:
    if not isinstance(figure, Text):
        return figure
    return figure.zh if language is Language.CHINESE else figure.en
