"""Dead man's ping: tells an outside watch that the keeper lives, so that its silence is noticed.

Every alarm needs a living keeper; only somebody elsewhere can tell people that it is dead.
"""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

from eoskeeper.domain.host_samples import DeliveryResult
from eoskeeper.domain.secret import Secret
from eoskeeper.effects.alert_channels.channel import Attempt
from eoskeeper.effects.alert_channels.exchange import Answer, Client, Request, printable

__all__ = ["Heartbeat", "beat"]

_NOT_TAKEN = {
    "ok (not found)": DeliveryResult.REFUSED,
    "ok (rate limited)": DeliveryResult.THROTTLED,
}
"""What healthchecks.io says, with status 200, of a ping that it did not count.

Source: https://healthchecks.io/docs/http_api/, "Success (UUID)".
"""

_OK, _REDIRECT = 200, 300


class Heartbeat:
    """The ping address of one check; the session is kept from ping to ping.

    Args:
        timeout_s: for one ping, from the connection to the whole answer.
    """

    def __init__(self, url: Secret, timeout_s: float) -> None:
        self._url = url
        self._timeout_s = timeout_s
        self._client = Client()

    async def beat(self, *, ok: bool) -> Attempt:
        """Ping once; never raises."""
        try:
            url = _failing(self._url.reveal()) if not ok else self._url.reveal()
        except ValueError:
            return Attempt(DeliveryResult.REFUSED, "the configured address is no URL")
        request = Request(method="GET", url=url)
        answer = await self._client.exchange(request, self._timeout_s)
        return answer if isinstance(answer, Attempt) else _judged(answer, self._url)

    async def close(self) -> None:
        """Let the session go."""
        await self._client.close()


async def beat(url: Secret, timeout_s: float, *, ok: bool) -> Attempt:
    """One ping with a session of its own.

    Args:
        url: of the check; a key in itself.
        ok: False appends ``/fail``, and the watch tells people at once.
    """
    heartbeat = Heartbeat(url, timeout_s)
    try:
        return await heartbeat.beat(ok=ok)
    finally:
        await heartbeat.close()


def _failing(url: str) -> str:
    """``/fail`` belongs to the path, before a query."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=parts.path.rstrip("/") + "/fail"))


def _judged(answer: Answer, url: Secret) -> Attempt:
    said = printable(answer.body[:200].decode(errors="replace"), (url,))
    detail = printable(f"HTTP {answer.status} {said}".rstrip())
    not_taken = _NOT_TAKEN.get(said.lower())
    if not_taken is not None:
        return Attempt(not_taken, detail, answer.retry_after_s)
    if _OK <= answer.status < _REDIRECT:
        return Attempt(DeliveryResult.PROVEN, detail)
    return answer.failure(said) or Attempt(DeliveryResult.UNINTELLIGIBLE, detail)
