"""Checks: what fields may not say together, or need more than their type to be judged."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from eoskeeper.config.addresses import (
    Fault,
    is_loopback,
    listen_address,
    listen_fault,
    nodeos_url_fault,
    peer_url_fault,
    socket_path_fault,
)
from eoskeeper.config.alarm_checks import ALARM_CHECKS
from eoskeeper.config.check import Check, EntryCheck, allowed_token, bad_token, faulty
from eoskeeper.config.lease_checks import LEASE_CHECKS
from eoskeeper.config.member_checks import MEMBER_CHECKS
from eoskeeper.config.model import Config
from eoskeeper.config.problems import MISSING, Problem
from eoskeeper.config.secret import STARS
from eoskeeper.config.tables import RoleName
from eoskeeper.config.wording import notation
from eoskeeper.domain.policy import DEFAULT_TAKEOVER_TURNS, Role
from eoskeeper.telemetry.influx_settings import SettingProblem, endpoint_of

__all__ = ["check_all"]


TOKEN_LEAST = 16
"""Characters of a token that nobody guesses."""


def check_all(config: Config, failed: Collection[str]) -> Iterator[Problem]:
    """Every problem that the checks find.

    Args:
        config: as read; fields that failed are UNSET in it.
        failed: their paths.
    """
    for check in (*_CHECKS, *LEASE_CHECKS, *MEMBER_CHECKS, *ALARM_CHECKS):
        yield from check.run(config, failed)


def _find_observer_that_takes_over(config: Config) -> Iterator[Problem]:
    if config.host.role.role is not Role.OBSERVER:
        return
    for name in ("takeover_after_turns", "takeover_window_turns"):
        turns: int | None = getattr(config.failover, name)
        if turns is not None:
            yield Problem(
                path=f"failover.{name}",
                value=notation(turns),
                allowed=f"nothing: a host of role {notation(config.host.role)} never takes over",
                remedy='remove it, or make the host a standby: host.role = "standby"',
            )


def _find_producer_without_account(config: Config) -> Iterator[Problem]:
    if config.host.role.role is not Role.OBSERVER and config.producer.account is None:
        yield Problem(
            path="producer.account",
            value=MISSING,
            allowed="the account that the cluster produces for",
            remedy=f"add it: role {notation(config.host.role)} may produce; "
            'a host that never does has role "F"',
        )


def _find_standby_without_delay(config: Config) -> Iterator[Problem]:
    if config.host.role is RoleName.STANDBY and config.failover.takeover_after_turns is None:
        yield Problem(
            path="failover.takeover_after_turns",
            value=MISSING,
            allowed="a whole number from 1 to 99; no two hosts may share a count",
            remedy='add it, or write the role "B" (2 turns) or "C" (7 turns)',
        )


def _find_delay_below_first_standby(config: Config) -> Iterator[Problem]:
    """The holder fences after ``first_standby_turns``: nobody may act before that."""
    settings = config.failover
    turns = settings.takeover_after_turns or DEFAULT_TAKEOVER_TURNS[config.host.role.role]
    if config.host.role is RoleName.STANDBY and settings.takeover_after_turns is None:
        return
    if turns is not None and turns < settings.first_standby_turns:
        yield Problem(
            path="failover.takeover_after_turns",
            value=notation(turns),
            allowed=f"{settings.first_standby_turns} (failover.first_standby_turns) or more: "
            "only then has the old holder fenced itself",
            remedy="raise it, or lower first_standby_turns on every host of the cluster",
        )


def _find_two_logs(config: Config) -> Iterator[Problem]:
    if config.nodeos.log is not None and config.nodeos.journal_unit is not None:
        yield Problem(
            path="nodeos.journal_unit",
            value=notation(config.nodeos.journal_unit),
            allowed="log or journal_unit, not both",
            remedy="keep the one that nodeos really writes to",
        )


def _find_bad_nodeos_url(config: Config) -> Iterator[Problem]:
    yield from faulty("nodeos.url", config.nodeos.url, nodeos_url_fault(config.nodeos.url))


def _find_bad_producer_url(config: Config) -> Iterator[Problem]:
    url = config.nodeos.producer_url
    if url is not None:
        yield from faulty("nodeos.producer_url", url, nodeos_url_fault(url))


def _find_bad_socket_path(config: Config) -> Iterator[Problem]:
    path = str(config.paths.control_socket)
    yield from faulty("paths.control_socket", path, socket_path_fault(path))


def _find_bad_listen(config: Config) -> Iterator[Problem]:
    for address in config.web.addresses:
        yield from faulty("web.listen", address, listen_fault(address))


def _find_open_web_without_token(config: Config) -> Iterator[Problem]:
    if config.web.token is not None or config.web.client_ca is not None:
        return
    for address in config.web.addresses:
        if listen_fault(address) is None and not _is_local(address):
            yield Problem(
                path="web.token_file",
                value=MISSING,
                allowed=f"{allowed_token(TOKEN_LEAST)}: {address} can be reached from other hosts",
                remedy="add it, or web.client_ca, or listen on 127.0.0.1:8686",
            )


def _find_papers_without_certificate(config: Config) -> Iterator[Problem]:
    if config.web.certificate is not None:
        return
    for name in ("key", "client_ca"):
        path: Path | None = getattr(config.web, name)
        if path is not None:
            yield Problem(
                path=f"web.{name}",
                value=notation(str(path)),
                allowed="nothing without web.certificate: the connection is not encrypted",
                remedy='add web.certificate = "/etc/eoskeeper/web.pem", or remove it',
            )


def _is_local(address: str) -> bool:
    found = listen_address(address)
    return found is None or is_loopback(found[0])


def _find_bad_influxdb(config: Config) -> Iterator[Problem]:
    found = endpoint_of(config.influxdb)
    if isinstance(found, SettingProblem):
        is_there = found.key == "url"
        yield Problem(
            path=f"influxdb.{found.key}",
            value=STARS if is_there else MISSING,
            allowed=found.allowed,
            remedy=found.remedy,
        )


def _find_bad_token(config: Config) -> Iterator[Problem]:
    yield from bad_token("web.token", config.web.token, TOKEN_LEAST)


def _find_bad_peer_tokens(config: Config) -> Iterator[Problem]:
    for name, peer in config.peers.items():
        yield from bad_token(f"peers.{name}.token", peer.token, TOKEN_LEAST)


def _find_relative_state(config: Config) -> Iterator[Problem]:
    if not config.paths.state.is_absolute():
        fault = Fault("an absolute path", "write the path from / on")
        yield from faulty("paths.state", str(config.paths.state), fault)


def _find_bad_peer_urls(config: Config) -> Iterator[Problem]:
    for name, peer in config.peers.items():
        yield from faulty(f"peers.{name}.url", peer.url, peer_url_fault(peer.url))


def _find_itself_as_peer(config: Config) -> Iterator[Problem]:
    if config.host.name in config.peers:
        yield Problem(
            path=f"peers.{config.host.name}",
            value="",
            allowed="the other hosts of the cluster",
            remedy="remove this table: it is this host itself (host.name)",
        )


def _find_name_that_many_have(config: Config) -> Iterator[Problem]:
    if config.host.name == "localhost" and config.peers:
        yield Problem(
            path="host.name",
            value=notation(config.host.name),
            allowed="a name that no other host of the cluster has",
            remedy="add host.name",
        )


def _find_grades_in_wrong_order(config: Config, name: str) -> Iterator[Problem]:
    """What has failed is worse than degraded; which way is worse, the defaults tell."""
    rule = getattr(config.rules, name)
    default = type(rule)()
    for key in rule.__struct_fields__:
        worse = f"failed_{key.removeprefix('degraded_')}"
        if not hasattr(rule, worse):
            continue
        rising = getattr(default, key) < getattr(default, worse)
        degraded, failed = getattr(rule, key), getattr(rule, worse)
        if (degraded > failed) if rising else (degraded < failed):
            yield Problem(
                path=f"rules.{name}.{key}",
                value=notation(degraded),
                allowed=f"{notation(failed)} ({worse}) or {'less' if rising else 'more'}",
                remedy=f"correct it, or {worse}",
            )


_TURNS = "failover.takeover_after_turns"

_CHECKS: tuple[Check | EntryCheck, ...] = (
    Check(("host.role", _TURNS, "failover.takeover_window_turns"), _find_observer_that_takes_over),
    Check(("host.role", "producer.account"), _find_producer_without_account),
    Check(("host.role", _TURNS), _find_standby_without_delay),
    Check(("host.role", _TURNS, "failover.first_standby_turns"), _find_delay_below_first_standby),
    Check(("nodeos.log", "nodeos.journal_unit"), _find_two_logs),
    Check(("nodeos.url",), _find_bad_nodeos_url),
    Check(("nodeos.producer_url",), _find_bad_producer_url),
    Check(("paths.control_socket",), _find_bad_socket_path),
    Check(("paths.state",), _find_relative_state),
    Check(("influxdb",), _find_bad_influxdb),
    Check(("web.listen",), _find_bad_listen),
    Check(("web.certificate", "web.key", "web.client_ca"), _find_papers_without_certificate),
    Check(("web.listen", "web.token", "web.client_ca"), _find_open_web_without_token),
    Check(("web.token",), _find_bad_token),
    Check(("peers",), _find_bad_peer_urls),
    Check(("peers",), _find_bad_peer_tokens),
    Check(("host.name", "peers"), _find_itself_as_peer),
    Check(("host.name", "peers"), _find_name_that_many_have),
    EntryCheck("rules", (), _find_grades_in_wrong_order),
)
