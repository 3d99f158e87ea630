"""What every channel has in common: the message it carries and the attempt it makes.

A message counts as delivered only when the service's own answer says so; everything else has its
class, and the next channel is tried.
"""

from __future__ import annotations

from typing import Annotated, Protocol

import msgspec
from msgspec import Meta

from eoskeeper.domain.chain_time import UtcS
from eoskeeper.domain.findings import Severity
from eoskeeper.domain.host_samples import DeliveryResult

__all__ = ["Attempt", "Channel", "ChannelSettings", "Message"]


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A message, already in the reader's language, not yet in any service's form.

    Attributes:
        title: one line: what happened, where.
        lines: the rest, a line each: evidence, remedy, reason.
        resolved: it tells the end of something.
    """

    title: str
    lines: tuple[str, ...]
    severity: Severity
    resolved: bool
    host: str
    at_utc: UtcS


class Attempt(msgspec.Struct, frozen=True):
    """How one try to hand the message over ended.

    Attributes:
        detail: the service's answer in short, printable, at most 300 characters, no secret.
        retry_after_s: how long the service asks to wait; None when it does not.
    """

    result: DeliveryResult
    detail: str
    retry_after_s: float | None = None


class Channel(Protocol):
    """One service; ``send`` makes one attempt, is bounded in time and never raises."""

    async def send(self, message: Message) -> Attempt:
        """Hand the message over once and judge the service's answer."""

    async def close(self) -> None:
        """Let connections go."""


class ChannelSettings(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind"
):
    """What every channel can be told, in its table ``[alarm.channels.NAME]``.

    Attributes:
        timeout_s: for one attempt, from the connection to the whole answer.
        attempts: tries before the fallback channel gets the message.
        per_minute: messages a minute at most, what the service allows; more wait their turn.
        fallback: name of the channel that gets the message when delivery is not proven.
    """

    timeout_s: Annotated[float, Meta(ge=0.5, le=60)] = 5.0
    attempts: Annotated[int, Meta(ge=1, le=10)] = 3
    per_minute: Annotated[int, Meta(ge=1, le=600)] = 20
    fallback: str | None = None
