"""What is said over the control socket: one JSON line asks, one answers, each with a version.

The daemon and the command line share these types; nothing here does any I/O.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from eoskeeper.domain.chain_time import UtcS

__all__ = [
    "MAX_REQUEST_BYTES",
    "MAX_RESPONSE_BYTES",
    "VERSION",
    "AckRequest",
    "Answer",
    "ExplainRequest",
    "Failure",
    "FailureCode",
    "HistoryRequest",
    "MaintenanceRequest",
    "PauseRequest",
    "PingRequest",
    "Request",
    "RequestLine",
    "Response",
    "ResponseLine",
    "ResumeRequest",
    "SilenceRequest",
    "StatusRequest",
    "SwitchoverRequest",
    "UnsilenceRequest",
    "answer",
]

VERSION = 1
"""Raised when an old client or keeper would misread the new form; fields may be added without."""

MAX_REQUEST_BYTES = 64 * 1024
"""Longest request line, its newline included."""

MAX_RESPONSE_BYTES = 4 * 1024 * 1024
"""Longest response line, its newline included."""

_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
_Limit = Annotated[int, msgspec.Meta(ge=1, le=10_000)]


class PingRequest(msgspec.Struct, frozen=True, tag="ping"):
    """Is anybody there?"""


class StatusRequest(msgspec.Struct, frozen=True, tag="status"):
    """The last report."""


class ExplainRequest(msgspec.Struct, frozen=True, tag="explain"):
    """Why this host does, or does not, produce."""


class HistoryRequest(msgspec.Struct, frozen=True, tag="history"):
    """What was decided: the newest ``limit`` records not older than ``since``, if given."""

    limit: _Limit = 100
    since: UtcS | None = None


class PauseRequest(msgspec.Struct, frozen=True, tag="pause"):
    """An operator's order to stop producing here; ``by`` is who says to have given it."""

    by: _Name


class ResumeRequest(msgspec.Struct, frozen=True, tag="resume"):
    """An operator's order to produce here; ``by`` as for ``PauseRequest``.

    Attributes:
        others_paused: the operator says that every other host of the cluster is paused.
    """

    by: _Name
    others_paused: bool = False


class SwitchoverRequest(msgspec.Struct, frozen=True, tag="switchover"):
    """An operator's order to hand production over; ``by`` as for ``PauseRequest``.

    Attributes:
        to: the host that is to produce.
        at_gap: wait for the gap between two own turns; else begin at once.
        dry_run: only judge whether it could be.
    """

    by: _Name
    to: _Name
    at_gap: bool = True
    dry_run: bool = False


class MaintenanceRequest(msgspec.Struct, frozen=True, tag="maintenance"):
    """No decisions for ``for_s`` seconds; 0 ends that. ``by`` as for ``PauseRequest``."""

    by: _Name
    for_s: Annotated[float, msgspec.Meta(ge=0, le=86_400)]


class SilenceRequest(msgspec.Struct, frozen=True, tag="silence"):
    """No messages about a rule's alarms for a while.

    Attributes:
        rule: its name, or ``*`` for every rule.
        for_s: seconds, at most 30 days.
        reason: for those who wonder later.
    """

    by: _Name
    rule: _Name
    for_s: Annotated[float, msgspec.Meta(gt=0, le=30 * 86_400)]
    reason: Annotated[str, msgspec.Meta(max_length=200)] = ""


class UnsilenceRequest(msgspec.Struct, frozen=True, tag="unsilence"):
    """End the silences of a rule; ``*`` ends all."""

    by: _Name
    rule: _Name


class AckRequest(msgspec.Struct, frozen=True, tag="ack"):
    """Somebody works on a rule's alarms: no repeats, no escalation; ``*`` for all open ones."""

    by: _Name
    rule: _Name


Request = (
    PingRequest
    | StatusRequest
    | ExplainRequest
    | HistoryRequest
    | PauseRequest
    | ResumeRequest
    | SwitchoverRequest
    | MaintenanceRequest
    | SilenceRequest
    | UnsilenceRequest
    | AckRequest
)


class FailureCode(StrEnum):
    """Why there is no answer."""

    BAD_REQUEST = "bad_request"
    """Not JSON, not a request known here, or a field out of range."""
    VERSION = "version"
    """Asker and keeper speak different versions."""
    TOO_LARGE = "too_large"
    """The request, or the answer to it."""
    TIMED_OUT = "timed_out"
    """The request did not arrive whole, or the keeper did not answer; an order may still happen."""
    BUSY = "busy"
    """Too many ask at once."""
    NOT_PERMITTED = "not_permitted"
    """Neither the keeper's own user nor root."""
    REFUSED = "refused"
    """Understood, but the keeper will not; the message says why."""
    INTERNAL = "internal"
    """A bug in the keeper; its log has the traceback."""


class Answer(msgspec.Struct, frozen=True, tag="ok"):
    """The request was served; decode ``payload`` as the type that the request stands for."""

    payload: msgspec.Raw


class Failure(msgspec.Struct, frozen=True, tag="error"):
    """It was not; the code is closed, the message is for people."""

    code: FailureCode
    message: str


Response = Answer | Failure


class RequestLine(msgspec.Struct, frozen=True):
    """What goes over the wire; the request is decoded once the version is known to agree."""

    version: int
    request: msgspec.Raw


class ResponseLine(msgspec.Struct, frozen=True):
    """What comes back."""

    version: int
    response: Response


def answer(payload: object = None) -> Answer:
    """Encode what msgspec can encode as an answer."""
    return Answer(msgspec.Raw(msgspec.json.encode(payload)))
