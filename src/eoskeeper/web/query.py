"""Query: what may stand behind the question mark, decoded and described by the same types."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from types import NoneType, UnionType
from typing import Annotated, Any, Protocol, TypeVar, Union, get_args, get_origin

import msgspec
from msgspec import NODEFAULT, Meta

from eoskeeper.domain.member_envelopes import NONCE
from eoskeeper.domain.member_words import HOST_NAME
from eoskeeper.domain.records import EventSource, Quantity
from eoskeeper.web.answers import Problem

__all__ = [
    "AssetQuery",
    "EventsQuery",
    "HistoryQuery",
    "MemberQuery",
    "NoQuery",
    "Parameter",
    "Span",
    "TurnsQuery",
    "WhichEvents",
    "bad",
    "decoded",
    "parameters_of",
]

SHOWN_CHARACTERS = 100

_PLAIN = re.compile(r"-?[0-9]{1,17}(\.[0-9]{1,9})?")

Query = TypeVar("Query", bound=msgspec.Struct)


class Given(Protocol):
    """What stands behind the question mark; a name may come again."""

    def __iter__(self) -> Iterator[str]:
        """The names."""

    def getall(self, key: str) -> list[str]:
        """The values of one."""


class Span(StrEnum):
    """A stretch of time that ends now."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"


class WhichEvents(StrEnum):
    """Of which journal."""

    DECISION = EventSource.DECISION.value
    ALARM = EventSource.ALARM.value
    ALL = "all"


Utc = Annotated[
    float, Meta(ge=0, le=4_102_444_800, description="UTC seconds since 1970, before 2100.")
]
Number = Annotated[int, Meta(ge=0, le=2**53, description="Number of an event.")]


class NoQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing may be asked for."""


class AssetQuery(msgspec.Struct, frozen=True, kw_only=True):
    """A version that keeps old copies away is let pass."""

    v: Annotated[str, Meta(max_length=40, description="Any; it is ignored.")] | None = None


class HistoryQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Of which quantities, and when."""

    quantity: Annotated[
        tuple[Quantity, ...],
        Meta(min_length=1, max_length=len(Quantity), description="What is wanted."),
    ]
    span: Annotated[Span, Meta(description="So long until now; instead of ``from``.")] | None = None
    begin: Utc | None = msgspec.field(default=None, name="from")
    end: Utc | None = msgspec.field(default=None, name="to")
    points: Annotated[int, Meta(ge=10, le=2000, description="At most so many steps.")] = 600


class TurnsQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Whose turns, and when."""

    producer: Annotated[
        str,
        Meta(
            pattern=r"^[a-z1-5.]{1,13}\Z",
            description="Account name, or ``ours``, or ``all``.",
        ),
    ] = "ours"
    begin: Utc | None = msgspec.field(default=None, name="from")
    end: Utc | None = msgspec.field(default=None, name="to")
    limit: Annotated[int, Meta(ge=1, le=2000, description="The newest so many.")] = 100


class MemberQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, and its number for this question."""

    to: Annotated[str, Meta(pattern=HOST_NAME, description="Name of the host that asks.")]
    nonce: Annotated[
        str, Meta(pattern=rf"^{NONCE}\Z", description="Made up for this question: 32 hex digits.")
    ]


class EventsQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which events."""

    source: Annotated[WhichEvents, Meta(description="Of which journal.")] = WhichEvents.ALL
    limit: Annotated[int, Meta(ge=1, le=500, description="The newest so many.")] = 100
    before: Number | None = None
    after: Number | None = None


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """One part of a query.

    Attributes:
        key: name of the field that holds it.
        kind: its type, with limits.
        many: it may be given again and again.
        schema: the same as JSON schema.
    """

    name: str
    key: str
    kind: Any
    many: bool
    required: bool
    schema: Mapping[str, Any]

    def decode(self, values: Sequence[str]) -> object:
        """What was given.

        Raises:
            ValueError: it is not allowed.
        """
        if len(values) > 1 and not self.many:
            raise ValueError
        # msgspec takes 1e3, nan and null where it reads numbers from text; people do not.
        if self._is_number and not _PLAIN.fullmatch(values[0]):
            raise ValueError
        given = list(values) if self.many else values[0]
        return msgspec.convert(given, type=self.kind, strict=False)

    @property
    def allowed(self) -> str:
        """What it may be, in words."""
        schema = self.schema.get("items", self.schema)
        if "enum" in schema:
            names = ", ".join(schema["enum"])
            return f"once or more: {names}" if self.many else f"one of {names}"
        if self._is_number:
            kind = "a whole number" if schema["type"] == "integer" else "a number"
            return f"{kind} from {schema['minimum']} to {schema['maximum']}"
        return str(schema["description"]).rstrip(".")

    @property
    def _is_number(self) -> bool:
        return self.schema.get("type") in {"integer", "number"}


def parameters_of(query: type[msgspec.Struct]) -> tuple[Parameter, ...]:
    """All that a query may hold."""
    return tuple(_parameter(one) for one in msgspec.structs.fields(query))


def decoded(query: type[Query], given: Given) -> Query | Problem:
    """What was asked for, or what is wrong with it."""
    known = {one.name: one for one in parameters_of(query)}
    found: dict[str, object] = {}
    for name in dict.fromkeys(given):
        parameter = known.get(name)
        if parameter is None:
            names = ", ".join(known) or "nothing"
            return bad(name, given.getall(name)[0], f"there may be {names}", "no such parameter")
        values = given.getall(name)
        try:
            found[parameter.key] = parameter.decode(values)
        except ValueError:  # msgspec's own is one, too
            return bad(name, ", ".join(values), parameter.allowed)
    for parameter in known.values():
        if parameter.required and parameter.key not in found:
            return bad(parameter.name, "", parameter.allowed, "missing")
    return query(**found)


def bad(name: str, value: str, allowed: str, what: str = "not allowed") -> Problem:
    """The answer to a parameter that is not good."""
    shown = value[:SHOWN_CHARACTERS].encode(errors="replace").decode()
    return Problem(
        problem=f"parameter {name[:SHOWN_CHARACTERS]}: {what}".encode(errors="replace").decode(),
        parameter=name[:SHOWN_CHARACTERS].encode(errors="replace").decode(),
        value=shown,
        allowed=allowed,
    )


def _parameter(field: msgspec.structs.FieldInfo) -> Parameter:
    kind, given_default = _without_none(field.type), field.default
    schema = _plain_schema(kind)
    if given_default not in {None, NODEFAULT}:
        schema["default"] = given_default
    return Parameter(
        name=field.encode_name,
        key=field.name,
        kind=kind,
        many=schema.get("type") == "array",
        required=field.required,
        schema=schema,
    )


def _without_none(kind: Any) -> Any:  # noqa: ANN401 - any type of a field
    """``None`` is a parameter that is not there; nobody can write it."""
    kinds = [one for one in get_args(kind) if one is not NoneType]
    return kinds[0] if isinstance(kind, UnionType) or get_origin(kind) is Union else kind


def _plain_schema(kind: Any) -> dict[str, Any]:  # noqa: ANN401 - any type of a field
    """With the names of an enumeration in place of a reference to it."""
    (schema,), named = msgspec.json.schema_components([kind], ref_template="{name}")
    return _inlined(schema, named)


def _inlined(schema: Mapping[str, Any], named: Mapping[str, Any]) -> dict[str, Any]:
    plain = dict(schema)
    for one in (plain, *plain.pop("allOf", ())):
        if "$ref" in one:
            there = named[one["$ref"]]
            plain |= {"type": "string", "enum": there["enum"]}
    plain.pop("$ref", None)
    if "items" in plain:
        plain["items"] = _inlined(plain["items"], named)
    return plain
