"""The etcd register: one key of three members, read linearizably and swapped by its version.

Invariant: within one call all tries carry the same bytes and the same expected version, so that at
most one of them takes effect, whichever members they reach. A member that does not answer soon is
not waited for: the next one is asked beside it.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Callable, Mapping
from typing import NamedTuple

from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.register import (
    CasOutcome,
    CasRefused,
    CasUnknown,
    LeaseRecord,
    ReadOutcome,
    RegisterFailed,
    RegisterReason,
    Seen,
    Version,
    cas_answer,
    read_answer,
    resolved,
)
from eoskeeper.domain.secret import STARS
from eoskeeper.registers.etcd_link import EtcdLink
from eoskeeper.registers.etcd_settings import EtcdSettings
from eoskeeper.registers.etcd_versions import EtcdVersion, parse_version
from eoskeeper.registers.etcd_wire import (
    Said,
    Trouble,
    authenticate_body,
    cas_body,
    gateway_path,
    range_body,
    seen_of_cas,
    seen_of_range,
    token_of,
    version_of,
)
from eoskeeper.registers.first_sent import FirstSent

__all__ = ["EtcdRegister"]

NEXT_MEMBER_PART = 0.25
"""Part of the budget after which the next member is asked, too."""

RETRY_PAUSE_S = 0.1
"""Before a member that failed is asked again within the same call."""

_OF_ALL_MEMBERS = frozenset(
    {
        RegisterReason.AUTHENTICATION,
        RegisterReason.PERMISSION,
        RegisterReason.NO_SPACE,
        RegisterReason.CORRUPT,
    }
)
"""The other members would say the same."""

_TELLING = (
    *(RegisterReason.AUTHENTICATION, RegisterReason.PERMISSION, RegisterReason.NO_SPACE),
    *(RegisterReason.CORRUPT, RegisterReason.NO_LEADER, RegisterReason.OVERLOADED),
    *(RegisterReason.TIMEOUT, RegisterReason.UNREACHABLE, RegisterReason.TLS),
    *(RegisterReason.NO_GATEWAY, RegisterReason.LEARNER, RegisterReason.MALFORMED),
    RegisterReason.REFUSED,
)
"""What several members' reasons come down to: the first that one of them gave."""


class _Call(NamedTuple):
    path: str
    body: bytes
    judge: Callable[[Said], Seen | Trouble]


class _Try(NamedTuple):
    endpoint: str
    call: _Call
    pause_s: float
    until_s: float


_Answers = asyncio.Queue[tuple[str, Seen | Trouble]]


class EtcdRegister:
    """A ``Register`` in etcd; bound to the loop of its first call."""

    def __init__(
        self,
        settings: EtcdSettings,
        key: str,
        clock: Callable[[], Moment],
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Take where and what; nothing is opened yet.

        Args:
            settings: without problems.
            key: of the record; see ``lease_key``.
            clock: read for every ``sent`` and ``at``, and for what is left of a budget.
            tls: for https endpoints; None: the system's authorities.
        """
        assert settings.endpoints, "no endpoints"
        self._settings = settings
        self._key = key
        self._clock = clock
        self._link = EtcdLink(settings.server_name, tls)
        self._order = deque(url.rstrip("/") for url in settings.endpoints)
        self._versions: dict[str, EtcdVersion] = {}
        self._token: str | None = None
        self._first_sent = FirstSent()

    @property
    def versions(self) -> Mapping[str, EtcdVersion]:
        """What the members said they run, by endpoint; only those asked so far."""
        return dict(self._versions)

    async def read(self, budget_s: float) -> ReadOutcome:
        """Read the record; failed when no member could tell within the budget."""
        sent = self._clock()
        call = _Call("/kv/range", range_body(self._key), seen_of_range)
        seen = await self._ask(call, sent, budget_s)
        if isinstance(seen, Trouble):
            return RegisterFailed(sent, self._clock(), seen.reason, seen.detail)
        return read_answer(sent, self._clock(), seen)

    async def cas(self, expected: Version, record: LeaseRecord, budget_s: float) -> CasOutcome:
        """Swap; what was not confirmed within the budget is unknown and may still happen."""
        began = self._clock()
        sent = self._first_sent.of(record, began)
        call = _Call(
            "/kv/txn",
            cas_body(self._key, expected, record),
            lambda said: seen_of_cas(said, record),
        )
        seen = await self._ask(call, began, budget_s)
        if isinstance(seen, Trouble):
            return CasUnknown(sent, self._clock(), seen.reason, seen.detail)
        answer = cas_answer(sent, self._clock(), seen)
        return resolved(record, answer) if isinstance(answer, CasRefused) else answer

    async def close(self) -> None:
        """Close the connections."""
        await self._link.close()

    async def _ask(self, call: _Call, began: Moment, budget_s: float) -> Seen | Trouble:
        """Ask one member after the other, without giving up the ones before."""
        until_s = began.mono_s + budget_s
        answers: _Answers = asyncio.Queue()
        idle = deque(self._order)
        troubles: dict[str, Trouble] = {}
        tasks: list[asyncio.Task[None]] = []
        async with asyncio.TaskGroup() as group:
            while (left_s := until_s - self._clock().mono_s) > 0:
                if idle:
                    endpoint = idle.popleft()
                    pause_s = RETRY_PAUSE_S if endpoint in troubles else 0.0
                    one = _Try(endpoint, call, pause_s, until_s)
                    tasks.append(group.create_task(self._tell(one, answers)))
                wait_s = min(left_s, budget_s * NEXT_MEMBER_PART) if idle else left_s
                got = await _next(answers, wait_s)
                if got is None:
                    continue
                endpoint, answer = got
                if isinstance(answer, Seen):
                    self._prefer(endpoint)
                    _end(tasks)
                    return answer
                troubles[endpoint] = answer
                if answer.reason in _OF_ALL_MEMBERS:
                    break
                idle.append(endpoint)
            _end(tasks)
        for endpoint in self._order:
            if endpoint not in idle:
                troubles.setdefault(endpoint, _silent(budget_s))
        return _summary(troubles)

    def _prefer(self, endpoint: str) -> None:
        """Who answered is asked first the next time."""
        self._order.rotate(-self._order.index(endpoint))

    async def _tell(self, one: _Try, answers: _Answers) -> None:
        await asyncio.sleep(one.pause_s)
        answer = await self._try(one)
        if isinstance(answer, Trouble) and answer.reason in {
            RegisterReason.UNREACHABLE,
            RegisterReason.NO_GATEWAY,
        }:
            # It may come back as another version.
            self._versions.pop(one.endpoint, None)
        answers.put_nowait((one.endpoint, answer))

    async def _try(self, one: _Try) -> Seen | Trouble:
        """One member; with a fresh token once, for tokens expire."""
        root = await self._root(one)
        if isinstance(root, Trouble):
            return root
        fresh = self._token is None
        answer = await self._post(root, one)
        is_about_token = (
            isinstance(answer, Trouble) and answer.reason is RegisterReason.AUTHENTICATION
        )
        if is_about_token and not fresh:
            self._token = None
            answer = await self._post(root, one)
        return answer

    async def _post(self, root: str, one: _Try) -> Seen | Trouble:
        token = await self._authenticated(root, one)
        if isinstance(token, Trouble):
            return token
        headers = {"Authorization": token} if token else {}
        url = root + one.call.path
        said = await self._link.post(url, one.call.body, headers, self._left_s(one))
        return said if isinstance(said, Trouble) else one.call.judge(said)

    async def _authenticated(self, root: str, one: _Try) -> str | Trouble:
        """The token to show; empty for none."""
        user, password = self._settings.user, self._settings.password
        if user is None or password is None:
            return ""
        if self._token is not None:
            return self._token
        body = authenticate_body(user, password.reveal())
        said = await self._link.post(root + "/auth/authenticate", body, {}, self._left_s(one))
        token = said if isinstance(said, Trouble) else token_of(said)
        if isinstance(token, Trouble):
            return Trouble(token.reason, token.detail.replace(password.reveal(), STARS))
        self._token = token
        return token

    async def _root(self, one: _Try) -> str | Trouble:
        """Where the member has its gateway; its version tells."""
        version = self._versions.get(one.endpoint)
        if version is None:
            said = await self._link.get(one.endpoint + "/version", self._left_s(one))
            told = said if isinstance(said, Trouble) else version_of(said)
            if isinstance(told, Trouble):
                return told
            version = parse_version(told)
            if version is None:
                return Trouble(RegisterReason.MALFORMED, "a version that is not understood")
            self._versions[one.endpoint] = version
        return one.endpoint + gateway_path(version)

    def _left_s(self, one: _Try) -> float:
        return max(one.until_s - self._clock().mono_s, 0.0)


async def _next(answers: _Answers, within_s: float) -> tuple[str, Seen | Trouble] | None:
    try:
        async with asyncio.timeout(within_s):
            return await answers.get()
    except TimeoutError:
        return None


def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()


def _silent(budget_s: float) -> Trouble:
    return Trouble(RegisterReason.TIMEOUT, f"no answer in {budget_s:g} s")


def _summary(troubles: Mapping[str, Trouble]) -> Trouble:
    """The most telling reason, and every member's words."""
    reason = min((one.reason for one in troubles.values()), key=_TELLING.index)
    return Trouble(reason, "; ".join(f"{url}: {one.detail}" for url, one in troubles.items()))
