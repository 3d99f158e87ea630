"""Throw-away keys and secp256k1 signatures, so that no wallet process has to run.

Every key is derived from a phrase in this repository: worthless anywhere but on a devnet. Nothing
here is hardened against anyone; never use it for a real key.
"""

import hashlib
from dataclasses import dataclass
from functools import cache, cached_property

from eoskeeper.devnet.errors import DevnetError

FIELD = 2**256 - 2**32 - 977
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
GENERATOR = (
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
)
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

# Jacobian coordinates: the affine point is (x / z^2, y / z^3).
Jacobian = tuple[int, int, int]


def _doubled(point: Jacobian) -> Jacobian:
    x, y, z = point
    square = y * y % FIELD
    cross = 4 * x * square % FIELD
    slope = 3 * x * x % FIELD
    new_x = (slope * slope - 2 * cross) % FIELD
    return new_x, (slope * (cross - new_x) - 8 * square * square) % FIELD, 2 * y * z % FIELD


def _added(left: Jacobian, right: tuple[int, int]) -> Jacobian:
    x, y, z = left
    if not z:
        return (*right, 1)
    square = z * z % FIELD
    run = (right[0] * square - x) % FIELD
    rise = (right[1] * square * z - y) % FIELD
    run2 = run * run % FIELD
    run3 = run2 * run % FIELD
    new_x = (rise * rise - run3 - 2 * x * run2) % FIELD
    return new_x, (rise * (x * run2 - new_x) - y * run3) % FIELD, z * run % FIELD


def _affine(point: Jacobian) -> tuple[int, int]:
    inverse = pow(point[2], -1, FIELD)
    return point[0] * inverse**2 % FIELD, point[1] * inverse**3 % FIELD


@cache
def _powers() -> tuple[tuple[int, int], ...]:
    """Return the generator doubled 0..255 times: it halves the cost of every signature."""
    points = [GENERATOR]
    for _ in range(255):
        points.append(_affine(_doubled((*points[-1], 1))))
    return tuple(points)


def _multiple(scalar: int) -> tuple[int, int]:
    result: Jacobian = (0, 1, 0)
    for bit, power in enumerate(_powers()):
        if scalar >> bit & 1:
            result = _added(result, power)
    return _affine(result)


def base58(data: bytes) -> str:
    """Encode as base58, one `1` for each leading zero byte."""
    number, text = int.from_bytes(data), ""
    while number:
        number, digit = divmod(number, 58)
        text = BASE58[digit] + text
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + text


def _ripemd160(data: bytes) -> bytes:
    try:
        return hashlib.new("ripemd160", data).digest()
    except ValueError as error:
        message = (
            "this Python's OpenSSL has no RIPEMD-160, which Antelope keys need: "
            "use a Python built with OpenSSL 3.0.7 or newer"
        )
        raise DevnetError(message) from error


def _is_canonical(number: int) -> bool:
    """Tell whether nodeos takes this half of a signature.

    Source: spring v1.2.2 libraries/libfc/src/crypto/elliptic_common.cpp `is_canonical`.
    """
    return 2**247 <= number < 2**255


@dataclass(frozen=True)
class DevnetKey:
    """A key pair that everyone knows; `secret` is the private number."""

    secret: int

    @classmethod
    def from_phrase(cls, phrase: str) -> "DevnetKey":
        """Make a key that is the same on every machine."""
        return cls(int.from_bytes(hashlib.sha256(phrase.encode()).digest()) % ORDER)

    def __repr__(self) -> str:
        """Keep the private half out of logs and tracebacks: habit matters more than this key."""
        return f"DevnetKey({self.public})"

    @cached_property
    def public_bytes(self) -> bytes:
        """The compressed public point, 33 bytes."""
        x, y = _multiple(self.secret)
        return bytes([2 + (y & 1)]) + x.to_bytes(32)

    @cached_property
    def public(self) -> str:
        """The public key as nodeos writes it in schedules (`EOS...`)."""
        return "EOS" + base58(self.public_bytes + _ripemd160(self.public_bytes)[:4])

    @cached_property
    def private(self) -> str:
        """The private key as a `signature-provider` takes it."""
        payload = b"\x80" + self.secret.to_bytes(32)
        return base58(payload + hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4])

    def sign(self, digest: bytes) -> str:
        """Sign a 32-byte digest and return it as `SIG_K1_...`."""
        for attempt in range(1000):
            signature = self._attempt(digest, attempt)
            if signature:
                return "SIG_K1_" + base58(signature + _ripemd160(signature + b"K1")[:4])
        message = "no canonical signature in a thousand attempts"
        raise AssertionError(message)

    def _attempt(self, digest: bytes, attempt: int) -> bytes | None:
        seed = self.secret.to_bytes(32) + digest + attempt.to_bytes(4)
        nonce = int.from_bytes(hashlib.sha256(seed).digest()) % ORDER
        x, y = _multiple(nonce)
        r = x % ORDER
        s = pow(nonce, -1, ORDER) * (int.from_bytes(digest) + r * self.secret) % ORDER
        recovery = y & 1
        if s > ORDER // 2:
            s, recovery = ORDER - s, 1 - recovery
        if not (_is_canonical(r) and _is_canonical(s)):
            return None
        # 27 is Bitcoin's offset of the recovery number, 4 says that the key is compressed.
        return bytes([27 + 4 + recovery]) + r.to_bytes(32) + s.to_bytes(32)


OUR_KEY = DevnetKey.from_phrase("eoskeeper devnet: our producer, on all its hosts")
CHAIN_KEY = DevnetKey.from_phrase("eoskeeper devnet: everything else")
