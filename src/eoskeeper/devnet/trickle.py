"""Pushes a small transaction into one host now and then, whether its line is cut or not.

Without it two producing hosts would make identical blocks, and no double would be seen.
"""

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from eoskeeper.devnet.clock import utc_now
from eoskeeper.devnet.packing import Action, packed_transaction, signing_digest
from eoskeeper.devnet.signing import CHAIN_KEY

ACCOUNT = "trickle"
EXPIRES_S = 60
TIMEOUT_S = 2.0
# A transaction may refer to any of the last 65,536 blocks, so the reference is renewed seldom.
REFERENCE_UPDATES_EVERY = 20


@dataclass(frozen=True)
class Reference:
    """The chain, and an irreversible block of it for transactions to refer to."""

    chain_id: bytes
    block_id: bytes


def signed_transaction(actions: list[Action], reference: Reference) -> dict[str, Any]:
    """Return a transaction, signed by the devnet's key, as `send_transaction` takes it."""
    packed = packed_transaction(
        actions,
        expires_unix_s=int(utc_now().timestamp()) + EXPIRES_S,
        reference_block_id=reference.block_id,
    )
    return {
        "signatures": [CHAIN_KEY.sign(signing_digest(reference.chain_id, packed))],
        "compression": "none",
        "packed_context_free_data": "",
        "packed_trx": packed.hex(),
    }


def reference_of(info: dict[str, Any]) -> Reference:
    """Take the reference out of a `get_info` answer."""
    return Reference(
        bytes.fromhex(info["chain_id"]), bytes.fromhex(info["last_irreversible_block_id"])
    )


async def _post(port: int, path: str, body: Any) -> bytes:  # noqa: ANN401  any JSON value
    """POST and return the answer's body; a connection for each, as a restarted node needs."""
    data = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(f"{head}Content-Length: {len(data)}\r\n\r\n".encode() + data)
        return (await reader.read()).partition(b"\r\n\r\n")[2]
    finally:
        writer.close()


async def _reference(port: int) -> Reference:
    return reference_of(json.loads(await _post(port, "/v1/chain/get_info", {})))


class Trickle:
    """One host's trickle; `host` is written into the data, so that no two are alike."""

    def __init__(self, host: str, port: int, every_s: float) -> None:
        self._host = host
        self._port = port
        self._every_s = every_s
        self._count = 0
        self._reference: Reference | None = None

    async def run(self) -> None:
        """Push for ever; a node that is down or refuses is tried again next time."""
        while True:
            await asyncio.sleep(self._every_s)
            try:
                async with asyncio.timeout(TIMEOUT_S):
                    await self._push()
            except (OSError, TimeoutError, ValueError, KeyError):
                self._reference = None

    async def _push(self) -> None:
        if self._reference is None or self._count % REFERENCE_UPDATES_EVERY == 0:
            self._reference = await _reference(self._port)
        self._count += 1
        data = f"{self._host} {self._count}".encode()
        action = Action(ACCOUNT, "drop", ACCOUNT, data)
        body = signed_transaction([action], self._reference)
        await _post(self._port, "/v1/chain/send_transaction", body)
