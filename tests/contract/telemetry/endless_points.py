"""A program that tells points until it is killed, and says which of them are on its disk."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from functools import partial
from pathlib import Path

from eoskeeper.telemetry.spool import Kind
from tests.contract.telemetry.writing import point, until, writer_of

__all__: list[str] = []


def records_ever(path: Path) -> int:
    """How many the spool was given since it was made."""
    connection = sqlite3.connect(path)
    try:
        found = connection.execute("SELECT seq FROM sqlite_sequence").fetchone()
    except sqlite3.OperationalError:
        return 0
    finally:
        connection.close()
    return int(found[0]) if found else 0


def has_stored(path: Path, records: int) -> bool:
    """So many were put there by now."""
    return records_ever(path) >= records


async def main(path: Path, url: str, first: int, last: int) -> None:
    """Tell a point after the other; then stay, so that what waits is sent."""
    writer = writer_of(path, url)
    async with asyncio.TaskGroup() as group:
        group.create_task(writer.run())
        await asyncio.sleep(0.1)
        stored = records_ever(path)
        for number in range(first, last + 1):
            writer.put([point(number)], Kind.SAMPLE)
            stored += 1
            await until(partial(has_stored, path, stored))
            sys.stdout.write(f"{number}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
