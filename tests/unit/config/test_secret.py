"""A secret shows itself as stars, and can stand in a file of its own."""

from __future__ import annotations

import copy
import json
import pickle
from pathlib import Path

import msgspec
import pytest

from eoskeeper.config import ConfigError, Secret, load_text

PLANTED = "http://h:1/write?db=x&p=hunter2-planted"


def write_secret(path: Path, text: str = f"{PLANTED}\n", mode: int = 0o640) -> Path:
    """A secret file."""
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def with_file(path: Path, more: str = "") -> str:
    """A configuration that takes a secret from a file."""
    return f'[host]\nrole = "F"\n[influxdb]\nurl_file = {json.dumps(str(path))}\n{more}'


def only_problem(text: str) -> tuple[str, str]:
    """Path and remedy of the only problem."""
    with pytest.raises(ConfigError) as caught:
        load_text(text)
    (problem,) = caught.value.problems
    return problem.path, problem.remedy


def test_a_secret_shows_stars_everywhere() -> None:
    """In every form that a log or a person might get to see."""
    secret = Secret(PLANTED)
    config = load_text(f'[host]\nrole = "F"\n[influxdb]\nurl = "{PLANTED}"\n')
    shown = [
        repr(secret),
        str(secret),
        f"{secret}",
        f"{secret!r:>20}",
        repr(config),
        repr([secret]),
    ]
    assert not [text for text in shown if PLANTED in text]
    assert secret.reveal() == PLANTED


def test_a_secret_is_neither_encoded_nor_pickled() -> None:
    """An accident ends in an error, not in a file."""
    secret = Secret(PLANTED)
    for write in (msgspec.json.encode, json.dumps, pickle.dumps, copy.copy):
        with pytest.raises(TypeError):
            write(secret)


def test_secrets_are_compared_by_their_text() -> None:
    """Two configurations with the same secret are equal."""
    assert Secret("a") == Secret("a")
    assert len({Secret("a"), Secret("a"), Secret("b")}) == 2
    assert Secret("a") != "a"


def test_a_secret_is_read_from_a_file_without_its_line_end(tmp_path: Path) -> None:
    """As ``echo`` writes it."""
    config = load_text(with_file(write_secret(tmp_path / "s")))
    assert config.influxdb.url == Secret(PLANTED)


@pytest.mark.parametrize(
    ("text", "mode", "remedy"),
    [
        (PLANTED, 0o644, "chmod 640"),
        ("\n", 0o640, "empty"),
        ("x" * 70_000, 0o640, "longer than"),
    ],
)
def test_a_bad_secret_file_is_refused(tmp_path: Path, text: str, mode: int, remedy: str) -> None:
    """Open to all, empty, or no secret at all."""
    path, told = only_problem(with_file(write_secret(tmp_path / "s", text, mode)))
    assert path == "influxdb.url_file"
    assert remedy in told


def test_a_missing_secret_file_is_told(tmp_path: Path) -> None:
    """With the reason of the system."""
    path, remedy = only_problem(with_file(tmp_path / "none"))
    assert (path, remedy) == ("influxdb.url_file", "cannot be read: No such file or directory")


def test_a_secret_and_its_file_are_not_both_given(tmp_path: Path) -> None:
    """Nobody could say which one holds."""
    text = with_file(write_secret(tmp_path / "s"), 'url = "x"\n')
    assert only_problem(text) == ("influxdb.url_file", "remove one of the two")
