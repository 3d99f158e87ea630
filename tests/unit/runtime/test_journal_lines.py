"""The framing of the journal: whatever is changed in a line, it is no record any more."""

from __future__ import annotations

from eoskeeper.runtime.journal_lines import Line, encode_line, intact_end, split_lines

PAYLOAD = b'{"type":"done","number":7}'


def test_a_line_is_a_checksum_a_space_json_and_a_newline() -> None:
    """As a person, or another program, would check it: crc32 of the JSON, in eight digits."""
    assert encode_line(PAYLOAD) == b'3b365731 {"type":"done","number":7}\n'
    assert list(split_lines(encode_line(PAYLOAD))) == [Line(PAYLOAD, damaged=False, end=36)]


def test_no_byte_of_a_line_can_be_changed_unnoticed() -> None:
    """Every byte, to every other value: also digits of the checksum to upper case."""
    line = encode_line(PAYLOAD)
    for place in range(len(line)):
        for flip in range(1, 256):
            changed = bytearray(line)
            changed[place] ^= flip
            assert intact_end(bytes(changed)) == 0


def test_a_record_behind_a_lost_newline_is_found_and_the_damage_told() -> None:
    """The record in front of it has lost a byte of its own, and does not count."""
    joined = encode_line(PAYLOAD)[:-1] + b"?" + encode_line(PAYLOAD)

    assert list(split_lines(joined)) == [Line(PAYLOAD, damaged=True, end=len(joined))]
