"""The one small process beside each host: its wire, and on producing hosts its trickle."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from eoskeeper.devnet.trickle import Trickle
from eoskeeper.devnet.wire import Route, Wire


async def _run(settings: dict[str, Any]) -> None:
    routes = [
        Route(tuple(route["listen"]), tuple(route["target"]), route["inward"])
        for route in settings["routes"]
    ]
    trickle = settings["trickle"]
    async with asyncio.TaskGroup() as group:
        group.create_task(Wire(routes, Path(settings["mode_file"])).run())
        if trickle is not None:
            group.create_task(Trickle(trickle["host"], trickle["port"], trickle["every_s"]).run())


def main() -> None:
    """Run until a signal ends it; the one argument is the settings file."""
    asyncio.run(_run(json.loads(Path(sys.argv[1]).read_text())))


if __name__ == "__main__":
    main()
