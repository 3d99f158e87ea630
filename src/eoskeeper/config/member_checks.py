"""Member checks: what the sealed words of a cluster need."""

from __future__ import annotations

from collections.abc import Iterator

from eoskeeper.config.check import Check, bad_token
from eoskeeper.config.model import Config
from eoskeeper.config.problems import MISSING, Problem
from eoskeeper.config.wording import notation
from eoskeeper.runtime.member_seal import MIN_TOKEN_BYTES

__all__ = ["MEMBER_CHECKS"]


def _find_bad_token(config: Config) -> Iterator[Problem]:
    yield from bad_token("members.token", config.members.token, MIN_TOKEN_BYTES)


def _find_lonely_member(config: Config) -> Iterator[Problem]:
    if config.members.token is None:
        return
    if not config.peers:
        yield Problem(
            path="peers",
            value=MISSING,
            allowed="the other hosts of the cluster, with [members]",
            remedy="add a table [peers.HOST] for each of them, or remove [members]",
        )
    if config.producer.account is None:
        yield Problem(
            path="producer.account",
            value=MISSING,
            allowed="the account whose blocks the members tell each other, with [members]",
            remedy="add it, or remove [members]",
        )
    if not config.web.addresses:
        yield Problem(
            path="web.listen",
            value=notation(config.web.listen),
            allowed="an address that the members can reach, with [members]",
            remedy='add one, like "10.0.0.1:8686", or remove [members]',
        )


MEMBER_CHECKS: tuple[Check, ...] = (
    Check(("members",), _find_bad_token),
    Check(("members", "peers", "producer.account", "web.listen"), _find_lonely_member),
)
