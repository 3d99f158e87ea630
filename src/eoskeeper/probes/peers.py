"""Reads what a peer keeper says of itself: its status, or that and its sealed word.

A peer that is silent, or lies, changes what people see; what may stop a host, or let it begin, is
the sealed word (``domain.members``, ``domain.leaving``). Every answer is bounded in time and size;
every failure is a value that names the peer.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from types import TracebackType
from typing import Annotated, NamedTuple, Protocol, Self

import msgspec
from msgspec import Meta

from eoskeeper.domain.chain_time import Moment, Turn
from eoskeeper.domain.member_envelopes import Envelope, Refusal, RefusalReason
from eoskeeper.domain.member_words import MemberWord
from eoskeeper.domain.samples import FailureReason, PeerRead, ProbeFailed, ProbeName
from eoskeeper.probes.http_line import HttpLine, Unconnected, Unread, request_head
from eoskeeper.probes.nodeos_wire import printable
from eoskeeper.probes.tls_line import Papers, TlsLine

__all__ = ["ANSWER_LIMIT_BYTES", "Members", "PeerProbe", "Token"]

ANSWER_LIMIT_BYTES = 256 * 2**10
"""A report is below 16 KiB."""

_PATH = "/api/status"
_OK, _UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND = 200, 401, 403, 404
_BUSY = frozenset({429, 503})
"""503 is a keeper that has no report yet."""


class Token(Protocol):
    """A secret that shows itself as stars."""

    def reveal(self) -> str:
        """The text itself."""


Word = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,32}\Z")]
"""A role or a state, perhaps of a later version: a word that is safe to print."""


class _Status(msgspec.Struct, frozen=True):
    """What is taken of a peer's report; the rest may change with its version."""

    host: str
    role: Word
    state: Word
    may_produce: bool
    head_number: Annotated[int, Meta(ge=0)] | None
    summary: str
    server_version: str | None = None
    irreversible_number: Annotated[int, Meta(ge=0)] | None = None
    head_age_s: float | None = None
    links: Annotated[int, Meta(ge=0)] | None = None
    paused: bool | None = None
    produces: bool | None = None
    term: Annotated[int, Meta(ge=0)] = 0
    made_turns: Annotated[tuple[int, ...], Meta(max_length=64)] = ()
    last_own_turn: Annotated[str, Meta(pattern=r"^[pmlu]{0,12}\Z")] = ""


class Members(Protocol):
    """The sealed words of the cluster: see ``runtime.membership``."""

    def question(self) -> str:
        """A number that no question had before."""

    def path(self, nonce: str) -> str:
        """Where a member is asked."""

    def open(self, text: bytes, sender: str, nonce: str) -> Envelope | Refusal:
        """What is in a member's answer, or why it is not listened to."""


class _Failure(NamedTuple):
    reason: FailureReason
    detail: str


class PeerProbe:
    """Client of one peer keeper; an async context manager, bound to the loop that entered it."""

    def __init__(  # noqa: PLR0913, PLR0917 - one for each thing that peers differ in
        self,
        name: str,
        url: str,
        token: Token | None,
        timeout_s: float,
        clock: Callable[[], Moment],
        papers: Papers | None = None,
        members: Members | None = None,
    ) -> None:
        """Nothing is opened before ``async with``.

        Args:
            name: what the peer must call itself.
            url: ``http://HOST:PORT`` or ``https://HOST:PORT``.
            token: what its ``web.token_file`` holds; None sends none.
            timeout_s: seconds from asking to the whole answer.
            clock: read when the answer is there.
            papers: for an encrypted address; None trusts the machine's authorities, shows none.
            members: with them its sealed word is asked for, and nothing else is believed; None
                asks for its status only.
        """
        self._name = name
        self._url = url.rstrip("/")
        is_encrypted = self._url.startswith("https://")
        self._line: HttpLine | TlsLine = (
            TlsLine(self._url, papers or Papers()) if is_encrypted else HttpLine(self._url)
        )
        self._token = token
        self._timeout_s = timeout_s
        self._clock = clock
        self._members = members

    async def __aenter__(self) -> Self:
        """Open nothing: each question has a connection of its own, which is what a peer serves."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close what may be open."""
        self._line.close()

    async def read(self) -> PeerRead | ProbeFailed:
        """Ask once."""
        if self._members is None:
            answer = await self._ask(_PATH)
            reading = answer if isinstance(answer, _Failure) else self._decoded(answer, None)
        else:
            reading = await self._read_sealed(self._members)
        if isinstance(reading, _Failure):
            detail = f"{self._name}: {reading.detail}"
            return ProbeFailed(
                self._clock(), ProbeName.PEER, reading.reason, detail, subject=self._name
            )
        return reading

    async def _read_sealed(self, members: Members) -> PeerRead | _Failure:
        nonce = members.question()
        answer = await self._ask(members.path(nonce))
        if isinstance(answer, _Failure):
            return answer
        opened = members.open(answer, self._name, nonce)
        if isinstance(opened, Refusal):
            told = f"its word is not good: {opened.reason}: {printable(opened.detail)}"
            reason = _REFUSED_AS.get(opened.reason, FailureReason.UNEXPECTED_SHAPE)
            return _Failure(reason, told)
        return self._decoded(bytes(opened.report), opened.word)

    async def _ask(self, path: str) -> bytes | _Failure:
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._ask_in_own_time(path)
        except TimeoutError:
            return _Failure(FailureReason.TIMED_OUT, f"no answer in {self._timeout_s:g} s")

    async def _ask_in_own_time(self, path: str) -> bytes | _Failure:
        """Failures are sorted here, but for the time-out."""
        try:
            answer = await self._line.ask(self._request(path), ANSWER_LIMIT_BYTES)
        except ValueError as error:
            # A host name that cannot be one is found out by the resolver: UnicodeError.
            return _Failure(FailureReason.MISSING, f"no such address: {type(error).__name__}")
        if isinstance(answer, Unconnected):
            return _connect_failure(answer.error)
        if isinstance(answer, Unread):
            return _Failure(answer.reason, answer.detail)
        if answer.status == _NOT_FOUND and self._members is not None:
            told = "404: it gives this host no sealed word: see [members] and [peers] there"
            return _Failure(FailureReason.NOT_PERMITTED, told)
        if answer.status != _OK:
            # A redirect, too: it would carry the token elsewhere.
            return _status_failure(answer.status)
        return answer.body

    def _request(self, path: str) -> bytes:
        token = (f"Authorization: Bearer {self._token.reveal()}",) if self._token else ()
        address = "http://" + self._url.partition("://")[2]
        head = request_head("GET", address, path, "Connection: close", *token)
        return head.encode() + b"\r\n"

    def _decoded(self, body: bytes, word: MemberWord | None) -> PeerRead | _Failure:
        try:
            status = msgspec.json.decode(body, type=_Status)
        except msgspec.ValidationError as error:
            return _Failure(FailureReason.UNEXPECTED_SHAPE, printable(str(error)))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            return _Failure(FailureReason.NOT_JSON, printable(str(error)))
        if status.host != self._name:
            told = f"calls itself {printable(status.host)!r}: see host.name there, peers here"
            return _Failure(FailureReason.UNEXPECTED_SHAPE, told)
        return PeerRead(
            at=self._clock(),
            host=status.host,
            role=status.role,
            state=status.state,
            may_produce=status.may_produce,
            head_number=status.head_number,
            summary=printable(status.summary),
            server_version=None
            if status.server_version is None
            else printable(status.server_version),
            irreversible_number=status.irreversible_number,
            head_age_s=status.head_age_s,
            links=status.links,
            paused=status.paused,
            produces=status.produces,
            term=status.term,
            made_turns=tuple(Turn(turn) for turn in status.made_turns),
            last_own_turn=status.last_own_turn,
            word=word,
        )


_REFUSED_AS = {
    RefusalReason.BAD_SEAL: FailureReason.NOT_PERMITTED,
    RefusalReason.WRONG_ADDRESS: FailureReason.NOT_PERMITTED,
    RefusalReason.WRONG_ANSWER: FailureReason.NOT_PERMITTED,
}


def _status_failure(status: int) -> _Failure:
    if status == _UNAUTHORIZED:
        return _Failure(FailureReason.NOT_PERMITTED, "401: its web.token_file holds another token")
    if status == _FORBIDDEN:
        return _Failure(FailureReason.NOT_PERMITTED, "403: it asks for a client certificate")
    if status in _BUSY:
        return _Failure(FailureReason.OVERLOADED, f"{status}: no report yet")
    return _Failure(FailureReason.HTTP_STATUS, str(status))


def _connect_failure(error: OSError) -> _Failure:
    """Nobody listens, no such name, or another error of the network."""
    if isinstance(error, socket.gaierror):
        return _Failure(FailureReason.MISSING, "no address for its name")
    if isinstance(error, ssl.SSLCertVerificationError):
        told = f"its certificate is not good: {printable(error.verify_message)}"
        return _Failure(FailureReason.NOT_PERMITTED, told)
    if isinstance(error, ssl.SSLError):
        return _Failure(FailureReason.NOT_PERMITTED, f"no encryption with it: {error.reason}")
    if isinstance(error, FileNotFoundError | PermissionError):
        return _Failure(FailureReason.MISSING, "a file of ca, certificate, key cannot be read")
    detail = f"{type(error).__name__} {error.errno or ''}".strip()
    if isinstance(error, ConnectionRefusedError):
        return _Failure(FailureReason.REFUSED, detail)
    return _Failure(FailureReason.DISCONNECTED, detail)
