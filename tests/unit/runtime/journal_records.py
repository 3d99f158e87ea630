"""Records for the tests of the journal, and a program that appends them until it is killed."""

from __future__ import annotations

import os
import sys
from itertools import count
from pathlib import Path

import msgspec

from eoskeeper.runtime.journal import Journal, JournalSettings


class Said(msgspec.Struct, frozen=True, tag="said"):
    """A record with text, which may hold anything that JSON can."""

    number: int
    text: str


class Done(msgspec.Struct, frozen=True, tag="done"):
    """A record of another kind."""

    number: int


class FromTheFuture(msgspec.Struct, frozen=True, tag="from_the_future"):
    """A record that this version's union does not have."""

    number: int


Record = Said | Done

SMALL_SEGMENTS = JournalSettings(segment_bytes=4096, segments=1000)


def main() -> None:
    """Append to the journal in the folder given, and print each number once it is confirmed."""
    with Journal[Record](Path(sys.argv[1]), Record, SMALL_SEGMENTS) as journal:
        last = journal.read_last(1)
        for number in count(last[0].number + 1 if last else 0):
            journal.append(Said(number, "x" * (number * 37 % 700)))
            os.write(1, b"%d\n" % number)


if __name__ == "__main__":
    main()
