"""Antelope's binary form of the few things that a devnet puts on its chain.

Source: spring v1.2.2 libraries/chain/include/eosio/chain/{transaction,action,contract_types}.hpp.
"""

import hashlib
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

NAME_LETTERS = ".12345abcdefghijklmnopqrstuvwxyz"
MAX_NAME = 12


def name_bytes(name: str) -> bytes:
    """Pack an account, action or permission name of at most 12 letters.

    Raises:
        ValueError: a letter is not of `.12345a-z`, or the name is too long.
    """
    if len(name) > MAX_NAME:
        message = f"{name!r} is longer than {MAX_NAME} letters"
        raise ValueError(message)
    number = 0
    for position, letter in enumerate(name):
        number |= NAME_LETTERS.index(letter) << (59 - 5 * position)
    return struct.pack("<Q", number)


def varuint(number: int) -> bytes:
    """Pack a length or an index, seven bits a byte, lowest first."""
    packed = b""
    while number >> 7:
        packed += bytes([number & 0x7F | 0x80])
        number >>= 7
    return packed + bytes([number])


def packed_list(items: Sequence[bytes]) -> bytes:
    """Pack a list of packed items."""
    return varuint(len(items)) + b"".join(items)


def packed_bytes(data: bytes) -> bytes:
    """Pack a string or a blob with its length."""
    return varuint(len(data)) + data


def key_authority(public_bytes: bytes) -> bytes:
    """Pack an authority that one secp256k1 key fulfils."""
    key = b"\0" + public_bytes + struct.pack("<H", 1)
    return struct.pack("<I", 1) + packed_list([key]) + packed_list([]) + packed_list([])


def new_account(name: str, public_bytes: bytes) -> bytes:
    """Pack the data of `newaccount`, created by eosio, one key for owner and active."""
    authority = key_authority(public_bytes)
    return name_bytes("eosio") + name_bytes(name) + authority + authority


def set_code(account: str, code: bytes) -> bytes:
    """Pack the data of `setcode`."""
    return name_bytes(account) + b"\0\0" + packed_bytes(code)


def set_abi(account: str, abi: bytes) -> bytes:
    """Pack the data of `setabi`."""
    return name_bytes(account) + packed_bytes(abi)


def producer_schedule(keys: Iterable[tuple[str, bytes]]) -> bytes:
    """Pack `setprods` data: (producer, public key) in schedule order.

    This is format 1 of `set_proposed_producers_ex`: each producer has an authority, of which
    variant 0 is a threshold and weighted keys.

    Source: spring v1.2.2 libraries/chain/include/eosio/chain/producer_schedule.hpp.
    """
    return packed_list(
        [
            name_bytes(name)
            + b"\0"
            + struct.pack("<I", 1)
            + packed_list([b"\0" + key + struct.pack("<H", 1)])
            for name, key in keys
        ]
    )


@dataclass(frozen=True)
class Action:
    """One action, authorized by the active permission of `actor`."""

    account: str
    name: str
    actor: str
    data: bytes

    def packed(self) -> bytes:
        """Return the binary form."""
        permission = name_bytes(self.actor) + name_bytes("active")
        return (
            name_bytes(self.account)
            + name_bytes(self.name)
            + packed_list([permission])
            + packed_bytes(self.data)
        )


def packed_transaction(
    actions: Sequence[Action], *, expires_unix_s: int, reference_block_id: bytes
) -> bytes:
    """Pack an unsigned transaction that refers to the block of this 32-byte id."""
    number = int.from_bytes(reference_block_id[:4])
    return (
        struct.pack("<IH", expires_unix_s, number & 0xFFFF)
        + reference_block_id[8:12]
        + b"\0\0\0"  # no limit of net, none of cpu, no delay
        + packed_list([])
        + packed_list([action.packed() for action in actions])
        + packed_list([])
    )


def signing_digest(chain_id: bytes, transaction: bytes) -> bytes:
    """Return what the signature of a transaction without context-free data covers."""
    return hashlib.sha256(chain_id + transaction + bytes(32)).digest()
