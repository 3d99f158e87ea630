"""The page and its files as a browser gets them: typed, packed, and nothing beside them."""

from __future__ import annotations

import asyncio
import gzip
from pathlib import Path

import pytest

from eoskeeper.web.answers import HEADERS
from eoskeeper.web.feed import Feed
from eoskeeper.web.page_files import PageFiles, packaged_page
from eoskeeper.web.ports import Offers
from eoskeeper.web.routes import ROUTES
from tests.unit.web.past import FixedHistory
from tests.unit.web.serving import TOKEN, Served, a_report, against_server, answers

SCRIPT = b"export const something = 'a long line of a script that packs well';\n" * 60


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A page, a secret beside it and one below it."""
    page = tmp_path / "page"
    (page / "deep").mkdir(parents=True)
    (page / "index.html").write_bytes(b"<!doctype html><title>page</title>")
    (page / "main.js").write_bytes(SCRIPT)
    (page / "style.css").write_bytes(b"body {}")
    (page / "notes.md").write_bytes(b"no part of the page")
    (page / "deep" / "secret.js").write_bytes(b"secret")
    (tmp_path / "secret.js").write_bytes(b"secret")
    return page


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/assets/index.html", "text/html; charset=utf-8"),
        ("/assets/main.js", "text/javascript; charset=utf-8"),
        ("/assets/style.css", "text/css; charset=utf-8"),
        ("/assets/style.css?v=1", "text/css; charset=utf-8"),
    ],
)
def test_a_file_of_the_page_is_served_with_its_type(folder: Path, path: str, kind: str) -> None:
    """And asked for anew each time, which is cheap: see its tag."""
    (answer,) = answers((path,), offers=Offers(page=PageFiles(folder)))
    assert (answer.status, answer.headers["content-type"]) == (200, kind)
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path",
    [
        "/assets/notes.md",
        "/assets/nothing.js",
        "/assets/",
        "/assets/deep",
        "/assets/deep/secret.js",
        "/assets/../secret.js",
        "/assets/..%2fsecret.js",
        "/assets/%2e%2e/secret.js",
        "/assets//etc/passwd",
        "/assets/%00",
    ],
)
def test_nothing_beside_the_page_is_served(folder: Path, path: str) -> None:
    """Names are looked up, never made into paths."""
    (answer,) = answers((path,), offers=Offers(page=PageFiles(folder)))
    assert answer.status == 404
    assert b"secret" not in answer.body


def test_a_file_that_the_browser_has_is_not_sent_again(folder: Path) -> None:
    """Not before it changes."""

    async def check(served: Served) -> None:
        tag = (await served.ask("/assets/main.js")).headers["etag"]
        same = await served.ask("/assets/main.js", f'If-None-Match: "old", {tag}')
        assert (same.status, same.body, same.headers["etag"]) == (304, b"", tag)
        (folder / "main.js").write_bytes(b"other")
        other = await served.ask("/assets/main.js", f"If-None-Match: {tag}")
        assert (other.status, other.body) == (200, b"other")

    against_server(check, offers=Offers(page=PageFiles(folder, keep=False)))


def test_a_keeper_without_a_page_says_so(tmp_path: Path) -> None:
    """404 like for everything that is not there."""
    gone = PageFiles(tmp_path / "gone")
    for offers in (None, Offers(page=gone)):
        (answer,) = answers(("/",), offers=offers)
        assert (answer.status, answer.json()) == (404, {"problem": "no such page"})


def test_the_packaged_page_is_whole() -> None:
    """The program brings its page along, and every file of it is one that is served."""

    async def check() -> None:
        page = packaged_page()
        index = await page.find("index.html")
        assert index is not None
        assert b'href="assets/' in index.content

    asyncio.run(check())


@pytest.mark.parametrize(
    ("offer", "packs"),
    [
        ("gzip", True),
        ("br, GZIP;q=0.5", True),
        ("deflate, gzip; q=0", False),
        ("gzip;q=0.000", False),
        ("identity", False),
        ("gzipped", False),
    ],
)
@pytest.mark.parametrize("path", ["/assets/main.js", "/api/openapi.json"])
def test_what_is_big_is_packed_for_who_can_unpack_it(
    folder: Path, path: str, offer: str, *, packs: bool
) -> None:
    """The same bytes either way, and caches are told that there are two forms."""
    plain, packed = answers(
        (path,), (path, f"Accept-Encoding: {offer}"), offers=Offers(page=PageFiles(folder))
    )
    assert ("content-encoding" in packed.headers) == packs
    assert packed.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
    assert int(packed.headers["content-length"]) == len(packed.body)
    assert (gzip.decompress(packed.body) if packs else packed.body) == plain.body


def test_small_answers_are_not_packed() -> None:
    """They fit into one packet anyhow."""
    (answer,) = answers(("/liveness", "Accept-Encoding: gzip"))
    assert answer.json() == {"alive": True}


@pytest.mark.parametrize("path", [route.path for route in ROUTES if "{" not in route.path])
def test_head_tells_what_get_would_and_sends_nothing(folder: Path, path: str) -> None:
    """The stream, too, which would never end."""
    address = path + ("?quantity=links" if path == "/api/history" else "")

    async def check(served: Served) -> None:
        head = await served.ask(address, method="HEAD")
        assert head.body == b""
        if path != "/api/stream":
            got = await served.ask(address)
            assert (head.status, head.headers["content-type"]) == (
                got.status,
                got.headers["content-type"],
            )
            assert head.headers["content-length"] == str(len(got.body))

    offers = Offers(
        page=PageFiles(folder), history=FixedHistory(), metrics=lambda: b"up 1\n", feed=Feed()
    )
    against_server(check, a_report(), offers=offers)


@pytest.mark.parametrize("path", ["/", "/api/status", "/nowhere", "/api/turns?limit=0", "/metrics"])
@pytest.mark.parametrize("token", [None, TOKEN])
def test_every_answer_forbids_browsers_what_it_need_not_allow(path: str, token: str | None) -> None:
    """Pages, problems and refusals alike."""
    (answer,) = answers((path,), report=a_report(), token=token)
    assert answer.headers.items() >= {k.lower(): v for k, v in HEADERS.items()}.items()


def test_the_page_may_load_nothing_from_elsewhere(folder: Path) -> None:
    """Scripts and styles from this server only; no frames, no forms, nothing in line."""
    (answer,) = answers(("/",), offers=Offers(page=PageFiles(folder)))
    policy = answer.headers["content-security-policy"].split("; ")
    assert policy == [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]


def test_metrics_come_in_the_form_of_prometheus() -> None:
    """And 404 where there are none."""
    (answer,) = answers(("/metrics",), offers=Offers(metrics=lambda: b"eoskeeper_up 1\n"))
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.body == b"eoskeeper_up 1\n"
    (none,) = answers(("/metrics",))
    assert none.status == 404


@pytest.mark.parametrize("length", [1999, 2001])
def test_an_address_has_a_bound(length: int) -> None:
    """414 beyond it."""
    path = "/api/turns?producer=" + "a" * length
    (answer,) = answers((path[:length],))
    assert answer.status == (414 if length > 2000 else 400)
