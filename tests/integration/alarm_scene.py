"""The scene of an alarm: a node that is away, a gateway, and a keeper between them.

The node is a port that nobody serves until a test opens it, so the rule api_answers fires a few
seconds after the keeper starts.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from eoskeeper.domain.rules.catalogue import CATALOGUE
from tests.integration.local_server import Asked, LocalServer, Reply, say
from tests.integration.lone_keeper import RULE, LoneKeeper

__all__ = ["BROKEN", "HANG", "PASSWORD", "TAKEN", "TITLE", "Scene", "channel", "staged"]

TITLE = CATALOGUE[RULE].title
TAKEN = say('{"code": 0}')
HANG: Reply = lambda _: None  # noqa: E731 - a value like its neighbours
BROKEN = say("out of order", 500)
PASSWORD = "Planted/pass word+1"  # noqa: S105 - planted, to be looked for


class Scene(NamedTuple):
    """What each test has: a node that is away, a gateway that refuses connections, a keeper."""

    node: LocalServer
    gateway: LocalServer
    second: LocalServer
    keeper: LoneKeeper

    def alarms(self) -> list[str]:
        """Texts at the gateway that tell that the node does not answer."""
        return [one for one in self.gateway.texts if TITLE.en in one and "[RESOLVED]" not in one]

    def ends(self) -> list[str]:
        """Texts at the gateway that tell that it answers again."""
        return [one for one in self.gateway.texts if TITLE.en in one and "[RESOLVED]" in one]

    def is_all_proven(self) -> bool:
        """Whether something was sent, and the journal holds a proof for each message."""
        return bool(self.keeper.proven()) and not self.keeper.on_their_way()


@contextmanager
def staged() -> Iterator[Scene]:
    """A scene that is gone at the end, however that comes."""
    # A short path: a unix socket's may have 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="ekl-"))
    node, gateway, second = LocalServer(answer_as_nodeos), LocalServer(TAKEN), LocalServer(TAKEN)
    keeper = LoneKeeper(folder, node.url)
    try:
        keeper.configure(one_channel(gateway))
        yield Scene(node, gateway, second, keeper)
    finally:
        try:
            keeper.kill()
        finally:
            for server in (node, gateway, second):
                server.close()
            shutil.rmtree(folder, ignore_errors=True)


def channel(
    server: LocalServer,
    path: str = "/send",
    **more: Any,  # noqa: ANN401 - whatever TOML holds
) -> dict[str, Any]:
    """A table of a gateway that says yes with a code."""
    return {
        "kind": "sms_gateway",
        "url": server.url + path,
        "parameters": {"to": "{mobiles}", "text": "{text}", "password": "{password}"},
        "password": PASSWORD,
        "success": {"json_path": "code", "equals": "0"},
        "max_chars": 1000,
        "timeout_s": 30,
        "attempts": 1,
        **more,
    }


def one_channel(server: LocalServer) -> dict[str, Any]:
    """Settings with one contact, who wants everything, and one channel."""
    contacts = {"oncall": {"channels": ["main"], "severity": "info"}}
    return {"alarm": {"channels": {"main": channel(server)}, "contacts": contacts}}


def answer_as_nodeos(asked: Asked) -> tuple[int, str] | None:
    """As much of nodeos as get_info."""
    if asked.target != "/v1/chain/get_info":
        return 404, "{}"
    head = {
        "server_version": "00fa4e00",
        "chain_id": "ab" * 32,
        "head_block_num": 9,
        "last_irreversible_block_num": 8,
        "last_irreversible_block_id": "00000008" + "0" * 56,
        "head_block_id": "00000009" + "0" * 56,
        "head_block_time": "2025-07-06T08:00:00.500",
        "head_block_producer": "someproducer",
        "server_version_string": "v1.3.0-fake",
    }
    return 200, msgspec.json.encode(head).decode()
