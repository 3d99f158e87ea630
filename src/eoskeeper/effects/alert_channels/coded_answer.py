"""Answers that tell success in a code inside their JSON, whatever the HTTP status says.

All four chat services answer 200 to a message that they refuse.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import msgspec

from eoskeeper.domain.host_samples import DeliveryResult
from eoskeeper.domain.secret import Secret
from eoskeeper.effects.alert_channels.channel import Attempt
from eoskeeper.effects.alert_channels.exchange import Answer, printable

__all__ = ["CodeTable", "ErrorCode", "understood"]

Form = TypeVar("Form", bound=msgspec.Struct)

_OWN_FAULT = frozenset({DeliveryResult.THROTTLED, DeliveryResult.UNAVAILABLE})
"""What a status says for itself: the body need not be understood."""


class ErrorCode(msgspec.Struct, frozen=True):
    """The form of Enterprise WeChat and DingTalk; 0 is success."""

    errcode: int
    errmsg: str = ""


class CodeTable(msgspec.Struct, frozen=True):
    """What a service's codes mean; a code that is not in it is a refusal.

    Attributes:
        wait_s: how long the service holds back after too many messages; None when not documented.
    """

    throttled: frozenset[int]
    unavailable: frozenset[int]
    wait_s: float | None = None

    def failure(
        self, answer: Answer, code: int, said: str, secrets: Iterable[Secret | str]
    ) -> Attempt | None:
        """The attempt that this code means; None when it is 0 and so is the status.

        Args:
            said: the service's words beside the code.
            secrets: what it may quote and must not be told on.
        """
        told = printable(f"{code} {said}", secrets)
        if code == 0:
            return answer.failure(told)
        if code in self.throttled:
            wait_s = self.wait_s if answer.retry_after_s is None else answer.retry_after_s
            return Attempt(DeliveryResult.THROTTLED, told, wait_s)
        unavailable = code in self.unavailable
        result = DeliveryResult.UNAVAILABLE if unavailable else DeliveryResult.REFUSED
        return Attempt(result, told, answer.retry_after_s)


def understood(answer: Answer, form: type[Form], secrets: Iterable[Secret | str]) -> Form | Attempt:
    """The answer's body in the service's form, or the attempt that failed without one."""
    by_status = answer.failure()
    if by_status is not None and by_status.result in _OWN_FAULT:
        return by_status
    try:
        return msgspec.json.decode(answer.body.decode(), type=form)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        detail = printable(f"not the service's form: {error}", secrets)
        return by_status or Attempt(DeliveryResult.UNINTELLIGIBLE, detail)
