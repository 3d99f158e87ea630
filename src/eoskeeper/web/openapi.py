"""OpenAPI: the description of the pages, made from the routes and the types that they serve.

Source: OpenAPI Specification 3.1.0.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import msgspec

from eoskeeper import __version__
from eoskeeper.web.answers import Problem
from eoskeeper.web.asking import Route
from eoskeeper.web.query import Parameter, parameters_of

__all__ = ["Alive", "document"]

_REFUSALS: Mapping[HTTPStatus, str] = {
    HTTPStatus.BAD_REQUEST: "A part of the query is not allowed; the body says what is.",
    HTTPStatus.UNAUTHORIZED: "The token is missing or wrong.",
    HTTPStatus.FORBIDDEN: "A page of another site asked, or a client certificate is missing.",
    HTTPStatus.METHOD_NOT_ALLOWED: "Nothing but GET and HEAD is understood.",
    HTTPStatus.MISDIRECTED_REQUEST: "Asked for by a name that is not this host's.",
}
"""What every page may answer."""


class Alive(msgspec.Struct, frozen=True):
    """The process answers."""

    alive: bool


def document(routes: Sequence[Route]) -> dict[str, Any]:
    """The description."""
    bodies = {route.path: route.body for route in routes if route.body not in {None, dict}}
    types = [Problem, *bodies.values()]
    refs, named = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    schemas = dict(zip(bodies, refs[1:], strict=True))
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "eoskeeper",
            "version": __version__,
            "description": "Reads what a keeper knows. Times are UTC seconds; null is unknown.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "security": [{}, {"bearer": []}, {"password": []}, {"certificate": []}],
        "paths": {route.path: _path(route, schemas.get(route.path)) for route in routes},
        "components": {
            "schemas": {name: _tidied(schema) for name, schema in named.items()},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "password": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "Any user; the token is the password.",
                },
                "certificate": {"type": "mutualTLS"},
            },
        },
    }


def _path(route: Route, schema: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON schema
    name = route.path.strip("/").replace("/", "_").replace("{name}", "name") or "index"
    parameters = [_parameter(one) for one in parameters_of(route.query)]
    if route.path.endswith("{name}"):
        parameters.append(
            {"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}
        )
    answers: dict[str, Any] = {"200": _good(route, schema)}
    for status, sentence in {**_REFUSALS, **route.others}.items():
        # A monitor's no has the form of its yes.
        body = schema if status in route.others and _tells_no(route) else None
        answers[str(status.value)] = _answer(sentence, body)
    operation = {"operationId": name, "summary": route.summary, "responses": answers}
    return {"get": operation | ({"parameters": parameters} if parameters else {})}


def _tells_no(route: Route) -> bool:
    return route.body is not None and "problems" in getattr(route.body, "__struct_fields__", ())


def _good(route: Route, schema: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON schema
    kind = route.content_type.partition(";")[0]
    if kind != "application/json":
        return {"description": route.summary, "content": {kind: {"schema": {"type": "string"}}}}
    return _answer(route.summary, schema or {"type": "object"})


def _answer(sentence: str, schema: Any = None) -> dict[str, Any]:  # noqa: ANN401 - JSON schema
    told = schema or {"$ref": "#/components/schemas/Problem"}
    return {"description": sentence, "content": {"application/json": {"schema": told}}}


def _parameter(one: Parameter) -> dict[str, Any]:
    schema = dict(one.schema)
    sentence = schema.pop("description", one.name)
    told = {"name": one.name, "in": "query", "required": one.required, "schema": schema}
    return told | {"description": sentence}


def _tidied(schema: Any) -> Any:  # noqa: ANN401 - JSON schema
    """Docstrings without the indentation of their source."""
    if isinstance(schema, dict):
        return {
            key: inspect.cleandoc(value)
            if key == "description" and isinstance(value, str)
            else _tidied(value)
            for key, value in schema.items()
        }
    if isinstance(schema, list | tuple):
        return [_tidied(one) for one in schema]
    return schema
