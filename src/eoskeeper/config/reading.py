"""Reading: raw tables into Structs field by field, so that every problem is found in one pass.

msgspec alone stops at the first problem. Here each field is converted by itself; one that fails
becomes UNSET and its path is remembered, so that later checks leave it alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import msgspec
from msgspec import NODEFAULT, UNSET, inspect
from msgspec.structs import FieldInfo

from eoskeeper.config.problems import MISSING, Problem, closest, listed
from eoskeeper.config.secret import STARS, Secret, SecretFileError, read_secret_file
from eoskeeper.config.wording import allowed_in, notation, remedy_for

__all__ = ["Reader", "keys_of"]

FILE_SUFFIX = "_file"
"""``url_file`` names a file that holds the secret ``url``."""


class Reader:
    """One pass over raw tables.

    Attributes:
        problems: what was found so far.
        failed: paths of fields that hold no usable value.
    """

    def __init__(self, root: type[msgspec.Struct]) -> None:
        self.problems: list[Problem] = []
        self.failed: set[str] = set()
        self._homes = _homes(root)

    def read_struct(self, kind: type[msgspec.Struct], raw: object, path: str) -> Any:  # noqa: ANN401 - the caller knows the Struct
        """The Struct; fields that failed are UNSET in it; UNSET itself when nothing can be made."""
        if not isinstance(raw, Mapping):
            self._fail(path, notation(raw), "a table", f"write [{path}] and its keys below it")
            return UNSET
        fields = msgspec.structs.fields(kind)
        self._refuse_unknown(raw, fields, path)
        values = {}
        for field in fields:
            value = self._read_field(field, raw, path)
            if value is not NODEFAULT:
                values[field.name] = value
        return self._build(kind, values, path)

    def _build(self, kind: type[msgspec.Struct], values: dict[str, object], path: str) -> object:
        try:
            return kind(**values)
        except (TypeError, ValueError) as error:
            if UNSET not in values.values():
                self._fail(path, "", str(error), "correct the table")
            self.failed.add(path)
            return UNSET

    def _read_field(self, field: FieldInfo, raw: Mapping[str, object], path: str) -> object:
        """The value, UNSET for a failure, NODEFAULT to leave it to the Struct's default."""
        kind = inspect.type_info(field.type)
        name = field.encode_name
        here = _join(path, name)
        if isinstance(kind, inspect.StructType):
            return self.read_struct(kind.cls, raw.get(name, {}), here)
        if _is_secret(kind) and name + FILE_SUFFIX in raw:
            return self._read_secret_file(raw, name, here)
        if name in raw:
            return self._read_value(field, kind, raw[name], here)
        if field.required:
            remedy = f"add {name} to [{path}]"
            self._fail(here, "", allowed_in(kind), remedy, missing=True)
            return UNSET
        return NODEFAULT

    def _read_value(self, field: FieldInfo, kind: inspect.Type, raw: object, here: str) -> object:
        match kind:
            case inspect.DictType(value_type=inspect.StructType(cls=inner)):
                return self._read_tables(inner, raw, here)
            case inspect.VarTupleType() if isinstance(raw, list | tuple):
                item = get_args(field.type)[0]
                items = enumerate(raw)
                return tuple(
                    self._convert(one, item, NODEFAULT, f"{here}[{at}]") for at, one in items
                )
            case _:
                return self._convert(raw, field.type, _default_of(field), here)

    def _read_tables(self, inner: type[msgspec.Struct], raw: object, here: str) -> object:
        if not isinstance(raw, Mapping):
            self._fail(here, notation(raw), "a table of tables", f"write [{here}.NAME]")
            return UNSET
        return {str(key): self.read_struct(inner, raw[key], _join(here, key)) for key in raw}

    def _convert(self, raw: object, target: object, default: object, here: str) -> object:
        try:
            return msgspec.convert(raw, target, dec_hook=_make)
        except msgspec.ValidationError:
            kind = inspect.type_info(target)
            shown = STARS if _is_secret(kind) else notation(raw)
            self._fail(here, shown, allowed_in(kind), remedy_for(kind, raw, default))
            return UNSET

    def _read_secret_file(self, raw: Mapping[str, object], name: str, here: str) -> object:
        value = raw[name + FILE_SUFFIX]
        place = here + FILE_SUFFIX
        allowed = "the path of a file that holds nothing but the secret"
        self.failed.add(here)
        if name in raw:
            self._fail(place, notation(value), f"{name} or {name}_file", "remove one of the two")
            return UNSET
        if not isinstance(value, str):
            self._fail(place, notation(value), allowed, "write a path in quotes")
            return UNSET
        try:
            secret = read_secret_file(Path(value))
        except SecretFileError as error:
            self._fail(place, notation(value), allowed, str(error))
            return UNSET
        self.failed.discard(here)
        return secret

    def _refuse_unknown(
        self, raw: Mapping[str, object], fields: tuple[FieldInfo, ...], path: str
    ) -> None:
        known = [key for field in fields for key in _keys(field)]
        for key in (key for key in raw if key not in known):
            meant = closest(key, known)
            if meant is not None and meant not in raw:
                self.failed.add(_join(path, meant))
            where = f"in [{path}]" if path else "at the top"
            self.problems.append(
                Problem(
                    path=_join(path, key),
                    value="",
                    allowed=f"{where}: {listed(known)}",
                    remedy=self._remedy_unknown(key, meant, path),
                )
            )

    def _remedy_unknown(self, key: str, meant: str | None, path: str) -> str:
        homes = [home for home in self._homes.get(key, ()) if home != path]
        if homes:
            return f"it belongs in {listed(f'[{home}]' for home in homes)}"
        return "remove it" if meant is None else f'did you mean "{meant}"?'

    def _fail(
        self, path: str, value: str, allowed: str, remedy: str, *, missing: bool = False
    ) -> None:
        self.failed.add(path)
        value = MISSING if missing else value
        self.problems.append(Problem(path=path, value=value, allowed=allowed, remedy=remedy))


def keys_of(kind: type[msgspec.Struct], path: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Every key under a Struct as (table, field); ``peers.HOST`` stands for any peer's table."""
    for field in msgspec.structs.fields(kind):
        here = _join(path, field.encode_name)
        match inspect.type_info(field.type):
            case inspect.StructType(cls=inner):
                yield from keys_of(inner, here)
            case inspect.DictType(value_type=inspect.StructType(cls=inner)):
                yield from keys_of(inner, f"{here}.HOST")
            case _:
                yield path, field


def _homes(root: type[msgspec.Struct]) -> dict[str, list[str]]:
    """For each key the tables that have it."""
    homes: dict[str, list[str]] = {}
    for table, field in keys_of(root):
        homes.setdefault(field.encode_name, []).append(table)
    return homes


def _keys(field: FieldInfo) -> tuple[str, ...]:
    name = field.encode_name
    secret = _is_secret(inspect.type_info(field.type))
    return (name, name + FILE_SUFFIX) if secret else (name,)


def _is_secret(kind: inspect.Type) -> bool:
    match kind:
        case inspect.UnionType(types=types):
            return any(_is_secret(one) for one in types)
        case inspect.CustomType(cls=custom):
            return custom is Secret
        case _:
            return False


def _default_of(field: FieldInfo) -> object:
    factory = field.default_factory
    return field.default if factory is NODEFAULT else factory()


def _make(kind: type, raw: object) -> object:
    """Conversion of the types that msgspec does not know."""
    if not isinstance(raw, str) or not raw:
        message = "text expected"
        raise ValueError(message)
    if kind is Path:
        return Path(raw)
    if kind is Secret:
        return Secret(raw)
    message = f"no conversion to {kind}"
    raise NotImplementedError(message)


def _join(path: str, key: object) -> str:
    return f"{path}.{key}" if path else str(key)
