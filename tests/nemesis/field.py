"""The network that the nemesis strikes: how each deed is done, undone, and everything healed."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from signal import SIGCONT, SIGKILL, SIGSTOP

import psutil

from eoskeeper.devnet.api import ApiError
from eoskeeper.devnet.clock import monotonic_s
from eoskeeper.devnet.errors import DevnetError
from eoskeeper.devnet.view import NodeState, node_state
from eoskeeper.domain.standing import State
from tests.integration.cluster import BPS
from tests.integration.leased import CLIENT_PORT, PEER_PORT, LeasedCluster, guard_of
from tests.nemesis import lines
from tests.nemesis.faults import Deed, Fault, Part, Struck, Target

Undo = Callable[[], None]

OWN_TURN_END_S = 6.0
END_AFTER_S = 5.0
"""So long after everything is healed the operator ends a nodeos that was stopped by force."""


class SomethingElseError(Exception):
    """A deed that could not be done: what it strikes is not there, or not in that state."""


@dataclass
class Field:
    """A cluster with a lease, and the host that held it last."""

    cluster: LeasedCluster
    last_holder: str = "a"
    _end_at: dict[str, float] = field(default_factory=dict)

    # --- whom -----------------------------------------------------------------------------------

    def whom(self, target: Target, choice: float) -> str:
        """The host that a target stands for just now."""
        self.last_holder = self.cluster.holder() or self.last_holder
        if target is Target.HOLDER:
            return self.last_holder
        if target is Target.LEADER:
            with contextlib.suppress(AssertionError):
                return self.cluster.leader()
        others = [name for name in BPS if name != self.last_holder or target is not Target.STANDBY]
        return others[min(int(choice * len(others)), len(others) - 1)]

    # --- deeds ----------------------------------------------------------------------------------

    def strike(self, struck: Struck, fault: Fault) -> Undo:
        """Do it; return how it is undone.

        Raises:
            SomethingElseError: it cannot be done now.
        """
        if fault.part is Part.LINE:
            return self._cut(struck)
        if fault.deed is Deed.UNPAUSED:
            return self._restart_unpaused(struck.host)
        if fault.deed is Deed.CURL:
            return self._resume_by_hand(struck.host)
        process = self._process(struck)
        if struck.part is Part.NODEOS and process.status() == psutil.STATUS_STOPPED:
            message = f"{struck.part} of {struck.host} is stopped already, by the fence"
            raise SomethingElseError(message)
        process.send_signal(SIGKILL if fault.deed is Deed.KILL else SIGSTOP)
        if fault.deed is Deed.KILL:
            with contextlib.suppress(psutil.TimeoutExpired):
                process.wait(5)
            return lambda: self._start(struck.host, fault.part)
        return lambda: _go_on(process)

    def _process(self, struck: Struck) -> psutil.Process:
        host = self.cluster.devnet.host(struck.host)
        if struck.part is Part.GUARD:
            try:
                return guard_of(self.cluster, struck.host)
            except AssertionError as error:
                raise SomethingElseError(str(error)) from error
        pid = host.pid_of(struck.part.value)
        if pid is None:
            message = f"{struck.part} of {struck.host} does not run"
            raise SomethingElseError(message)
        return psutil.Process(pid)

    def _start(self, name: str, part: Part) -> None:
        host = self.cluster.devnet.host(name)
        if part is Part.KEEPER and host.keeper_pid is None:
            self.cluster.start_keeper(name)
        elif part is Part.MEMBER and host.pid_of("etcd") is None:
            self.cluster.start_member(name)
        elif part is Part.NODEOS and host.pid is None:
            with contextlib.suppress(DevnetError):
                self.cluster.devnet.start(name, pause_on_startup=True)

    def _restart_unpaused(self, name: str) -> Undo:
        devnet = self.cluster.devnet
        try:
            devnet.stop(name)
            devnet.start(name, pause_on_startup=False)
        except DevnetError as error:
            raise SomethingElseError(str(error)) from error
        return _nothing

    def _resume_by_hand(self, name: str) -> Undo:
        """Between own turns: in one of them a block is made before anybody can have looked."""
        self.cluster.sleep_into_own_turn(OWN_TURN_END_S + 1.5)
        if self.cluster.state(name) is not State.STANDBY:
            message = f"{name} does not stand by any more"
            raise SomethingElseError(message)
        try:
            self.cluster.devnet.call(name, "/v1/producer/resume", timeout_s=1)
        except ApiError as error:
            raise SomethingElseError(str(error)) from error
        return _nothing

    def _cut(self, struck: Struck) -> Undo:
        hosts = self.cluster.devnet.hosts
        address = {name: host.address for name, host in hosts.items()}
        side = [struck.host]
        match struck.deed:
            case Deed.CUT_ALL:
                rules = lines.everything()
            case Deed.CUT_IN:
                rules = lines.everything(("input",))
            case Deed.CUT_OUT:
                rules = lines.everything(("output",))
            case Deed.CUT_ETCD:
                rules = lines.ports(CLIENT_PORT, PEER_PORT)
            case Deed.CUT_P2P:
                rules = lines.ports(lines.P2P)
            case Deed.CUT_PEERS:
                rules = lines.ports(PEER_PORT)
            case _:
                partner = next(name for name in BPS if name != struck.host)
                side = [struck.host, "o" if struck.deed is Deed.HALVES else partner]
                rules = lines.between(address[name] for name in hosts if name not in side)
        for name in side:
            lines.drop(hosts[name], rules)
        return self.mend

    # --- healing --------------------------------------------------------------------------------

    def mend(self) -> None:
        """End every cut."""
        for host in self.cluster.devnet.hosts.values():
            lines.mend(host)

    def heal_once(self) -> None:
        """What an operator and systemd do: start what is gone, end what was stopped."""
        for name in BPS:
            self._start(name, Part.MEMBER)
            self._start(name, Part.KEEPER)
            state = node_state(self.cluster.devnet.host(name))
            if state is NodeState.GONE:
                self._end_at.pop(name, None)
                self._start(name, Part.NODEOS)
            elif state is NodeState.FROZEN:
                self._end(name)
            else:
                self._end_at.pop(name, None)

    def _end(self, name: str) -> None:
        """End a nodeos that the fence has stopped; continued, it might make one block more."""
        now_s = monotonic_s()
        if now_s >= self._end_at.setdefault(name, now_s + END_AFTER_S):
            with contextlib.suppress(DevnetError, psutil.Error):
                self.cluster.devnet.kill(name)

    def recover(self, within_s: float) -> tuple[float, str] | None:
        """Heal until one host holds and has produced; seconds that it took, and which host.

        Returns:
            None: nobody did within the bound.
        """
        began_s = monotonic_s()
        while (passed_s := monotonic_s() - began_s) < within_s:
            self.heal_once()
            holder = self.cluster.holder()
            if holder is not None and self._produces(holder):
                self.last_holder = holder
                return passed_s, holder
            time.sleep(0.5)
        return None

    def _produces(self, name: str) -> bool:
        """Its newest block is of the last round."""
        blocks = self.cluster.blocks(name)
        if not blocks:
            return False
        age_slots = self.cluster.now_slot() - blocks[-1].slot
        return age_slots < self.cluster.round_slots


def _go_on(process: psutil.Process) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(SIGCONT)


def _nothing() -> None:
    """There is nothing to undo."""
