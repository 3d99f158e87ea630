"""A keeper that records from a second on until it is killed, and says what is written."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from tests.contract.history.cycles import closed, cycle, recorder_of

__all__: list[str] = []


async def main(path: Path, second: int) -> None:
    """Tell the number of each second and turn as soon as it is written."""
    recorder = recorder_of(path)
    while True:
        for _ in range(7):
            recorder.put(cycle(second, (closed(second),)))
            second += 1
        await recorder.flush()
        sys.stdout.write(f"{second}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
