"""Lease checks: what a lease in etcd needs, and the arithmetic that keeps two hosts apart."""

from __future__ import annotations

from collections.abc import Iterator

from eoskeeper.config.check import Check
from eoskeeper.config.model import Config
from eoskeeper.config.problems import MISSING, Problem
from eoskeeper.config.wording import notation
from eoskeeper.domain.lease.timing import lease_problems
from eoskeeper.registers.etcd_settings import setting_problems

__all__ = ["LEASE_CHECKS"]


def _find_bad_etcd(config: Config) -> Iterator[Problem]:
    for found in setting_problems(config.etcd):
        value = getattr(config.etcd, found.setting.removesuffix("_file"))
        shown = MISSING if value is None else notation(value)
        yield Problem(f"etcd.{found.setting}", shown, found.allowed, found.remedy)


def _find_etcd_without_chain(config: Config) -> Iterator[Problem]:
    """Its name is a part of the key: two chains must not share a record."""
    if config.etcd.endpoints and config.nodeos.chain_id is None:
        yield Problem(
            path="nodeos.chain_id",
            value=MISSING,
            allowed="the chain that the lease in etcd is for",
            remedy="add it: cleos get info prints it; the same on every host",
        )


def _find_etcd_without_guard(config: Config) -> Iterator[Problem]:
    if config.keeps_lease and not config.guard.enabled:
        yield Problem(
            path="guard.enabled",
            value=notation(config.guard.enabled),
            allowed="true with [etcd]: a host without a guard does not hold the lease",
            remedy="start eoskeeper-guard.service and set guard.enabled = true",
        )


def _find_failsafe_alone(config: Config) -> Iterator[Problem]:
    """Its promises are members' words, and stand for a lease."""
    if config.failover.failsafe and config.members.token is None:
        yield Problem(
            path="failover.failsafe",
            value=notation(config.failover.failsafe),
            allowed="true with [members]: each of them has to promise",
            remedy="set members.token_file on every host, or leave failover.failsafe out",
        )
    if config.failover.failsafe and config.acts and not config.keeps_lease:
        yield Problem(
            path="failover.failsafe",
            value=notation(config.failover.failsafe),
            allowed="true with a lease in etcd: over the chain register nobody promises",
            remedy="set etcd.endpoints, or leave failover.failsafe out",
        )


def _find_unsafe_timing(config: Config) -> Iterator[Problem]:
    for found in lease_problems(config.lease):
        yield Problem(
            path="lease",
            value=found.arithmetic,
            allowed=f"limits that keep {found.name}; {found.otherwise}",
            remedy="change one of them, on every host of the cluster; without the table the "
            "defaults keep every rule",
        )


LEASE_CHECKS: tuple[Check, ...] = (
    Check(("etcd",), _find_bad_etcd),
    Check(("etcd", "nodeos.chain_id"), _find_etcd_without_chain),
    Check(("etcd", "guard", "failover.mode", "host.role"), _find_etcd_without_guard),
    Check(("failover", "members", "etcd", "host.role"), _find_failsafe_alone),
    Check(("lease",), _find_unsafe_timing),
)
