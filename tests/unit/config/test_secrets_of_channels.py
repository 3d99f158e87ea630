"""Every secret of every kind of channel is found, and can stand in a file of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from msgspec import inspect

from eoskeeper.config import Config, ConfigError, load_text
from eoskeeper.config.alarm import AnyChannel
from eoskeeper.config.keys import is_secret, keys_of, may_hold_secret

# What each kind needs besides its secrets.
NEEDED = {
    "wecom_app": 'corp_id = "x"\nagent_id = 1\nto_user = ["@all"]',
    "wecom_bot": "",
    "dingtalk": "",
    "feishu": "",
    "sms_gateway": 'success = { text_contains = "OK" }\nmobiles = ["1"]\n'
    'parameters = { to = "{mobiles}", text = "{text}" }',
    "sms_aliyun": 'access_key_id = "x"\nsign_name = "x"\ntemplate_code = "x"\nmobiles = ["1"]',
    "sms_tencent": 'secret_id = "x"\nsdk_app_id = "x"\nsign_name = "x"\ntemplate_id = "x"\n'
    'mobiles = ["1"]',
    "apprise": "",
}
KINDS = {str(kind.__struct_config__.tag): kind for kind in get_args(AnyChannel)}


def secret_fields(kind: type[msgspec.Struct]) -> Iterator[tuple[str, bool]]:
    """Name of each secret of a Struct, and whether it is a list."""
    for field in msgspec.structs.fields(kind):
        told = inspect.type_info(field.type)
        if is_secret(told):
            yield field.encode_name, isinstance(told, inspect.VarTupleType)


def planted(kind: str, key: str) -> str:
    """A secret that looks like an address, so that it will do everywhere."""
    return f"https://example.test/planted-{kind}-{key}"


def table(kind: str, secrets: str) -> str:
    """A configuration with one channel of the kind."""
    return f'[alarm.channels.x]\nkind = "{kind}"\n{NEEDED[kind]}\n{secrets}\n[host]\nrole = "F"\n'


def test_every_kind_is_tried() -> None:
    """A new kind has to be added to this test, too."""
    assert set(NEEDED) == set(KINDS)


@pytest.mark.parametrize("kind", NEEDED)
def test_every_secret_of_a_channel_is_found_and_shown_as_stars(kind: str) -> None:
    """The log stars what the configuration knows to be secret."""
    fields = dict(secret_fields(KINDS[kind]))
    lines = [
        f'{key} = ["{planted(kind, key)}"]' if is_list else f'{key} = "{planted(kind, key)}"'
        for key, is_list in fields.items()
    ]
    config = load_text(table(kind, "\n".join(lines)))
    found = {secret.reveal() for secret in config.secrets()}
    assert found == {planted(kind, key) for key in fields}
    assert fields
    assert "planted" not in repr(config)


@pytest.mark.parametrize("kind", NEEDED)
def test_every_secret_of_a_channel_can_stand_in_a_file(kind: str, tmp_path: Path) -> None:
    """A list of them on a line each."""
    fields = dict(secret_fields(KINDS[kind]))
    lines, wanted = [], set()
    for key, is_list in fields.items():
        values = (
            [planted(kind, key), planted(kind, f"{key}-2")] if is_list else [planted(kind, key)]
        )
        file = tmp_path / key
        file.write_text("\n".join(values) + "\n")
        file.chmod(0o600)
        lines.append(f'{key}_file = "{file}"')
        wanted |= set(values)
    config = load_text(table(kind, "\n".join(lines)))
    assert {secret.reveal() for secret in config.secrets()} == wanted


@pytest.mark.parametrize("value", ['["planted", 3]', '"planted"', "[3]", "3", "{ planted = 1 }"])
@pytest.mark.parametrize(("kind", "key"), [("apprise", "urls"), ("wecom_bot", "webhook")])
def test_a_mistake_in_a_secret_does_not_show_it(kind: str, key: str, value: str) -> None:
    """Neither the value, nor the remedy that says how to write it."""
    with pytest.raises(ConfigError) as caught:
        load_text(table(kind, f"{key} = {value}"))
    assert "planted" not in str(caught.value)


@pytest.mark.parametrize(
    ("broken", "shown"),
    [
        ('urls = [\n"https://planted?x=1" "b"\n]', ""),
        ('urls = ["https://planted?x=1" "b"]', "urls"),
        ("webhook = https://planted?x=1", "webhook"),
    ],
)
def test_a_broken_file_shows_keys_at_most(broken: str, shown: str) -> None:
    """A list of secrets may go over several lines, and the broken one is any of them."""
    with pytest.raises(ConfigError) as caught:
        load_text(table("apprise", broken))
    assert "planted" not in str(caught.value)
    assert caught.value.problems[0].value == shown


def test_a_secret_at_every_place_is_found() -> None:
    """Tables, tables of tables and channels: the Structs themselves say where secrets are."""
    text = (
        '[web]\ntoken = "planted-of-the-web-server"\n[influxdb]\n'
        'url = "http://h:1/write?db=planted"\ntoken = "planted-2"\n'
        '[etcd]\nuser = "u"\npassword = "planted-of-etcd"\n'
        '[members]\ntoken = "planted-of-the-members-with-32-signs"\n[producer]\naccount = "x"\n'
        '[peers.b]\nurl = "http://192.0.2.1:1"\ntoken = "planted-of-the-other-host"\n'
        '[heartbeat]\nurl = "https://example.test/planted"\n[host]\nrole = "F"\nname = "a"\n'
    )
    plain = [field for field in secret_places() if "channels" not in field]
    assert len(load_text(text).secrets()) == len(plain) == 7


def secret_places() -> list[str]:
    """Every key of the configuration that may hold a secret."""
    return [
        f"{place}.{field.encode_name}"
        for place, field in keys_of(Config)
        if may_hold_secret(inspect.type_info(field.type))
    ]
