"""Grafana's own schema package as a judge: what it does not know, or of another type, is told.

The package reads JSON leniently. So its objects are written out again and compared, which tells
keys that it does not know, and their values are held against the types that it declares.
"""

from __future__ import annotations

import enum
import importlib
import importlib.util
import json
import os
import types
import typing
from collections.abc import Iterator
from typing import Any

import pytest

__all__ = ["complaints"]

PACKAGE = "grafana_foundation_sdk"


def complaints(dashboard: dict[str, Any]) -> list[str]:
    """Everything that the schema has against a dashboard; paths and reasons."""
    models = _package("models.dashboard")
    _package("cog.plugins").register_default_plugins()
    read = models.Dashboard.from_json(json.loads(json.dumps(dashboard)))
    written = json.loads(json.dumps(read, cls=_package("cog.encoder").JSONEncoder))
    return [*_lost(dashboard, written, "dashboard"), *_mistyped(read, type(read), "dashboard")]


def _package(module: str) -> Any:  # noqa: ANN401 - a module without types
    if importlib.util.find_spec(PACKAGE) is None:
        reason = "NOT TESTED: Grafana's schema is missing; install grafana-foundation-sdk"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return importlib.import_module(f"{PACKAGE}.{module}")


def _lost(given: object, kept: object, path: str) -> Iterator[str]:
    """What the schema did not take over. Numbers may change their kind."""
    if isinstance(given, dict):
        if not isinstance(kept, dict):
            yield f"{path}: not an object"
            return
        for key, value in given.items():
            if key not in kept:
                # It leaves out what is empty.
                if value not in (None, [], {}, False, ""):
                    yield f"{path}.{key}: unknown"
            else:
                yield from _lost(value, kept[key], f"{path}.{key}")
    elif isinstance(given, list):
        if not isinstance(kept, list) or len(kept) != len(given):
            yield f"{path}: not this list"
            return
        for number, (one, other) in enumerate(zip(given, kept, strict=True)):
            yield from _lost(one, other, f"{path}[{number}]")
    elif given != kept:
        yield f"{path}: {given!r} became {kept!r}"


def _mistyped(value: object, declared: Any, path: str) -> Iterator[str]:  # noqa: ANN401 - a type
    """What is of another type than the schema declares."""
    origin, inner = typing.get_origin(declared), typing.get_args(declared)
    if origin in {typing.Union, types.UnionType}:
        found = [list(_mistyped(value, choice, path)) for choice in inner]
        yield from min(found, key=_distance)
    elif origin is typing.Literal:
        if value not in inner:
            yield f"{path}: {value!r} is not one of {inner}"
    elif origin in {list, dict}:
        yield from _of_container(value, origin, inner[-1], path)
    elif declared is not typing.Any and isinstance(declared, type):
        yield from _of_class(value, declared, path)


def _of_container(value: object, kind: type, item: Any, path: str) -> Iterator[str]:  # noqa: ANN401 - a type
    if not isinstance(value, kind):
        yield f"{path}: {value!r} is no {kind.__name__}"
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from _mistyped(one, item, f"{path}.{key}")
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from _mistyped(one, item, f"{path}[{number}]")


def _distance(found: list[str]) -> int:
    """The choice of a union that takes a value is told, else the one that it comes nearest to."""
    return -max(len(one.split(":")[0]) for one in found) if found else -10_000


def _of_class(value: object, declared: Any, path: str) -> Iterator[str]:  # noqa: ANN401 - a type
    if isinstance(value, dict) and declared.__module__.startswith(PACKAGE):
        # Some lists are left as they came.
        read = declared.from_json(value)
        yield from _lost(value, json.loads(json.dumps(read.to_json())), path)
        value = read
    if issubclass(declared, enum.Enum):
        if value not in {one.value for one in declared}:
            yield f"{path}: {value!r} is no {declared.__name__}"
        return
    wanted = {float: (int, float), object: (object, bool)}.get(declared, (declared,))
    if not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted):
        yield f"{path}: {value!r} is no {declared.__name__}"
        return
    if type(value).__module__.startswith(PACKAGE):
        for name, hint in typing.get_type_hints(type(value)).items():
            given = getattr(value, name)
            if given is not None:
                yield from _mistyped(given, hint, f"{path}.{name}")
            elif not _may_be_missing(hint):
                yield f"{path}.{name}: missing"


def _may_be_missing(hint: object) -> bool:
    return hint in {object, typing.Any} or type(None) in typing.get_args(hint)
