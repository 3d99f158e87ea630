"""The register in memory: the port over ``RegisterModel``, for tests and trials on one machine."""

from __future__ import annotations

from collections.abc import Callable

from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.register import (
    CasOutcome,
    CasRefused,
    CasUnknown,
    LeaseRecord,
    ReadOutcome,
    RegisterFailed,
    RegisterReason,
    Version,
    cas_answer,
    read_answer,
    resolved,
)
from eoskeeper.domain.register_model import Fault, RegisterModel
from eoskeeper.registers.first_sent import FirstSent

__all__ = ["MemoryRegister", "no_fault"]

TRIES = 2
"""As with two endpoints: what one did not answer, the next is asked."""

LOST = "no answer came"


def no_fault() -> Fault:
    """Nothing goes wrong."""
    return Fault()


class MemoryRegister:
    """One client of a store in memory; answers at once, by the clock it is given."""

    def __init__(
        self,
        model: RegisterModel,
        clock: Callable[[], Moment],
        next_fault: Callable[[], Fault] = no_fault,
    ) -> None:
        """Take the shared store.

        Args:
            model: shared by all clients.
            clock: this client's; its ``mono_s`` is the time of the world, too.
            next_fault: asked for each try.
        """
        self._model = model
        self._clock = clock
        self._next_fault = next_fault
        self._first_sent = FirstSent()

    async def read(self, budget_s: float) -> ReadOutcome:
        """Read; ``budget_s`` is not used up, for nothing here waits."""
        sent = self._clock()
        for _ in range(TRIES):
            seen = self._model.read(self._clock().mono_s, self._next_fault())
            if seen is not None:
                return read_answer(sent, self._clock(), seen)
        return RegisterFailed(sent, self._clock(), RegisterReason.TIMEOUT, _late(budget_s))

    async def cas(self, expected: Version, record: LeaseRecord, budget_s: float) -> CasOutcome:
        """Swap; a second try's refusal by our own record means that the first was applied."""
        sent = self._first_sent.of(record, self._clock())
        for _ in range(TRIES):
            seen = self._model.cas(self._clock().mono_s, expected, record, self._next_fault())
            if seen is None:
                continue
            answer = cas_answer(sent, self._clock(), seen)
            return resolved(record, answer) if isinstance(answer, CasRefused) else answer
        return CasUnknown(sent, self._clock(), RegisterReason.TIMEOUT, _late(budget_s))

    async def close(self) -> None:
        """Nothing is open."""


def _late(budget_s: float) -> str:
    return f"{LOST} in {budget_s:g} s"
