"""Who may read, and which pages of strangers may not read through a person's browser."""

from __future__ import annotations

import base64

import pytest

from tests.unit.web.serving import TOKEN, a_report, answers


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8686", 200),
        ("[::1]:8686", 200),
        ("[::1]", 200),
        ("localhost", 200),
        ("LOCALHOST:80", 200),
        ("localhost.:80", 200),
        ("keeper.example:443", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example:8686", 421),
        ("localhost.evil.example", 421),
        ("", 421),
    ],
)
def test_an_open_server_answers_to_its_own_names_only(host: str, status: int) -> None:
    """A stranger's name that suddenly means this host must not open it (DNS rebinding)."""
    (answer,) = answers(
        ("/api/status", f"Host: {host}"), report=a_report(), names=("keeper.example",)
    )
    assert answer.status == status
    assert (b"bp-1" in answer.body) == (status == 200)


def test_a_server_with_a_token_answers_to_every_name() -> None:
    """A browser keeps a token for each name apart, and a proxy passes on whatever it was asked."""
    bearer = f"Authorization: Bearer {TOKEN}"
    (answer,) = answers(("/liveness", "Host: bp.example", bearer), token=TOKEN)
    assert answer.status == 200


@pytest.mark.parametrize("user", ["", "anna", "a:b"])
def test_the_token_as_password_lets_a_browser_in(user: str) -> None:
    """Of any user; a colon can only be in the password. Source: RFC 7617, 2."""
    pair = base64.b64encode(f"{user.partition(':')[0]}:{TOKEN}".encode()).decode()
    (answer,) = answers(("/liveness", f"Authorization: bAsIc {pair}"), token=TOKEN)
    assert answer.status == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (("Sec-Fetch-Site: same-origin",), 200),
        (("Sec-Fetch-Site: none",), 200),
        (("Sec-Fetch-Site: cross-site",), 403),
        (("Sec-Fetch-Site: same-site",), 403),
        (
            ("Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"),
            200,
        ),
        (
            ("Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe"),
            403,
        ),
        (("Host: localhost:8686", "Origin: http://localhost:8686"), 200),
        (("Host: localhost:8686", "Origin: http://localhost:8687"), 403),
        (("Origin: null",), 403),
        (("Origin: https://evil.example",), 403),
    ],
)
def test_a_page_of_another_site_reads_nothing(headers: tuple[str, ...], status: int) -> None:
    """A link that a person follows is no page's request."""
    (answer,) = answers(("/api/status", *headers), report=a_report())
    assert answer.status == status
    assert (b"bp-1" in answer.body) == (status == 200)
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_a_stranger_does_not_learn_from_what_site_it_must_ask() -> None:
    """The token is looked at before anything else."""
    (answer,) = answers(("/api/status", "Origin: null"), report=a_report(), token=TOKEN)
    assert answer.status == 401
