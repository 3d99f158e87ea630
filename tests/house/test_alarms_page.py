"""docs/alarms.md names what is there: examples that load, commands, keys, words and tests."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import typer.core
import typer.main

from eoskeeper.cli.main import app
from eoskeeper.config import Config, ConfigError, load_text
from eoskeeper.config.keys import keys_of, with_file
from eoskeeper.domain.alerting.alarms import AlarmLine, Verdict
from eoskeeper.domain.announced import ANNOUNCED
from eoskeeper.domain.host_samples import DeliveryResult
from eoskeeper.domain.rules.catalogue import CATALOGUE
from tests.house.house import ROOT, SOURCES

PAGE = (ROOT / "docs/alarms.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
TABLE_ROW = re.compile(r"^\| (`[^|]+) \| ([^|]+) \|", re.MULTILINE)

CODE = re.compile(r"`([^`\n]+)`")
WORD = re.compile(r"[a-z]+(?:[_.][a-z]+)+")
"""A key, a code or another name of the program, and no word of a sentence."""

NAMES_OF_OTHERS = {"open_id", "user_id", "isv.BUSINESS_LIMIT_CONTROL"}
"""Of the services, which have their own."""

LOG_EVENTS = {"heartbeat_failed"}

KINDS = {
    "wecom_app",
    "wecom_bot",
    "dingtalk",
    "feishu",
    "sms_gateway",
    "sms_aliyun",
    "sms_tencent",
    "apprise",
}


def whole(example: str) -> str:
    """The example with planted secrets where it names files, below the smallest host."""
    planted = re.sub(r'urls_file = "[^"]+"', 'urls = ["https://example.test/planted"]', example)
    planted = re.sub(r'_file = "[^"]+"', ' = "https://example.test/planted"', planted)
    return f'{planted}\n[host]\nrole = "F"\n'


def problems_in(text: str) -> list[str]:
    """Every one, as the operator would read it."""
    try:
        load_text(text)
    except ConfigError as error:
        return [str(one) for one in error.problems]
    return []


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_loads(example: str) -> None:
    """What is copied from the page works as soon as its secret files are there."""
    assert problems_in(whole(example)) == []


def test_there_is_an_example_of_every_kind_of_channel() -> None:
    """And the program has no kind that the page passes over."""
    shown = {
        channel.__struct_config__.tag
        for example in EXAMPLES
        for channel in load_text(whole(example)).channels().values()
    }
    homes = {table for table, _ in keys_of(Config) if table.startswith("alarm.channels.NAME (")}
    assert {re.sub(r".*\((\w+)\).*", r"\1", table) for table in homes} == KINDS
    assert shown == KINDS


def test_the_example_of_contacts_leaves_no_channel_idle() -> None:
    """Everything in it is used by somebody."""
    (example,) = [one for one in EXAMPLES if "escalate_s" in one]
    assert load_text(whole(example)).unused() == ()


def commands() -> dict[str, set[str]]:
    """Names of the commands, each with its options."""
    group = typer.main.get_command(app)
    assert isinstance(group, typer.core.TyperGroup)
    return {
        name: {option for parameter in command.params for option in parameter.opts}
        for name, command in group.commands.items()
    }


def test_every_command_on_the_page_exists() -> None:
    """With every option that it is shown with."""
    known = commands()
    calls = re.findall(r"(?:`|\$ |^)eoskeeper ([a-z-]+)([^`\n]*)", PAGE, re.MULTILINE)
    assert {"alarms", "silence", "unsilence", "ack", "test-alarm", "check"} <= dict(calls).keys()
    assert [name for name, _ in calls if name not in known] == []
    for name, rest in calls:
        assert set(re.findall(r"--[a-z-]+", rest)) <= known[name], name
    options = set().union(*known.values())
    assert [one for one in CODE.findall(PAGE) if one.startswith("--") and one not in options] == []


def names_of_the_program() -> Iterator[str]:
    """Everything that may stand on the page as a word of the program."""
    for table, field in keys_of(Config):
        for name in with_file(field):
            yield from (name, f"{table}.{name}")
        yield table.rpartition(".")[2]
    yield from AlarmLine.__struct_fields__
    yield from (*CATALOGUE, *Verdict, *DeliveryResult, *KINDS)


def test_every_key_on_the_page_exists() -> None:
    """A misspelt key in a sentence misleads as much as one in an example."""
    known = {*names_of_the_program(), *NAMES_OF_OTHERS, *LOG_EVENTS, *codes_of_page()}
    words = {word for word in CODE.findall(PAGE) if WORD.fullmatch(word)}
    words -= {word for word in words if word.startswith("test_")}
    assert {"repeat_s", "escalate_s", "password_file", "mention_all"} <= words
    assert words - known == set()
    assert set(re.findall(r"`([a-z_]+) = ", PAGE)) - known - {"kind"} == set()


def codes_of_page() -> set[str]:
    """Codes in the table of announcements."""
    return {row.split("`")[1] for row in PAGE.splitlines() if row.count("|") == 5 and "`" in row}


def test_every_announcement_is_on_the_page() -> None:
    """With its titles and its severity; and no other."""
    rows = [
        f"| `{one.code}` | {one.title.en} | {one.title.zh} | {one.severity} |" for one in ANNOUNCED
    ]
    assert [row for row in rows if row not in PAGE] == []
    others = codes_of_page() - {one.code for one in ANNOUNCED}
    source = (SOURCES / "domain/announcing.py").read_text(encoding="utf-8")
    told = set(re.findall(r'_Telling\(\s*"(\w+)"', source))
    assert others == told


def test_every_word_of_an_alarm_and_of_a_delivery_is_explained() -> None:
    """What `alarms` and `test-alarm` print can be looked up."""
    words = {word for cell, _ in TABLE_ROW.findall(PAGE) for word in CODE.findall(cell)}
    assert {str(one) for one in Verdict} - words == set()
    assert {str(one) for one in DeliveryResult} - words == set()


def test_every_test_that_the_page_names_exists() -> None:
    """A claim without its test is only a promise."""
    sources = "\n".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    assert len(named) >= 20
    assert {name for name in named if f"def {name}(" not in sources} == set()
