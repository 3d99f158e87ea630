"""One host of a devnet: where its files are, how to reach it, how its nodeos is configured."""

from dataclasses import dataclass
from pathlib import Path

from eoskeeper.devnet import processes
from eoskeeper.devnet.namespaces import enter_command
from eoskeeper.devnet.nodeos_binary import NodeosBinary
from eoskeeper.devnet.plan import PRODUCER, PRODUCING_HOSTS, HostPlan, Plan, other_producers
from eoskeeper.devnet.signing import CHAIN_KEY, OUR_KEY

# chainbase's file begins with "EOSIODB2"; the next byte is true while a process has it open, and
# stays true after one that was killed. Source: leap v4.0.0 chainbase/pinnable_mapped_file.hpp.
DIRTY_OFFSET = 8


@dataclass(frozen=True)
class Host:
    """A host's name, paths and addresses; `namespace` is None on loopback."""

    name: str
    directory: Path
    identity: str
    namespace: str | None
    plan: HostPlan

    @property
    def nodeos_log(self) -> Path:
        """What nodeos prints."""
        return self.directory / "nodeos.log"

    @property
    def keeper_log(self) -> Path:
        """What the keeper prints."""
        return self.directory / "keeper.log"

    @property
    def config(self) -> Path:
        """The keeper's configuration."""
        return self.directory / "eoskeeper.toml"

    @property
    def keeper_state(self) -> Path:
        """The keeper's own folder."""
        return self.directory / "keeper"

    @property
    def control_socket(self) -> Path:
        """The keeper's control socket."""
        return self.directory / "keeper.sock"

    @property
    def url(self) -> str:
        """The nodeos API, as seen from within the host."""
        return f"http://127.0.0.1:{self.plan.api_port}"

    @property
    def address(self) -> str:
        """The IP address under which the other hosts know this one."""
        return self.plan.address

    @property
    def enter(self) -> tuple[str, ...]:
        """The words to put before a command that shall run on this host; none on loopback."""
        return () if self.namespace is None else enter_command(self.namespace)

    @property
    def pid(self) -> int | None:
        """The process id of nodeos, None when it is gone."""
        return self.pid_of("nodeos")

    @property
    def keeper_pid(self) -> int | None:
        """The process id of the keeper, None when it is gone."""
        return self.pid_of("keeper")

    @property
    def mode_file(self) -> Path:
        """The file that the wire obeys."""
        return self.directory / "line"

    @property
    def data(self) -> Path:
        """The data folder of nodeos."""
        return self.directory / "data"

    def pid_of(self, part: str) -> int | None:
        """Return the process id of `nodeos`, `keeper` or `companion`, None when it is gone."""
        process = processes.running(self.pid_file(part), self.identity, f"{self.name}/{part}")
        return None if process is None else process.pid

    def pid_file(self, part: str) -> Path:
        """Return the file that holds a part's process id."""
        return self.directory / f"{part}.pid"

    def last_words(self, lines: int = 4) -> str:
        """Return the end of what nodeos printed."""
        text = self.nodeos_log.read_text(errors="replace") if self.nodeos_log.exists() else ""
        return "\n".join(line[:300] for line in text.splitlines()[-lines:])

    def launch(self, part: str, argv: list[str], log: Path, *, outside: bool = False) -> int:
        """Start a part of this host in its network, or `outside`; return the process id."""
        return processes.start(
            argv if outside else [*self.enter, *argv],
            env=processes.environment(self.identity, f"{self.name}/{part}"),
            log=log,
            pid_file=self.pid_file(part),
            cwd=self.directory,
        )


def make_host(directory: Path, plan: Plan, name: str) -> Host:
    """Return the host of a plan whose devnet lies in `directory`."""
    namespace = plan.namespace(name) if plan.namespaces else None
    return Host(name, directory / name, plan.identity, namespace, plan.hosts[name])


def pauses_by_default(name: str) -> bool:
    """Tell whether a host is configured to start paused: the standbys are."""
    return name in PRODUCING_HOSTS[1:]


def nodeos_settings(host: Host, plan: Plan) -> str:
    """Return the `config.ini` of a host's nodeos."""
    lines = [
        *(f"plugin = eosio::{name}_plugin" for name in ("chain_api", "producer_api")),
        *(f"plugin = eosio::{name}_plugin" for name in ("net_api", "db_size_api")),
        f"http-server-address = 127.0.0.1:{host.plan.api_port}",
        "http-validate-host = false",
        f"agent-name = devnet-{host.name}",
        *_link_settings(host),
        *_producer_settings(host, plan),
        "chain-state-db-size-mb = 256",
        "chain-state-db-guard-size-mb = 32",
        # The disk of a build machine may well be fuller than nodeos likes.
        "resource-monitor-not-shutdown-on-threshold-exceeded = true",
    ]
    return "\n".join(lines) + "\n"


def _link_settings(host: Host) -> list[str]:
    port = host.plan.inner_port
    # Empty means: do not listen. Nobody dials a producing host.
    listen = "" if port is None else f"127.0.0.1:{port}"
    return [
        f"p2p-listen-endpoint = {listen}",
        f"p2p-server-address = {host.name}.devnet:{host.plan.outer_port or 9876}",
        *(f"p2p-peer-address = 127.0.0.1:{local}" for local in host.plan.dials.values()),
        # All links come from the wire, thus from one address.
        "p2p-max-nodes-per-host = 100",
        "max-clients = 100",
        # Links return quickly after a cut, and a silent one is noticed in ten seconds.
        "connection-cleanup-period = 2",
        "p2p-keepalive-interval-ms = 5000",
    ]


def _producer_settings(host: Host, plan: Plan) -> list[str]:
    if host.name in PRODUCING_HOSTS:
        names, key = [PRODUCER], OUR_KEY
    elif host.name == "o":
        names, key = ["eosio", *other_producers(plan.options.producers - 1)], CHAIN_KEY
    else:
        return []
    return [
        *(f"producer-name = {name}" for name in names),
        f"signature-provider = {key.public}=KEY:{key.private}",
        # Founding a chain of many producers takes longer than the usual 30 ms on a busy machine;
        # a node without producers would refuse the option (its read-only window is shorter).
        "max-transaction-time = 200",
    ]


def state_is_dirty(host: Host) -> bool:
    """Tell whether the host's nodeos was killed: its state is then of no use to it.

    Only to be asked when that process is gone, for a running one looks the same.
    """
    try:
        with (host.data / "state" / "shared_memory.bin").open("rb") as file:
            header = file.read(DIRTY_OFFSET + 1)
    except FileNotFoundError:
        return False
    return len(header) <= DIRTY_OFFSET or header[DIRTY_OFFSET] != 0


def nodeos_command(host: Host, binary: NodeosBinary, *, pause: bool, stale: bool) -> list[str]:
    """Return the command that starts the host's nodeos.

    `stale` lets it produce before it has heard anyone, which the first node of a chain must.
    """
    config = host.directory / "config"
    argv = [*binary.nodeos, "--config-dir", str(config), "--data-dir", str(host.data)]
    if not (host.data / "blocks" / "blocks.log").exists():
        argv += ["--genesis-json", str(host.directory.parent / "genesis.json")]
    return argv + ["--pause-on-startup"] * pause + ["--enable-stale-production"] * stale


def companion_settings(host: Host, plan: Plan) -> dict[str, object]:
    """Return what the host's companion reads: where its links lead, and its trickle."""
    routes = [
        {
            "listen": ("127.0.0.1", local),
            "target": (plan.hosts[remote].address, plan.hosts[remote].outer_port),
            "inward": False,
        }
        for remote, local in host.plan.dials.items()
    ]
    if host.plan.inner_port is not None:
        inner = ("127.0.0.1", host.plan.inner_port)
        outer = (host.address, host.plan.outer_port)
        routes.append({"listen": outer, "target": inner, "inward": True})
    every_s = plan.options.trickle_every_s
    trickle = {"host": host.name, "port": host.plan.api_port, "every_s": every_s}
    has_trickle = host.name in PRODUCING_HOSTS and every_s > 0
    return {
        "routes": routes,
        "mode_file": str(host.mode_file),
        "trickle": trickle if has_trickle else None,
    }
