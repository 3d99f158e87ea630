"""End the nodeos process: a signal to exactly the process that was seen, never to a reused pid."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import psutil

from eoskeeper.domain.actions import Terminate
from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.samples import ActionOutcome, OutcomeResult

__all__ = ["terminate"]

SAME_START_S = 2.0
"""Creation times of one process, read twice, differ by less: they follow the wall clock."""


def terminate(action: Terminate, clock: Callable[[], Moment]) -> ActionOutcome:
    """SIGKILL, which a process takes at once, also while it is stopped: see docs/decisions/003.

    The pidfd is opened first and the identity checked then, so that a pid that was given to
    another process in between is not hit. Source: pidfd_open(2), pidfd_send_signal(2), Linux 5.3.
    """
    try:
        descriptor = os.pidfd_open(action.pid)
    except OSError as error:
        return _outcome(action, clock, OutcomeResult.NEVER_SENT, error.strerror or "no pidfd")
    try:
        started = psutil.Process(action.pid).create_time()
        if abs(started - action.started_utc) > SAME_START_S:
            detail = f"pid {action.pid} is another process now"
            return _outcome(action, clock, OutcomeResult.NEVER_SENT, detail)
        signal.pidfd_send_signal(descriptor, signal.SIGKILL)
    except (OSError, psutil.Error) as error:
        return _outcome(action, clock, OutcomeResult.NEVER_SENT, str(error))
    finally:
        os.close(descriptor)
    return _outcome(action, clock, OutcomeResult.PROVEN, "killed")


def _outcome(
    action: Terminate, clock: Callable[[], Moment], result: OutcomeResult, detail: str
) -> ActionOutcome:
    return ActionOutcome(clock(), action.action_id, result, detail)
