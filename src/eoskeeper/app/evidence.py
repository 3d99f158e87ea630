"""Evidence: one file with all that is known when two hosts made a block in one slot.

Logs are rotated and journals end; who has to explain a doubled block needs both hosts' words, the
chain's and the keeper's own decisions side by side. The keeper runs on whatever becomes of it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from eoskeeper.app.recorder import Log
from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.events import Event, SlotDoubled
from eoskeeper.domain.logbook import Logbook
from eoskeeper.domain.member_words import MemberWord
from eoskeeper.domain.members import words_of
from eoskeeper.domain.memory import Memory
from eoskeeper.domain.policy import Policy
from eoskeeper.domain.report import Report
from eoskeeper.domain.samples import Block
from eoskeeper.runtime.whole_files import write_atomically

__all__ = ["Bundle", "EvidenceFolder"]

FOLDER = "evidence"
FILES_KEPT = 20
EVERY_S = 60.0
"""Between two files: two hosts that go on together make a new pair of blocks twice a second."""
EVENTS_KEPT = 200

EVIDENCE_WRITTEN = "evidence_written"
EVIDENCE_NOT_WRITTEN = "evidence_not_written"


class Bundle(msgspec.Struct, frozen=True, kw_only=True):
    """What such a file holds.

    Attributes:
        doubled: why it was written.
        words: what each member said last, this host included.
        blocks: of our producer on the chain, as this host's node sees it.
        logbook: block lines of this host's nodeos.
        decisions: the newest of this keeper, oldest first.
    """

    version: int = 1
    host: str
    doubled: SlotDoubled
    words: dict[str, MemberWord]
    blocks: tuple[Block, ...]
    logbook: Logbook
    report: Report
    decisions: tuple[Event, ...] = ()


class EvidenceFolder:
    """Writes bundles, one at a time, the newest ``FILES_KEPT``."""

    def __init__(self, state: Path, decisions: Callable[[int], list[Any]], log: Log) -> None:
        """Take where, and what reads the newest events of the journal."""
        self._folder = state / FOLDER
        self._decisions = decisions
        self._log = log
        self._waiting: asyncio.Queue[Bundle] = asyncio.Queue(1)
        self._last: Moment | None = None

    def look(
        self, events: tuple[Event, ...], memory: Memory, report: Report, policy: Policy
    ) -> None:
        """Take what this cycle found, if it is time for another file."""
        doubled = next((one for one in events if isinstance(one, SlotDoubled)), None)
        if doubled is None or not self._is_time(doubled.at):
            return
        node = memory.node
        bundle = Bundle(
            host=policy.host,
            doubled=doubled,
            words=words_of(node, memory.standing, policy, memory.lease),
            blocks=node.chain.own,
            logbook=node.logbook,
            report=report,
        )
        with contextlib.suppress(asyncio.QueueFull):
            self._waiting.put_nowait(bundle)
            self._last = doubled.at

    def _is_time(self, now: Moment) -> bool:
        return self._last is None or now.mono_s - self._last.mono_s >= EVERY_S

    async def run(self) -> None:
        """Write what comes, for ever."""
        while True:
            bundle = await self._waiting.get()
            try:
                path = await asyncio.to_thread(self._write, bundle)
            except OSError as error:
                self._log.warning(EVIDENCE_NOT_WRITTEN, problem=str(error))
            else:
                self._log.warning(EVIDENCE_WRITTEN, file=str(path))

    def _write(self, bundle: Bundle) -> Path:
        """Whole or not at all."""
        full = msgspec.structs.replace(bundle, decisions=tuple(self._decisions(EVENTS_KEPT)))
        self._folder.mkdir(mode=0o750, exist_ok=True)
        path = self._folder / f"doubled-{bundle.doubled.newest.slot}.json"
        write_atomically(path, msgspec.json.format(msgspec.json.encode(full)) + b"\n")
        for old in sorted(self._folder.glob("doubled-*.json"))[:-FILES_KEPT]:
            old.unlink(missing_ok=True)
        return path
