"""Protection: the register, the guard and the fence ladder, composed as the configuration wants."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable

from eoskeeper.app.correspondent import Correspondent, Counterparts
from eoskeeper.app.guarded import guard_link_settings, guard_settings, write_guard_file
from eoskeeper.config import Config
from eoskeeper.domain.samples import Sample
from eoskeeper.effects.fence_ladder import FenceLadder
from eoskeeper.effects.guard_link import GuardLink
from eoskeeper.registers.etcd_client import EtcdRegister
from eoskeeper.registers.etcd_link import tls_context
from eoskeeper.registers.etcd_settings import EtcdSettings, lease_key
from eoskeeper.runtime.clock import Clock
from eoskeeper.runtime.tasks import every

__all__ = ["Protection", "make_register", "new_run"]

LADDER_LOOK_S = 1.0
"""How often the ladder sees whether it still has the nodeos in hand that runs."""


def new_run() -> str:
    """A name for this keeper process that no other has."""
    return secrets.token_hex(8)


class Protection:
    """What keeps this host from producing when it may not."""

    def __init__(
        self,
        config: Config,
        clock: Clock,
        tell: Callable[[Sample], None],
        note: Callable[[Sample], None],
    ) -> None:
        """Nothing is asked or started before its mains run; see ``Correspondent``."""
        policy = config.policy()
        self._clock = clock
        self._link: GuardLink | None = None
        self.ladder: FenceLadder | None = None
        if policy.guard is not None:
            if config.guard.start:
                write_guard_file(config)
            self._link = GuardLink(guard_link_settings(config), clock)
            self.ladder = FenceLadder(guard_settings(config))
        register = make_register(config, clock) if policy.lease is not None else None
        counterparts = Counterparts(register, self._link, config.lease.timeout_s)
        self.correspondent = Correspondent(counterparts, clock, tell, note)
        has_hooks = policy.hooks.runs_any
        self._uses_any = policy.lease is not None or policy.guard is not None or has_hooks

    def mains(self, pid: Callable[[], int | None]) -> dict[str, Callable[[], Awaitable[None]]]:
        """Long-running parts by their names; none where no etcd, no guard and no hook is used.

        Args:
            pid: of nodeos, as it was seen last.
        """
        if not self._uses_any:
            return {}
        parts: dict[str, Callable[[], Awaitable[None]]] = {"correspondent": self.correspondent.run}
        if self.ladder is not None:
            ladder = self.ladder
            parts["ladder"] = lambda: _hold(ladder, pid)
        return parts


async def _hold(ladder: FenceLadder, pid: Callable[[], int | None]) -> None:
    """Take nodeos in hand while it runs, so that its end can be proven later."""
    held: int | None = None
    try:
        async for _ in every(LADDER_LOOK_S):
            seen = pid()
            if seen is not None and seen != held and not await ladder.remember():
                held = seen
    finally:
        await asyncio.shield(asyncio.to_thread(ladder.forget))


def make_register(config: Config, clock: Clock) -> EtcdRegister:
    """The register of a configuration whose policy has a lease. Reads certificates."""
    account, chain_id = config.producer.account, config.nodeos.chain_id
    assert account is not None, "a host that may produce has a producer"
    assert chain_id is not None, "checked with the configuration"
    settings: EtcdSettings = config.etcd
    needs_tls = any(url.startswith("https:") for url in settings.endpoints)
    tls = tls_context(settings) if needs_tls else None
    return EtcdRegister(settings, lease_key(settings, chain_id, account), clock, tls)
