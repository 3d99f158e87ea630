"""Views for the tests of the rules about the chain: a watched site, and single facts changed.

``watched`` runs a site and folds what only the health rules look at beside it; ``view_of`` and
``replaced`` set one thing at a time, for tables around a limit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

import msgspec

from eoskeeper.domain.chain_time import Moment, MonoS, Slot, UtcS
from eoskeeper.domain.findings import Finding, Grade, Language
from eoskeeper.domain.node_state import NodeState
from eoskeeper.domain.policy import Policy, Role
from eoskeeper.domain.production import Roster
from eoskeeper.domain.rules.rule import Declaration, View
from eoskeeper.domain.samples import (
    FailureReason,
    HeadRead,
    ProbeFailed,
    ProbeName,
)
from eoskeeper.domain.standing import Standing, State
from eoskeeper.domain.vitals import Vitals, fold_vitals
from tests.unit.domain.scene import CHAIN_ID, START_SLOT, Site, moment_at, policy_of, standing_of

__all__ = [
    "NOW",
    "STARTED",
    "Asks",
    "Watched",
    "ago",
    "failing",
    "graded",
    "head_read",
    "later",
    "replaced",
    "roster_of",
    "said",
    "view_of",
    "watched",
]

NOW = moment_at(START_SLOT + 24)
STARTED = moment_at(START_SLOT - 2000)


class Asks(Protocol):
    """Any rule, as the engine asks it."""

    def assess(self, view: View, now: Moment) -> tuple[Finding, ...]:
        """Grade."""


def later(moment: Moment, seconds: float) -> Moment:
    """Both clocks go on."""
    return Moment(MonoS(moment.mono_s + seconds), UtcS(moment.utc_s + seconds))


def ago(seconds: float) -> Moment:
    """So long before ``NOW``."""
    return later(NOW, -seconds)


def head_read(
    number: int = 1000, *, age_s: float = 0.0, irreversible: int = 998, **fields: object
) -> HeadRead:
    """A head that was read ``age_s`` before ``NOW``, of the slot that it was read in."""
    at = ago(age_s)
    head = HeadRead(
        at=at,
        chain_id=CHAIN_ID,
        server_version="abc",
        head_number=number,
        head_id="00",
        head_slot=Slot(int(START_SLOT + 24 - age_s * 2)),
        head_producer="alpha",
        last_irreversible_number=irreversible,
        last_irreversible_id="00",
        fork_head_number=None,
        took_s=0.01,
    )
    return msgspec.structs.replace(head, **fields)


def roster_of(count: int, ours: int | None = 1) -> Roster:
    """A schedule of ``p0``, ``ours``, ``p2``..."""
    accounts = tuple("ours" if place == ours else f"p{place}" for place in range(count))
    return Roster(accounts, ours)


def failing(probe: ProbeName, reason: FailureReason, count: int, detail: str = "") -> Vitals:
    """A row of failures, one a second, the newest of them now."""
    vitals = Vitals(started=STARTED)
    for number in range(count):
        failure = ProbeFailed(ago(count - 1 - number), probe, reason, detail)
        vitals = fold_vitals(vitals, failure)
    return vitals


def view_of(
    *,
    node: Mapping[str, Any] | None = None,
    vitals: Mapping[str, Any] | Vitals | None = None,
    standing: Standing | State = State.STANDBY,
    policy: Policy | Role = Role.PRIMARY,
) -> View:
    """Nothing is known but what is given."""
    if not isinstance(vitals, Vitals):
        vitals = Vitals(**{"started": STARTED, **(vitals or {})})
    return View(
        node=NodeState(**{"started": STARTED, **(node or {})}),
        standing=standing if isinstance(standing, Standing) else standing_of(standing),
        vitals=vitals,
        policy=policy if isinstance(policy, Policy) else policy_of(policy),
    )


def replaced(
    view: View,
    *,
    node: Mapping[str, Any] | None = None,
    vitals: Mapping[str, Any] | None = None,
    standing: Mapping[str, Any] | None = None,
    policy: Mapping[str, Any] | None = None,
) -> View:
    """The same view with some facts changed."""
    return View(
        node=msgspec.structs.replace(view.node, **(node or {})),
        standing=msgspec.structs.replace(view.standing, **(standing or {})),
        vitals=msgspec.structs.replace(view.vitals, **(vitals or {})),
        policy=msgspec.structs.replace(view.policy, **(policy or {})),
    )


class Watched:
    """A site whose vitals are folded along."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.vitals = Vitals(started=site.inputs[0][2] if site.inputs else site.now)
        self._taken = 0
        self._fold()

    def _fold(self) -> None:
        for _, samples, _ in self.site.inputs[self._taken :]:
            for sample in samples:
                self.vitals = fold_vitals(self.vitals, sample)
        self._taken = len(self.site.inputs)

    @property
    def view(self) -> View:
        """What a rule would be shown now."""
        memory = self.site.memory
        return View(
            node=memory.node,
            standing=memory.standing,
            vitals=self.vitals,
            policy=self.site.policy,
        )

    def run(self, seconds: int) -> Watched:
        """Let time go by."""
        self.site.run(seconds)
        self._fold()
        return self

    def found(self, rule: Asks) -> tuple[Finding, ...]:
        """What a rule says now."""
        return rule.assess(self.view, self.site.now)

    def ever(
        self, rule: Asks, seconds: int, also: Callable[[Site], None] = lambda _: None
    ) -> set[Grade]:
        """Every grade that a rule gives in the next seconds."""
        grades = set()
        for _ in range(seconds):
            also(self.site)
            grades |= {finding.grade for finding in self.run(1).found(rule)}
        return grades


def watched(site: Site) -> Watched:
    """Watch a site from its first second."""
    return Watched(site)


def said(declaration: Declaration, findings: Iterable[Finding]) -> list[tuple[Grade, str]]:
    """Grades and codes; and every finding can be said in every language."""
    told = []
    for finding in findings:
        assert finding.rule == declaration.name
        # A brace that is left must be one of the text: names from outside may hold some, too.
        figures = {
            name: value.replace("{", "(") if isinstance(value, str) else value
            for name, value in finding.figures.items()
        }
        for language in Language:
            sentence = declaration.texts[finding.code].say(language, figures)
            assert sentence
            assert "{" not in sentence
        told.append((finding.grade, finding.code))
    return told


def graded(
    declaration: Declaration, rule: Asks, view: View, now: Moment = NOW
) -> tuple[Grade, str]:
    """The one finding of a rule: its grade and code."""
    (told,) = said(declaration, rule.assess(view, now))
    return told
