"""A word is believed as the answer to one question, by who asked it, and only as it was sealed."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from eoskeeper.domain.chain_time import Slot
from eoskeeper.domain.member_envelopes import (
    MAX_BYTES,
    Address,
    Envelope,
    Refusal,
    RefusalReason,
    open_envelope,
    seal_envelope,
)
from eoskeeper.domain.member_words import NEWEST_BLOCKS, MemberWord, OwnBlock
from eoskeeper.domain.secret import Secret
from eoskeeper.runtime.member_seal import HmacSeal

SEAL = HmacSeal(Secret("a token that is long enough for a seal"))
NONCE = "0123456789abcdef" * 2
ADDRESS = Address("ours", "alpha", "beta")
WORD = MemberWord(role="A", holds=True, blocks=(OwnBlock(Slot(7), 3, "0" * 16),))
ENVELOPE = Envelope(ADDRESS, NONCE, WORD, msgspec.Raw(b'{"host":"alpha"}'))

DEEP = b'{"word":{"x":' + b"[" * 60_000
"""Brackets are counted on the stack before the kind of the word is found."""


def sealed(**changes: object) -> bytes:
    """The text of the envelope, with some of it changed before it is sealed."""
    return seal_envelope(msgspec.structs.replace(ENVELOPE, **changes), SEAL)


def heard(text: bytes, seal: HmacSeal = SEAL, nonce: str = NONCE) -> MemberWord | RefusalReason:
    """What becomes of a text."""
    answer = open_envelope(text, seal, ADDRESS, nonce)
    return answer.reason if isinstance(answer, Refusal) else answer.word


def test_a_word_is_heard_as_it_was_sent() -> None:
    """With the report beside it."""
    answer = open_envelope(sealed(), SEAL, ADDRESS, NONCE)
    assert isinstance(answer, Envelope)
    assert (answer.word, bytes(answer.report)) == (WORD, b'{"host":"alpha"}')


def test_an_answer_is_good_for_its_question_only() -> None:
    """So none is believed twice: who asks again asks with another number."""
    assert heard(sealed(), nonce="f" * 32) is RefusalReason.WRONG_ANSWER
    assert heard(sealed(nonce="f" * 32)) is RefusalReason.WRONG_ANSWER


def test_the_longest_word_fits_into_a_message() -> None:
    """With room to spare for a report."""
    block = OwnBlock(Slot(2**32 - 1), 2**53, "f" * 64)
    longest = msgspec.structs.replace(WORD, blocks=(block,) * NEWEST_BLOCKS)
    text = sealed(word=longest)
    assert len(text) * 8 < MAX_BYTES
    assert heard(text) == longest


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"address": Address("others", "alpha", "beta")}, RefusalReason.WRONG_ADDRESS),
        ({"address": Address("ours", "gamma", "beta")}, RefusalReason.WRONG_ADDRESS),
        ({"address": Address("ours", "alpha", "gamma")}, RefusalReason.WRONG_ADDRESS),
        # What the receiver sealed itself for somebody else comes back to it.
        ({"address": Address("ours", "beta", "alpha")}, RefusalReason.WRONG_ADDRESS),
        ({"nonce": "short"}, RefusalReason.MALFORMED),
        ({"word": msgspec.structs.replace(WORD, role="AB")}, RefusalReason.MALFORMED),
        (
            {"word": msgspec.structs.replace(WORD, blocks=(OwnBlock(Slot(-1), 1, "0" * 16),))},
            RefusalReason.MALFORMED,
        ),
    ],
)
def test_a_sealed_word_is_refused_for_what_it_says(
    changes: dict[str, object], reason: RefusalReason
) -> None:
    """The seal says who sent it, and nothing about whether it is for us."""
    assert heard(sealed(**changes)) is reason


def test_another_token_is_refused() -> None:
    """A cluster has one."""
    other = HmacSeal(Secret("another token that is as long as it is"))
    assert heard(sealed(), seal=other) is RefusalReason.BAD_SEAL


def test_another_version_is_told_apart_from_another_token() -> None:
    """The remedy is another one."""
    text = sealed().replace(b"eoskeeper-member/1 ", b"eoskeeper-member/2 ")
    assert heard(text) is RefusalReason.VERSION


@given(place=st.integers(0, len(sealed()) - 1), flipped=st.integers(1, 255))
def test_a_changed_byte_is_refused(place: int, flipped: int) -> None:
    """Wherever it is."""
    text = bytearray(sealed())
    text[place] ^= flipped
    assert isinstance(heard(bytes(text)), RefusalReason)


@given(text=st.binary(max_size=300))
@example(text=b"")
@example(text=b"eoskeeper-member/1 " + b"0" * 64 + b"\n")
@example(text=b"x" * (MAX_BYTES + 1))
def test_no_bytes_raise(text: bytes) -> None:
    """Whatever answers at that address."""
    assert isinstance(heard(text), RefusalReason)


@given(payload=st.binary(max_size=300))
@example(payload=b"{}")
@example(payload=DEEP)
@example(payload=b'{"address":{"cluster":"\xff"}}')
def test_no_sealed_bytes_raise(payload: bytes) -> None:
    """A member of a later version, or a broken one."""
    context = b"eoskeeper-member/1"
    code = SEAL.write(context + b"\n" + payload).encode()
    assert heard(context + b" " + code + b"\n" + payload) is RefusalReason.MALFORMED
