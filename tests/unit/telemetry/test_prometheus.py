"""The page for Prometheus: what is known has a sample, what is not has none."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

import msgspec
import pytest

from eoskeeper import __version__
from eoskeeper.domain.chain_time import first_slot_of_turn, slot_at, slot_utc, turn_of
from eoskeeper.domain.findings import Finding, Grade, Severity
from eoskeeper.domain.guard_samples import GuardPhase
from eoskeeper.domain.host_samples import DeliveryResult, FolderUse
from eoskeeper.domain.policy import FailoverMode, Role
from eoskeeper.domain.report import Report
from eoskeeper.domain.samples import FailureReason, ProbeName
from eoskeeper.domain.standing import State
from eoskeeper.domain.turns import SlotCounts
from eoskeeper.telemetry.prometheus import METRICS, STALE_S, render
from eoskeeper.telemetry.prometheus_metric import Kind
from tests.unit.domain.scene import CHAIN_ID
from tests.unit.telemetry.telling import AT_UTC, alarm_line, failure, full_report, moment


def page_of(report: Report | None, now_utc: float = AT_UTC) -> dict[str, float]:
    """Samples by their names with labels."""
    lines = render(report, moment(now_utc)).decode().splitlines()
    pairs = (line.rpartition(" ") for line in lines if not line.startswith("#"))
    return {name: float(value) for name, _, value in pairs}


def samples(**fields: Any) -> dict[str, float]:  # noqa: ANN401 - of a report
    """The same of a report that knows everything else."""
    return page_of(full_report(**fields))


def names(page: dict[str, float]) -> set[str]:
    """Families that have a sample."""
    return {name.partition("{")[0] for name in page}


def bare() -> Report:
    """The report of a keeper that has just started and has heard nothing."""
    return Report(
        at_utc=AT_UTC,
        host="bp-a",
        role=Role.PRIMARY,
        mode=FailoverMode.AUTO,
        producer="ours",
        state=State.LEARNING,
        since_utc=AT_UTC,
        may_produce=True,
        term=0,
        cause=None,
        summary="",
    )


def test_every_metric_of_the_table_is_on_the_page_of_a_host_that_knows_everything() -> None:
    """Some exclude each other: a holder is no standby."""
    told = names(samples(failures=(failure(ProbeName.LOG),)))
    standby = full_report(state=State.STANDBY, role=Role.FIRST_STANDBY, paused=True)
    assert {metric.name for metric in METRICS} == told | names(page_of(standby))


def test_each_family_has_its_help_and_type_before_its_samples() -> None:
    """And comes once, in one piece."""
    text = render(full_report(), moment()).decode()
    blocks = re.findall(r"# HELP (\w+) .+\.\n# TYPE (\w+) (gauge|counter)\n((?:\1[{ ].+\n)+)", text)
    assert "".join(f"{one}" for *_, one in blocks).count("\n") == text.count("\n") - 2 * len(blocks)
    assert [name for name, *_ in blocks] == [name for _, name, *_ in blocks]
    assert len({name for name, *_ in blocks}) == len(blocks)
    assert text.endswith("\n")


def test_names_follow_the_conventions() -> None:
    """Counters end with _total and nothing else does; information is 1."""
    wrong = [
        metric.name
        for metric in METRICS
        if (metric.kind is Kind.COUNTER) != metric.name.endswith("_total")
        or not metric.name.startswith(("eoskeeper_", "process_"))
        or metric.name.endswith(("_ms", "_percent", "_age_seconds"))
    ]
    assert wrong == []
    told = samples()
    assert {value for name, value in told.items() if "_info{" in name} == {1.0}
    assert told[f'eoskeeper_build_info{{version="{__version__}"}}'] == 1


def test_figures_are_told_in_base_units() -> None:
    """Ages as the time they count from, so that they stay true between two scrapes."""
    told = samples()
    assert told["eoskeeper_head_timestamp_seconds"] == pytest.approx(AT_UTC - 0.4)
    assert told["eoskeeper_last_made_timestamp_seconds"] == pytest.approx(AT_UTC - 10)
    assert told["eoskeeper_next_own_turn_timestamp_seconds"] == pytest.approx(AT_UTC + 7.5)
    assert told["eoskeeper_clock_offset_seconds"] == -0.002
    assert told["eoskeeper_nodeos_cpu_seconds_total"] == 12.5
    assert told['eoskeeper_folder_free_bytes{folder="/data"}'] == 250
    assert told["eoskeeper_links"] == 12
    host = f'host="bp-a",role="A",mode="auto",producer="ours",chain_id="{CHAIN_ID}"'
    assert told[f"eoskeeper_host_info{{{host}}}"] == 1


def test_large_numbers_lose_no_digit() -> None:
    """A block number is not rounded to six digits."""
    text = render(full_report(head_number=401_234_567), moment()).decode()
    assert "\neoskeeper_head_block_number 401234567\n" in text


def test_every_state_is_told_and_one_is_the_current() -> None:
    """So that a query finds the state that a host has left, too."""
    told = samples(state=State.FENCING)
    states = {state: told[f'eoskeeper_failover_state{{state="{state}"}}'] for state in State}
    assert states == {state: float(state is State.FENCING) for state in State}


def test_of_several_things_that_a_rule_judges_the_worst_speaks() -> None:
    """An alarm about one of them is about the rule."""
    told = samples()
    assert told['eoskeeper_rule_grade{rule="links",grade="degraded"}'] == 1
    assert told['eoskeeper_rule_grade{rule="links",grade="ok"}'] == 0
    assert told['eoskeeper_rule_grade{rule="finalizer",grade="unknown"}'] == 1
    ranked = (Grade.OK, Grade.UNKNOWN, Grade.DEGRADED, Grade.FAILED)
    for better, worse in pairwise(ranked):
        findings = (Finding("disk", worse, "a"), Finding("disk", better, "b"))
        told = samples(findings=findings)
        assert told[f'eoskeeper_rule_grade{{rule="disk",grade="{worse}"}}'] == 1


def test_each_rule_has_its_count_of_open_alarms() -> None:
    """Zero where none is, so that the first one is a change; what is held back does not count."""
    held = alarm_line("head_age", Severity.CRITICAL, fired_utc=None)
    told = samples(alarms=(alarm_line(), alarm_line(subject="b"), held))
    assert told['eoskeeper_alarm_open{rule="links",severity="warning"}'] == 2
    assert told['eoskeeper_alarm_open{rule="links",severity="critical"}'] == 0
    assert told['eoskeeper_alarm_open{rule="head_age",severity="critical"}'] == 0


def test_slots_are_counted_for_each_scheduled_producer() -> None:
    """From zero on, so that the first missed block is an increase; others would have no bound."""
    told = samples(slot_counts={"ours": SlotCounts(45, 2, 1, 0), "gone": SlotCounts(12)})
    prefix = "eoskeeper_slots_total{producer="
    assert told[prefix + '"ours",ours="yes",outcome="missed"}'] == 2
    assert told[prefix + '"carol",ours="no",outcome="missed"}'] == 0
    assert len([name for name in told if name.startswith(prefix)]) == 4 * 4


def test_the_newest_own_turn_is_told_slot_by_slot() -> None:
    """A slot of which nothing is known has no sample; a turn that is not over does not count."""
    told = samples()
    slots = [told.get(f'eoskeeper_own_turn_slot_produced{{slot="{n:02d}"}}') for n in range(1, 13)]
    assert slots == [1.0] * 8 + [0.0] * 3 + [None]
    counts = {o: told[f'eoskeeper_own_turn_slots{{outcome="{o}"}}'] for o in ("missed", "lost")}
    assert counts == {"missed": 2, "lost": 1}
    newest = full_report().own_turns[1].turn
    begin = slot_utc(first_slot_of_turn(newest))
    assert told["eoskeeper_own_turn_timestamp_seconds"] == begin
    assert newest < turn_of(slot_at(AT_UTC))


def test_a_peer_that_is_silent_is_down() -> None:
    """Its newest report is too old to be true."""
    told = samples()
    assert told['eoskeeper_peer_up{peer="bp-b"}'] == 1
    assert told['eoskeeper_peer_up{peer="bp-c"}'] == 0
    heard = told['eoskeeper_peer_heard_timestamp_seconds{peer="bp-c"}']
    assert heard == pytest.approx(AT_UTC - 61)


@pytest.mark.parametrize(
    ("fields", "ready"),
    [
        ({}, 1.0),
        ({"paused": False}, 0.0),
        ({"paused": None}, 0.0),
        ({"state": State.LAPSED}, 0.0),
        ({"failures": (failure(ProbeName.LOG),)}, 0.0),
        ({"state": State.HOLDER}, None),
        ({"role": Role.OBSERVER}, None),
    ],
)
def test_a_standby_is_ready_when_it_is_paused_and_sees_everything(
    fields: dict[str, Any], ready: float | None
) -> None:
    """A host that is no standby, or took over, is neither ready nor not."""
    standby = {"role": Role.FIRST_STANDBY, "state": State.STANDBY, "paused": True}
    assert samples(**standby | fields).get('eoskeeper_standby_ready{producer="ours"}') == ready


def test_a_dead_nodeos_leaves_holes_and_no_zeros() -> None:
    """What the keeper knows by itself goes on."""
    told = samples(failures=(failure(),), nodeos=None)
    assert told["eoskeeper_nodeos_up"] == 0
    assert told['eoskeeper_probe_failing{probe="get_info",reason="refused"}'] == 1
    gone = {"head_block_number", "head_timestamp_seconds", "links", "paused", "produces"}
    gone |= {"irreversible_block_number", "nodeos_resident_memory_bytes", "nodeos_state_free_bytes"}
    assert {f"eoskeeper_{name}" for name in gone} & names(told) == set()
    assert {"eoskeeper_failover_state", "eoskeeper_machine_load1"} <= names(told)


def test_links_are_known_while_one_of_their_sources_answers() -> None:
    """The socket list of the process stands in for a net API that is switched off."""
    off = failure(ProbeName.CONNECTIONS, FailureReason.UNSUPPORTED)
    assert "eoskeeper_links" in samples(failures=(off,))
    assert "eoskeeper_links" not in samples(failures=(off, failure(ProbeName.PROCESS)))


def test_a_keeper_that_has_just_started_tells_what_it_is() -> None:
    """No sample says anything of a node that was not heard yet."""
    assert names(page_of(None)) == {"eoskeeper_build_info"}
    told = page_of(bare())
    assert not [name for name in names(told) if "nodeos" in name or "head" in name]
    assert told["eoskeeper_may_produce"] == 1


def test_a_stuck_keeper_tells_only_since_when() -> None:
    """Its last report would look like a healthy node for ever."""
    told = page_of(full_report(), AT_UTC + STALE_S + 1)
    assert names(told) == {"eoskeeper_build_info", "eoskeeper_cycle_timestamp_seconds"}
    assert told["eoskeeper_cycle_timestamp_seconds"] == AT_UTC
    assert "eoskeeper_links" in names(page_of(full_report(), AT_UTC + STALE_S))


def test_labels_are_escaped() -> None:
    """A folder may have any name."""
    report = full_report()
    assert report.machine is not None
    odd = FolderUse('/a "b"\\c\nd', 10, 5)
    machine = type(report.machine)(folders=(odd,))
    text = render(full_report(machine=machine), moment()).decode()
    assert 'eoskeeper_folder_free_bytes{folder="/a \\"b\\"\\\\c\\nd"} 5\n' in text


def test_numbers_that_are_none_have_no_sample() -> None:
    """A store would keep a NaN as if it were a reading."""
    assert "eoskeeper_head_timestamp_seconds" not in samples(head_age_s=float("nan"))


def test_deliveries_are_counted_by_channel_and_result() -> None:
    """Every result, so that the first failure is an increase."""
    told = samples()
    assert told['eoskeeper_deliveries_total{channel="wecom",result="proven"}'] == 3
    assert told['eoskeeper_deliveries_total{channel="wecom",result="refused"}'] == 0
    assert len([n for n in told if "deliveries" in n]) == len(DeliveryResult)


def test_an_idle_guard_has_no_deadline_and_a_lease_that_nobody_held_no_term() -> None:
    """What means nothing then has no sample."""
    whole = full_report()
    assert whole.guard is not None
    assert whole.lease is not None
    idle = msgspec.structs.replace(whole.guard, phase=GuardPhase.IDLE)
    unheld = msgspec.structs.replace(whole.lease, holder="", held_here=False, confirmed_s=None)
    page = samples(guard=idle, lease=unheld)
    deadline = samples()["eoskeeper_guard_deadline_timestamp_seconds"]
    assert deadline == pytest.approx(AT_UTC + 8.4)
    assert "eoskeeper_guard_deadline_timestamp_seconds" not in page
    assert "eoskeeper_lease_term" not in page
    assert page["eoskeeper_lease_held"] == 0
    assert page['eoskeeper_guard_phase{phase="idle"}'] == 1


def test_without_a_register_and_a_guard_there_is_nothing_of_them() -> None:
    """The chain register has neither."""
    told = names(samples(guard=None, lease=None))
    assert not {name for name in told if "lease" in name or "guard" in name or "register" in name}
