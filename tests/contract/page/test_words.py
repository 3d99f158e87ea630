"""The page's files as text: its words in both languages, and what must not stand in them."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path

import pytest

import eoskeeper.web
from eoskeeper.domain.actions import Met
from eoskeeper.domain.events import Event
from eoskeeper.domain.findings import Severity
from eoskeeper.domain.policy import FailoverMode, Role
from eoskeeper.domain.standing import State
from eoskeeper.domain.watch import WatchEvent

PAGE = Path(eoskeeper.web.__file__).parent / "page"
FILES = {path.name: path.read_text("utf-8") for path in sorted(PAGE.iterdir())}
CODE = {name: text for name, text in FILES.items() if name.endswith(".js")}
SPEAKING = "\n".join(text for name, text in FILES.items() if name != "words.js")

# Keys that are put together from a prefix and a name; what follows the prefix is checked below.
COMPOSED = (
    *("about", "condition", "kind", "live", "met", "mode", "plot", "role", "severity"),
    *("slot", "span", "state", "unit", "cluster", "resume"),
)

FORBIDDEN = {
    "a way to read text as markup": r"innerHTML|outerHTML|insertAdjacentHTML|document\.write",
    "a way to run text": r"\beval\(|new Function|setTimeout\(\s*[\"'`]",
    "a style or a handler in the markup": r"<[^>]*\s(style|on\w+)=|<style|setAttribute\(\"style\"",
    "an address of another place": r"(?<!\.)https?://(?!www\.w3\.org/2000/svg)|[\"'(]//\w",
    "an address from the root": r"(src|href)=\"/|fetch\([\"'`]/|EventSource\([\"'`]/",
}


def _words() -> dict[str, tuple[str, str]]:
    line = re.compile(r'^  "?([\w.]+)"?: (\[".*"\]),$', re.MULTILINE)
    found = [(key, json.loads(pair)) for key, pair in line.findall(FILES["words.js"])]
    assert len(found) == len(dict(found)), "no key stands twice"
    return {key: (en, zh) for key, (en, zh) in found}


WORDS = _words()


def test_every_key_has_both_languages() -> None:
    """With the same figures in both, and Chinese that is Chinese."""
    own_names = {"cluster.version", "keeper.title", "verdict.state"}
    for key, (en, zh) in WORDS.items():
        assert en, key
        assert sorted(re.findall(r"\{\w+\}", en)) == sorted(re.findall(r"\{\w+\}", zh)), key
        assert key in own_names or re.search("[\u4e00-\u9fff%]", zh), key
        assert not re.search("[\u4e00-\u9fff]", en), key


def test_every_key_in_use_exists() -> None:
    """In the markup and in the modules."""
    used = set(re.findall(r'data-(?:label-)?word="([^"]+)"', FILES["index.html"]))
    begins = "|".join(sorted({key.partition(".")[0] for key in WORDS if "." in key}))
    used |= set(re.findall(rf'"((?:{begins})\.\w+)"', SPEAKING))
    used |= set(re.findall(r'\bsay\("([^"]+)"', SPEAKING))
    assert used - set(WORDS) == set()


def test_no_key_is_idle() -> None:
    """A word that nobody says is a word that nobody corrects."""
    idle = [
        key
        for key in WORDS
        if f'"{key}"' not in SPEAKING and not key.startswith(tuple(f"{one}." for one in COMPOSED))
    ]
    assert idle == []


@pytest.mark.parametrize(
    ("prefix", "names"),
    [
        ("state", State),
        ("about", State),
        ("role", Role),
        ("mode", FailoverMode),
        ("met", Met),
        ("severity", Severity),
        ("span", ["hour", "day", "week", "month", "quarter"]),
        ("live", ["begin", "live", "polling", "stale", "dead"]),
        ("slot", ["p", "m", "l", "u", "w", "missed", "lost", "unknown", "pending"]),
        ("unit", ["s", "ms", "min", "h", "d", "blocks"]),
    ],
)
def test_closed_sets_of_the_program_have_words(
    prefix: str, names: Iterable[str] | type[StrEnum]
) -> None:
    """A new state is worded here too, or the page would show its bare name."""
    assert {f"{prefix}.{name}" for name in names} - set(WORDS) == set()


def test_every_kind_of_event_has_a_word() -> None:
    """Of both journals."""
    kinds = {str(one.__struct_config__.tag) for one in (Event | WatchEvent).__args__}
    assert {f"kind.{kind}" for kind in kinds} - set(WORDS) == set()


def test_every_condition_has_a_word() -> None:
    """Those that the domain names, wherever it makes one."""
    domain = Path(eoskeeper.web.__file__).parents[1] / "domain"
    files = ("conditions.py", "lease/chain.py", "lease_conditions.py", "hook_condition.py")
    source = "".join((domain / name).read_text("utf-8") for name in files)
    names = set(re.findall(r'(?:Condition|graded)\(\s*"(\w+)"', source)) | {"watched_a_round"}
    assert len(names) > 15
    assert {f"condition.{name}" for name in names} - set(WORDS) == set()


@pytest.mark.parametrize("what", FORBIDDEN)
def test_the_page_has_no(what: str) -> None:
    """The policy of the server forbids most of it; nothing relies on that alone."""
    found = {name: re.findall(FORBIDDEN[what], text) for name, text in FILES.items()}
    assert {name: one for name, one in found.items() if one} == {}


def test_the_page_is_small_and_says_why() -> None:
    """It loads over a telephone line from a data centre, and people read it."""
    sizes = {name: len(text.encode()) for name, text in FILES.items()}
    packed = sum(len(gzip.compress(text.encode(), 6)) for text in FILES.values())
    print(f"the page: {sum(sizes.values())} bytes, {packed} packed")  # noqa: T201 - a figure to know
    assert sum(sizes.values()) < 115_000
    assert packed < 45_000
    for name, text in CODE.items():
        assert text.startswith("// "), f"{name} says why it exists"
        assert text.count("\n") < 400, name
