"""The hand-made WebAssembly has the shape that nodeos loads."""

import pytest

from eoskeeper.devnet.contract import activation_contract, schedule_abi, schedule_contract
from eoskeeper.devnet.packing import name_bytes


def sections(module: bytes) -> dict[int, bytes]:
    """Take a module apart; every section here is shorter than 128 bytes."""
    assert module[:8] == b"\0asm\x01\0\0\0"
    found, rest = {}, module[8:]
    while rest:
        found[rest[0]], rest = rest[2 : 2 + rest[1]], rest[2 + rest[1] :]
    return found


@pytest.mark.parametrize(
    ("module", "function"),
    [
        (schedule_contract(), b"set_proposed_producers_ex"),
        (activation_contract(), b"preactivate_feature"),
    ],
)
def test_a_contract_imports_its_one_function_and_exports_apply(
    module: bytes, function: bytes
) -> None:
    """Three imports, one page of memory, `apply` as function 3."""
    parts = sections(module)
    assert list(parts) == [1, 2, 3, 5, 7, 10]
    assert parts[2][0] == 3
    assert function in parts[2]
    assert parts[5] == b"\x01\0\x01"
    assert parts[7] == b"\x01\x05apply\0\x03"


@pytest.mark.parametrize(
    ("module", "action"), [(schedule_contract(), "setprods"), (activation_contract(), "activate")]
)
def test_a_contract_compares_with_its_own_action(module: bytes, action: str) -> None:
    """The constant behind `i64.const` is the action's name."""
    body = sections(module)[10]
    start = body.index(b"\x42") + 1
    length = next(i for i, byte in enumerate(body[start:], 1) if not byte & 0x80)
    digits = body[start : start + length]
    number = sum((byte & 0x7F) << 7 * i for i, byte in enumerate(digits))
    # The last digit's bit 6 is the sign.
    number -= (digits[-1] >> 6 & 1) << 7 * length
    assert number.to_bytes(8, "little", signed=True) == name_bytes(action)


def test_a_contract_is_tiny() -> None:
    """It stays something that one can read byte by byte."""
    assert len(schedule_contract()) < 200
    assert len(activation_contract()) < 200


def test_the_interface_names_the_action() -> None:
    """The packed ABI begins with its version and knows `setprods`."""
    abi = schedule_abi()
    assert abi.startswith(b"\x0eeosio::abi/1.1")
    assert name_bytes("setprods") in abi
