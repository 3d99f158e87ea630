"""The page for operators tells what the code knows."""

from __future__ import annotations

import re
from pathlib import Path

from eoskeeper.domain.register import RegisterReason
from eoskeeper.registers.etcd_settings import EtcdSettings
from eoskeeper.registers.etcd_versions import EtcdVersion, known_problems

PAGE = Path(__file__).parents[3] / "docs" / "etcd.md"


def test_the_page_has_every_reason() -> None:
    """In the order of the code."""
    page = PAGE.read_text(encoding="utf-8")
    assert re.findall(r"^\| `([a-z_]+)` \| [^|]+ \|$", page, re.MULTILINE) == [*RegisterReason]


def test_the_page_has_every_known_bug() -> None:
    """With the same grade and the same page of etcd's project."""
    versions = [EtcdVersion(3, minor, patch) for minor in range(8) for patch in range(50)]
    known = {(one.grade.value, one.source) for each in versions for one in known_problems(each)}
    page = PAGE.read_text(encoding="utf-8")
    told = re.findall(r"^\| (refuse|warn) \|.*\]\((\S+)\) \|$", page, re.MULTILINE)
    assert set(told) == known
    assert len(told) == len(known)


def test_the_page_has_every_setting() -> None:
    """The password comes from a file."""
    page = PAGE.read_text(encoding="utf-8")
    table = page[page.index("| key |") : page.index("The keeper speaks")]
    told = set(re.findall(r"`([a-z_]+)`", table))
    names = {
        "password_file" if name == "password" else name for name in EtcdSettings.__struct_fields__
    }
    assert names <= told
