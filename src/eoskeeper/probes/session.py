"""The HTTP session of a probe: no cookies, no proxies of the environment, time limits elsewhere."""

from __future__ import annotations

import aiohttp

__all__ = ["plain_session"]


def plain_session(connector: aiohttp.BaseConnector) -> aiohttp.ClientSession:
    """A session that adds nothing: bodies come as they were sent, each call has its deadline."""
    return aiohttp.ClientSession(
        connector=connector,
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"Accept-Encoding": "identity", "User-Agent": "eoskeeper"},
        auto_decompress=False,
        trust_env=False,
    )
