"""Envelopes: a member's word, sealed, as the answer to one question.

Whoever asks makes up a number for each question, and the seal covers it. So an answer was made
after its question was sent, whatever the clocks of the two hosts say, and none is taken twice.
Nothing is read of a text before its seal is found good. Any bytes give a value, never an exception.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Protocol

import msgspec
from msgspec import Meta

from eoskeeper.domain.member_words import HostName, MemberWord

__all__ = [
    "MAX_BYTES",
    "NONCE",
    "Address",
    "Envelope",
    "Refusal",
    "RefusalReason",
    "Seal",
    "open_envelope",
    "seal_envelope",
]

MAX_BYTES = 256 * 2**10
"""Largest message; a report is below 16 KiB, and so is a word."""

NONCE = r"[0-9a-f]{32}"
"""A number made up for one question: 128 bits that nobody can guess."""

VERSION = 1

_HEADER = re.compile(rb"eoskeeper-member/(\d{1,4}) ([0-9a-f]{64})\n")
_CONTEXT = b"eoskeeper-member/%d\n"


class Address(msgspec.Struct, frozen=True):
    """From whom to whom.

    Attributes:
        cluster: the producer; a token that serves two of them mixes nothing up.
    """

    cluster: Annotated[str, Meta(min_length=1, max_length=32)]
    sender: HostName
    receiver: HostName


class Envelope(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A word, the sender's report, and all that the seal binds them to.

    Attributes:
        nonce: of the question that it answers.
        report: what ``/api/status`` says there, as JSON.
    """

    address: Address
    nonce: Annotated[str, Meta(pattern=rf"^{NONCE}\Z")]
    word: MemberWord
    report: msgspec.Raw


class Seal(Protocol):
    """A keyed code over a text; ``runtime.member_seal`` has the one that is used."""

    def write(self, text: bytes) -> str:
        """The code, as 64 hexadecimal digits in lower case."""

    def fits(self, text: bytes, code: str) -> bool:
        """Whether it is the code of that text, in a time that says nothing about the code."""


class RefusalReason(StrEnum):
    """Why a message is not listened to."""

    TOO_LARGE = "too_large"
    MALFORMED = "malformed"
    VERSION = "version"
    BAD_SEAL = "bad_seal"
    WRONG_ADDRESS = "wrong_address"
    WRONG_ANSWER = "wrong_answer"
    """To another question: an old answer, or one that somebody else was given."""


class Refusal(msgspec.Struct, frozen=True):
    """A message that is not listened to, and what is wrong with it."""

    reason: RefusalReason
    detail: str


_decoder = msgspec.json.Decoder(Envelope)


def seal_envelope(envelope: Envelope, seal: Seal) -> bytes:
    """The text for the wire: a line with version and seal, then the envelope as JSON."""
    payload = msgspec.json.encode(envelope)
    context = _CONTEXT % VERSION
    text = context[:-1] + b" " + seal.write(context + payload).encode() + b"\n" + payload
    assert len(text) <= MAX_BYTES, "a report is too long for a message"
    return text


def open_envelope(text: bytes, seal: Seal, address: Address, nonce: str) -> Envelope | Refusal:
    """What is in an answer, or why it is not listened to.

    Args:
        address: from whom to whom it has to be.
        nonce: of the question that was asked.
    """
    envelope = _open(text, seal)
    if isinstance(envelope, Refusal):
        return envelope
    if envelope.address != address:
        other = envelope.address
        told = f"of {other.sender!r} for {other.receiver!r}, {other.cluster!r}"
        return Refusal(RefusalReason.WRONG_ADDRESS, told)
    if envelope.nonce != nonce:
        return Refusal(RefusalReason.WRONG_ANSWER, "to another question")
    return envelope


def _open(text: bytes, seal: Seal) -> Envelope | Refusal:
    if len(text) > MAX_BYTES:
        return Refusal(RefusalReason.TOO_LARGE, f"{len(text)} bytes")
    header = _HEADER.match(text)
    if header is None:
        return Refusal(RefusalReason.MALFORMED, "no word of a member")
    if header[1] != str(VERSION).encode():
        return Refusal(RefusalReason.VERSION, f"version {header[1].decode()}, not {VERSION}")
    payload = text[header.end() :]
    if not seal.fits(_CONTEXT % VERSION + payload, header[2].decode()):
        return Refusal(RefusalReason.BAD_SEAL, "sealed by another token")
    try:
        return _decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        return Refusal(RefusalReason.MALFORMED, str(problem))
