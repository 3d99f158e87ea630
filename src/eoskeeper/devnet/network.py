"""`Devnet`: a running network as one object, for tests and for the command line.

Its state is on disk and in the processes: any number of `Devnet` objects may look at one network,
and a crash of whoever started it loses nothing.
"""

import contextlib
import functools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from signal import SIGCONT, SIGKILL, SIGSTOP, SIGTERM, Signals
from types import TracebackType
from typing import Any, Self

import psutil

from eoskeeper.devnet import api, bootstrap, processes
from eoskeeper.devnet.clock import await_that
from eoskeeper.devnet.errors import DevnetError
from eoskeeper.devnet.host import (
    nodeos_command,
    pauses_by_default,
    state_is_dirty,
)
from eoskeeper.devnet.keepers import as_toml, keeper_settings
from eoskeeper.devnet.nodeos_binary import find_nodeos
from eoskeeper.devnet.plan import (
    HOSTS,
    KEEPER_HOSTS,
    PRODUCER,
    DevnetOptions,
    load_plan,
)
from eoskeeper.devnet.site import Site
from eoskeeper.devnet.view import DevnetView, HostStatus, NodeState, node_state
from eoskeeper.devnet.wire import WireMode
from eoskeeper.runtime.whole_files import write_atomically

STOP_TIMEOUT_S = 20.0
API_TIMEOUT_S = 20.0
SYNC_TIMEOUT_S = 40.0
# Within this many blocks of each other, all nodes hear the same chain.
SYNC_BLOCKS = 3


def _ignore(_: str) -> None:
    """Tell nobody of progress."""


class Devnet(DevnetView):
    """A network of the hosts a, b, c (one producer), f (full node) and o (all other producers)."""

    # --- life and death -------------------------------------------------------------------------

    @classmethod
    def create(cls, directory: Path | str, options: DevnetOptions | None = None) -> Self:
        """Prepare a devnet in a directory, after removing what a crashed one left there.

        Raises:
            DevnetError: one is already up there, the path is too long, or the options do not fit.
        """
        site = Site(Path(directory).absolute())
        return cls(site, site.prepare(options or DevnetOptions()))

    @classmethod
    def open(cls, directory: Path | str) -> Self:
        """Return the devnet of a directory.

        Raises:
            DevnetError: there is none.
        """
        site = Site(Path(directory).absolute())
        plan = load_plan(site.directory)
        if plan is None:
            message = f"no devnet is up in {site.directory}: start one with `up`"
            raise DevnetError(message)
        return cls(site, plan)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.down()

    def up(self, progress: Callable[[str], None] = _ignore) -> None:
        """Start everything and return when host a has produced on the common chain.

        Whatever stops it half-way, it leaves nothing behind.

        Raises:
            DevnetError: something did not start; the message names the log to look at.
        """
        if not self._site.is_ours:
            message = "this devnet was opened, not created: it is up already, or crashed on its way"
            raise DevnetError(message)
        try:
            self._bring_up(progress)
            self._plan = self._site.mark_ready(self._plan)
        except BaseException:
            self.down()
            raise

    def _bring_up(self, progress: Callable[[str], None]) -> None:
        progress("looking for nodeos")
        find_nodeos()
        self._site.build(self._plan)
        for name in HOSTS:
            self._start_companion(name)
        progress("starting the nodes")
        self._start("o", pause=False, stale=True)
        for name in HOSTS[:-1]:
            self._start(name, pause=pauses_by_default(name), stale=False)
        self._await_api("o")
        call = functools.partial(self.call, "o")
        bootstrap.found_chain(call, self._plan.options.producers, progress)
        progress("waiting for the schedule and for all nodes to follow")
        await_that(self._schedule_holds, "the schedule is active", timeout_s=SYNC_TIMEOUT_S)
        await_that(self._all_follow, "all nodes follow the chain", timeout_s=SYNC_TIMEOUT_S)
        if self._plan.options.keepers:
            progress("starting the keepers")
            for name in KEEPER_HOSTS:
                self.start_keeper(name)
            if self._plan.options.pages:
                self._open_windows()
        progress(f"waiting for the first turn of {PRODUCER}")
        await_that(self._a_produces, "host a has produced on the chain", timeout_s=SYNC_TIMEOUT_S)

    def down(self) -> None:
        """End every process, delete every namespace and every file of this devnet."""
        self._site.clean(self._plan)

    # --- doing things to nodeos -----------------------------------------------------------------

    def start(self, host: str, pause_on_startup: bool | None = None) -> None:  # noqa: FBT001  None is a third answer
        """Start a host's nodeos and wait for its API; None means the host's own default.

        After an unclean end the state is removed first, so that nodeos replays its block log.

        Raises:
            DevnetError: it runs already, or ended at once.
        """
        target = self.host(host)
        if target.pid is not None:
            message = f"nodeos of host {host} is already running"
            raise DevnetError(message)
        pause = pauses_by_default(host) if pause_on_startup is None else pause_on_startup
        self._start(host, pause=pause, stale=False)
        self._await_api(host)
        if host == "o":
            self._let_o_go_first(pause=pause)

    def _start(self, name: str, *, pause: bool, stale: bool) -> None:
        host = self.host(name)
        if state_is_dirty(host):
            self._site.remove(host.data / "state")
        command = nodeos_command(host, find_nodeos(), pause=pause, stale=stale)
        host.launch("nodeos", command, host.nodeos_log)

    def _let_o_go_first(self, *, pause: bool) -> None:
        """Restart host o, once it has all blocks, so that it produces without hearing anyone.

        It runs most of the producers: it may be the one to make the next block. Started so in the
        first place, it would go on from its last irreversible block and fork everyone else.
        """
        with contextlib.suppress(DevnetError):
            await_that(self._o_has_all, "host o has all blocks", timeout_s=SYNC_TIMEOUT_S / 4)
        self.stop("o")
        self._start("o", pause=pause, stale=True)
        self._await_api("o")

    def _o_has_all(self) -> bool:
        heads = {status.name: status.head or 0 for status in self.status()}
        return heads["o"] >= max(heads.values())

    def _await_api(self, name: str) -> None:
        host = self.host(name)

        def answers() -> bool:
            if host.pid is None:
                # The lines go into the message, for an `up` that fails removes the log.
                message = f"nodeos of host {name} has ended, saying:\n{host.last_words()}"
                raise DevnetError(message)
            try:
                self.call(name, "/v1/chain/get_info", {}, timeout_s=1)
            except api.ApiError:
                return False
            return True

        await_that(answers, f"nodeos of host {name} answers", timeout_s=API_TIMEOUT_S)

    def kill(self, host: str) -> None:
        """SIGKILL a host's nodeos and wait until it is gone."""
        self._end(host, SIGKILL)

    def stop(self, host: str) -> None:
        """SIGTERM a host's nodeos and wait until it has ended.

        Raises:
            DevnetError: it is not running, or did not end in 20 s (a frozen one does not).
        """
        self._end(host, SIGTERM)

    def _end(self, host: str, number: Signals) -> None:
        if not processes.end(self._nodeos(host), number=number, timeout_s=STOP_TIMEOUT_S):
            message = (
                f"nodeos of host {host} did not end within {STOP_TIMEOUT_S:g} s of {number.name}"
            )
            raise DevnetError(message)

    def freeze(self, host: str) -> None:
        """SIGSTOP a host's nodeos: it is there and does nothing."""
        self._nodeos(host).send_signal(SIGSTOP)
        await_that(
            lambda: node_state(self.host(host)) is NodeState.FROZEN,
            f"nodeos of host {host} is frozen",
            timeout_s=2,
            every_s=0.01,
        )

    def thaw(self, host: str) -> None:
        """SIGCONT a host's nodeos."""
        self._nodeos(host).send_signal(SIGCONT)

    def _nodeos(self, host: str) -> psutil.Process:
        pid = self.host(host).pid
        if pid is None:
            message = f"nodeos of host {host} is not running"
            raise DevnetError(message)
        return psutil.Process(pid)

    # --- doing things to lines ------------------------------------------------------------------

    def cut(self, host: str, *, one_way: bool = False) -> None:
        """Cut a host's line: all of it, or so that no block leaves while it hears everything.

        With namespaces the cable is pulled, for keepers too; on loopback only p2p is cut.
        """
        self._site.set_line(self._plan, self.host(host), WireMode.MUTE if one_way else WireMode.CUT)

    def heal(self, host: str) -> None:
        """Mend a host's line; its p2p links start afresh within some seconds."""
        self._site.set_line(self._plan, self.host(host), WireMode.OPEN)

    # --- doing things to the chain --------------------------------------------------------------

    def set_schedule(
        self, producers: Sequence[str], *, host: str = "o", timeout_s: float | None = None
    ) -> None:
        """Propose the producers, in this order; wait for it to be in force if given a time.

        A schedule takes two times the irreversible block's lag: about a minute with 4 producers.

        Raises:
            DevnetError: a producer is unknown, nodeos refused, or the time has passed.
        """
        unknown = set(producers) - {self.our_producer, *self.other_producers}
        if unknown:
            message = f"no such producer on this devnet: {', '.join(sorted(unknown))}"
            raise DevnetError(message)
        bootstrap.propose_schedule(functools.partial(self.call, host), producers)
        if timeout_s is not None:
            await_that(
                lambda: self.active_schedule(host) == list(producers),
                "the proposed schedule is active",
                timeout_s=timeout_s,
                every_s=0.5,
            )

    def _schedule_holds(self) -> bool:
        return self.our_producer in self.active_schedule()

    def _heads(self) -> list[int]:
        heads = []
        for name in HOSTS:
            self._await_api(name)
            heads.append(self.call(name, "/v1/chain/get_info", {})["head_block_num"])
        return heads

    def _all_follow(self) -> bool:
        heads = self._heads()
        return max(heads) - min(heads) <= SYNC_BLOCKS

    def _a_produces(self) -> bool:
        info = self.call("f", "/v1/chain/get_info", {})
        return bool(info["head_block_producer"] == self.our_producer)

    # --- keepers and companions -----------------------------------------------------------------

    def write_keeper_config(
        self, host: str, overrides: Mapping[str, Mapping[str, Any]] | None = None
    ) -> Path:
        """Write a host's `eoskeeper.toml`; overrides add to those of the options."""
        target = self.host(host)
        settings = dict(self._plan.options.keeper_settings)
        tables = keeper_settings(target, self._plan, settings)
        if overrides:
            tables = keeper_settings(target, self._plan, {"*": tables, host: overrides})
        target.keeper_state.mkdir(exist_ok=True)
        write_atomically(target.config, as_toml(tables).encode())
        return target.config

    def start_keeper(
        self, host: str, overrides: Mapping[str, Mapping[str, Any]] | None = None
    ) -> int:
        """Write a host's configuration and start its keeper; return the process id.

        Raises:
            DevnetError: it runs already.
        """
        target = self.host(host)
        if target.keeper_pid is not None:
            message = f"the keeper of host {host} is already running"
            raise DevnetError(message)
        config = self.write_keeper_config(host, overrides)
        command = processes.python_module("eoskeeper", "run", "-c", str(config))
        return target.launch("keeper", command, target.keeper_log)

    def kill_keeper(self, host: str, signal: Signals = SIGKILL) -> None:
        """Send a signal to a host's keeper, and wait for its end if that is what it brings."""
        pid = self.host(host).keeper_pid
        if pid is None:
            message = f"the keeper of host {host} is not running"
            raise DevnetError(message)
        waits = signal in {SIGKILL, SIGTERM}
        timeout_s = STOP_TIMEOUT_S if waits else 0
        ended = processes.end(psutil.Process(pid), number=signal, timeout_s=timeout_s)
        if waits and not ended:
            message = f"the keeper of host {host} did not end within {timeout_s:g} s"
            raise DevnetError(message)

    def keeper_log(self, host: str) -> str:
        """Return what a host's keeper has printed so far."""
        path = self.host(host).keeper_log
        return path.read_text(errors="replace") if path.exists() else ""

    def page_url(self, host: str) -> str:
        """Return where a keeper's status page is, on this machine's loopback."""
        return f"http://127.0.0.1:{self.host(host).plan.page_port}/"

    def _open_windows(self) -> None:
        """Let this machine's loopback lead into the hosts' own, where those are others."""
        for host in map(self.host, KEEPER_HOSTS):
            if host.namespace is not None:
                ports = (str(host.plan.window_port), str(host.plan.web_port))
                command = processes.python_module("eoskeeper.devnet.window", host.namespace, *ports)
                log = host.directory / "window.log"
                host.launch("window", command, log, outside=True)

    def _start_companion(self, name: str) -> None:
        host = self.host(name)
        command = processes.python_module(
            "eoskeeper.devnet.companion", str(host.directory / "companion.json")
        )
        host.launch("companion", command, host.directory / "companion.log")


__all__ = ["Devnet", "DevnetOptions", "HostStatus", "NodeState"]
