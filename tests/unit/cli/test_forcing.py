"""A forced failover says what proof is missing, and wants the risk in the operator's words."""

from __future__ import annotations

import msgspec
import pytest

from eoskeeper.cli.forcing import missing_proofs, words_for
from eoskeeper.domain.report import PeerLine, Report, report_of
from tests.unit.domain.scene import settled_standby

replace = msgspec.structs.replace


def report(*peers: PeerLine, empty_own_turns: int = 1) -> Report:
    """Of a standby that has these peers."""
    site = settled_standby()
    plain = report_of(site.memory, site.now, site.policy)
    return replace(plain, peers=peers, empty_own_turns=empty_own_turns)


def peer(host: str, *, age_s: float = 1.0, role: str = "A", may_produce: bool = False) -> PeerLine:
    """What is known of another host."""
    return PeerLine(host, role, "standby", may_produce, 7, age_s)


@pytest.mark.parametrize(
    ("peers", "missing", "words"),
    [
        ((peer("a"),), (), "nobody else can produce"),
        ((peer("a", age_s=40),), ("no word of a for 40 s",), "a cannot produce"),
        ((peer("a", may_produce=True),), ("a says that it may produce",), "a cannot produce"),
        ((peer("f", age_s=40, role="F"), peer("c")), (), "nobody else can produce"),
        (
            (peer("c", age_s=11), peer("a", age_s=40)),
            ("no word of c", "no word of a"),
            "a and c cannot produce",
        ),
        ((), ("no peers are configured",), "nobody else can produce"),
    ],
)
def test_each_host_that_might_produce_is_named(
    peers: tuple[PeerLine, ...], missing: tuple[str, ...], words: str
) -> None:
    """In what is missing and in the sentence; a full node never produces."""
    told = missing_proofs(report(*peers))
    assert len(told) == len(missing)
    assert all(one.startswith(begin) for one, begin in zip(told, missing, strict=True))
    assert words_for(report(*peers)) == words


def test_an_own_turn_that_is_not_empty_speaks_against_it() -> None:
    """Somebody made blocks a moment ago."""
    told = missing_proofs(report(peer("a"), empty_own_turns=0))
    assert told == ("our newest own turn is not empty on the chain: somebody produces",)
