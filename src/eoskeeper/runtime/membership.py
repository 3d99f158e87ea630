"""Membership: this host's side of the words that the keepers of a cluster give each other."""

from __future__ import annotations

import secrets

import msgspec

from eoskeeper.domain.member_envelopes import (
    Address,
    Envelope,
    Refusal,
    Seal,
    open_envelope,
    seal_envelope,
)
from eoskeeper.domain.member_words import MemberWord

__all__ = ["Membership"]

NONCE_BYTES = 16


class Membership:
    """Seals what is said to a member, and opens what a member says."""

    def __init__(self, cluster: str, host: str, members: frozenset[str], seal: Seal) -> None:
        """Take who takes part.

        Args:
            cluster: the producer.
            host: this one.
            members: names of the others.
            seal: by the token that all of them share.
        """
        self._cluster, self._host, self._members, self._seal = cluster, host, members, seal

    def question(self) -> str:
        """A number that no question had before."""
        return secrets.token_hex(NONCE_BYTES)

    def path(self, nonce: str) -> str:
        """Where a member is asked."""
        return f"/api/member?to={self._host}&nonce={nonce}"

    def open(self, text: bytes, sender: str, nonce: str) -> Envelope | Refusal:
        """What is in a member's answer to that question, or why it is not listened to."""
        address = Address(self._cluster, sender, self._host)
        return open_envelope(text, self._seal, address, nonce)

    def answer(self, word: MemberWord, report: object, receiver: str, nonce: str) -> bytes | None:
        """The answer to a member's question; None to a stranger's."""
        if receiver not in self._members:
            return None
        address = Address(self._cluster, self._host, receiver)
        encoded = msgspec.Raw(msgspec.json.encode(report))
        return seal_envelope(Envelope(address, nonce, word, encoded), self._seal)
