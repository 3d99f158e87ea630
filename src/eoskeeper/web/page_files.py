"""Page files: the status page as it lies in the package, read once and kept."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable

from eoskeeper.web.ports import File

__all__ = ["PageFiles", "packaged_page"]

CONTENT_TYPES: Mapping[str, str] = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "json": "application/json",
}
"""Nothing else in the folder is a part of the page."""


class PageFiles:
    """Every file of one folder, and nothing beside or below it."""

    def __init__(self, folder: Traversable, *, keep: bool = True) -> None:
        """Take the folder.

        Args:
            folder: of the page.
            keep: False reads it anew each time, for those who work on the page.
        """
        self._folder = folder
        self._keep = keep
        self._files: Mapping[str, File] | None = None

    async def find(self, name: str) -> File | None:
        """A file by its name; None when there is none."""
        known = self._files
        if known is None:
            known = await asyncio.to_thread(_read, self._folder)
            self._files = known if self._keep else None
        return known.get(name)


def packaged_page() -> PageFiles:
    """The page that comes with the program."""
    return PageFiles(files("eoskeeper.web") / "page")


def _read(folder: Traversable) -> dict[str, File]:
    if not folder.is_dir():
        return {}
    return {
        one.name: _file(one.read_bytes(), one.name)
        for one in folder.iterdir()
        if one.is_file() and _ending(one.name) in CONTENT_TYPES
    }


def _file(content: bytes, name: str) -> File:
    # Weak: it stands for the content in whatever encoding. Source: RFC 9110, 8.8.1.
    tag = f'W/"{hashlib.sha256(content).hexdigest()[:20]}"'
    return File(CONTENT_TYPES[_ending(name)], tag, content)


def _ending(name: str) -> str:
    return name.rpartition(".")[2]
