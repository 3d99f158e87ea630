"""The wire leaves out whole frames of blocks, however the bytes arrive."""

import pytest

from eoskeeper.devnet.wire import SIGNED_BLOCK, FrameFilter

HANDSHAKE, TRANSACTION = 0, 8


def frame(kind: int, payload: bytes = b"payload") -> bytes:
    """Make a p2p frame."""
    return (1 + len(payload)).to_bytes(4, "little") + bytes([kind]) + payload


STREAM = [
    frame(HANDSHAKE),
    frame(SIGNED_BLOCK, b"b" * 300),
    frame(TRANSACTION, b""),
    frame(SIGNED_BLOCK, b""),
    frame(TRANSACTION, bytes([SIGNED_BLOCK]) * 9),
]
WITHOUT_BLOCKS = STREAM[0] + STREAM[2] + STREAM[4]


def fed(frames: FrameFilter, data: bytes, step: int) -> bytes:
    """Feed the data in pieces of `step` bytes."""
    return b"".join(frames.feed(data[i : i + step]) for i in range(0, len(data), step))


@pytest.mark.parametrize("step", [1, 2, 3, 4, 5, 7, 100, 10_000])
def test_blocks_are_left_out_in_pieces_of_any_size(step: int) -> None:
    """Frames split anywhere, even within the length."""
    assert fed(FrameFilter(lambda: True), b"".join(STREAM), step) == WITHOUT_BLOCKS


@pytest.mark.parametrize("step", [1, 5, 10_000])
def test_an_open_wire_changes_nothing(step: int) -> None:
    """Every byte passes, in order."""
    data = b"".join(STREAM)
    assert fed(FrameFilter(lambda: False), data, step) == data


def test_a_frame_that_has_begun_to_pass_passes_whole() -> None:
    """Muting in the middle of a block must not leave half a frame on the line."""
    muted = False
    frames = FrameFilter(lambda: muted)
    block = frame(SIGNED_BLOCK, b"b" * 50)
    passed = frames.feed(block[:20])
    muted = True
    assert passed + frames.feed(block[20:] + block) == block


def test_a_frame_that_has_begun_to_be_left_out_is_left_out_whole() -> None:
    """Opening in the middle of a block must not send its second half."""
    muted = True
    frames = FrameFilter(lambda: muted)
    block = frame(SIGNED_BLOCK, b"b" * 50)
    passed = frames.feed(block[:20])
    muted = False
    assert passed + frames.feed(block[20:] + block) == block


def test_an_empty_frame_passes() -> None:
    """nodeos closes the link upon it; that is not for the wire to prevent."""
    frames = FrameFilter(lambda: True)
    assert frames.feed(bytes(4)) == bytes(4)
    assert frames.feed(frame(HANDSHAKE)) == STREAM[0]
