"""Reading: raw tables into Structs field by field, so that every problem is found in one pass.

msgspec alone stops at the first problem. Here each field is converted by itself; one that fails
becomes UNSET and its path is remembered, so that later checks leave it alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import NODEFAULT, UNSET, inspect
from msgspec.structs import FieldInfo

from eoskeeper.config.keys import (
    FILE_SUFFIX,
    homes_of,
    is_secret,
    join,
    kinds_in,
    may_hold_secret,
    parts_of,
    type_info,
    with_file,
)
from eoskeeper.config.problems import MISSING, Problem, closest, listed
from eoskeeper.config.secret import STARS, Secret, SecretFileError, read_secret_file
from eoskeeper.config.wording import allowed_in, notation, remedy_for, remedy_for_secret

__all__ = ["Reader"]

MAX_HOMES = 3
"""A key that more tables have is no hint to any of them."""


class Reader:
    """One pass over raw tables.

    Attributes:
        problems: what was found so far.
        failed: paths of fields that hold no usable value.
    """

    def __init__(self, root: type[msgspec.Struct]) -> None:
        self.problems: list[Problem] = []
        self.failed: set[str] = set()
        self._homes = homes_of(root)

    def read_struct(self, kind: type[msgspec.Struct], raw: object, path: str) -> Any:  # noqa: ANN401 - the caller knows the Struct
        """The Struct; fields that failed are UNSET in it; UNSET itself when nothing can be made."""
        if not isinstance(raw, Mapping):
            shown = _shown(raw, secret=may_hold_secret(type_info(kind)))
            self._fail(path, shown, "a table", f"write [{path}] and its keys below it")
            return UNSET
        fields = msgspec.structs.fields(kind)
        self._refuse_unknown(raw, kind, fields, path)
        values = {}
        for field in fields:
            value = self._read_field(field, raw, path)
            if value is not NODEFAULT:
                values[field.name] = value
        return self._build(kind, values, path)

    def _build(self, kind: type[msgspec.Struct], values: dict[str, object], path: str) -> object:
        if hasattr(kind, "__post_init__") and self._failed_below(path):
            self.failed.add(path)  # what it would check is not all there
            return UNSET
        try:
            return kind(**values)
        except (TypeError, ValueError) as error:
            self._fail(path, "" if values else MISSING, str(error), "correct the table")
            return UNSET

    def _failed_below(self, path: str) -> bool:
        return any(failed.startswith((f"{path}.", f"{path}[")) for failed in self.failed)

    def _read_field(self, field: FieldInfo, raw: Mapping[str, object], path: str) -> object:
        """The value, UNSET for a failure, NODEFAULT to leave it to the Struct's default."""
        kind = type_info(field.type)
        name = field.encode_name
        here = join(path, name)
        if isinstance(kind, inspect.StructType):
            return self.read_struct(kind.cls, raw.get(name, {}), here)
        if is_secret(kind) and name + FILE_SUFFIX in raw:
            return self._read_secret_file(raw, name, here, several=_is_list(kind))
        if name in raw:
            return self._read_value(field.type, raw[name], _default_of(field), here)
        if field.required:
            remedy = f"add {name} to [{path}]"
            self._fail(here, MISSING, allowed_in(kind), remedy)
            return UNSET
        return NODEFAULT

    def _read_value(self, target: Any, raw: object, default: object, here: str) -> object:  # noqa: ANN401 - a type as it is annotated
        kind = type_info(target)
        match kind:
            case inspect.StructType(cls=inner) if not kinds_in(kind):
                return self.read_struct(inner, raw, here)
            case inspect.StructType() | inspect.UnionType() if kinds_in(kind):
                return self._read_one_of(kinds_in(kind), raw, here)
            case inspect.DictType():
                return self._read_entries(kind, target, raw, here)
            case inspect.VarTupleType() if isinstance(raw, list | tuple):
                return self._read_items(kind, parts_of(target)[0], raw, here)
            case _:
                return self._convert(target, raw, default, here)

    def _read_items(
        self,
        kind: inspect.VarTupleType,
        item: Any,  # noqa: ANN401 - a type as it is annotated
        raw: Sequence[object],
        here: str,
    ) -> object:
        least, most = kind.min_length or 0, kind.max_length
        if len(raw) < least or (most is not None and len(raw) > most):
            limit = f"{least} or more" if most is None else f"{least} to {most}"
            allowed = f"{allowed_in(kind)} ({limit} of them)"
            self._fail(here, _shown(raw, secret=may_hold_secret(kind)), allowed, "correct the list")
            return UNSET
        return tuple(
            self._read_value(item, one, NODEFAULT, f"{here}[{at}]") for at, one in enumerate(raw)
        )

    def _read_one_of(
        self, kinds: Mapping[str, inspect.StructType], raw: object, here: str
    ) -> object:
        """A table whose one key tells which Struct it is."""
        tag_key = str(next(iter(kinds.values())).tag_field)
        if not isinstance(raw, Mapping):
            remedy = f"write [{here}] and its keys below it, {tag_key} first"
            secret = any(may_hold_secret(one) for one in kinds.values())
            self._fail(here, _shown(raw, secret=secret), "a table", remedy)
            return UNSET
        tag = raw.get(tag_key, MISSING)
        if isinstance(tag, str) and tag in kinds:
            return self.read_struct(kinds[tag].cls, raw, here)
        allowed = listed(notation(one) for one in kinds)
        meant = closest(tag, kinds) if isinstance(tag, str) else None
        remedy = f"add {tag_key} to [{here}]" if tag == MISSING else "take one of them"
        self._fail(
            join(here, tag_key),
            MISSING if tag == MISSING else notation(tag),
            allowed,
            remedy if meant is None else f"did you mean {notation(meant)}?",
        )
        return UNSET

    def _read_entries(
        self,
        kind: inspect.DictType,
        target: Any,  # noqa: ANN401 - a type as it is annotated
        raw: object,
        here: str,
    ) -> object:
        """A table whose keys the operator chooses."""
        if not isinstance(raw, Mapping):
            remedy = f"write [{here}.NAME]" if _is_of_tables(kind) else f"write [{here}]"
            self._fail(here, STARS, allowed_in(kind), remedy)
            return UNSET
        name_type, value_type = parts_of(target)
        read = self._read_value if _is_of_tables(kind) else self._convert_unseen
        return {
            str(name): read(value_type, value, NODEFAULT, join(here, name))
            for name, value in raw.items()
            if self._is_fit_name(name_type, name, join(here, name))
        }

    def _is_fit_name(self, target: Any, name: str, place: str) -> bool:  # noqa: ANN401 - a type as it is annotated
        try:
            msgspec.convert(name, target)
        except msgspec.ValidationError:
            allowed = f"as a name: {allowed_in(type_info(target))}"
            self._fail(place, "", allowed, "choose another name")
            return False
        return True

    def _convert_unseen(self, target: object, raw: object, default: object, here: str) -> object:
        """A value that is not shown: under a name of the operator's own, it may be a password."""
        return self._convert(target, raw, default, here, secret=True)

    def _convert(
        self, target: object, raw: object, default: object, here: str, *, secret: bool = False
    ) -> object:
        try:
            return msgspec.convert(raw, target, dec_hook=_make)
        except msgspec.ValidationError:
            kind = type_info(target)
            secret = secret or may_hold_secret(kind)
            remedy = remedy_for_secret(kind, raw) if secret else remedy_for(kind, raw, default)
            self._fail(here, _shown(raw, secret=secret), allowed_in(kind), remedy)
            return UNSET

    def _read_secret_file(
        self, raw: Mapping[str, object], name: str, here: str, *, several: bool
    ) -> object:
        """One secret, or a list of them with one on each line."""
        value = raw[name + FILE_SUFFIX]
        place = here + FILE_SUFFIX
        content = "one secret on each line" if several else "nothing but the secret"
        allowed = f"the path of a file that holds {content}"
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
        return _lines_of(secret) if several else secret

    def _refuse_unknown(
        self,
        raw: Mapping[str, object],
        kind: type[msgspec.Struct],
        fields: Iterable[FieldInfo],
        path: str,
    ) -> None:
        tag_key = kind.__struct_config__.tag_field
        known = [key for field in fields for key in with_file(field)]
        for key in (key for key in raw if key not in known and key != tag_key):
            meant = closest(key, known)
            if meant is not None and meant not in raw:
                self.failed.add(join(path, meant.removesuffix(FILE_SUFFIX)))
            where = f"in [{path}]" if path else "at the top"
            self.problems.append(
                Problem(
                    path=join(path, key),
                    value="",
                    allowed=f"{where}: {listed(known)}",
                    remedy=self._remedy_unknown(key, meant, path),
                )
            )

    def _remedy_unknown(self, key: str, meant: str | None, path: str) -> str:
        homes = [home for home in self._homes.get(key, ()) if home != path]
        if homes and (meant is None or len(homes) <= MAX_HOMES):
            return f"it belongs in {listed(f'[{home}]' for home in homes[:MAX_HOMES])}"
        return "remove it" if meant is None else f'did you mean "{meant}"?'

    def _fail(self, path: str, value: str, allowed: str, remedy: str) -> None:
        self.failed.add(path)
        self.problems.append(Problem(path=path, value=value, allowed=allowed, remedy=remedy))


def _shown(raw: object, *, secret: bool) -> str:
    return STARS if secret else notation(raw)


def _is_list(kind: inspect.Type) -> bool:
    return isinstance(kind, inspect.VarTupleType)


def _is_of_tables(kind: inspect.DictType) -> bool:
    return isinstance(kind.value_type, inspect.StructType) or bool(kinds_in(kind.value_type))


def _lines_of(secret: Secret) -> tuple[Secret, ...]:
    lines = (line.strip() for line in secret.reveal().splitlines())
    return tuple(Secret(line) for line in lines if line)


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
