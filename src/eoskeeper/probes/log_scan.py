"""Scans nodeos logs for the turns that they tell of, on every core, as fast as the disk gives them.

A big log is cut into ranges that overlap, so that each process sees the forks at its ends; what
two of them tell of a turn is the same, or the later one knows more.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, NoReturn

import msgspec

from eoskeeper.domain.rounds_fold import ChainFold, TurnSeen, merge_seen
from eoskeeper.probes.log_scan_lines import LineReader
from eoskeeper.probes.log_scan_producer import ProducerScan, feed
from eoskeeper.probes.log_scan_source import (
    LogUnreadable,
    PlainSpan,
    in_order_of_time,
    is_plain,
    stream_lines,
)

__all__ = ["LogUnreadable", "scan_logs"]

Progress = Callable[[float], None]
"""Told the share of the work that is done, 0 to 1."""

MIN_RANGE_BYTES = 16 * 1024 * 1024
"""Less is not worth another process."""

OVERLAP_BYTES = 512 * 1024
"""Seven rounds of 21 producers: far more than a fork rewrites."""

MOST_PROCESSES = 8


class _Range(NamedTuple):
    begin: int
    end: int


class _Child(NamedTuple):
    process: int
    pipe: int


def scan_logs(
    paths: Sequence[Path],
    producer: str | None = None,
    progress: Progress | None = None,
    processes: int | None = None,
) -> list[TurnSeen]:
    """What the logs tell of each turn, ascending.

    Args:
        paths: plain or gzip files in any order, or ``-`` for standard input.
        producer: only its turns are complete; much faster. None reads every line.
        progress: called now and then; not at all for streams.
        processes: how many work side by side; None for one a core.

    Raises:
        LogUnreadable: one of them cannot be read.
    """
    for path in paths:
        if path.is_dir():
            message = f"{path}: is a folder"
            raise LogUnreadable(message)
    ordered = in_order_of_time(tuple(paths))
    if not all(is_plain(path) for path in ordered):
        return _scan_streams(ordered)
    with PlainSpan(ordered) as span:
        return _scan_span(span, producer, progress or (lambda _: None), processes)


def _scan_streams(paths: tuple[Path, ...]) -> list[TurnSeen]:
    fold, read = ChainFold(), LineReader().read
    for path in paths:
        for lines in stream_lines(path):
            for line in lines:
                told = read(line)
                if told is not None:
                    feed(fold, told)
    return fold.finish()


def _scan_span(
    span: PlainSpan, producer: str | None, progress: Progress, processes: int | None
) -> list[TurnSeen]:
    most = min(len(os.sched_getaffinity(0)), MOST_PROCESSES, span.size // MIN_RANGE_BYTES)
    first, *others = _ranges(span, processes or max(1, most))
    children = [_start_child(span, producer, other) for other in others]
    try:
        length = max(1, first.end - first.begin)
        parts = [_scan_range(span, producer, first, lambda done: progress(done / length))]
        parts += [_read_child(child) for child in children]
    finally:
        for child in children:
            os.close(child.pipe)  # one that still writes ends by that
            os.waitpid(child.process, 0)
    return parts[0] if len(parts) == 1 else merge_seen(parts)


def _ranges(span: PlainSpan, count: int) -> list[_Range]:
    cuts = [span.line_at(span.size * index // count) for index in range(count)]
    ends = [span.line_at(min(span.size, cut + OVERLAP_BYTES)) for cut in (*cuts[1:], span.size)]
    return [_Range(begin, end) for begin, end in zip(cuts, ends, strict=True)]


def _scan_range(
    span: PlainSpan, producer: str | None, part: _Range, progress: Callable[[int], None]
) -> list[TurnSeen]:
    """Progress is told in bytes of the range."""
    if producer is not None:
        scan = ProducerScan(span, producer, lambda position: progress(position - part.begin))
        return scan.scan(part.begin, part.end)
    fold, read, done = ChainFold(), LineReader().read, 0
    for lines in span.lines(part.begin, part.end):
        for line in lines:
            told = read(line)
            done += len(line) + 1
            if told is not None:
                feed(fold, told)
        progress(done)
    return fold.finish()


# --- processes ----------------------------------------------------------------------------------


def _start_child(span: PlainSpan, producer: str | None, part: _Range) -> _Child:
    """Scan a range in a copy of this process: no start-up, and the files are open already."""
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        os.close(reading)
        _work(span, producer, part, writing)
    os.close(writing)
    return _Child(process, reading)


def _work(span: PlainSpan, producer: str | None, part: _Range, pipe: int) -> NoReturn:
    """A child's life: whatever happens, it never returns into the code of its parent."""
    code = 1
    try:
        told = _scan_range(span, producer, part, lambda _: None)
        with os.fdopen(pipe, "wb") as stream:
            stream.write(msgspec.msgpack.encode(told))
        code = 0
    finally:
        os._exit(code)


def _read_child(child: _Child) -> list[TurnSeen]:
    with os.fdopen(child.pipe, "rb", closefd=False) as stream:
        told = stream.read()
    try:
        return msgspec.msgpack.decode(told, type=list[TurnSeen])
    except msgspec.DecodeError:
        message = "a process that read a part of the log ended early"
        raise LogUnreadable(message) from None
