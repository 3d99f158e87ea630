"""The page of the rules is made of what the rules say themselves."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from eoskeeper.domain.findings import Severity, Text
from eoskeeper.domain.rules.page import meanings_of, page_of
from eoskeeper.domain.rules.rule import Declaration, HoldSeconds, Limits, severities


class Tide(Limits, frozen=True, kw_only=True):
    """Water comes and goes.

    Twice a day, ``roughly``
    speaking.

    Attributes:
        limit_m: metres above
            the quay: a|b. Source: ``man 5 tide``.
        names: of harbours.
        hold_s: a wave is no tide.
    """

    hold_s: HoldSeconds = 60.0
    limit_m: Annotated[float, Meta(ge=0.5, le=1_048_576)] = 5 / 21
    names: tuple[str, ...] = ()


TIDE = Declaration(
    name="tide",
    title=Text(en="High water", zh="涨潮"),
    texts={},
    remedy=Text(en="Wait.", zh="等待。"),
    remedies={"flood": Text(en="Leave.", zh="离开。")},
    depends_on=("moon",),
    failed=severities(primary=Severity.CRITICAL, standby=Severity.WARNING),
)


def test_the_page_tells_all_of_a_rule() -> None:
    """Title, reasoning, limits, urgency, causes and remedies, in both languages where they are."""
    page = page_of({"tide": Tide}, {"tide": TIDE})
    lines = page.splitlines()
    assert "| [`tide`](#tide) | High water | 涨潮 | critical | warning | warning | - |" in lines
    section = page.partition("## tide\n")[2].splitlines()
    assert section == [
        "",
        "**High water** (涨潮)",
        "",
        "Water comes and goes.",
        "",
        "Twice a day, `roughly` speaking.",
        "",
        "| key | default | allowed | meaning |",
        "|---|---|---|---|",
        (
            "| `limit_m` | `0.2381` | number, 0.5 to 1048576 |"
            " metres above the quay: a\\|b. Source: `man 5 tide`. |"
        ),
        "| `names` | `[]` | list of texts | of harbours. |",
        "| `hold_s` | `60.0` | number, 0 to 3600 | a wave is no tide. |",
        (
            "| `clear_s` | `10.0` | number, 0 to 3600 |"
            " how long it must be good again before it counts as resolved. |"
        ),
        "",
        "| grade | A | B | C | F |",
        "|---|---|---|---|---|",
        "| failed | critical | warning | warning | - |",
        "",
        "Muted while one of these is bad: [`moon`](#moon).",
        "",
        "What to do:",
        "",
        "* Wait.",
        "* 等待。",
        "* `flood`: Leave.",
        "* `flood`: 离开。",
    ]


def test_the_meanings_are_those_of_the_docstring() -> None:
    """Over as many lines as they take, and with colons in them."""
    assert list(meanings_of(Tide)) == ["limit_m", "names", "hold_s"]
    assert meanings_of(Limits)["enabled"] == "`false` switches the rule off."
