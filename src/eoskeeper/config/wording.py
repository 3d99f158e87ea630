"""Wording: what is allowed in a field, told from its type, and values in TOML's notation."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from pathlib import Path

import msgspec
from msgspec import inspect

from eoskeeper.config.problems import closest, listed
from eoskeeper.config.secret import STARS, Secret

__all__ = ["allowed_in", "notation", "remedy_for", "remedy_for_secret"]

MAX_SHOWN = 80


def allowed_in(kind: inspect.Type) -> str:
    """What may stand in a field of this type, for an operator."""
    match kind:
        case inspect.Metadata(type=inner, extra_json_schema=extra):
            return str((extra or {}).get("description") or allowed_in(inner))
        case inspect.UnionType(types=types):
            return " or ".join(allowed_in(one) for one in without_none(types))
        case inspect.EnumType() | inspect.LiteralType():
            return listed(map(notation, _words(kind)))
        case inspect.VarTupleType(item_type=item):
            return f"a list of: {allowed_in(item)}"
        case inspect.IntType() | inspect.FloatType():
            return _number(kind)
        case inspect.StrType():
            return _text(kind)
        case inspect.DictType(value_type=inspect.StrType()):
            return "a table of texts"
        case inspect.CustomType(cls=custom) if custom is Path:
            return "a path"
        case _:
            return _PLAIN.get(type(kind), "text in quotes")


def _number(kind: inspect.IntType | inspect.FloatType) -> str:
    noun = "a whole number" if isinstance(kind, inspect.IntType) else "a number"
    if kind.gt is not None and kind.le is not None:
        return f"{noun} above {kind.gt:g}, {kind.le:g} at most"
    return noun + _span(kind.ge, kind.le)


def _text(kind: inspect.StrType) -> str:
    if kind.pattern is not None:
        return f"text in quotes that fits {kind.pattern}"
    if kind.max_length is not None:
        return f"text in quotes of {kind.min_length or 0} to {kind.max_length} characters"
    return "text in quotes"


_PLAIN: dict[type, str] = {
    inspect.BoolType: "true or false",
    inspect.StructType: "a table",
    inspect.DictType: "a table of tables",
}


def without_none(types: Iterable[inspect.Type]) -> tuple[inspect.Type, ...]:
    """The types of a union but None, which TOML cannot write."""
    return tuple(one for one in types if not isinstance(one, inspect.NoneType))


def _span(least: float | None, most: float | None) -> str:
    if least is None or most is None:
        return "" if least is None else f", {least:g} or more"
    return f" from {least:g} to {most:g}"


def notation(value: object) -> str:
    """The value as a TOML file would have it, shortened; stars for a secret."""
    match value:
        case Secret():
            return STARS
        case Enum():
            return notation(value.value)
        case Path():
            return notation(str(value))
        case str() | bool() | int() | float():
            text = json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case list() | tuple():
            text = f"[{', '.join(notation(one) for one in value)}]"
        case Mapping():
            pairs = (f"{name} = {notation(one)}" for name, one in value.items())
            text = f"{{{', '.join(pairs)}}}"
        case _:
            text = str(value)
    return text if len(text) <= MAX_SHOWN else f"{text[: MAX_SHOWN - 3]}..."


def remedy_for(kind: inspect.Type, value: object, default: object) -> str:
    """What to do about a value that does not fit its field.

    Args:
        kind: type of the field.
        value: what stands there.
        default: what holds without it; ``msgspec.NODEFAULT`` where it must be given.
    """
    return (
        _quotes(kind, value)
        or _meant(kind, value)
        or (
            "correct it"
            if default is msgspec.NODEFAULT
            else f"correct it, or leave it out for {_default(default)}"
        )
    )


def remedy_for_secret(kind: inspect.Type, value: object) -> str:
    """The same, without a word of the value."""
    if isinstance(value, list | tuple) or not isinstance(value, str):
        return "write a list of texts in quotes" if _is_list(kind) else "put it in quotes"
    return 'write a list: ["..."]' if _is_list(kind) else "correct it"


def _is_list(kind: inspect.Type) -> bool:
    return _holds(kind, inspect.VarTupleType)


def _default(default: object) -> str:
    return "none" if default is None or default == () else f"the default {notation(default)}"


def _quotes(kind: inspect.Type, value: object) -> str | None:
    """Numbers in quotes and words without them are the commonest slip in TOML."""
    numeric = _holds(kind, inspect.IntType, inspect.FloatType)
    if isinstance(value, str) and numeric and _is_number(value):
        return f"write it without the quotes: {value.strip()}"
    if isinstance(value, str) and _is_list(kind):
        return f"write a list: [{notation(value)}]"
    if isinstance(value, int | float) and _holds(
        kind, inspect.StrType, inspect.EnumType, inspect.LiteralType
    ):
        return f'put it in quotes: "{notation(value)}"'
    return None


def _meant(kind: inspect.Type, value: object) -> str | None:
    words = [word for part in _parts(kind) for word in _words(part)]
    names = {str(word).lower(): word for word in words}
    word = closest(value, names) if isinstance(value, str) else None
    return None if word is None else f"did you mean {notation(names[word])}?"


def _words(kind: inspect.Type) -> Iterator[object]:
    """The words of which one must stand there."""
    match kind:
        case inspect.EnumType(cls=names):
            yield from (member.value for member in names)
        case inspect.LiteralType(values=values):
            yield from values
        case _:
            return


def _parts(kind: inspect.Type) -> tuple[inspect.Type, ...]:
    """The type itself, out of unions and wrappings."""
    match kind:
        case inspect.Metadata(type=inner):
            return _parts(inner)
        case inspect.UnionType(types=types):
            return tuple(part for one in types for part in _parts(one))
        case _:
            return (kind,)


def _holds(kind: inspect.Type, *wanted: type[inspect.Type]) -> bool:
    return any(isinstance(part, wanted) for part in _parts(kind))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
