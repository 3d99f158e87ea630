"""Reads the turns of one producer out of a log, many times faster than line by line.

A turn is *regular* when it comes one round after the one before, its twelve blocks stand in a row,
and the next block builds on them. What lies between regular turns is skipped as far as the log
keeps the rhythm of its schedule there; around whatever is not regular, every line is read.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import sub
from typing import NamedTuple

from eoskeeper.domain.chain_time import TURN_SLOTS
from eoskeeper.domain.rounds_fold import (
    ALL_SLOTS,
    LATENESS_LIMIT_MS,
    BlockSeen,
    ChainFold,
    TurnSeen,
    merge_seen,
)
from eoskeeper.probes.log_scan_lines import HeadLeft, LineReader
from eoskeeper.probes.log_scan_source import PlainSpan

__all__ = ["ProducerScan", "feed"]

CHUNK_BYTES = 1024 * 1024

BEFORE_BYTES = 16 * 1024
"""Read before an irregular turn, for the block that its first one builds on."""

TURN_BYTES = 24 * 1024
"""In which a turn and the block after it are looked for: 270 bytes a line usually, noise apart."""

LANDING_BYTES = 32 * 1024
"""Read where the next turn is expected."""

MIN_JUMP_BYTES = 24 * 1024
"""Shorter ways are searched through."""

TURN_BYTES_USUAL = 4 * 1024

MIN_TURNS = 3
"""Own turns seen before they count as regular; also the shortest round that is read this way."""

FORK_BYTES = 4 * 1024
"""Behind a turn, in which a fork makes it irregular: about the lines of the next turn.

A fork that takes a turn back after that is found by reading every line only.
"""

LINE_BYTES = 4 * 1024
"""Longer lines are not looked at; a block line has less than 300."""

TURNS_OF_MINUTE = 10
"""The chain's epoch is a full minute, so no turn reaches over one."""

HALF_MINUTE_S = 30

_SECONDS = tuple(
    tuple(6 * tenth + place / 2 for place in range(TURN_SLOTS)) for tenth in range(TURNS_OF_MINUTE)
)
"""Seconds in the time stamps of a turn, by the tenth of the minute that it fills."""

_LAST_SECONDS = tuple(b"%02d.500" % (6 * tenth + 5) for tenth in range(TURNS_OF_MINUTE))
_MINUTE_BYTES = len("2025-07-06T08:00:")
_FORK = b"] switching forks from "
_WORDS = {True: b"] Produced block ", False: b"] Received block "}
_SECOND = slice(len("info  2025-07-06T08:00:"), len("info  2025-07-06T08:00:05.952"))


class Steady(NamedTuple):
    """The producer comes regularly.

    Attributes:
        size: turns of a round.
        turn: newest one of the producer.
        owners: who was seen at which place of the round.
    """

    size: int
    turn: int
    owners: dict[int, str]


class Rhythm:
    """When does the producer come again: told by the turns of everybody, read line by line."""

    def __init__(self, producer: str) -> None:
        """No turn was seen."""
        self._producer = producer
        self._newest: dict[str, int] = {}
        self._distances: dict[str, int] = {}
        self._turns: list[int] = []

    def see(self, block: BlockSeen) -> Steady | None:
        """The next block of anybody; tells the rhythm at the begin of a turn, once it is sure."""
        turn, producer = block.slot // TURN_SLOTS, block.producer
        before = self._newest.get(producer)
        if before == turn:
            return None
        self._newest[producer] = turn
        if before is not None:
            self._distances[producer] = turn - before
        if producer == self._producer:
            self._turns = [*self._turns[-2:], turn]
        return self._steady(turn)

    def _steady(self, turn: int) -> Steady | None:
        turns = self._turns
        if len(turns) < MIN_TURNS or turn < turns[-1] + 2:
            return None
        size = turns[-1] - turns[-2]
        # A producer that misses every other turn comes regularly, too: the others tell.
        shortest = min(
            distance for name, distance in self._distances.items() if self._newest[name] > turns[-2]
        )
        is_regular = turns[-2] - turns[-3] == size == shortest and size >= MIN_TURNS
        if not is_regular:
            return None
        return Steady(size, turns[-1], {at % size: name for name, at in self._newest.items()})


class ProducerScan:
    """One reading of a range of a span."""

    def __init__(
        self, span: PlainSpan, producer: str, progress: Callable[[int], None] | None = None
    ) -> None:
        """Nothing is read before ``scan``.

        Args:
            span: the log.
            producer: whose turns are wanted.
            progress: told how many bytes are done, about every MiB.
        """
        self._span = span
        self._producer = producer
        self._name = f" {producer} [trx".encode()
        self._progress = progress or (lambda _: None)
        self._reader = LineReader()
        self._whole: list[TurnSeen] = []
        self._parts: list[list[TurnSeen]] = []
        self._begin = 0
        self._told = 0
        self._base = 0
        self._data = b""

    def scan(self, begin: int, end: int) -> list[TurnSeen]:
        """What lines beginning between two positions tell: the producer's turns, some others, too.

        Args:
            begin: where a line begins.
            end: where a line ends.
        """
        self._begin = position = begin
        not_before = begin
        while position < end:
            found = self._read_lines(position, end, not_before)
            if found is None:
                break
            position, not_before = self._read_regular(*found, end)
        return merge_seen([*self._parts, self._whole])

    def _tell(self, position: int) -> None:
        if position > self._told:
            self._told = position
            self._progress(position)

    # --- line by line ---------------------------------------------------------------------------

    def _read_lines(self, position: int, end: int, not_before: int) -> tuple[int, Steady] | None:
        """Read every line until the producer comes regularly.

        Args:
            position: what lies before it is known.
            end: where the range ends.
            not_before: of what was irregular last; it must lie behind.

        Returns:
            From where on it is regular; None at the end of the range.
        """
        at = self._span.line_at(max(self._begin, position - BEFORE_BYTES))
        fold, rhythm, read = ChainFold(), Rhythm(self._producer), self._reader.read
        for lines in self._span.lines(at, end):
            for line in lines:
                told = read(line)
                at += len(line) + 1
                feed(fold, told)
                steady = rhythm.see(told) if isinstance(told, BlockSeen) else None
                if steady is not None and at > not_before:
                    self._parts.append(fold.finish())
                    return at, steady
            self._tell(at)
        self._parts.append(fold.finish())
        return None

    # --- regular turns --------------------------------------------------------------------------

    def _read_regular(self, position: int, steady: Steady, end: int) -> tuple[int, int]:
        """Read turns as long as the producer comes in time.

        Returns:
            From where on every line is to be read, and where that was found. It is a turn before
            the last regular one: what was skipped behind that may have been irregular already.
        """
        self._load(position, end, CHUNK_BYTES)
        turn = steady.turn
        before = known = cursor = position
        while (hit := self._find(cursor, end)) >= 0:
            begin = self._data.rfind(b"\n", 0, hit) + 1
            line = self._data[begin : self._data.find(b"\n", hit) + 1 or None]
            told = self._reader.read(line)
            cursor = self._base + begin + len(line)
            if not isinstance(told, BlockSeen):
                continue  # "not applied to head" names the head, which may be the producer's
            turn += steady.size
            if told.slot // TURN_SLOTS != turn:
                return before, cursor
            regular = self._read_turn(told, begin)
            if regular is None:
                before = known = cursor = self._read_around(self._base + begin, end, turn)
                continue
            late_ms, after = regular
            self._whole.append(TurnSeen(turn, self._producer, ALL_SLOTS, ALL_SLOTS, 0, late_ms))
            before, known = known, self._base + after
            cursor = self._jump(known, known - before, told, steady, end)
        return before, end

    def _jump(self, known: int, way: int, first: BlockSeen, steady: Steady, end: int) -> int:
        """Skip most of the way to the next turn, which is about as long as the last one was.

        Args:
            known: end of a regular turn.
            way: bytes from the end of the turn before.
            first: the regular turn's first block.
            steady: the rhythm; every producer is in its place there.
            end: where the range ends.

        Returns:
            Where to go on searching: ``known`` where the log has lost the rhythm.
        """
        landing = known + way - way // 16 - TURN_BYTES_USUAL
        if way < MIN_JUMP_BYTES or landing <= known or landing + LANDING_BYTES > end:
            return known
        self._load(landing, end, LANDING_BYTES)
        begin = self._data.find(b"\n") + 1
        while 0 < (stop := self._data.find(b"\n", begin) + 1) < TURN_BYTES // 2:
            told = self._reader.read(self._data[begin:stop])
            begin = stop
            if not isinstance(told, BlockSeen):
                continue
            turn, blocks = told.slot // TURN_SLOTS, told.number - first.number
            is_between = turn < first.slot // TURN_SLOTS + steady.size
            is_in_place = steady.owners.get(turn % steady.size) == told.producer
            if is_between and is_in_place and TURN_SLOTS <= blocks <= told.slot - first.slot:
                return landing
            break
        return known

    def _load(self, position: int, end: int, count: int) -> None:
        self._base = position
        self._data = self._span.read(position, min(count, end - position))
        self._tell(position)

    def _find(self, position: int, end: int) -> int:
        """Where in the buffer the next line of the producer is, its turn behind it; else -1."""
        if not self._base <= position <= self._base + len(self._data):
            self._load(max(0, position - LINE_BYTES), end, CHUNK_BYTES)
        while True:
            hit = self._data.find(self._name, position - self._base)
            is_last = self._base + len(self._data) >= end
            if is_last or 0 <= hit < len(self._data) - TURN_BYTES:
                return hit
            seen = len(self._data) if hit < 0 else hit
            position = max(position, self._base + seen - len(self._name))
            self._load(max(0, self._base + seen - LINE_BYTES), end, CHUNK_BYTES)

    def _read_turn(self, first: BlockSeen, begin: int) -> tuple[int, int] | None:
        """Read a turn that is regular.

        Twelve heights in twelve slots leave no slot empty, and only this producer can fill them:
        so of the lines between the first and the twelfth block nothing but the lateness is read.

        Args:
            first: what its first line tells.
            begin: where in the buffer that line begins.

        Returns:
            The greatest lateness, and where in the buffer the line behind the turn begins; None
            for a turn that is not regular.
        """
        data, number = self._data, first.number + TURN_SLOTS
        turn, place = divmod(first.slot, TURN_SLOTS)
        time = data.find(b" @ ", begin) + len(b" @ ")
        last = b"... #%d @ %b%b signed by%b" % (
            number - 1,
            data[time : time + _MINUTE_BYTES],
            _LAST_SECONDS[turn % TURNS_OF_MINUTE],
            self._name,
        )
        at = data.find(last, time, time + TURN_BYTES // 2)
        end = data.find(b"\n", at) + 1
        if place or at < 0 or end == 0:
            return None
        # The next block stands on the last one, and no fork is near.
        following = data.find(b"... #", end)
        if not data.startswith(b"... #%d @ " % number, following):
            return None
        if data.find(_FORK, begin, end + FORK_BYTES) >= 0:
            return None
        latest = self._latest_ms(turn, begin, end, made_here=first.made_here)
        return None if latest is None or latest > LATENESS_LIMIT_MS else (latest, end)

    def _latest_ms(self, turn: int, begin: int, end: int, *, made_here: bool) -> int | None:
        """The greatest lateness in the twelve lines of a turn; None when that is not sure."""
        words = _WORDS[made_here]
        lines = [line for line in self._data[begin:end].split(b"\n") if words in line]
        if len(lines) != TURN_SLOTS:
            return None
        try:
            if not made_here:
                return max(int(line[line.rfind(b" latency: ") + 10 : -4]) for line in lines)
            printed_s = [float(line[_SECOND]) for line in lines]
        except ValueError:
            return None  # an old form, or systemd's
        late_s: list[float] = list(map(sub, printed_s, _SECONDS[turn % TURNS_OF_MINUTE]))
        latest_s = max(late_s)
        if latest_s > HALF_MINUTE_S or min(late_s) < -HALF_MINUTE_S:  # printed in another minute
            latest_s = max((one + HALF_MINUTE_S) % 60 - HALF_MINUTE_S for one in late_s)
        return round(latest_s * 1000)

    def _read_around(self, begin: int, end: int, turn: int) -> int:
        """Read every line near a turn.

        Args:
            begin: where the line of its first block begins.
            end: where the range ends.

        Returns:
            Where the first line behind the next turn begins.
        """
        at = self._span.line_at(max(self._begin, begin - BEFORE_BYTES))
        fold = ChainFold()
        for lines in self._span.lines(at, end):
            for line in lines:
                told = self._reader.read(line)
                if isinstance(told, BlockSeen) and told.slot // TURN_SLOTS > turn + 1:
                    self._parts.append(fold.finish())
                    return at
                at += len(line) + 1
                feed(fold, told)
        self._parts.append(fold.finish())
        return end


def feed(fold: ChainFold, told: BlockSeen | HeadLeft | None) -> None:
    """Give a fold what a line tells."""
    if isinstance(told, BlockSeen):
        fold.take(told)
    elif told is not None:
        fold.drop_head(told.number, told.block_id)
