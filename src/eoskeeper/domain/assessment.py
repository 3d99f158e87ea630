"""Assessment: every rule asked once, and a rule that breaks told as the keeper's own fault."""

from __future__ import annotations

from collections.abc import Mapping

from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.findings import Finding, Grade
from eoskeeper.domain.rules.rule import Rule, View

__all__ = ["BROKEN_CODE", "KEEPER_RULE", "assess"]

KEEPER_RULE = "keeper"
BROKEN_CODE = "rule_broken"


def assess(rules: Mapping[str, Rule], view: View, now: Moment) -> tuple[Finding, ...]:
    """Ask every rule that is switched on.

    A rule that raises is a bug of ours. It must not take failover down with it, nor be silent: it
    is told like any other finding, under the keeper's own name.
    """
    found: list[Finding] = []
    for name, rule in rules.items():
        if not rule.enabled:
            continue
        try:
            found.extend(rule.assess(view, now))
        except Exception as error:  # noqa: BLE001 - see above: any bug of a rule
            figures = {"name": name, "error": f"{type(error).__name__}: {error}"[:200]}
            found.append(Finding(KEEPER_RULE, Grade.FAILED, BROKEN_CODE, figures, subject=name))
    return tuple(found)
