"""Who may ask etcd: users, passwords, tokens that expire, and certificates."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from eoskeeper.domain.register import (
    ABSENT,
    CasApplied,
    CasUnknown,
    RegisterFailed,
    RegisterRead,
    RegisterReason,
)
from eoskeeper.domain.secret import Secret
from eoskeeper.registers.etcd_client import EtcdRegister
from eoskeeper.registers.etcd_link import tls_context
from eoskeeper.registers.etcd_settings import EtcdSettings
from eoskeeper.runtime import clock
from tests.contract.registers.benches import BUDGET_S, record
from tests.contract.registers.etcd_cluster import Cluster, etcdctl, running
from tests.contract.web.certificates import Pair, authority, signed

KEY = "/eoskeeper/chain/producer/lease"
PASSWORD = "right-and-secret"  # noqa: S105 - of a member that lives for seconds
TOKEN_S = 1


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """One member with users; its tokens expire at once."""
    more = ("--auth-token-ttl", str(TOKEN_S))
    with running(Cluster(tmp_path_factory.mktemp("guarded"), 1, more)) as cluster:
        url = cluster.urls[0]
        etcdctl(url, "user", "add", f"root:{PASSWORD}")
        etcdctl(url, "user", "grant-role", "root", "root")
        etcdctl(url, "role", "add", "keeper")
        etcdctl(url, "role", "grant-permission", "keeper", "--prefix", "readwrite", "/eoskeeper/")
        for name, role in (("keeper", "keeper"), ("stranger", None)):
            etcdctl(url, "user", "add", f"{name}:{PASSWORD}")
            if role is not None:
                etcdctl(url, "user", "grant-role", name, role)
        etcdctl(url, "auth", "enable")
        yield cluster


def _register(cluster: Cluster, user: str | None, password: str | None) -> EtcdRegister:
    secret = None if password is None else Secret(password)
    settings = EtcdSettings(endpoints=cluster.urls, user=user, password=secret)
    return EtcdRegister(settings, KEY, clock.read)


async def _read(
    register: EtcdRegister, budget_s: float = BUDGET_S
) -> RegisterRead | RegisterFailed:
    try:
        return await register.read(budget_s)
    finally:
        await register.close()


def test_a_user_reads_and_swaps_over_the_end_of_its_token(guarded: Cluster) -> None:
    """A token that is no longer known is renewed within the call."""

    async def run() -> None:
        register = _register(guarded, "keeper", PASSWORD)
        made = await register.cas(ABSENT, record(0), BUDGET_S)
        assert isinstance(made, CasApplied), made
        await asyncio.sleep(TOKEN_S * 2.5)
        again = await register.cas(made.version, record(1), BUDGET_S)
        assert isinstance(again, CasApplied), again
        await register.close()

    asyncio.run(run())


@pytest.mark.parametrize(
    ("user", "password", "reason"),
    [
        ("keeper", "wrong-and-secret", RegisterReason.AUTHENTICATION),
        ("nobody", PASSWORD, RegisterReason.AUTHENTICATION),
        (None, None, RegisterReason.AUTHENTICATION),
        ("stranger", PASSWORD, RegisterReason.PERMISSION),
    ],
)
def test_who_may_not_is_told_why(
    guarded: Cluster, user: str | None, password: str | None, reason: RegisterReason
) -> None:
    """At once, not at the end of the budget; and the password is nowhere in the words."""
    failed = asyncio.run(_read(_register(guarded, user, password)))
    assert isinstance(failed, RegisterFailed), failed
    assert failed.reason is reason
    assert failed.at.mono_s - failed.sent.mono_s < BUDGET_S / 2
    assert "secret" not in failed.detail


def test_a_password_does_no_harm_where_there_are_no_users(tmp_path: Path) -> None:
    """Users may be switched on later, without a moment of trouble."""
    with running(Cluster(tmp_path, 1)) as cluster:
        seen = asyncio.run(_read(_register(cluster, "keeper", PASSWORD)))
    assert isinstance(seen, RegisterRead), seen


class _Certified:
    """One member that speaks TLS only, and asks clients for a certificate."""

    def __init__(self, folder: Path) -> None:
        self.ca = authority(folder, "ca")
        self.other_ca = authority(folder, "other")
        self.server = signed(folder, "server", self.ca)
        self.keeper = signed(folder, "keeper", self.ca)
        more = (
            *("--cert-file", self.server.certificate, "--key-file", self.server.key),
            *("--trusted-ca-file", self.ca.certificate, "--client-cert-auth"),
        )
        self.cluster = Cluster(folder, 1, more, scheme="https")


@pytest.fixture(scope="module")
def certified(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Certified]:
    """The member, running."""
    made = _Certified(tmp_path_factory.mktemp("tls"))
    with running(made.cluster):
        yield made


def _over_tls(
    made: _Certified, ca: Pair, own: Pair | None, server_name: str | None = None
) -> RegisterRead | RegisterFailed:
    settings = EtcdSettings(
        endpoints=made.cluster.urls,
        ca=str(ca.certificate),
        certificate=None if own is None else str(own.certificate),
        key=None if own is None else str(own.key),
        server_name=server_name,
    )
    register = EtcdRegister(settings, KEY, clock.read, tls_context(settings))
    return asyncio.run(_read(register, 0.8))


def test_with_the_right_certificates_it_answers(certified: _Certified) -> None:
    """Also under a name that only the certificate has."""
    assert isinstance(_over_tls(certified, certified.ca, certified.keeper), RegisterRead)
    named = _over_tls(certified, certified.ca, certified.keeper, "localhost")
    assert isinstance(named, RegisterRead), named


def test_a_wrong_certificate_is_told_as_such(certified: _Certified) -> None:
    """An authority that did not sign it, a name that is not in it, none where one is asked for."""
    for failed in (
        _over_tls(certified, certified.other_ca, certified.keeper),
        _over_tls(certified, certified.ca, certified.keeper, "elsewhere.example"),
        _over_tls(certified, certified.ca, None),
    ):
        assert isinstance(failed, RegisterFailed), failed
        assert failed.reason is RegisterReason.TLS, failed


def test_http_to_a_member_that_speaks_tls_is_no_answer(certified: _Certified) -> None:
    """Etcd ends such a connection without a word, before it looks at the request."""
    url = certified.cluster.urls[0].replace("https:", "http:")
    register = EtcdRegister(EtcdSettings(endpoints=(url,)), KEY, clock.read)

    async def run() -> CasUnknown | object:
        try:
            return await register.cas(ABSENT, record(0), 0.5)
        finally:
            await register.close()

    answer = asyncio.run(run())
    assert isinstance(answer, CasUnknown), answer
    assert answer.reason is RegisterReason.UNREACHABLE, answer


def test_a_missing_file_is_an_error_before_anything_is_asked(tmp_path: Path) -> None:
    """Whoever composes the register turns it into a configuration problem."""
    with pytest.raises(OSError, match="No such file"):
        tls_context(EtcdSettings(ca=str(tmp_path / "none.pem")))
    (tmp_path / "empty.pem").write_text("")
    with pytest.raises(ssl.SSLError):
        tls_context(EtcdSettings(ca=str(tmp_path / "empty.pem")))
