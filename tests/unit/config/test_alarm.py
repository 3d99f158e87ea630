"""Channels and contacts: what is written reaches the engine, and what reaches nobody is told."""

from __future__ import annotations

import pytest

from eoskeeper.config import Config, ConfigError, Problem, load_text
from eoskeeper.domain.findings import Language, Severity

HOST = '[host]\nrole = "F"\nname = "me"\n'
BOT = 'kind = "wecom_bot"\nwebhook = "https://example.test/?key=planted"\n'
GATEWAY = (
    'kind = "sms_gateway"\nurl = "https://example.test/planted"\n'
    'success = { text_contains = "OK" }\nparameters = { to = "{mobiles}", text = "{text}" }\n'
)


def channel(name: str, body: str, more: str = "") -> str:
    """The table of one channel."""
    return f"[alarm.channels.{name}]\n{body}{more}\n"


def read(text: str) -> Config:
    """A sound configuration with these tables."""
    return load_text(f"{text}\n{HOST}")


def problems_in(text: str) -> dict[str, str]:
    """Remedy by path of each problem; none for a sound file."""
    found: tuple[Problem, ...] = ()
    try:
        read(text)
    except ConfigError as error:
        found = error.problems
    assert "planted" not in str(found)
    return {problem.path: problem.remedy for problem in found}


def test_without_channels_there_is_nobody_to_tell() -> None:
    """And nothing is wrong with that: a file of 2018 has none."""
    config = read("")
    assert config.channels() == {}
    assert config.alert_settings().contacts == {}
    assert config.alert_settings().repeat_s == 1800.0
    assert config.language is Language.ENGLISH


def test_without_contacts_everybody_gets_everything() -> None:
    """But a fallback gets only what its channel could not deliver."""
    text = channel("team", BOT, 'fallback = "sms"') + channel("sms", GATEWAY, 'mobiles = ["1"]')
    (name,) = read(text).alert_settings().contacts
    group = read(text).alert_settings().contacts[name]
    assert (name, group.channels) == ("everyone", ("team",))


def test_contacts_that_are_named_are_the_only_ones() -> None:
    """Nothing is added to what the operator wrote."""
    text = '[alarm.contacts.boss]\nchannels = ["team"]\nseverity = "critical"\nlevel = 1\n'
    contacts = read(text + channel("team", BOT)).alert_settings().contacts
    assert list(contacts) == ["boss"]
    assert (contacts["boss"].severity, contacts["boss"].level) == (Severity.CRITICAL, 1)


def test_the_mobiles_of_2018_feed_every_channel_that_names_none() -> None:
    """A channel's own numbers stay its own."""
    text = (
        '[alarm]\nmobiles = ["1", "2"]\n'
        + channel("all", GATEWAY)
        + channel("boss", GATEWAY, 'mobiles = ["3"]')
        + channel("team", BOT)
    )
    mobiles = {name: getattr(one, "mobiles", None) for name, one in read(text).channels().items()}
    assert mobiles == {"all": ("1", "2"), "boss": ("3",), "team": None}
    assert read(text).unused() == ()


@pytest.mark.parametrize(
    ("text", "unused"),
    [
        ('[alarm]\nmobiles = ["1"]\n', ("alarm.mobiles",)),
        ('[alarm]\nmobiles = ["1"]\n' + channel("team", BOT), ("alarm.mobiles",)),
        (
            '[alarm]\nmobiles = ["1"]\n' + channel("s", GATEWAY, 'mobiles = ["2"]'),
            ("alarm.mobiles",),
        ),
        (
            '[alarm.contacts.a]\nchannels = ["team"]\n' + channel("team", BOT) + channel("b", BOT),
            ("alarm.channels.b",),
        ),
    ],
)
def test_what_reaches_nobody_is_named(text: str, unused: tuple[str, ...]) -> None:
    """A note, no problem: an old file works unchanged, and a channel may be kept for later."""
    assert read(text).unused() == unused


@pytest.mark.parametrize(
    ("text", "path", "remedy"),
    [
        (channel("a", BOT.replace("wecom_bot", "wecom_bt")), "a.kind", 'did you mean "wecom_bot"?'),
        (channel("a", BOT.replace("wecom_bot", "pager")), "a.kind", "take one of them"),
        (channel("a", BOT.replace("kind", "# ")), "a.kind", "add kind to [alarm.channels.a]"),
        (channel("a", BOT, "kin = 1"), "a.kin", "remove it"),
        (channel("a", 'kind = "wecom_bot"'), "a.webhook", "add webhook to [alarm.channels.a]"),
        (channel("a", BOT, 'form = "Text"'), "a.form", 'did you mean "text"?'),
        (channel("a", BOT, "webhook_file = 3"), "a.webhook_file", "remove one of the two"),
        (channel("a", BOT.replace("https", "ftp")), "a.webhook", "copy the whole address"),
        (channel("a b", BOT).replace("a b", '"a b"'), "a b", "choose another name"),
        (channel("a", BOT, 'fallback = "b"'), "a.fallback", "add [alarm.channels.b]"),
        (channel("team", BOT, 'fallback = "tean"'), "team.fallback", 'did you mean "team"?'),
        (channel("s", GATEWAY), "s.mobiles", "alarm.mobiles for all"),
        (channel("s", GATEWAY.replace("contains", "matche")), "s.success.text_matche", "did you"),
        (channel("s", GATEWAY.replace('text_contains = "OK"', "")), "s.success", "correct"),
        (
            channel("s", GATEWAY.replace("contains", 'matches = "x", text_contains')),
            "s.success",
            "correct",
        ),
        (channel("s", GATEWAY.replace('"{text}"', '"planted"'), 'mobiles = ["1"]'), "s", "correct"),
        (channel("s", GATEWAY.replace('"{text}"', "3")), "s.parameters.text", "put it in quotes"),
        ('[alarm.channels]\na = "https://example.test/planted"', "a", "kind first"),
    ],
)
def test_a_channel_that_cannot_work_is_a_problem(text: str, path: str, remedy: str) -> None:
    """One for each mistake; none of them shows what may be a secret."""
    ((found, told),) = problems_in(text).items()
    assert found == f"alarm.channels.{path}"
    assert remedy in told


@pytest.mark.parametrize(
    ("chain", "paths"),
    [
        ({"a": "a"}, ["a"]),
        ({"a": "b", "b": "a"}, ["a"]),
        ({"a": "b", "b": "c", "c": "b"}, ["b"]),
        ({"a": "b", "b": "c"}, []),
        ({"a": "b", "b": "a", "c": "d", "d": "c"}, ["a", "c"]),
    ],
)
def test_fallbacks_do_not_go_round_in_a_circle(chain: dict[str, str], paths: list[str]) -> None:
    """Each circle is told once."""
    names = sorted({*chain, *chain.values()})
    text = "".join(
        channel(name, BOT, f'fallback = "{chain[name]}"' if name in chain else "") for name in names
    )
    assert list(problems_in(text)) == [f"alarm.channels.{path}.fallback" for path in paths]


@pytest.mark.parametrize(
    ("text", "path", "remedy"),
    [
        ('channels = ["taem"]', "contacts.x.channels[0]", 'did you mean "team"?'),
        ("channels = []", "contacts.x.channels", "correct the list"),
        ('channels = ["team"]\nhours = "8-24"', "contacts.x.hours", "HH:MM-HH:MM"),
        ('channels = ["team"]\nhours = "08:00-08:00"', "contacts.x.hours", "empty"),
        ('channels = ["team"]\nseverity = "warn"', "contacts.x.severity", 'mean "warning"?'),
        ('channels = ["team"]\n[alarm]\ntimezone = "Asia/Shangai"', "timezone", "Asia/Shanghai"),
        ('channels = ["team"]\n[alarm]\ntimezone = "/etc/passwd"', "timezone", "timedatectl"),
    ],
)
def test_a_contact_that_cannot_be_told_is_a_problem(text: str, path: str, remedy: str) -> None:
    """A slip in a name would keep an alarm from everybody."""
    ((found, told),) = problems_in(f"[alarm.contacts.x]\n{text}\n{channel('team', BOT)}").items()
    assert found == f"alarm.{path}"
    assert remedy in told


def test_one_bad_channel_hides_no_other_problem() -> None:
    """Every problem at once, though the first channel cannot be read at all."""
    text = (
        '[alarm.contacts.x]\nchannels = ["a", "nowhere"]\nhours = "never"\n'
        + channel("a", 'kind = "pager"')
        + channel("b", GATEWAY, 'fallback = "c"')
    )
    assert set(problems_in(text)) == {
        "alarm.channels.a.kind",
        "alarm.contacts.x.channels[1]",
        "alarm.contacts.x.hours",
        "alarm.channels.b.fallback",
        "alarm.channels.b.mobiles",
    }


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('language = "de"', "language"),
        ("[notice]\nhours = [7, 24]", "notice.hours"),
        ("[notice]\nhours = [7, 7]", "notice.hours"),
        ('[heartbeat]\nurl = "example.test/planted"', "heartbeat.url"),
        ("[heartbeat]\nperiod_s = 1", "heartbeat.period_s"),
        ('[ntp]\nservers = "pool"', "ntp.servers"),
        ('[ntp]\nservers = ["a b"]', "ntp.servers[0]"),
        ("[ntp]\ntimeout_s = 0", "ntp.timeout_s"),
    ],
)
def test_notice_heartbeat_and_clock_are_checked(text: str, path: str) -> None:
    """Before anything starts."""
    assert list(problems_in(text)) == [path]


def test_notice_heartbeat_clock_and_folders_reach_their_parts() -> None:
    """What is written arrives; an empty list is a choice of its own."""
    config = read(
        'language = "zh"\n[notice]\nhours = []\n[ntp]\nservers = []\n'
        '[heartbeat]\nurl = "https://example.test/x"\nperiod_s = 30\n'
        '[nodeos]\nfolders = ["/data"]\nunit = "nodeos"\njournal_unit = "other"\n'
    )
    assert config.language is Language.CHINESE
    assert (config.notice.hours, config.ntp.servers) == ((), ())
    assert (config.heartbeat.period_s, config.heartbeat.timeout_s) == (30.0, 5.0)
    assert [str(folder) for folder in config.folders_settings().folders] == ["/data"]
    unit = config.unit_settings()
    assert unit is not None
    assert unit.unit == "nodeos"


def test_the_unit_of_the_log_is_the_unit_of_nodeos() -> None:
    """Unless another one is named; without either nothing is asked."""
    assert read("").unit_settings() is None
    unit = read('[nodeos]\njournal_unit = "nodeos.service"').unit_settings()
    assert unit is not None
    assert unit.unit == "nodeos.service"
