"""The status page in a real browser: what an operator sees, and what a fault must look like."""

from __future__ import annotations

import re

import msgspec
import pytest
from playwright.sync_api import Page, expect

from eoskeeper.domain.chain_time import Moment, MonoS, UtcS
from eoskeeper.domain.events import CommandAnswered
from eoskeeper.domain.findings import Severity
from eoskeeper.domain.samples import CommandKind, FailureReason, ProbeFailed, ProbeName
from tests.contract.page.browser import BELOW, Opener
from tests.contract.page.journal import record
from tests.contract.page.stage import Stage
from tests.contract.page.world import HOSTS, OURS, alarm

HOSTILE = "<img src=x onerror=alert(1)>"
NETWORK = "Failed to load resource"


def _row(page: Page, host: str) -> str:
    return page.locator("#cluster-rows tr", has_text=host).inner_text()


# --- what it shows ------------------------------------------------------------------------------


def test_shows_every_host_and_who_produces(stage: Stage, browser_page: Opener) -> None:
    """The one question of an operator is answered in the first line."""
    page = browser_page(stage)
    expect(page.locator("#verdict-text")).to_have_text(f"{OURS} is produced by {HOSTS[0]}")
    expect(page.locator("#cluster-rows tr")).to_have_count(3)
    assert "produces" in _row(page, HOSTS[0])
    assert "this page" in _row(page, HOSTS[1])
    assert "Second standby" in _row(page, HOSTS[2])
    expect(page.locator("#fact-ready-value")).to_have_text("2 / 2")
    expect(page.locator("#live")).to_have_class("live live-live")
    expect(page.locator("#round-list li")).to_have_count(4)
    expect(page.locator("#resume-body tbody tr")).to_have_count(7)


def test_a_takeover_shows_without_a_reload(stage: Stage, browser_page: Opener) -> None:
    """Row, strip and timeline follow a kill; the evidence opens; it is said to who cannot see."""
    page = browser_page(stage)
    expect(page.locator("#turns-list li").first).to_be_visible()
    page.evaluate("window.unloaded = false")
    expect(page.locator(".event-standing_changed")).to_have_count(0)
    stage.kill_primary()
    stage.pace = 40
    expect(page.locator("#cluster-rows tr.is-silent")).to_contain_text(HOSTS[0])
    expect(page.locator("#cluster-rows tr.is-silent .badge.good")).to_have_count(0)
    expect(page.locator("#alarms-list")).to_contain_text("A peer keeper is silent")
    expect(page.locator("#announcer")).to_contain_text(re.compile("New alarm|to holder"))
    expect(page.locator("#verdict-text")).to_have_text(f"{OURS} is produced by {HOSTS[1]}")
    stage.pace = 1
    expect(page.locator("#turns-makers .run").last).to_have_text(HOSTS[1])
    empty = page.locator("#turns-list li.turn-empty")
    assert empty.count() >= 2
    assert empty.first.locator(".cell-m").count() >= 11
    begun = page.locator(".event-standing_changed", has_text="2 own turns in a row")
    begun.locator("summary").first.click()
    expect(begun.locator("table")).to_contain_text("Own turns empty")
    assert page.evaluate("window.unloaded") is False


def test_an_alarm_tells_evidence_and_remedy(stage: Stage, browser_page: Opener) -> None:
    """What another alarm explains is folded; what waits is no alarm yet."""
    since = stage.world.now - 300
    stage.world.edits["alarms"] = (
        alarm("links", since, "Few links", "2 links", severity=Severity.WARNING),
        alarm("head_age", since, "Head is old", "#9 is 31 s old", remedy="Look."),
        alarm("finality_lag", since, "Lag", "400 blocks", muted_by="head_age"),
        alarm("disk", since, "Disk", "93 %", subject="/data", fired=False),
    )
    page = browser_page(stage)
    first = page.locator("#alarms-list li").first
    expect(first).to_contain_text("Head is old")
    expect(first).to_contain_text("#9 is 31 s old")
    expect(first).to_contain_text("What to do: Look.")
    expect(first).to_contain_text("5 min")
    expect(page.locator("#alarms-list li")).to_have_count(2)
    expect(page.locator("#alarms-muted-title")).to_have_text("Explained by another alarm (1)")
    expect(page.locator("#alarms-muted-list")).to_be_hidden()
    expect(page.locator("#alarms-waiting-list")).to_be_hidden()
    expect(page.locator("#fact-alarms-value")).to_have_text("2")


def test_a_month_is_plotted_within_a_second(wide_stage: Stage, browser_page: Opener) -> None:
    """From the click to the last curve; then the missed blocks of 20,571 own turns."""
    wide_stage.begin = wide_stage.world.begin - 31 * 86_400
    page = browser_page(wide_stage)
    expect(page.locator("#plots-list svg").first).to_be_visible()
    page.locator("label", has=page.locator("#span-month")).click()
    expect(page.locator("#plots-list")).to_have_attribute("data-span", "month")
    spent_ms, missed_ms = (
        page.evaluate("(name) => performance.getEntriesByName(name)[0].duration", name)
        for name in ("plots-month", "missed-month")
    )
    print(f"a month: curves {spent_ms:.0f} ms, with all own turns {missed_ms:.0f} ms")  # noqa: T201 - a figure to know
    expect(page.locator("#plots-list svg")).to_have_count(8)
    expect(page.locator("#plot-head_age_s .hole")).to_have_count(1)
    assert spent_ms < 1000


def test_older_events_come_when_asked_for(stage: Stage, browser_page: Opener) -> None:
    """Page after page, to the beginning."""
    page = browser_page(stage)
    rows = page.locator("#events-list .event")
    expect(rows).to_have_count(40)
    for count in (80, 120, 150):
        page.locator("#events-older").click()
        expect(rows).to_have_count(count)
    expect(page.locator("#events-older")).to_be_hidden()
    expect(page.locator("#events-end")).to_be_visible()
    page.locator("#events label", has_text="Alarms").click()
    expect(rows).to_have_count(0)


def test_a_new_keepers_journal_replaces_the_old_ones(stage: Stage, browser_page: Opener) -> None:
    """Without a history, or with a new one, its numbers begin anew."""
    page = browser_page(stage)
    rows = page.locator("#events-list .event")
    expect(rows).to_have_count(40)
    figures = stage.world.report().keeper
    assert figures is not None
    stage.records = stage.records[-3:]
    anew = msgspec.structs.replace(figures, started_utc=UtcS(stage.world.now))
    stage.world.edits["keeper"] = anew
    expect(rows).to_have_count(3)


def test_an_observer_has_no_own_turns(stage: Stage, browser_page: Opener) -> None:
    """It watches; what belongs to a producer is not shown. A peer never heard is in the table."""
    at = Moment(MonoS(1.0), UtcS(stage.world.now))
    unheard = ProbeFailed(at, ProbeName.PEER, FailureReason.REFUSED, "nobody listens", HOSTS[2])
    stage.world.edits.update(role="F", state="observer", producer=None, own_turns=(), peers=())
    stage.world.edits.update(failures=(unheard,), produces=None, conditions=(), last_own_turn="")
    stage.begin = stage.world.now + 1e6
    page = browser_page(stage)
    expect(page.locator("#verdict-text")).to_contain_text("there is no producer here")
    expect(page.locator("#plots-list")).to_have_attribute("data-span", "hour")
    for panel in ("#turns", "#resume", "#plot-missed", "#fact-next", "#fact-last"):
        expect(page.locator(panel)).to_be_hidden()
    expect(page.locator("#cluster-rows tr.is-silent")).to_contain_text("never heard")


# --- what is not known --------------------------------------------------------------------------


def test_what_is_unknown_is_called_unknown(stage: Stage, browser_page: Opener) -> None:
    """Never 0, never missed, never healthy."""
    report = stage.world.report()
    peers = [
        msgspec.structs.replace(one, produces=None, links=None, irreversible_number=None)
        for one in report.peers
    ]
    stage.world.edits.update(peers=peers, links=None, head_number=None, head_age_s=None)
    stage.world.edits.update(produces=None, next_own_turn_in_s=None)
    page = browser_page(stage)
    expect(page.locator("#verdict-text")).to_have_text(f"Who produces {OURS} is not known")
    expect(page.locator("#verdict")).to_have_class("verdict tone-unsure")
    here = page.locator("#cluster-rows tr", has_text=HOSTS[1])
    for column in ("Head", "Head age", "Irreversible lag", "Links"):
        expect(here.locator(f"[data-title='{column}']")).to_have_text("unknown")
    expect(page.locator("#fact-next-value")).to_have_text("unknown")


def test_a_dead_connection_never_looks_healthy(stage: Stage, browser_page: Opener) -> None:
    """Grey, with the age of what is seen, until the keeper is heard again."""
    page = browser_page(stage, allowed=(NETWORK,))
    expect(page.locator("#verdict")).to_have_class("verdict tone-good")
    stage.close()
    expect(page.locator("#live")).to_have_class("live live-dead", timeout=15_000)
    expect(page.locator("#verdict-text")).to_contain_text("Not known")
    expect(page.locator("#verdict")).to_have_class("verdict tone-blind")
    expect(page.locator("#notice")).to_contain_text("Contact with this keeper is lost")
    expect(page.locator("main")).to_have_css("filter", "grayscale(1)")
    stage.open()
    expect(page.locator("#live")).to_have_class(re.compile("live-(live|polling)"), timeout=15_000)
    expect(page.locator("#notice")).to_be_hidden()


def test_a_keeper_that_hangs_behind_its_server_shows(stage: Stage, browser_page: Opener) -> None:
    """The stream is open, and nothing new comes: the clock of the keeper stands still."""
    page = browser_page(stage)
    expect(page.locator("#live")).to_have_class("live live-live")
    stage.pace = 0
    expect(page.locator("#live")).to_have_class("live live-stale", timeout=10_000)
    expect(page.locator("#notice")).to_contain_text("has seen nothing new")
    expect(page.locator("#verdict")).to_have_class("verdict tone-blind")


def test_without_a_stream_the_page_asks(stage: Stage, browser_page: Opener) -> None:
    """Some proxies hold streams back; the page is then a little older, and says so."""
    stage.open(streams=False)
    page = browser_page(stage, allowed=(NETWORK,))
    expect(page.locator("#live")).to_have_class("live live-polling")
    before = page.locator("#fact-next-value").inner_text()
    stage.kill_primary()
    stage.pace = 40
    expect(page.locator("#cluster-rows tr.is-silent")).to_have_count(1)
    assert page.locator("#fact-next-value").inner_text() != before


def test_without_a_history_the_rest_stays(stage: Stage, browser_page: Opener) -> None:
    """Own turns are those of the report; the plots say why there are none."""
    stage.open(history=False)
    page = browser_page(stage, allowed=(NETWORK,))
    expect(page.locator("#plots-problem")).to_contain_text("keeps no history")
    expect(page.locator("#plots-list")).to_be_hidden()
    expect(page.locator("#events-none")).to_be_visible()
    expect(page.locator("#turns-list li")).to_have_count(8)


def test_without_any_own_turn_the_panel_says_so(stage: Stage, browser_page: Opener) -> None:
    """A keeper that has just started knows none."""
    stage.begin = stage.world.now + 1e6
    stage.world.edits.update(own_turns=(), last_own_turn="", last_round=())
    page = browser_page(stage)
    expect(page.locator("#turns-none")).to_be_visible()
    expect(page.locator("#round-none")).to_be_visible()
    expect(page.locator("#plot-missed .hole")).to_have_count(1)


# --- who looks ----------------------------------------------------------------------------------


def test_the_keyboard_reaches_everything(stage: Stage, browser_page: Opener) -> None:
    """In order, each stop visible; arrows walk through turns and plots."""
    page = browser_page(stage)
    expect(page.locator("#plots-list svg").first).to_be_visible()
    stops = []
    for _ in range(24):
        page.keyboard.press("Tab")
        stops.append(page.evaluate(_FOCUSED))
    names = [name for name, _visible in stops]
    assert names[0] == "skip"
    wanted = ["language", "theme", "turns-list", "span", "plot-head_age_s", "plot-links", "source"]
    places = [names.index(name) for name in wanted]
    assert places == sorted(places)
    assert all(visible for _name, visible in stops), stops
    turns = page.locator("#turns-list")
    turns.focus()
    chosen = turns.get_attribute("aria-activedescendant")
    page.keyboard.press("ArrowLeft")
    assert turns.get_attribute("aria-activedescendant") != chosen
    page.keyboard.press("Home")
    expect(page.locator("#turns-list li").first).to_have_attribute("aria-selected", "true")
    plot = page.locator("#plot-links .plot-area")
    plot.focus()
    page.keyboard.press("End")
    newest = plot.get_attribute("aria-valuetext")
    page.keyboard.press("ArrowLeft")
    assert plot.get_attribute("aria-valuetext") != newest
    expect(page.locator("#plot-head_age_s .cursor line")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator(".cursor line")).to_have_count(0)


_FOCUSED = """() => {
  const one = document.activeElement;
  const seen = one.matches(".choice input") ? one.nextElementSibling : one;
  const name = one.name || one.id || one.closest("figure, [id]")?.id || one.className;
  return [one.className === "skip" ? "skip" : name, getComputedStyle(seen).outlineStyle !== "none"];
}"""


@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
def test_a_phone_needs_no_sideways_scrolling(
    locale: str, stage: Stage, browser_page: Opener
) -> None:
    """At 360 pixels each host is a card."""
    stage.world.killed = stage.world.now - 200
    page = browser_page(stage, width=360, locale=locale)
    expect(page.locator("#plots-list svg").first).to_be_visible()
    expect(page.locator("#cluster-rows tr")).to_have_count(3)
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    expect(page.locator("#cluster-head")).not_to_be_in_viewport()
    assert page.locator("#cluster-rows tr").first.bounding_box() is not None


def test_chinese_is_complete_and_remembered(stage: Stage, browser_page: Opener) -> None:
    """Every word of the page; the choice outlives the visit."""
    page = browser_page(stage)
    expect(page.locator("#verdict-text")).to_contain_text("is produced by")
    page.locator("label", has_text="中文").click()
    expect(page.locator("#verdict-text")).to_have_text(f"{OURS} 由 {HOSTS[0]} 出块")
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    bare = "[...document.querySelectorAll('[data-word]')].map((one) => one.textContent)"
    words = page.evaluate(bare)
    foreign = {one for one in words if not re.search("[\u4e00-\u9fff]", one)}
    assert foreign == {"Keeper", "nodeos"}
    page.reload()
    expect(page.locator("#verdict-text")).to_contain_text("出块")
    expect(page.locator("#events-list .event .badge").first).to_have_text("启动")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_is_readable_in_both_themes(
    theme: str, stage: Stage, browser_page: Opener
) -> None:
    """WCAG AA asks for 4.5 to 1; also where an alarm or a dead host tints the ground."""
    stage.world.killed = stage.world.now - 200
    page = browser_page(stage)
    page.locator(f"input[name=theme][value={theme}]").check(force=True)
    expect(page.locator("#alarms-list li")).to_have_count(1)
    expect(page.locator("#events-list .event").first).to_be_visible()
    assert page.evaluate(_POOR_CONTRASTS) == []
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", theme)


# Colours of the text and of all grounds below it, mixed as the browser mixes them.
_POOR_CONTRASTS = """() => {
  const parse = (text) => {
    const [, kind, rest] = text.match(/^(rgba?|color)\\((.*)\\)$/);
    const numbers = rest.match(/-?[\\d.]+(e-?\\d+)?/g).map(Number);
    const [r, g, b, a = 1] = numbers;
    return kind === "color" ? [r, g, b, a] : [r / 255, g / 255, b / 255, a];
  };
  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3]));
  const ground = (element) => {
    if (!element) return [1, 1, 1];
    const colour = parse(getComputedStyle(element).backgroundColor);
    return colour[3] === 1 ? colour : over(colour, ground(element.parentElement));
  };
  const light = (colour) => colour.slice(0, 3)
    .map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4))
    .reduce((sum, one, i) => sum + one * [0.2126, 0.7152, 0.0722][i], 0);
  const poor = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((one) => one.nodeType === 3 && one.data.trim());
    if (!own || !element.checkVisibility({ visibilityProperty: true })) continue;
    const below = ground(element);
    const style = getComputedStyle(element);
    const colour = parse(element.closest("svg") ? style.fill : style.color);
    const [high, low] = [light(over(colour, below)), light(below)].sort((a, b) => b - a);
    const ratio = (high + 0.05) / (low + 0.05);
    if (ratio < 4.5) poor.push([ratio, element.className, element.textContent.slice(0, 30)]);
  }
  return poor;
}"""


def test_hostile_names_stay_text(stage: Stage, browser_page: Opener) -> None:
    """Host names, reasons and log lines come from elsewhere; none of them is markup."""
    report = stage.world.report()
    peer = msgspec.structs.replace(
        report.peers[0], host=HOSTILE, server_version=HOSTILE, state=HOSTILE
    )
    at = Moment(MonoS(0.0), UtcS(stage.world.now))
    order = CommandAnswered(at, CommandKind.PAUSE, HOSTILE, accepted=False, reason=HOSTILE)
    stage.records.insert(0, record(900, order))
    turns = [msgspec.structs.replace(one, made_by=HOSTILE) for one in report.own_turns]
    hostile = alarm(HOSTILE, 1.0, HOSTILE, HOSTILE, remedy=HOSTILE, subject=HOSTILE)
    stage.world.edits.update(peers=[peer], alarms=[hostile], own_turns=turns, chain_id=HOSTILE)
    page = browser_page(stage)
    expect(page.locator("#cluster-rows")).to_contain_text(HOSTILE)
    expect(page.locator("#alarms-list .evidence")).to_have_text(HOSTILE)
    first = page.locator("#events-list .event").first
    first.locator("summary").click()
    expect(first.locator("pre")).to_contain_text(HOSTILE)
    assert page.locator("img, script:not([src])").count() == 0


def test_works_below_a_path_of_a_proxy(stage: Stage, browser_page: Opener) -> None:
    """Every address on the page is relative."""
    page = browser_page(stage, path=BELOW)
    expect(page.locator("#cluster-rows tr")).to_have_count(3)
    expect(page.locator("#live")).to_have_class("live live-live")
    expect(page.locator("#plots-list svg").first).to_be_visible()
