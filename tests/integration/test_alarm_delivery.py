"""Alarms that arrive: the real keeper against gateways that misbehave, and SIGKILL in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from urllib.parse import unquote

import msgspec
import pytest

from eoskeeper.domain.alerting.alarms import AlarmLine, NotificationKind, Verdict
from eoskeeper.domain.alerting.events import AlarmAcked, AlarmResolved
from eoskeeper.domain.findings import Grade
from eoskeeper.domain.host_samples import DeliveryResult
from eoskeeper.domain.rules.catalogue import CATALOGUE
from eoskeeper.domain.tally import NoticeMark
from eoskeeper.runtime import clock
from tests.integration.alarm_scene import (
    BROKEN,
    HANG,
    PASSWORD,
    TAKEN,
    TITLE,
    Scene,
    channel,
    staged,
)
from tests.integration.local_server import Asked, Reply, say
from tests.integration.lone_keeper import RULE

pytestmark = [pytest.mark.slow, pytest.mark.timeout(200)]

HEARTBEAT_S = 10.0


@pytest.fixture
def scene() -> Iterator[Scene]:
    """All of it is gone after the test."""
    with staged() as scene:
        yield scene


# --- killed in the middle ---------------------------------------------------------------------


class KillMoment(NamedTuple):
    """When the keeper is killed.

    Attributes:
        is_there: whether the moment has come.
        is_still: what must hold after the kill, or it came too late to prove anything.
        reply: of the gateway until then; None refuses the connection.
    """

    is_there: Callable[[Scene], bool]
    is_still: Callable[[Scene], bool]
    reply: Reply | None = None
    group_wait_s: float = 0.0


MOMENTS = {
    "alarm journalled": KillMoment(
        lambda scene: bool(scene.keeper.fired()),
        lambda scene: not scene.keeper.decided(),
        group_wait_s=8.0,
    ),
    "message journalled, nobody listens": KillMoment(
        lambda scene: bool(scene.keeper.decided()), lambda scene: not scene.keeper.proven()
    ),
    "asked, not answered": KillMoment(
        lambda scene: bool(scene.gateway.asked), lambda scene: not scene.keeper.settled(), HANG
    ),
    "refused, to be tried later": KillMoment(
        lambda scene: bool(scene.keeper.settled()), lambda scene: not scene.keeper.proven(), BROKEN
    ),
}


@pytest.mark.parametrize("moment", MOMENTS.values(), ids=MOMENTS.keys())
def test_an_alarm_outlives_a_kill(moment: KillMoment, scene: Scene) -> None:
    """It arrives from the next keeper, though its cause is gone by then; and so does its end.

    The node is back before that keeper starts, so only the journal can tell it of the alarm.
    """
    scene.keeper.configure({"alarm": {"group_wait_s": moment.group_wait_s}})
    if moment.reply is not None:
        scene.gateway.reply = moment.reply
        scene.gateway.open()
    scene.keeper.start()
    scene.keeper.wait("the moment of the kill", lambda: moment.is_there(scene))
    scene.keeper.kill()
    assert moment.is_still(scene), "killed too late"
    scene.gateway.asked.clear()
    scene.gateway.reply = TAKEN
    scene.gateway.open()
    scene.node.open()
    scene.keeper.configure({"alarm": {"group_wait_s": 0}})
    scene.keeper.start()
    scene.keeper.wait("the alarm arrives", lambda: bool(scene.alarms()))
    scene.keeper.wait("its end arrives", lambda: bool(scene.ends()))
    scene.keeper.wait("both are proven", scene.is_all_proven)
    assert len(scene.keeper.fired()) == 1, "restored, not found anew"
    assert (len(scene.alarms()), len(scene.ends())) == (1, 1)


def test_what_was_delivered_is_not_sent_again(scene: Scene) -> None:
    """Not by the next keeper while the alarm is open; its end comes once, whoever starts then."""
    scene.gateway.open()
    scene.keeper.start()
    scene.keeper.wait("the alarm is delivered", scene.is_all_proven)
    scene.keeper.kill()
    scene.keeper.start()
    scene.keeper.wait("the next keeper sees it, too", lambda: is_seen_again(scene))
    scene.keeper.wait_further(1.5)
    assert (len(scene.alarms()), len(scene.ends())) == (1, 0)
    scene.node.open()
    scene.keeper.wait("the end arrives", lambda: bool(scene.ends()))
    scene.keeper.wait("the end is proven", scene.is_all_proven)
    scene.keeper.kill()
    scene.keeper.start()
    scene.keeper.wait_further(1.5)
    assert len(scene.gateway.texts) == 2
    assert (len(scene.alarms()), len(scene.ends())) == (1, 1)
    assert len([one for one in scene.keeper.events() if isinstance(one, AlarmResolved)]) == 1


def is_seen_again(scene: Scene) -> bool:
    """Whether the rule itself, not only the journal, says that it is bad."""
    report = scene.keeper.report()
    return report is not None and any(
        finding.rule == RULE and finding.grade is Grade.FAILED for finding in report.findings
    )


# --- gateways that do not take it -------------------------------------------------------------


def test_only_the_services_yes_counts(scene: Scene) -> None:
    """Whatever else a channel answers is no delivery, and its fallback gets the message."""
    answers: dict[str, tuple[Reply, DeliveryResult]] = {
        "coded": (say('{"code": 7, "text": "no balance"}'), DeliveryResult.REFUSED),
        "garbage": (say("\x00}{ code: 0"), DeliveryResult.UNINTELLIGIBLE),
        "page": (say("<html>code 0</html>"), DeliveryResult.UNINTELLIGIBLE),
        "broken": (say('{"code": 0}', 500), DeliveryResult.UNAVAILABLE),
        "hanging": (HANG, DeliveryResult.TIMED_OUT),
    }
    scene.second.reply = lambda asked: answers[asked.target.strip("/")][0](asked)
    more: dict[str, Any] = {"fallback": "good", "timeout_s": 1.5}
    channels = {name: channel(scene.second, f"/{name}", **more) for name in answers}
    channels["away"] = channel(scene.node, **more)
    contacts = {"oncall": {"channels": [*channels]}}
    channels["good"] = channel(scene.gateway)
    scene.keeper.configure({"alarm": {"channels": channels, "contacts": contacts}})
    scene.gateway.open()
    scene.second.open()
    scene.keeper.start()
    expected = {name: {result: 1} for name, (_, result) in answers.items()}
    expected |= {"away": {DeliveryResult.UNAVAILABLE: 1}, "good": {DeliveryResult.PROVEN: 6}}
    scene.keeper.wait("every channel has had its turn", lambda: deliveries(scene) == expected)
    assert len(scene.alarms()) == 6
    assert len(set(scene.gateway.texts)) == 1
    told = scene.keeper.command("alarms").stdout
    assert "channel coded: refused 1" in told
    assert "channel good: proven 6" in told


def deliveries(scene: Scene) -> dict[str, dict[DeliveryResult, int]]:
    """Outcomes by channel, as the keeper reports them."""
    report = scene.keeper.report()
    return {} if report is None else {name: dict(one) for name, one in report.deliveries.items()}


# --- the command line -------------------------------------------------------------------------


def test_operators_silence_and_acknowledge(scene: Scene) -> None:
    """A silence keeps messages back until it is ended, an acknowledgement the repetitions."""
    eoskeeper, keeper = scene.keeper.command, scene.keeper
    keeper.configure({"alarm": {"repeat_s": 2}})
    scene.gateway.open()
    scene.node.open()
    keeper.start()
    keeper.wait_report()
    assert eoskeeper("alarms").returncode == 0
    too_early = eoskeeper("ack", RULE)
    assert too_early.returncode == 1
    assert RULE in too_early.stderr
    assert eoskeeper("silence", RULE, "--for", "1m", "--by", "wang").returncode == 0
    scene.node.reply = BROKEN
    keeper.wait("the alarm fires", lambda: bool(keeper.fired()))
    keeper.wait_further(2.5)
    assert scene.gateway.texts == []
    silenced = only_alarm(scene)
    assert silenced.verdict is Verdict.SILENCED
    assert silenced.silenced_until is not None
    assert silenced.told_to == ()
    assert eoskeeper("unsilence", RULE).returncode == 0
    keeper.wait("what was kept back arrives", lambda: bool(scene.alarms()))
    keeper.wait("it is told again", lambda: any("still: " in one for one in scene.alarms()))
    assert eoskeeper("ack", RULE, "--by", "zhang").returncode == 0
    keeper.wait("journalled", lambda: any(isinstance(one, AlarmAcked) for one in keeper.events()))
    keeper.wait("nothing is on its way", lambda: not keeper.on_their_way())
    before = len(scene.gateway.texts)
    keeper.wait_further(4.5)
    assert len(scene.gateway.texts) == before, "two repetitions would have come"
    assert only_alarm(scene).acknowledged_by == "zhang"


def only_alarm(scene: Scene) -> AlarmLine:
    """What ``eoskeeper alarms --json`` shows; it exits with 1 because one is open."""
    shown = scene.keeper.command("alarms", "--json")
    assert shown.returncode == 1, shown
    (line,) = msgspec.json.decode(shown.stdout, type=tuple[AlarmLine, ...])
    assert line.rule == RULE
    return line


def test_a_mistyped_order_is_refused_with_what_there_is(scene: Scene) -> None:
    """Exit 1 and the names for a rule that is none, 2 for a wrong time, 3 without a keeper."""
    scene.node.open()
    scene.keeper.start()
    scene.keeper.wait_report()
    for words in (("silence", "api_anwsers"), ("unsilence", "api_anwsers"), ("ack", "api_anwsers")):
        refused = scene.keeper.command(*words)
        assert refused.returncode == 1, refused
        assert "api_anwsers" in refused.stderr
        assert f"there are: {RULE}" in refused.stderr
    for duration in ("soon", "0s", "31d"):
        refused = scene.keeper.command("silence", RULE, "--for", duration)
        assert refused.returncode == 2, refused
        assert duration in refused.stderr
    scene.keeper.kill()
    assert scene.keeper.command("silence", RULE).returncode == 3
    assert scene.keeper.command("alarms").returncode == 3


def test_a_test_alarm_shows_each_services_answer(scene: Scene) -> None:
    """Without a keeper; 0 when all took it, 1 when one did not, 2 for a channel that is none."""
    scene.second.reply = lambda asked: (200, f'{{"code": 7, "text": "bad: {asked.body}"}}')
    channels = {"main": channel(scene.gateway), "other": channel(scene.second)}
    scene.keeper.configure({"alarm": {"channels": channels}})
    scene.gateway.open()
    scene.second.open()
    good = scene.keeper.command("test-alarm", "--channel", "main")
    every = scene.keeper.command("test-alarm")
    none = scene.keeper.command("test-alarm", "--channel", "mian")
    assert (good.returncode, every.returncode, none.returncode) == (0, 1, 2)
    assert "proven" in good.stdout
    assert '{"code": 0}' in good.stdout
    assert "other" not in good.stdout
    assert "refused" in every.stdout
    assert '"code": 7, "text": "bad: ' in every.stdout
    assert "there are: main, other" in none.stderr
    assert (len(scene.gateway.asked), len(scene.second.asked)) == (2, 1)
    assert "Planted" in scene.second.asked[0].body
    for shown in (good, every, none):
        assert leaks(shown.stdout + shown.stderr, [PASSWORD]) == []


# --- secrets ----------------------------------------------------------------------------------


def leaks(text: str, secrets: list[str]) -> list[str]:
    """Secrets whose first letters stand in a text, however it was quoted or wrapped."""
    bare = "".join(filter(str.isalnum, text + unquote(text)))
    words = {secret: "".join(filter(str.isalnum, secret))[:12] for secret in secrets}
    assert all(len(word) == 12 for word in words.values())
    return [secret for secret, word in words.items() if word in bare]


def test_no_secret_is_ever_shown(scene: Scene) -> None:
    """Not in a log line, a journal, a report or an answer, though every service quotes them."""
    plant = {
        name: f"Planted{name}Key/+{number}"
        for number, name in enumerate(("Url", "Robot", "Sign", "Lark", "Corp", "Web", "Peer"))
    }
    secrets = [PASSWORD, *plant.values()]
    scene.gateway.reply = quote_everything
    scene.second.reply = lambda asked: (500, asked.target + asked.headers + asked.body)
    url = scene.gateway.url
    header = {"headers": {"Authorization": "Bearer {password}"}, "attempts": 1}
    channels: dict[str, Any] = {
        "gateway": channel(scene.gateway, f"/send?key={plant['Url']}", **header),
        "broken": channel(scene.second, f"/send?key={plant['Url']}", **header),
        "robot": {"kind": "dingtalk", "webhook": f"{url}/robot/send?access_token={plant['Robot']}"},
        "lark": {"kind": "feishu", "webhook": f"{url}/hook/{plant['Lark']}"},
        "wecom": {"kind": "wecom_app", "corp_id": "ww1", "agent_id": 1, "to_user": ["@all"]},
    }
    channels["robot"] |= {"sign_secret": "SEC" + plant["Sign"], "attempts": 1}
    channels["lark"] |= {"sign_secret": plant["Sign"], "attempts": 1}
    channels["wecom"] |= {"secret": plant["Corp"], "api_url": url, "attempts": 1}
    contacts = {"oncall": {"channels": [*channels]}}
    scene.keeper.configure(
        {
            "alarm": {"channels": {"main": None, **channels}, "contacts": contacts},
            "web": {"token": plant["Web"] + "0" * 16},
            "peers": {"other": {"url": url, "token": plant["Peer"] + "0" * 16}},
            "log": {"level": "debug", "file": str(scene.keeper.folder / "second.log")},
        }
    )
    scene.gateway.open()
    scene.second.open()
    scene.keeper.start()
    scene.keeper.wait("every channel has failed", lambda: len(deliveries(scene)) == len(channels))
    shown = [
        scene.keeper.command(*words)
        for words in (("status", "--json"), ("alarms",), ("check",), ("test-alarm",))
    ]
    scene.keeper.kill()
    written = [path for path in scene.keeper.folder.rglob("*") if path.is_file()]
    written.remove(scene.keeper.config)
    texts = {str(path): path.read_text(errors="replace") for path in written}
    texts |= {str(one.args): one.stdout + one.stderr for one in shown}
    arrived = str([*scene.gateway.asked, *scene.second.asked])
    assert set(secrets) - set(leaks(arrived, secrets)) == {plant["Sign"], plant["Web"]}
    assert {name: found for name, text in texts.items() if (found := leaks(text, secrets))} == {}
    assert any("alarm_not_delivered" in text for text in texts.values())


def quote_everything(asked: Asked) -> tuple[int, str]:
    """A service that refuses with all that it was sent."""
    quoted = asked.target + asked.headers + asked.body
    said = {"code": 7, "errcode": 7, "msg": quoted, "errmsg": quoted}
    return 200, msgspec.json.encode(said).decode()


# --- the rest ---------------------------------------------------------------------------------


def test_the_heartbeat_ends_with_the_keeper(scene: Scene) -> None:
    """An outside watch is pinged while the keeper runs and not after; the key stays unsaid."""
    key = "PlantedPingKey-1"
    scene.second.reply = lambda asked: (500, asked.target)
    settings = {"url": f"{scene.second.url}/ping/{key}", "period_s": HEARTBEAT_S}
    scene.keeper.configure({"heartbeat": settings})
    scene.second.open()
    scene.node.open()
    scene.keeper.start()
    scene.keeper.wait("a ping", lambda: bool(scene.second.asked))
    scene.keeper.wait(
        "its failure is logged", lambda: "heartbeat_failed" in scene.keeper.log.read_text()
    )
    scene.keeper.kill()
    pings = len(scene.second.asked)
    begin_s = clock.read().mono_s
    scene.keeper.wait("a period", lambda: clock.read().mono_s > begin_s + HEARTBEAT_S + 1)
    assert len(scene.second.asked) == pings
    assert {one.target for one in scene.second.asked} == {f"/ping/{key}"}
    assert leaks(scene.keeper.log.read_text(), [key]) == []


def test_messages_are_in_the_readers_language(scene: Scene) -> None:
    """With language zh the alarm arrives in Chinese, its remedy included."""
    scene.keeper.configure({"language": "zh"})
    scene.gateway.open()
    scene.keeper.start()
    scene.keeper.wait("the alarm arrives", lambda: bool(scene.gateway.texts))
    (text,) = scene.gateway.texts
    assert text.startswith("[警告] lone (观察节点): " + TITLE.zh)
    assert "处理办法" in text
    assert CATALOGUE[RULE].remedies["refused"].zh in text
    assert TITLE.en not in text


def test_the_daily_notice_comes_once_an_hour_named(scene: Scene) -> None:
    """It is told by the keeper that runs at its time; one that starts a moment later tells none."""
    # The machine's own zone is one in which it has just become noon.
    second_of_day = int(clock.read().utc_s) % 86_400
    east_s = 12 * 3600 + 60 - second_of_day
    hours, rest = divmod(abs(east_s), 3600)
    sign = "-" if east_s > 0 else "+"  # POSIX counts them to the west
    zone = f"TST{sign}{hours}:{rest // 60:02d}:{rest % 60:02d}"
    scene.keeper.configure({"notice": {"hours": [12]}})
    scene.gateway.open()
    scene.node.open()
    scene.keeper.start(TZ=zone)
    scene.keeper.wait("the notice arrives", lambda: bool(scene.gateway.texts))
    scene.keeper.wait("it is proven", scene.is_all_proven)
    scene.keeper.kill()
    scene.keeper.start(TZ=zone)
    scene.keeper.wait_further(2.5)
    (text,) = scene.gateway.texts
    assert "notice of " in text
    assert " 12:00" in text
    (decided,) = scene.keeper.decided()
    assert decided.notification.kind is NotificationKind.NOTICE
    (mark,) = [one for one in scene.keeper.events() if isinstance(one, NoticeMark)]
    assert mark.hour == 12
