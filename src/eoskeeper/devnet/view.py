"""What can be seen of a running devnet: its hosts, their APIs, logs and state."""

import functools
import socket
from enum import StrEnum
from typing import Any

import msgspec
import psutil

from eoskeeper.devnet import api, namespaces
from eoskeeper.devnet.clock import SLOTS_PER_TURN, slot_of, utc_now
from eoskeeper.devnet.errors import DevnetError
from eoskeeper.devnet.host import Host, make_host
from eoskeeper.devnet.oracle import Oracle, last_slot
from eoskeeper.devnet.plan import HOSTS, PRODUCER, DevnetOptions, Plan, other_producers
from eoskeeper.devnet.site import Site
from eoskeeper.devnet.wire import WireMode

TAIL_BYTES = 262_144


class NodeState(StrEnum):
    """What became of a host's nodeos process."""

    RUNNING = "running"
    FROZEN = "frozen"
    GONE = "gone"


class HostStatus(msgspec.Struct, frozen=True):
    """One host at a glance; None is: nobody could tell, or there is none.

    `producing` says that its log has a produced block of the last round.
    """

    name: str
    node: NodeState
    line: WireMode
    pid: int | None = None
    keeper_pid: int | None = None
    head: int | None = None
    irreversible: int | None = None
    paused: bool | None = None
    producing: bool | None = None


def node_state(host: Host) -> NodeState:
    """Look at the process of a host's nodeos."""
    pid = host.pid
    if pid is None:
        return NodeState.GONE
    try:
        stopped = psutil.Process(pid).status() == psutil.STATUS_STOPPED
    except psutil.NoSuchProcess:
        return NodeState.GONE
    return NodeState.FROZEN if stopped else NodeState.RUNNING


class DevnetView:
    """A devnet as one can look at it; everything that changes it is in `network.Devnet`."""

    def __init__(self, site: Site, plan: Plan) -> None:
        self._site = site
        self._plan = plan
        self.directory = site.directory

    @property
    def our_producer(self) -> str:
        """The account that a, b and c produce for."""
        return PRODUCER

    @property
    def other_producers(self) -> list[str]:
        """The accounts that host o produces for."""
        return other_producers(self._plan.options.producers - 1)

    @property
    def options(self) -> DevnetOptions:
        """What this devnet was asked to be."""
        return self._plan.options

    @property
    def identity(self) -> str:
        """The value of `EOSKEEPER_DEVNET` in the environment of all its processes."""
        return self._plan.identity

    @property
    def has_namespaces(self) -> bool:
        """Whether every host has its own network; else all share the loopback."""
        return self._plan.namespaces

    @property
    def hosts(self) -> dict[str, Host]:
        """All hosts by name."""
        return {name: self.host(name) for name in HOSTS}

    @property
    def oracle(self) -> Oracle:
        """The judge over the logs of all hosts."""
        return Oracle({name: host.nodeos_log for name, host in self.hosts.items()})

    def host(self, name: str) -> Host:
        """Return one host.

        Raises:
            DevnetError: there is no such host.
        """
        if name not in self._plan.hosts:
            message = f"no such host: {name!r}; there are {', '.join(HOSTS)}"
            raise DevnetError(message)
        return make_host(self.directory, self._plan, name)

    def socket(self, host: str) -> socket.socket:
        """Return an unconnected TCP socket in the host's network."""
        namespace = self.host(host).namespace
        return socket.socket() if namespace is None else namespaces.socket_in(namespace)

    def call(
        self,
        host: str,
        path: str,
        body: Any = None,  # noqa: ANN401  any JSON value
        *,
        timeout_s: float = 5.0,
    ) -> Any:  # noqa: ANN401  any JSON value
        """POST to a host's nodeos API, within its network, and return the parsed answer.

        Raises:
            ApiError: no answer, or an error answer.
        """
        port = self.host(host).plan.api_port
        make_socket = functools.partial(self.socket, host)
        return api.call(port, path, body, timeout_s=timeout_s, make_socket=make_socket)

    def active_schedule(self, host: str = "o") -> list[str]:
        """Return the producers of the schedule in force, in its order, as this host sees it."""
        answer = self.call(host, "/v1/chain/get_producer_schedule", {})
        return [producer["producer_name"] for producer in answer["active"]["producers"]]

    def status(self) -> list[HostStatus]:
        """Return what all hosts are doing; costs some calls, so not for tight loops."""
        return [self._status(self.host(name)) for name in HOSTS]

    def _status(self, host: Host) -> HostStatus:
        status = HostStatus(
            host.name,
            node_state(host),
            self._site.line(self._plan, host),
            pid=host.pid,
            keeper_pid=host.keeper_pid,
        )
        if status.node is NodeState.GONE:
            return status
        status = msgspec.structs.replace(status, producing=self._produces(host))
        return status if status.node is NodeState.FROZEN else self._with_answers(status)

    def _with_answers(self, status: HostStatus) -> HostStatus:
        try:
            info = self.call(status.name, "/v1/chain/get_info", {}, timeout_s=1)
            paused = self.call(status.name, "/v1/producer/paused", timeout_s=1)
        except api.ApiError:
            return status
        return msgspec.structs.replace(
            status,
            head=info["head_block_num"],
            irreversible=info["last_irreversible_block_num"],
            paused=paused,
        )

    def _produces(self, host: Host) -> bool:
        """Tell whether the end of the log has a block of the last round."""
        with host.nodeos_log.open("rb") as log:
            log.seek(max(0, log.seek(0, 2) - TAIL_BYTES))
            lines = log.read().decode(errors="replace").split("\n")[1:-1]
        round_slots = SLOTS_PER_TURN * self._plan.options.producers
        oldest = slot_of(utc_now()) - round_slots - SLOTS_PER_TURN
        return last_slot(lines, host.name) >= oldest
