"""Sizes, docstrings, and things that must not stand in any file."""

from __future__ import annotations

import ast
import re

import pytest

from tests.house.house import ROOT, modules, name_of, repository_files

MAX_LINES = 400
MAX_DOCSTRING_LINES = 6

# Put together from parts, so that this file does not hold what it looks for.
FORBIDDEN = {
    "a folder of one machine": rf"(?<![\w.])/{'work'}/|/{'root'}/|/{'home'}/\w",
    "a folder beside the repository": rf"\.\./{'shared'}",
    "the host of a package registry": (
        rf"{'pypi'}\.org|{'python'}hosted|{'npm'}js\.|deb\.{'debian'}\."
    ),
    "a private key": rf"{'PRIVATE'} KEY-----|\b5{'[HJK]'}[1-9A-HJ-NP-Za-km-z]{{49}}\b",
}

# The key that every developers' chain of Antelope starts with; it is in nodeos's own documentation.
WELL_KNOWN = "5KQwrPbwdL6PhXujxW37FSSQZ1JiwsST4cqQzDeyXtP79zkvFD3"


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_holds(what: str) -> None:
    """The repository depends on nothing but itself, and gives nothing away."""
    pattern = re.compile(FORBIDDEN[what])
    found = [
        f"{name_of(path)}:{number}"
        for path in repository_files()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if pattern.search(line.replace(WELL_KNOWN, ""))
    ]
    assert found == []


def test_files_stay_small() -> None:
    """A file past 400 lines asks to be split by meaning."""
    lengths = {
        name_of(path): path.read_text(encoding="utf-8").count("\n")
        for path in (*modules(), *modules(ROOT / "scripts"))
    }
    assert {name: lines for name, lines in lengths.items() if lines > MAX_LINES} == {}


def test_every_module_says_why_it_exists() -> None:
    """In at most six lines."""
    docstrings = {
        name_of(path): ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        for path in modules()
    }
    wrong = {
        name: text
        for name, text in docstrings.items()
        if not 1 <= len(text.splitlines()) <= MAX_DOCSTRING_LINES
    }
    assert wrong == {}


def test_every_test_has_a_docstring() -> None:
    """A test's name is a sentence; its docstring says why the sentence matters."""
    bare = [
        f"{name_of(path)}: {node.name}"
        for path in modules(ROOT / "tests")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and not ast.get_docstring(node)
    ]
    assert bare == []


def test_no_waiver_goes_without_its_reason() -> None:
    """``noqa: CODE - why`` and ``type: ignore[code]  # why``, everywhere."""
    waiver = re.compile(r"#\s*(noqa|type:\s*ignore)")
    codes = r"noqa: [A-Z]+\d+(?:, [A-Z]+\d+)*|type: ignore\[[\w, -]+\]"
    reasoned = re.compile(rf"#\s*(?:{codes})\W+\w.{{4,}}")
    bare = [
        f"{name_of(path)}:{number}"
        for path in (*modules(), *modules(ROOT / "tests"), *modules(ROOT / "scripts"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if waiver.search(line) and not reasoned.search(line) and "re.compile" not in line
    ]
    assert bare == []
