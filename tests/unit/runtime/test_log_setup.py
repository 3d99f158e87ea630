"""The log: one line per event, for machines or for people, and never a secret."""

from __future__ import annotations

import io
import json
import logging
import re
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec
import pytest
import structlog

from eoskeeper.domain.chain_time import Moment, MonoS, UtcS
from eoskeeper.runtime.log_setup import Level, LogForm, LogSettings, SecretStars, set_up_logging

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from structlog.stdlib import BoundLogger

PLANTED = 'pa"ss\\wo/\u00e9rd'
NUMBER = 87_654_321
NOW = Moment(MonoS(5.0), UtcS(1_751_788_810.5))


class Secret:
    """A careless one: its repr gives it away."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


class Holder(msgspec.Struct):
    """A value with a secret inside."""

    name: str
    token: object


class Terminal(io.StringIO):
    """A stream with a person behind it."""

    def isatty(self) -> bool:
        """Say so."""
        return True


@contextmanager
def logging_to(
    stream: io.StringIO, settings: LogSettings | None = None, stars: SecretStars | None = None
) -> Iterator[BoundLogger]:
    """Set the log up, and the process back as it was."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    root.handlers[:] = []
    try:
        yield set_up_logging(
            settings or LogSettings(), stars or SecretStars(), stream=stream, clock=lambda: NOW
        )
    finally:
        for handler in root.handlers:
            handler.close()
        root.handlers[:] = before
        root.setLevel(level)
        structlog.reset_defaults()


def test_writes_one_json_object_a_line_where_nobody_watches() -> None:
    """With level, time by the given clock, event and what belongs to it."""
    stream = io.StringIO()
    with logging_to(stream) as log:
        log.info("took_over", term=3, at_slot=NOW, tags=("a", None))
        log.warning("odd\nevent")

    first, second = map(json.loads, stream.getvalue().splitlines())
    assert first == {
        "event": "took_over",
        "level": "info",
        "at": "2025-07-06T08:00:10.500Z",
        "term": 3,
        "at_slot": {"mono_s": 5.0, "utc_s": 1_751_788_810.5},
        "tags": ["a", None],
    }
    assert second["event"] == "odd\nevent"


def test_is_readable_on_a_terminal() -> None:
    """Colours, no JSON; and the other way round when it is asked for."""
    terminal, forced, plain = Terminal(), Terminal(), io.StringIO()
    with logging_to(terminal) as log:
        log.info("took_over", term=3)
    with logging_to(forced, LogSettings(form=LogForm.JSON)) as log:
        log.info("took_over", term=3)
    with logging_to(plain, LogSettings(form=LogForm.PRETTY)) as log:
        log.info("took_over", term=3)

    assert "\x1b[" in terminal.getvalue()
    assert json.loads(forced.getvalue())["term"] == 3
    assert re.search(r"info\s*\] took_over\s+.*term=3", plain.getvalue())


def test_writes_nothing_below_its_level() -> None:
    """Libraries included."""
    stream = io.StringIO()
    with logging_to(stream, LogSettings(level=Level.WARNING)) as log:
        log.info("quiet")
        logging.getLogger("library").info("quiet")
        log.warning("loud")

    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == ["loud"]


def test_set_up_twice_does_not_write_twice() -> None:
    """The second takes the place of the first."""
    stream = io.StringIO()
    with logging_to(stream):
        log = set_up_logging(LogSettings(), SecretStars(), stream=stream, clock=lambda: NOW)
        log.info("once")

    assert len(stream.getvalue().splitlines()) == 1


def test_an_exception_comes_with_its_traceback_on_one_line() -> None:
    """Ours, and one that a library logs."""
    stream = io.StringIO()
    with logging_to(stream) as log:
        try:
            raise ZeroDivisionError("here")  # noqa: EM101, TRY301 -- as a bug would
        except ZeroDivisionError:
            log.critical("child_failed", exc_info=True)
            logging.getLogger("library").exception("failed %s", "badly")

    ours, theirs = map(json.loads, stream.getvalue().splitlines())
    assert "ZeroDivisionError: here" in ours["exception"]
    assert "ZeroDivisionError: here" in theirs["exception"]
    assert (ours["level"], theirs["event"]) == ("critical", "failed badly")


@pytest.mark.parametrize("form", [LogForm.JSON, LogForm.PRETTY])
def test_no_secret_is_ever_written(form: LogForm, tmp_path: Path) -> None:
    """Not as a value, inside one, in a text, a key, a traceback, or a library's message."""
    stream, file = io.StringIO(), tmp_path / "log"
    stars = SecretStars([PLANTED, str(NUMBER)])
    with logging_to(stream, LogSettings(form=form, file=file), stars) as log:
        log.info("a", token=PLANTED, url=f"http://u:{PLANTED}@host/")
        log.info("b", deep=[{"x": ({PLANTED},)}], holder=Holder("n", [PLANTED.encode()]))
        event = f"c {PLANTED}"
        log.info(event, **{PLANTED: 1})
        log.info("d", typed=Secret("unregistered"), inside=Holder("n", Secret("unregistered")))
        log.info("e", encoded=json.dumps(PLANTED), shown=repr(PLANTED), address=quote(PLANTED))
        logging.getLogger("library").warning("f %s", PLANTED)
        log.info("g", code=NUMBER)
        try:
            raise ValueError(PLANTED)  # noqa: TRY301 -- as a bug would
        except ValueError:
            log.critical("h", exc_info=True)

    for text in (stream.getvalue(), file.read_text()):
        assert len(re.findall(r"\*\*\*", text)) >= 10
        assert "unregistered" not in text
        assert "ss\\" not in text
        assert "%5Cwo" not in text
        assert "wo/\u00e9rd" not in text
        assert str(NUMBER) not in text


def test_a_secret_registered_later_is_starred_from_then_on() -> None:
    """The longer of two that overlap goes first; a very short one is no secret."""
    stars = SecretStars(["abc", "secret"])
    stars.register("secret-and-more")

    assert stars.text("abc secret-and-more secret") == "abc *** ***"


def test_a_value_that_contains_itself_ends_in_stars() -> None:
    """Logging never fails for what it is given."""
    loop: list[object] = []
    loop.append(loop)
    stream = io.StringIO()
    with logging_to(stream) as log:
        log.info("odd", loop=loop, number=float("nan"), key={1: 2}, unknown=object)

    assert "***" in json.loads(stream.getvalue())["loop"].__repr__()


def test_the_file_is_appended_to_and_reopened_after_rotation(tmp_path: Path) -> None:
    """As logrotate moves it away; others than the group cannot read it."""
    file = tmp_path / "log"
    file.write_text("before\n")
    with logging_to(io.StringIO(), LogSettings(file=file)) as log:
        log.info("one")
        file.rename(tmp_path / "log.1")
        log.info("two")

    assert (tmp_path / "log.1").read_text().startswith("before\n")
    assert "one" in (tmp_path / "log.1").read_text()
    assert json.loads(file.read_text())["event"] == "two"
    assert stat.S_IMODE(file.stat().st_mode) & 0o137 == 0


def test_a_log_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    """Neither a folder that goes away, nor a stream that was closed."""
    stream, folder = io.StringIO(), tmp_path / "folder"
    folder.mkdir()
    with logging_to(stream, LogSettings(file=folder / "log")) as log:
        (folder / "log").unlink()
        folder.rmdir()
        log.info("one")
        folder.mkdir()
        log.info("two")
        written = stream.getvalue()
        stream.close()
        log.info("three")
        assert "three" in (folder / "log").read_text()

    assert '"two"' in written


def test_a_log_file_that_cannot_be_opened_is_told_at_start(tmp_path: Path) -> None:
    """The operator erred, and hears it before anything runs."""
    with (
        pytest.raises(FileNotFoundError),
        logging_to(io.StringIO(), LogSettings(file=tmp_path / "nowhere" / "log")),
    ):
        pass
