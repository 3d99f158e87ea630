"""The config.ini of 2018 works unchanged, and becomes TOML that means the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eoskeeper.config import Config, ConfigError, FileFormat, Problem, load, load_text, migrate
from eoskeeper.domain.policy import FailoverMode

OF_2018 = """\
[global]
role = "A"
block_producer_name = "eosstorebest"            # bp name
eosio_log_file      = "/data/eosio.log"         # eosio log
eoskeeper_log_file  = "/data/eoskeeper.log"     # eoskeeper
infulxdb_url        = "http://192.0.2.1:8086/write?db=eosdb"   # influxdb的url
mobiles             = "1821050****,1352131****"     #The phone numbers
"""


def read(text: str) -> Config:
    """A Config from a file of 2018."""
    return load_text(text, file_format=FileFormat.INI_2018)


def problems_in(text: str) -> tuple[Problem, ...]:
    """What is wrong with a file of 2018."""
    with pytest.raises(ConfigError) as caught:
        read(text)
    return caught.value.problems


def assert_is_of_2018(config: Config) -> None:
    """Every value of the file above has its place."""
    assert config.host.role == "A"
    assert config.producer.account == "eosstorebest"
    assert config.nodeos.log == Path("/data/eosio.log")
    assert config.nodeos.url == "http://127.0.0.1:8888"
    assert config.log.file == Path("/data/eoskeeper.log")
    assert config.influxdb.url is not None
    assert config.influxdb.url.reveal() == "http://192.0.2.1:8086/write?db=eosdb"
    assert config.alarm.mobiles == ("1821050****", "1352131****")
    assert config.failover.mode is FailoverMode.AUTO


def test_the_file_of_2018_works_unchanged() -> None:
    """Every key arrives where it belongs, without quotes and comments."""
    assert_is_of_2018(read(OF_2018))


def test_the_section_may_be_missing() -> None:
    """Some files begin with the first key."""
    assert_is_of_2018(load_text(OF_2018.removeprefix("[global]\n")))


def test_the_right_spelling_works_too() -> None:
    """``influxdb_url`` is what everybody writes who does not copy."""
    assert_is_of_2018(read(OF_2018.replace("infulxdb_url", "influxdb_url")))


@pytest.mark.parametrize("ending", ["\r\n", "\n"])
def test_line_ends_and_a_byte_order_mark_do_not_matter(tmp_path: Path, ending: str) -> None:
    """A file edited elsewhere is the same file."""
    path = tmp_path / "config.ini"
    path.write_text("\ufeff" + OF_2018.replace("\n", ending), encoding="utf-8", newline="")
    assert_is_of_2018(load(path))


@pytest.mark.parametrize(
    ("line", "log"),
    [
        ('eosio_log_file = "/a#b"  # c', "/a#b"),
        ("eosio_log_file = '/a;b' ; c", "/a;b"),
        ("eosio_log_file = /a  # c", "/a"),
        ("eosio_log_file = /a#b", "/a#b"),
        ("eosio_log_file: /a", "/a"),
        ("EOSIO_LOG_FILE=/a", "/a"),
        ("  eosio_log_file = /a", "/a"),
        ("eosio_log_file = /x\neosio_log_file = /a", "/a"),
        ('eosio_log_file = ""', None),
        ("eosio_log_file =", None),
        ("# eosio_log_file = /a", None),
        ("[other]\neosio_log_file = /a", None),
    ],
)
def test_values_are_read_as_in_2018(line: str, log: str | None) -> None:
    """Quotes, comments, colons, indents and repeated keys; an empty value is none."""
    config = read(f"[global]\nrole = F\n{line}\n")
    assert config.nodeos.log == (None if log is None else Path(log))


def test_a_problem_is_told_under_the_name_of_2018() -> None:
    """An operator finds it by the key that stands in the file."""
    found = {problem.path for problem in problems_in("[global]\nrole = X\ninflux_db = 1\n")}
    assert found == {"role", "line 3"}
    (missing,) = problems_in("[global]\nrole = A\n")
    assert missing.path == "block_producer_name"


@pytest.mark.parametrize("line", ['eosio_log_file = "/a', 'eosio_log_file = "/a" b', "nonsense"])
def test_a_broken_line_is_told_with_its_number(line: str) -> None:
    """Quotes that are not closed, text after them, a line that is no key."""
    (problem,) = problems_in(f"[global]\nrole = F\n{line}\n")
    assert problem.path == "line 3"


def test_other_keys_are_ignored_but_near_misses_are_not() -> None:
    """2018 read its own keys only; a slip in one of them was never meant to be ignored."""
    assert read("[global]\nrole = F\nfavourite_colour = blue\n").host.role == "F"
    (problem,) = problems_in("[global]\nrole = F\nblock_producer_nam = x\n")
    assert problem.remedy == 'did you mean "block_producer_name"?'


def test_the_config_of_nodeos_is_told_apart() -> None:
    """``./config.ini`` beside nodeos is often nodeos's own."""
    problems = problems_in("http-server-address = 127.0.0.1:8888\nplugin = eosio::http_plugin\n")
    assert "nodeos itself" in problems[0].remedy


def test_migrate_writes_toml_that_means_the_same() -> None:
    """The new file loads to an equal Config, and is commented."""
    text = migrate(OF_2018)
    assert load_text(text, file_format=FileFormat.TOML) == read(OF_2018)
    assert text.startswith("# Made from the config.ini of 2018.")
    assert "this one does not write to InfluxDB" in text


def test_migrate_shows_the_gateway_that_mobiles_need_today() -> None:
    """Taking the comment signs away leaves a file that is read, but for its secret files."""
    text = migrate(OF_2018)
    head, marker, example = text.partition("# [alarm.channels.sms]")
    shown = (marker + example).replace("# Then: eoskeeper test-alarm", "").replace("# ", "")
    ready = head + re.sub(r'_file = "[^"]+"', ' = "https://example.test/x"', shown)
    channel = load_text(ready, file_format=FileFormat.TOML).channels()["sms"]
    assert getattr(channel, "mobiles", None) == ("1821050****", "1352131****")
    assert read(OF_2018).unused() == ("alarm.mobiles",)


def test_migrate_tells_what_it_left_out() -> None:
    """A key that 2018 ignored is not lost without a word."""
    text = migrate("[global]\nrole = F\nfavourite_colour = blue\n")
    assert "# Not taken over, eoskeeper never read it: favourite_colour\n" in text


def test_migrate_refuses_a_file_with_problems() -> None:
    """It does not carry a mistake into the new format."""
    with pytest.raises(ConfigError):
        migrate("[global]\nrole = X\n")


TEXT = st.text(
    st.characters(blacklist_categories=["Cs", "Cc", "Zl", "Zp"], blacklist_characters='"'),
    min_size=1,
).filter(lambda text: text == text.strip() and len(text.splitlines()) == 1)


@settings(deadline=None)  # a busy machine is not a wrong result
@given(
    role=st.sampled_from("ABCF"),
    log=TEXT,
    name=TEXT,
    mobiles=st.lists(TEXT.filter(lambda text: "," not in text), max_size=3),
)
def test_migrate_round_trips_any_values(role: str, log: str, name: str, mobiles: list[str]) -> None:
    """Whatever stands between the quotes of 2018 stands in the TOML, escaped as it needs."""
    url = f"http://h:1/write?db=x{name}"
    ini = (
        f'role = "{role}"\nblock_producer_name = "eosio"\neosio_log_file = "{log}"\n'
        f'infulxdb_url = "{url}"\nmobiles = "{",".join(mobiles)}"\n'
    )
    before = read(ini)
    assert before.influxdb.url is not None
    assert before.influxdb.url.reveal() == url
    assert load_text(migrate(ini), file_format=FileFormat.TOML) == before
