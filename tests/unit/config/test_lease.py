"""What a lease in etcd needs, told with the key, the value and the remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from eoskeeper.config import Config, ConfigError, load_text
from eoskeeper.domain.guard_samples import GuardMode

CHAIN = "aca376f206b8fc25a6ed44dbdc66547c36c6c33e3a119ffbeaef943642f0e906"
HOST = '[host]\nrole = "A"\nname = "a"\n[producer]\naccount = "ours"\n'
NODE = f'[nodeos]\nchain_id = "{CHAIN}"\n'
ETCD = '[etcd]\nendpoints = ["http://127.0.0.1:2379"]\n'
GUARD = "[guard]\nenabled = true\n"


def config_of(text: str) -> Config:
    """A configuration of role A."""
    return load_text(HOST + text)


def problems_of(text: str) -> dict[str, str]:
    """Path and value of every problem."""
    with pytest.raises(ConfigError) as caught:
        config_of(text)
    return {problem.path: problem.value for problem in caught.value.problems}


def test_without_endpoints_the_chain_is_the_register() -> None:
    """And a guard, where there is one, only looks."""
    assert config_of("").policy().lease is None
    assert config_of("").policy().guard is None
    assert config_of(GUARD).policy().guard is GuardMode.LOOK


def test_with_endpoints_the_lease_lies_in_etcd_under_a_guard_with_a_deadline() -> None:
    """In mode auto only: a host that does nothing by itself never holds it."""
    policy = config_of(NODE + ETCD + GUARD).policy()
    assert policy.lease is not None
    assert policy.guard is GuardMode.DEADLINE
    advised = config_of(NODE + ETCD + GUARD + '[failover]\nmode = "advise"\n').policy()
    assert advised.lease is None
    assert advised.guard is None


FAILSAFE = "[failover]\nfailsafe = true\n"


def test_the_failsafe_needs_members_and_a_lease(tmp_path: Path) -> None:
    """Who acts without them would be believed to go on when etcd is down."""
    token = tmp_path / "token"
    token.write_text("t" * 44)
    token.chmod(0o600)
    members = f'[members]\ntoken_file = "{token}"\n[peers.b]\nurl = "http://127.0.0.1:8687"\n'
    assert problems_of(NODE + ETCD + GUARD + FAILSAFE) == {"failover.failsafe": "true"}
    assert problems_of(FAILSAFE + members) == {"failover.failsafe": "true"}
    policy = config_of(NODE + ETCD + GUARD + FAILSAFE + members).policy()
    assert policy.failover.failsafe
    observer = HOST.replace('"A"', '"observer"') + FAILSAFE + members
    assert load_text(observer).policy().failover.failsafe


def test_etcd_needs_the_chain_and_a_guard() -> None:
    """Two chains must not share a record, and a host that nothing stops must not hold."""
    assert set(problems_of(ETCD)) == {"nodeos.chain_id", "guard.enabled"}


@pytest.mark.parametrize(
    ("limits", "rule", "arithmetic"),
    [
        ("lease_s = 8.0", "S1", "F + K = 6 + 2.5 = 8.5 s <= L (1 - rho) = 8 x (1 - 0.001)"),
        ("guard_s = 11.0", "S2", "2 V = 2 x 11 = 22 s"),
        ("settle_s = 1.0", "S4", "1 + 2 x clock error = 1 + 2 x 0.5 = 2 s <= W = 1 s"),
        ("guard_s = 8.0", "S5", "F + K = 6 + 2.5 = 8.5 s < V = 8 s"),
        ("heartbeat_s = 3.0", "L1", "2 heartbeats + timeout"),
        ("heartbeat_s = 1.0", "L2", "timeout = 1.5 s <= heartbeat = 1 s"),
    ],
)
def test_limits_that_let_two_produce_are_refused_with_their_sum(
    limits: str, rule: str, arithmetic: str
) -> None:
    """Never adjusted: who sets a limit has to see what it costs."""
    with pytest.raises(ConfigError) as caught:
        config_of(NODE + ETCD + GUARD + f"[lease]\n{limits}\n")
    told = [one for one in caught.value.problems if f"keep {rule};" in one.allowed]
    assert arithmetic in told[0].value


@pytest.mark.parametrize(
    ("etcd", "path"),
    [
        ('endpoints = ["http://192.0.2.1:2379"]', "etcd.endpoints"),
        ('endpoints = ["https://h:1", "https://h:1"]', "etcd.endpoints"),
        ('endpoints = ["https://h:1"]\nuser = "u"', "etcd.password_file"),
        ('endpoints = ["https://h:1"]\ncertificate = "/c"', "etcd.key"),
    ],
)
def test_a_register_that_could_not_be_asked_is_refused(etcd: str, path: str) -> None:
    """With the key that is wrong or missing."""
    assert set(problems_of(f"{NODE}{GUARD}[etcd]\n{etcd}\n")) == {path}
