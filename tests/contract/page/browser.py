"""A real browser that fails the test on any error, and on any request to anywhere else."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Protocol

import pytest
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Page,
    Request,
    Route,
    sync_playwright,
)

from tests.contract.page.stage import Stage, staged
from tests.contract.page.world import World

__all__ = [
    "BELOW",
    "Opener",
    "Watched",
    "browser",
    "browser_page",
    "page_of",
    "stage",
    "wide_stage",
]

BELOW = "under/a/path/"
TELL_VIOLATIONS = """
document.addEventListener("securitypolicyviolation",
  (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
"""


class Opener(Protocol):
    """Opens the page of a stage as a browser of some kind would."""

    def __call__(
        self,
        stage: Stage,
        *,
        width: int = 1280,
        locale: str = "en-GB",
        path: str = "",
        allowed: tuple[str, ...] = (),
    ) -> Page:
        """Open it; ``allowed`` are parts of errors that the test is about."""


class Watched:
    """What went wrong on a page."""

    def __init__(self, page: Page, begin: str, allowed: tuple[str, ...]) -> None:
        """Listen to everything that a developer would see in red."""
        self.problems: list[str] = []
        self._begin = begin
        self._allowed = allowed
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self._take(f"error: {error}"))
        page.on("request", self._see)
        page.on("dialog", lambda dialog: self._take(f"dialog: {dialog.message}"))
        page.add_init_script(TELL_VIOLATIONS)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self._take(f"{message.type}: {message.text}")

    def _see(self, request: Request) -> None:
        if not request.url.startswith(self._begin):
            self._take(f"request to {request.url}")

    def _take(self, problem: str) -> None:
        if not any(part in problem for part in self._allowed):
            self.problems.append(problem)


def _chromium() -> str:
    path = shutil.which("chromium")
    if path is None and os.environ.get("CI") != "true":
        pytest.skip("CHROMIUM IS MISSING: THE STATUS PAGE IS NOT TESTED (apt-get install chromium)")
    assert path is not None, "CI has a chromium"
    return path


# Of a module, not of the session: while it lives, its driver keeps an event loop running in this
# thread, and tests of other modules start their own.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all tests of a module."""
    path = _chromium()
    with sync_playwright() as driver:
        # Root may not use chromium's own sandbox, and the tests of a container run as root.
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        chromium = driver.chromium.launch(executable_path=path, args=sandbox)
        yield chromium
        chromium.close()


@pytest.fixture
def stage() -> Iterator[Stage]:
    """A chain of four producers, so that a round takes 24 seconds of the world."""
    with staged(World(producers=4)) as one:
        yield one


@pytest.fixture
def wide_stage() -> Iterator[Stage]:
    """A chain of twenty-one producers, like the public ones."""
    with staged(World(producers=21)) as one:
        yield one


def _without_path(route: Route) -> None:
    route.continue_(url=route.request.url.replace(BELOW, "", 1))


@contextmanager
def page_of(
    browser: Browser,
    stage: Stage,
    *,
    width: int = 1280,
    locale: str = "en-GB",
    path: str = "",
    allowed: tuple[str, ...] = (),
    seen: list[Watched] | None = None,
) -> Iterator[Page]:
    """The page of a stage, without any earlier visit."""
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        locale=locale,
        timezone_id="Europe/Berlin",
        reduced_motion="reduce",
    )
    with context:
        page = context.new_page()
        watched = Watched(page, stage.url + path, allowed)
        if seen is not None:
            seen.append(watched)
        page.set_default_timeout(10_000)
        # As a reverse proxy that serves the keeper below a path of its own.
        page.route(f"{stage.url}{BELOW}**", _without_path)
        page.goto(stage.url + path)
        yield page


@pytest.fixture
def browser_page(browser: Browser) -> Iterator[Opener]:
    """Opens pages; at the end of the test each must have been without a fault."""
    with ExitStack() as stack:
        seen: list[Watched] = []

        def open_page(
            stage: Stage,
            *,
            width: int = 1280,
            locale: str = "en-GB",
            path: str = "",
            allowed: tuple[str, ...] = (),
        ) -> Page:
            opened = page_of(
                browser, stage, width=width, locale=locale, path=path, allowed=allowed, seen=seen
            )
            return stack.enter_context(opened)

        yield open_page
    assert [problem for one in seen for problem in one.problems] == []
