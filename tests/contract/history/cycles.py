"""Cycles of a keeper, and what stands in its history afterwards."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec

import msgspec

from eoskeeper.domain.chain_time import Moment, MonoS, Turn, UtcS, first_slot_of_turn
from eoskeeper.domain.figures import MachineFigures, NodeosFigures, OwnTurn
from eoskeeper.domain.host_samples import FolderUse
from eoskeeper.domain.policy import FailoverMode, Role
from eoskeeper.domain.production import SlotOutcome
from eoskeeper.domain.publication import Publication
from eoskeeper.domain.report import Report
from eoskeeper.domain.standing import State
from eoskeeper.domain.turns import TurnClosed
from eoskeeper.history.recorder import HistoryRecorder
from eoskeeper.history.settings import HistorySettings
from tests.contract.history.synthetic import OUR_ACCOUNT, SilentLog

__all__ = ["closed", "cycle", "in_loop", "query", "recorder_of", "report_at", "signed"]

Arguments = ParamSpec("Arguments")

_REPORT = Report(
    at_utc=UtcS(0.0),
    host="bp-one",
    role=Role.PRIMARY,
    mode=FailoverMode.AUTO,
    producer=OUR_ACCOUNT,
    state=State.HOLDER,
    since_utc=UtcS(0.0),
    may_produce=True,
    term=1,
    cause=None,
    summary="primary holder",
)

_ANSWERED = msgspec.structs.replace(
    _REPORT,
    links=24,
    produces=True,
    irreversible_lag_blocks=2,
    free_database_bytes=9_663_676_416,
    machine=MachineFigures(
        memory_available_bytes=22_548_578_304,
        load_1m=0.87,
        folders=(FolderUse("/var/lib/nodeos", 100_000, 58_000),),
    ),
)


def in_loop(test: Callable[Arguments, Coroutine[Any, Any, None]]) -> Callable[Arguments, None]:
    """Run a test that awaits."""

    @wraps(test)
    def run(*arguments: Arguments.args, **named: Arguments.kwargs) -> None:
        asyncio.run(test(*arguments, **named))

    return run


def recorder_of(
    path: Path, settings: HistorySettings | None = None, log: SilentLog | None = None
) -> HistoryRecorder:
    """A recorder that writes to a file."""
    return HistoryRecorder(path, settings or HistorySettings(), log or SilentLog())


def report_at(utc_s: float, **changes: Any) -> Report:  # noqa: ANN401 - attributes of a report
    """A report of a host in good health."""
    head_number = int((utc_s - 1_600_000_000) * 2)
    nodeos = NodeosFigures(
        pid=77, started_utc=UtcS(5.0), cpu_s=utc_s * 0.25, resident_bytes=5_476_083_302
    )
    told: dict[str, Any] = {
        "at_utc": utc_s,
        "head_number": head_number,
        "head_age_s": 0.25 + head_number % 7 * 0.125,
        "nodeos": nodeos,
    }
    return msgspec.structs.replace(_ANSWERED, **(told | changes))


def cycle(utc_s: float, turns: tuple[TurnClosed, ...] = (), **changes: Any) -> Publication:  # noqa: ANN401 - likewise
    """What a cycle at that second tells."""
    moment = Moment(MonoS(utc_s), UtcS(utc_s))
    return Publication(now=moment, report=report_at(utc_s, **changes), turns=turns)


def closed(
    turn: int, cells: str = "p" * 12, *, ours: bool = True, amended: bool = False
) -> TurnClosed:
    """A turn that was closed."""
    producer = OUR_ACCOUNT if ours else "producera"
    at = Moment(MonoS(1.0), UtcS(1.0))
    return TurnClosed(
        at, Turn(turn), producer, ours=ours, cells=cells, latest_ms=120, amended=amended
    )


def signed(turn: int, made_by: str) -> tuple[OwnTurn, ...]:
    """What a report knows of who made an own turn."""
    cells = (SlotOutcome.PRODUCED,) * 12
    first = first_slot_of_turn(turn)
    return (OwnTurn(Turn(turn), OUR_ACCOUNT, first, cells, 120, made_by=made_by),)


def query(path: Path, statement: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
    """As an operator asks with the sqlite3 shell."""
    connection = sqlite3.connect(path)
    try:
        return connection.execute(statement, values).fetchall()
    finally:
        connection.close()
