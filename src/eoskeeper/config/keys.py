"""Keys: what a Struct lets an operator write, told from its types; and which of it is secret.

A field's type is all there is to know: tables of tables by name, tables of several kinds, secrets.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Annotated, Any, get_args, get_origin

import msgspec
from msgspec import inspect
from msgspec.structs import FieldInfo

from eoskeeper.config.secret import Secret

__all__ = [
    "FILE_SUFFIX",
    "homes_of",
    "is_secret",
    "join",
    "keys_of",
    "kinds_in",
    "may_hold_secret",
    "parts_of",
    "secrets_in",
    "type_info",
    "with_file",
]

FILE_SUFFIX = "_file"
"""``url_file`` names a file that holds the secret ``url``."""

_PLACEHOLDERS = {"peers": "HOST"}
"""What stands for the name of any entry; NAME for those that are not here."""


def join(path: str, key: object) -> str:
    """The path of a key in a table; the empty path is the top of the file."""
    return f"{path}.{key}" if path else str(key)


@cache
def type_info(target: Any) -> inspect.Type:  # noqa: ANN401 - a type as it is annotated
    """What msgspec knows of a type; kept, for asking is nine tenths of reading a file."""
    return inspect.type_info(target)


def parts_of(target: Any) -> tuple[Any, ...]:  # noqa: ANN401 - a type as it is annotated
    """Types of which a list's items, or a table's names and values are; none for other types."""
    while get_origin(target) is Annotated:
        target = get_args(target)[0]
    return get_args(target)


def kinds_in(kind: inspect.Type) -> dict[str, inspect.StructType]:
    """The Structs of a union that are told apart by a key, by what that key says."""
    types = kind.types if isinstance(kind, inspect.UnionType) else (kind,)
    structs = [one for one in types if isinstance(one, inspect.StructType)]
    return {str(one.tag): one for one in structs if one.tag_field is not None}


def keys_of(kind: type[msgspec.Struct], path: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Every key under a Struct as (table, field).

    ``peers.HOST`` stands for any peer's table. Keys that all kinds of a table share come once;
    what one kind has for itself, or with another default, comes under ``NAME (kind)``.
    """
    for field in msgspec.structs.fields(kind):
        here = join(path, field.encode_name)
        match type_info(field.type):
            case inspect.StructType(cls=inner):
                yield from keys_of(inner, here)
            case inspect.DictType(value_type=inspect.StructType(cls=inner)):
                yield from keys_of(inner, _any_entry(here))
            case inspect.DictType(value_type=value) if kinds_in(value):
                yield from _keys_of_kinds(kinds_in(value), _any_entry(here))
            case _:
                yield path, field


def _keys_of_kinds(
    kinds: Mapping[str, inspect.StructType], path: str
) -> Iterator[tuple[str, FieldInfo]]:
    base = _common_base([one.cls for one in kinds.values()])
    shared = {field.encode_name: field for field in msgspec.structs.fields(base)}
    yield from keys_of(base, path)
    for tag, one in kinds.items():
        for table, field in keys_of(one.cls, f"{path} ({tag})"):
            if field != shared.get(field.encode_name):
                yield table, field


def _common_base(kinds: list[type]) -> type[msgspec.Struct]:
    """The nearest Struct that they all are."""
    first, *others = kinds
    bases = (base for base in first.__mro__ if all(issubclass(one, base) for one in others))
    base = next(bases)
    assert issubclass(base, msgspec.Struct)
    return base


def _any_entry(path: str) -> str:
    return f"{path}.{_PLACEHOLDERS.get(path, 'NAME')}"


@cache
def homes_of(root: type[msgspec.Struct]) -> Mapping[str, list[str]]:
    """For each key the tables that have it; found once, for it takes longer than a whole file."""
    homes: dict[str, list[str]] = {}
    for table, field in keys_of(root):
        homes.setdefault(field.encode_name, []).append(table)
    return homes


def with_file(field: FieldInfo) -> tuple[str, ...]:
    """The names that a field can be written under."""
    name = field.encode_name
    secret = is_secret(type_info(field.type))
    return (name, name + FILE_SUFFIX) if secret else (name,)


def is_secret(kind: inspect.Type) -> bool:
    """The value is a secret, or a list of them: its own file may hold it."""
    match kind:
        case inspect.Metadata(type=inner):
            return is_secret(inner)
        case inspect.VarTupleType(item_type=item):
            return is_secret(item)
        case inspect.UnionType(types=types):
            return any(is_secret(one) for one in types)
        case inspect.CustomType(cls=custom):
            return custom is Secret
        case _:
            return False


def may_hold_secret(kind: inspect.Type) -> bool:
    """Somewhere in such a value there may be a secret: it is not shown when it is wrong."""
    match kind:
        case inspect.StructType(fields=fields):
            return any(may_hold_secret(field.type) for field in fields)
        case inspect.DictType(value_type=value):
            return may_hold_secret(value)
        case inspect.UnionType(types=types):
            return any(may_hold_secret(one) for one in types)
        case _:
            return is_secret(kind)


def secrets_in(value: object) -> Iterator[Secret]:
    """Every secret in a Struct, however deep."""
    match value:
        case Secret():
            yield value
        case msgspec.Struct():
            for name in value.__struct_fields__:
                yield from secrets_in(getattr(value, name))
        case Mapping():
            for one in value.values():
                yield from secrets_in(one)
        case tuple() | list():
            for one in value:
                yield from secrets_in(one)
        case _:
            return
