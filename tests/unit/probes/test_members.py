"""With members, a peer is read by its sealed word; nothing else that answers is believed."""

from __future__ import annotations

import asyncio

import pytest

from eoskeeper.domain.chain_time import Slot
from eoskeeper.domain.member_words import MemberWord, OwnBlock
from eoskeeper.domain.report import Report
from eoskeeper.domain.samples import FailureReason, PeerRead, ProbeFailed
from eoskeeper.domain.secret import Secret
from eoskeeper.probes.peers import PeerProbe
from eoskeeper.runtime.member_seal import HmacSeal
from eoskeeper.runtime.membership import Membership
from eoskeeper.web.ports import Offers
from tests.unit.web.serving import NOW, a_report, answers, serving

TOKEN = "of-the-members-0123456789abcdef-and-more"  # noqa: S105 - planted for the tests
WORD = MemberWord(role="B", holds=False, blocks=(OwnBlock(Slot(7), 3, "0" * 16),))
REPORT = a_report()


def member(host: str, *others: str, token: str = TOKEN, cluster: str = "ours") -> Membership:
    """One host's side."""
    return Membership(cluster, host, frozenset(others), HmacSeal(Secret(token)))


def offers_of(side: Membership | None) -> Offers:
    """What a keeper serves; the number of each question is kept in ``asked``."""
    if side is None:
        return Offers()
    return Offers(member=lambda to, nonce: side.answer(WORD, REPORT, to, nonce))


def read(theirs: Offers, ours: Membership, report: Report | None = REPORT) -> object:
    """One reading by the host ``bp-2``, of the peer ``bp-1``."""

    async def run() -> object:
        async with serving(report, offers=theirs) as served:
            url = f"http://127.0.0.1:{served.port}"
            async with PeerProbe("bp-1", url, None, 0.5, lambda: NOW, None, ours) as probe:
                return await probe.read()

    return asyncio.run(run())


def failure_of(reading: object) -> tuple[FailureReason, str]:
    """Why there is no reading, in words that hold no secret."""
    assert isinstance(reading, ProbeFailed)
    assert TOKEN not in reading.detail
    return reading.reason, reading.detail


OURS = member("bp-2", "bp-1")


def test_a_member_is_read_with_its_word() -> None:
    """Its report comes under the same seal."""
    reading = read(offers_of(member("bp-1", "bp-2")), OURS)
    assert isinstance(reading, PeerRead)
    assert (reading.word, reading.head_number) == (WORD, 7)


@pytest.mark.parametrize(
    ("theirs", "words"),
    [
        (member("bp-1", "bp-2", token=TOKEN + "x"), "bad_seal"),
        (member("bp-1", "bp-2", cluster="others"), "wrong_address"),
        (member("bp-3", "bp-2"), "wrong_address"),
        # It does not know us, or gives no words at all.
        (member("bp-1", "bp-3"), "404"),
        (None, "404"),
    ],
)
def test_who_is_no_member_for_us_is_not_read(theirs: Membership | None, words: str) -> None:
    """The operator is told what is wrong with its set-up."""
    reason, detail = failure_of(read(offers_of(theirs), OURS))
    assert reason is FailureReason.NOT_PERMITTED
    assert words in detail


def test_an_answer_that_was_given_before_is_not_believed() -> None:
    """Somebody in between kept it."""
    real = member("bp-1", "bp-2")
    kept = real.answer(WORD, REPORT, "bp-2", "0" * 32)
    reason, detail = failure_of(read(Offers(member=lambda _, __: kept), OURS))
    assert reason is FailureReason.NOT_PERMITTED
    assert "another question" in detail


def test_a_member_that_has_just_started_has_no_word() -> None:
    """It answers, and knows nothing yet."""
    theirs = offers_of(member("bp-1", "bp-2"))
    assert failure_of(read(theirs, OURS, None))[0] is FailureReason.OVERLOADED


def test_no_two_questions_are_the_same() -> None:
    """Or an answer could be used twice."""
    assert len({OURS.question() for _ in range(1000)}) == 1000


@pytest.mark.parametrize(
    "path",
    ["/api/member", "/api/member?to=bp-2", "/api/member?to=bp-2&nonce=short"],
)
def test_a_question_without_its_number_is_none(path: str) -> None:
    """A word that is bound to nothing could be kept and used later."""
    (answer,) = answers((path,), report=REPORT, offers=offers_of(member("bp-1", "bp-2")))
    assert answer.status == 400
