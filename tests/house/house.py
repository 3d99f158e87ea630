"""Helpers of the house tests: the files of the repository, and the modules of the program."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

__all__ = ["ROOT", "SOURCES", "imports_of", "modules", "name_of", "repository_files"]

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "src" / "eoskeeper"
_SKIPPED = {".git", "__pycache__", "build", "dist"}
_TEXT = {"", ".bash", ".cfg", ".conf", ".css", ".html", ".ini", ".js", ".json", ".md", ".py"} | {
    ".service",
    ".sh",
    ".svg",
    ".toml",
    ".txt",
    ".yaml",
    ".yml",
}


def repository_files(folder: Path = ROOT) -> Iterator[Path]:
    """Text files that belong to the repository; no caches and no virtual environments."""
    for path in sorted(folder.iterdir()):
        if path.is_symlink() or path.name in _SKIPPED or path.name.endswith("_cache"):
            continue
        if path.is_dir():
            if not path.name.startswith((".venv", ".hypothesis")):
                yield from repository_files(path)
        elif path.suffix in _TEXT:
            yield path


def modules(folder: Path = SOURCES) -> list[Path]:
    """Python files below a folder."""
    return [path for path in repository_files(folder) if path.suffix == ".py"]


def name_of(path: Path) -> str:
    """Path from the root of the repository, for messages."""
    return str(path.relative_to(ROOT))


def imports_of(path: Path) -> Iterator[str]:
    """Full names of all that a module imports, wherever in it the import stands."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
