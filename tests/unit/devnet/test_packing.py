"""Names, lengths and signatures in the binary form of the chain."""

import hashlib

import pytest

from eoskeeper.devnet.packing import Action, name_bytes, packed_transaction, varuint
from eoskeeper.devnet.signing import FIELD, GENERATOR, ORDER, DevnetKey, base58


@pytest.mark.parametrize(
    ("name", "number"),
    [("eosio", 0x5530EA0000000000), ("eosio.token", 0x5530EA033482A600), ("", 0)],
)
def test_a_name_is_packed_five_bits_a_letter(name: str, number: int) -> None:
    """Values that every Antelope tool knows."""
    assert int.from_bytes(name_bytes(name), "little") == number


@pytest.mark.parametrize("name", ["Eosio", "eosio6", "muchtoolongname"])
def test_a_bad_name_is_refused(name: str) -> None:
    """Letters outside the alphabet and names too long."""
    with pytest.raises(ValueError, match=r".+"):
        name_bytes(name)


@pytest.mark.parametrize(
    ("number", "packed"), [(0, "00"), (127, "7f"), (128, "8001"), (300, "ac02")]
)
def test_a_length_is_packed_seven_bits_a_byte(number: int, packed: str) -> None:
    """Lowest bits first."""
    assert varuint(number).hex() == packed


def test_a_transaction_refers_to_its_block() -> None:
    """Height modulo 65,536, and bytes 8 to 11 of the id."""
    block_id = (0x12345).to_bytes(4) + bytes(4) + b"REFS" + bytes(20)
    packed = packed_transaction(
        [Action("a", "b", "c", b"data")], expires_unix_s=7, reference_block_id=block_id
    )
    assert packed[:10] == b"\x07\0\0\0" + (0x2345).to_bytes(2, "little") + b"REFS"
    assert packed.endswith(b"\x04data\0")


def verifies(key: DevnetKey, digest: bytes, r: int, s: int) -> bool:
    """Check a signature by the schoolbook, with arithmetic of this test's own."""
    inverse = pow(s, -1, ORDER)
    public = (int.from_bytes(key.public_bytes[1:]), 0)
    y = pow((public[0] ** 3 + 7) % FIELD, (FIELD + 1) // 4, FIELD)
    public = (public[0], y if y & 1 == key.public_bytes[0] & 1 else FIELD - y)
    left = times(int.from_bytes(digest) * inverse % ORDER, GENERATOR)
    total = plus(left, times(r * inverse % ORDER, public))
    return total is not None and total[0] % ORDER == r


def plus(left: tuple[int, int] | None, right: tuple[int, int] | None) -> tuple[int, int] | None:
    """Add two points in affine coordinates."""
    if left is None or right is None:
        return left or right
    if left == right:
        slope = 3 * left[0] ** 2 * pow(2 * left[1], -1, FIELD)
    else:
        slope = (right[1] - left[1]) * pow(right[0] - left[0], -1, FIELD)
    x = (slope**2 - left[0] - right[0]) % FIELD
    return x, (slope * (left[0] - x) - left[1]) % FIELD


def times(scalar: int, point: tuple[int, int]) -> tuple[int, int] | None:
    """Multiply a point."""
    result = None
    for bit in f"{scalar:b}":
        result = plus(result, result)
        if bit == "1":
            result = plus(result, point)
    return result


@pytest.mark.parametrize("text", ["one", "two", "three", "four"])
def test_a_signature_verifies_and_is_canonical(text: str) -> None:
    """Both halves fit nodeos's rule, and an independent check agrees."""
    key, digest = DevnetKey.from_phrase("a test"), hashlib.sha256(text.encode()).digest()
    number = 0
    for letter in key.sign(digest).removeprefix("SIG_K1_"):
        number = number * 58 + "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz".index(
            letter
        )
    data = number.to_bytes(69)
    assert data[0] in (31, 32)
    assert not data[1] & 0x80
    assert not data[33] & 0x80
    assert verifies(key, digest, int.from_bytes(data[1:33]), int.from_bytes(data[33:65]))


def test_the_well_known_key_pair_is_reproduced() -> None:
    """The key with which every new nodeos signs: both halves in text form."""
    key = DevnetKey(0xD2653FF7CBB2D8FF129AC27EF5781CE68B2558C41A74AF1F2DDCA635CBEEF07D)
    assert key.public == "EOS6MRyAjQq8ud7hVNYcfnVPJqcVpscN5So8BhtHuGYqET5GDW5CV"
    assert key.private == "5KQwrPbwdL6PhXujxW37FSSQZ1JiwsST4cqQzDeyXtP79zkvFD3"


def test_leading_zero_bytes_are_ones_in_base58() -> None:
    """As Bitcoin does it."""
    assert base58(b"\0\0a") == "112g"


def test_a_keys_private_half_is_not_shown() -> None:
    """Not in reprs, thus not in tracebacks."""
    key = DevnetKey.from_phrase("a secret phrase")
    assert "secret phrase" not in repr(key)
    assert key.private not in repr(key)
