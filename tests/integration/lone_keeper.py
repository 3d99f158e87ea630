"""One real keeper without a network: its process, its command line and what it wrote."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

import eoskeeper
from eoskeeper.devnet.keepers import as_toml, merged
from eoskeeper.domain.alerting.events import AlarmFired, NotificationDecided, NotificationSettled
from eoskeeper.domain.host_samples import DeliveryResult
from eoskeeper.domain.report import Report
from eoskeeper.domain.rules.catalogue import CATALOGUE
from eoskeeper.domain.watch import WatchEvent
from eoskeeper.runtime.control_client import ControlError, call
from eoskeeper.runtime.control_messages import Answer, StatusRequest
from eoskeeper.runtime.journal import JournalError, JournalReader

__all__ = ["RULE", "LoneKeeper"]

RULE = "api_answers"
"""The only rule that is asked: nothing else about the machine may disturb a test."""

PATIENCE_S = 45.0
"""Everything here takes a few seconds; a loaded machine may need many times that."""


class LoneKeeper:
    """An observer beside a node, in a folder of its own; every process of it is ours to end."""

    def __init__(self, folder: Path, node_url: str) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.log = folder / "keeper.log"
        self.config = folder / "eoskeeper.toml"
        self._socket = folder / "control.sock"
        self._running: subprocess.Popen[bytes] | None = None
        off = {name: {"enabled": False} for name in CATALOGUE if name != RULE}
        self._settings: dict[str, Any] = {
            "host": {"name": "lone", "role": "F"},
            "nodeos": {"url": node_url},
            "paths": {"state": str(self.state), "control_socket": str(self._socket)},
            "web": {"listen": "off"},
            "log": {"format": "json"},
            "notice": {"hours": []},
            "ntp": {"servers": []},
            "rules": {**off, RULE: {"failures": 2, "hold_s": 0, "clear_s": 1}},
            "alarm": {"mobiles": ["10000000001"], "group_wait_s": 0, "settle_s": 0},
        }

    # --- doing ------------------------------------------------------------------------------

    def configure(self, settings: Mapping[str, Any]) -> None:
        """Lay settings over those that are there."""
        self._settings = merged(self._settings, settings)
        self.config.write_text(as_toml(self._settings), encoding="utf-8")

    def start(self, **environment: str) -> None:
        """Run the keeper; its output is appended to its log."""
        # Should the tests themselves be killed, nobody is left to end it.
        guard = shutil.which("setpriv")
        prefix = [] if guard is None else [guard, "--pdeathsig", "KILL", "--"]
        with self.log.open("ab") as log:
            self._running = subprocess.Popen(
                [*prefix, *_command("run", self.config)],
                env=_environment() | environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self) -> None:
        """SIGKILL to it and whatever it started; no harm when it does not run."""
        running, self._running = self._running, None
        if running is not None:
            # Not yet waited for, so the number is still its own even when it has ended.
            os.killpg(running.pid, signal.SIGKILL)
            assert running.wait(PATIENCE_S) == -signal.SIGKILL, "it ran until it was killed"

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """What an operator gets who runs ``eoskeeper WORDS`` on this host."""
        return subprocess.run(
            _command(*words, self.config),
            env=_environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_S,
        )

    # --- looking ----------------------------------------------------------------------------

    def report(self) -> Report | None:
        """Last report; None when it does not answer."""
        try:
            response = call(self._socket, StatusRequest(), 3.0)
        except ControlError:
            return None
        if not isinstance(response, Answer):
            return None
        return msgspec.json.decode(response.payload, type=Report)

    def events(self) -> list[WatchEvent]:
        """The alarm journal as it stands on the disk."""
        reader: JournalReader[WatchEvent] = JournalReader(self.state / "alarms", WatchEvent)
        try:
            return list(reader.read())
        except JournalError:
            return []

    def fired(self) -> list[AlarmFired]:
        """Alarms that fired, by the journal."""
        return [event for event in self.events() if isinstance(event, AlarmFired)]

    def decided(self) -> list[NotificationDecided]:
        """Messages that were about to be sent, by the journal."""
        return [event for event in self.events() if isinstance(event, NotificationDecided)]

    def settled(self) -> list[NotificationSettled]:
        """What channels made of messages, by the journal."""
        return [event for event in self.events() if isinstance(event, NotificationSettled)]

    def proven(self) -> set[int]:
        """Numbers of the messages whose delivery is proven."""
        return {
            event.notification_id
            for event in self.settled()
            if event.result is DeliveryResult.PROVEN
        }

    def on_their_way(self) -> set[int]:
        """Numbers of the messages whose delivery is not proven."""
        return {one.notification.notification_id for one in self.decided()} - self.proven()

    # --- waiting ----------------------------------------------------------------------------

    def wait(self, what: str, condition: Callable[[], bool]) -> None:
        """Until it is so; a keeper that ended by itself ends the waiting, too."""
        deadline_s = time.perf_counter() + PATIENCE_S
        while not condition():
            ended = self._running is not None and self._running.poll() is not None
            if ended or time.perf_counter() > deadline_s:
                log = self.log.read_text(errors="replace")[-6000:] if self.log.exists() else ""
                how = "the keeper ended" if ended else f"not within {PATIENCE_S:g} s"
                message = f"{how}: {what}\n--- keeper\n{log}"
                raise AssertionError(message)
            time.sleep(0.05)

    def wait_report(self) -> Report:
        """The first one that it gives."""
        found: list[Report] = []

        def is_there() -> bool:
            report = self.report()
            if report is not None:
                found.append(report)
            return report is not None

        self.wait("a report", is_there)
        return found[-1]

    def wait_further(self, seconds: float) -> None:
        """Until the keeper itself has watched for so long, however slow it is."""
        begin_utc = self.wait_report().at_utc
        self.wait(
            f"{seconds:g} s of cycles",
            lambda: (report := self.report()) is not None and report.at_utc >= begin_utc + seconds,
        )


def _command(*words: str | Path) -> list[str]:
    *before, config = map(str, words)
    return [sys.executable, "-m", "eoskeeper", *before, "-c", config]


def _environment() -> dict[str, str]:
    """The package may have been found through ``sys.path`` alone, which a child does not get."""
    source = str(Path(eoskeeper.__file__).resolve().parents[1])
    paths = [source, *filter(None, [os.environ.get("PYTHONPATH")])]
    dropped = {"JOURNAL_STREAM", "NOTIFY_SOCKET", "WATCHDOG_USEC"}
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return kept | {"PYTHONPATH": os.pathsep.join(paths), "COLUMNS": "400"}
