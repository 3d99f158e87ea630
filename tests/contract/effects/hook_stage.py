"""The stage of the hook tests: scripts on disk, marks by which their processes are found again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from pathlib import Path

from eoskeeper.domain.hooks import HookCall, HookContext, HookName, HookRan
from eoskeeper.effects.hooks import run_hook
from eoskeeper.runtime import clock

__all__ = ["HookStage"]

CONTEXT = HookContext(host="alpha", producer="ours", role="primary", term=7, reason="takeover")


class HookStage:
    """A folder for scripts; whatever they start carries the folder's name as an argument."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.mark = f"mark-{folder}"

    def script(self, body: str, interpreter: str = "/bin/sh") -> str:
        """Write a script; ``MARK`` and ``FOLDER`` in it are filled in."""
        path = self.folder / "hook"
        filled = body.replace("MARK", self.mark).replace("FOLDER", str(self.folder))
        path.write_text(f"#!{interpreter}\n{filled}\n", encoding="utf-8")
        path.chmod(0o755)
        return str(path)

    def call(
        self,
        body: str,
        *,
        interpreter: str = "/bin/sh",
        name: HookName = HookName.BEFORE_HOLDING,
        timeout_s: float = 5.0,
    ) -> HookCall:
        """A call of a script of that body."""
        program = (self.script(body, interpreter), self.mark)
        return HookCall(name=name, program=program, timeout_s=timeout_s, context=CONTEXT)

    def run(self, call: HookCall) -> HookRan:
        """Run it in a loop of its own."""
        return asyncio.run(run_hook(call, clock.read))

    def alive(self) -> dict[int, str]:
        """Command lines of all processes that carry the mark, by pid; zombies have none."""
        found = {}
        for folder in Path("/proc").iterdir():
            if folder.name.isdecimal():
                try:
                    line = (folder / "cmdline").read_bytes().decode(errors="replace")
                except OSError:
                    continue
                if self.mark in line:
                    found[int(folder.name)] = line.replace("\x00", " ")
        return found

    def end(self) -> None:
        """Kill whatever is left."""
        for pid in self.alive():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
