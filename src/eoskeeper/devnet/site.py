"""What a devnet has on the machine: directory, namespaces, lines; and how all of it goes away."""

import contextlib
import fcntl
import json
import os
import shutil
from pathlib import Path
from typing import IO

import msgspec

from eoskeeper.devnet import bootstrap, namespaces, processes
from eoskeeper.devnet.clock import await_that, utc_now
from eoskeeper.devnet.errors import DevnetError
from eoskeeper.devnet.host import Host, companion_settings, make_host, nodeos_settings
from eoskeeper.devnet.plan import (
    HOSTS,
    PLAN_FILE,
    DevnetOptions,
    Plan,
    Stage,
    check_directory,
    load_plan,
    make_plan,
    save_plan,
)
from eoskeeper.devnet.wire import WireMode, obeyed_file
from eoskeeper.runtime.whole_files import write_atomically

LOCK_FILE = ".lock"
OBEY_TIMEOUT_S = 5.0


def _is_at(file: IO[str], path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


class Site:
    """The directory of one devnet, with a lock that lets only one `up` or `down` work on it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._lock: IO[str] | None = None

    def _acquire(self) -> None:
        """Take the lock, which the kernel drops when its holder dies.

        Raises:
            DevnetError: another `up` or `down` holds it.
        """
        while self._lock is None:
            self.directory.mkdir(parents=True, exist_ok=True)
            path = self.directory / LOCK_FILE
            file = path.open("a")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                file.close()
                message = f"another `up` or `down` is at work in {self.directory}; wait for its end"
                raise DevnetError(message) from error
            # Whoever held it before may have removed the file: then this lock keeps nobody out.
            if _is_at(file, path):
                self._lock = file
            else:
                file.close()

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    @property
    def is_ours(self) -> bool:
        """Whether this object holds the lock, from `prepare` to the end of `up`."""
        return self._lock is not None

    def prepare(self, options: DevnetOptions) -> Plan:
        """Clean what a crash left, write a new plan and keep the lock until `up` has ended.

        Raises:
            DevnetError: a devnet is up here, or it cannot be here.
        """
        check_directory(self.directory)
        able = namespaces.can_use_namespaces() if options.namespaces is not False else False
        if options.namespaces and not able:
            message = "network namespaces need root and the `ip` command; or use --no-namespaces"
            raise DevnetError(message)
        self._acquire()
        try:
            self._make_room()
            plan = make_plan(options, namespaces=able)
            save_plan(self.directory, plan)
        except BaseException:
            self._release()
            raise
        return plan

    def _make_room(self) -> None:
        old = load_plan(self.directory)
        if old is not None and old.stage is Stage.READY and processes.marked(old.identity):
            message = (
                f"a devnet is already up in {self.directory}: see `status`, end it with `down`"
            )
            raise DevnetError(message)
        if old is not None:
            self._remove_all(old)
        strangers = [name for name in HOSTS if (self.directory / name).exists()]
        if strangers:
            message = (
                f"{self.directory} holds {', '.join(strangers)} but no plan of a devnet: "
                "choose an empty --dir"
            )
            raise DevnetError(message)

    def build(self, plan: Plan) -> None:
        """Create namespaces and the files of all hosts."""
        if plan.namespaces:
            namespaces.create(plan)
        (self.directory / "genesis.json").write_text(bootstrap.genesis(utc_now()))
        for name in HOSTS:
            self._furnish(make_host(self.directory, plan, name), plan)

    def _furnish(self, host: Host, plan: Plan) -> None:
        (host.directory / "config").mkdir(parents=True)
        (host.directory / "config" / "config.ini").write_text(nodeos_settings(host, plan))
        settings = json.dumps(companion_settings(host, plan), indent=2)
        (host.directory / "companion.json").write_text(settings)
        host.mode_file.write_text(f"{WireMode.OPEN} 0")

    def mark_ready(self, plan: Plan) -> Plan:
        """Write down that the devnet is up and let others work on it."""
        ready = msgspec.structs.replace(plan, stage=Stage.READY)
        save_plan(self.directory, ready)
        self._release()
        return ready

    def clean(self, plan: Plan) -> None:
        """End the plan's processes and remove all that it created; idempotent.

        Raises:
            DevnetError: another `up` or `down` is at work, or something would not go.
        """
        self._acquire()
        try:
            current = load_plan(self.directory)
            # Somebody may have taken this one down and put another up: that one is not ours.
            if current is None or current.identity == plan.identity:
                self._remove_all(plan)
                self._forget()
        finally:
            self._release()

    def _remove_all(self, plan: Plan) -> None:
        """Remove everything; the plan last, so that a crash in between can be gone on with."""
        processes.end_all(plan.identity)
        namespaces.delete(plan.identity)
        for name in HOSTS:
            self.remove(self.directory / name)
        for pattern in (".plan.json.*", "genesis.json", PLAN_FILE):
            for path in self.directory.glob(pattern):
                path.unlink(missing_ok=True)

    def remove(self, folder: Path) -> None:
        """Remove a folder of this devnet with all that is in it."""
        assert folder.is_relative_to(self.directory)
        if folder.exists():
            shutil.rmtree(folder)

    def _forget(self) -> None:
        """Remove the directory too, if nothing of anybody's is left in it."""
        (self.directory / LOCK_FILE).unlink()
        with contextlib.suppress(OSError):
            self.directory.rmdir()

    def line(self, plan: Plan, host: Host) -> WireMode:
        """Return what a host's line does."""
        if plan.namespaces and not namespaces.link_is_up(plan, host.name):
            return WireMode.CUT
        return WireMode(host.mode_file.read_text().partition(" ")[0])

    def set_line(self, plan: Plan, host: Host, mode: WireMode) -> None:
        """Cut, mute or mend a host's line; it is so when this returns.

        With namespaces `CUT` pulls the cable and leaves the wire open, so that the links die of
        silence as they would in the field.
        """
        count = int(host.mode_file.read_text().partition(" ")[2])
        if plan.namespaces:
            namespaces.set_link(plan, host.name, up=mode is not WireMode.CUT)
        if plan.namespaces and mode is WireMode.CUT:
            mode = WireMode.OPEN
        elif mode is WireMode.OPEN:
            count += 1
        self._order(host, f"{mode} {count}")

    def _order(self, host: Host, order: str) -> None:
        """Give the wire an order and wait until it is carried out, some 50 ms later."""
        write_atomically(host.mode_file, order.encode())
        if host.pid_of("companion") is not None:
            obeyed = obeyed_file(host.mode_file)
            await_that(
                lambda: obeyed.exists() and obeyed.read_text() == order,
                f"the wire of host {host.name} obeys",
                timeout_s=OBEY_TIMEOUT_S,
                every_s=0.01,
            )
