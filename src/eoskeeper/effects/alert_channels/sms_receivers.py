"""What the answers for single receivers say of the whole message.

One receiver who has it proves delivery, because somebody is told; the detail tells of the others.
"""

from __future__ import annotations

from collections.abc import Sequence

from eoskeeper.domain.host_samples import DeliveryResult
from eoskeeper.effects.alert_channels.channel import Attempt
from eoskeeper.effects.alert_channels.exchange import printable

__all__ = ["combined"]

_HOPEFUL_FIRST = (
    DeliveryResult.THROTTLED,
    DeliveryResult.UNAVAILABLE,
    DeliveryResult.TIMED_OUT,
    DeliveryResult.UNINTELLIGIBLE,
    DeliveryResult.REFUSED,
)
"""When nobody has it: what another attempt may mend counts before what it cannot."""


def combined(attempts: Sequence[tuple[str, Attempt]]) -> Attempt:
    """One attempt out of one for each receiver.

    Args:
        attempts: telephone number and attempt; the detail tells a number's last four digits only.
    """
    if not attempts:
        return Attempt(DeliveryResult.UNINTELLIGIBLE, "the answer names no receiver")
    failed = [pair for pair in attempts if pair[1].result is not DeliveryResult.PROVEN]
    taken = len(attempts) - len(failed)
    if not failed:
        return Attempt(DeliveryResult.PROVEN, printable(f"{taken} taken: {attempts[0][1].detail}"))
    told = "; ".join(f"...{number[-4:]}: {attempt.detail}" for number, attempt in failed)
    detail = printable(f"{taken} of {len(attempts)} taken; {told}")
    if taken:
        return Attempt(DeliveryResult.PROVEN, detail)
    results = {attempt.result for _, attempt in failed}
    result = next(one for one in _HOPEFUL_FIRST if one in results)
    waits_s = [one.retry_after_s for _, one in failed if one.retry_after_s is not None]
    return Attempt(result, detail, max(waits_s, default=None))
