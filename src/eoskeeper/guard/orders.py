"""What may be asked of the guard, one JSON object a line, and how it is answered.

An order that cannot be understood changes nothing and is answered with what is wrong.
"""

from __future__ import annotations

import json
from typing import Any

from eoskeeper.guard.deadline import Mode
from eoskeeper.guard.guarding import Guard

__all__ = ["obey"]


def obey(guard: Guard, line: bytes) -> bytes:
    """Carry out one order and answer it; ``id`` is given back."""
    asked: Any = None
    try:
        asked = json.loads(line)
        refused = _obey(guard, asked) if isinstance(asked, dict) else "not understood: no object"
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        refused = f"not understood: {type(error).__name__} {error}"
    given = asked.get("id") if isinstance(asked, dict) else None
    answer = {"id": given, "ok": refused is None, "refused": refused, **guard.tell()}
    return json.dumps(answer, separators=(",", ":")).encode()


def _obey(guard: Guard, asked: dict[str, Any]) -> str | None:
    # Whatever is asked, a deadline that has passed comes first.
    guard.expire()
    match asked["op"]:
        case "status":
            return None
        case "arm":
            mode = Mode(asked.get("mode", "deadline"))
            return guard.arm(_whole(asked["term"]), float(asked["until_boot_s"]), mode)
        case "extend":
            until_s = float(asked["until_boot_s"])
            return guard.extend(_whole(asked["term"]), until_s, _text(asked["evidence"]))
        case "disarm":
            return guard.disarm(_whole(asked["term"]), _text(asked["proof"]))
        case "fence":
            guard.fence(_text(asked["reason"]))
            return None
        case "thaw":
            step = guard.thaw(_text(asked["permit"]))
            return None if step.proven else step.detail
        case other:
            return f"unknown order {other!r}"


def _whole(value: object) -> int:
    if type(value) is not int or value < 0:
        message = "not a term"
        raise TypeError(message)
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        message = "not a text"
        raise TypeError(message)
    return value
