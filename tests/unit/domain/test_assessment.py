"""Assessment: every rule is asked, one that is off is not, one that breaks is told."""

from __future__ import annotations

from eoskeeper.domain.assessment import assess
from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.findings import Finding, Grade
from eoskeeper.domain.rules.head_age import HeadAge
from eoskeeper.domain.rules.rule import Limits, Rule, View
from eoskeeper.domain.vitals import Vitals
from tests.unit.domain.scene import settled_standby


class Broken(Limits, frozen=True, kw_only=True):
    """A rule with a bug."""

    def assess(self, view: View, now: Moment) -> tuple[Finding, ...]:
        """Divide by zero."""
        raise ZeroDivisionError(view.policy.host, now.mono_s)


def test_a_rule_that_breaks_is_told_and_stops_no_other() -> None:
    """The keeper goes on: failover must not end because of a health rule."""
    site = settled_standby()
    view = View(
        node=site.memory.node,
        standing=site.memory.standing,
        vitals=Vitals(started=site.now),
        policy=site.policy,
    )
    off = Broken(enabled=False)
    rules: dict[str, Rule] = {"broken": Broken(), "off": off, "head_age": HeadAge()}
    told, head_age = assess(rules, view, site.now)
    assert (told.rule, told.grade, told.subject) == ("keeper", Grade.FAILED, "broken")
    assert str(told.figures["error"]).startswith("ZeroDivisionError")
    assert (head_age.rule, head_age.grade) == ("head_age", Grade.OK)
