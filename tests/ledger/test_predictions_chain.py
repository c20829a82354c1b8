"""The chain of predictions: nothing can be changed, taken out, moved, put in or cut off without being found."""

from __future__ import annotations

import pytest

from spymaster.ledger.predictions.chain import ChainReader, chained, link, mismatch, verified
from spymaster.ledger.predictions.entries import Round, RunEnds
from tests.support.predicted import S, a_day, run_begins, said, written

DAY = a_day()
LINES = DAY.splitlines(keepends=True)


def place_of(offset: int) -> int:
    """The number of the line that a byte is in."""
    return DAY[:offset].count(b"\n") + 1


def test_what_was_written_holds_together_and_says_its_days() -> None:
    chain = verified(DAY)
    assert (chain.problem, chain.lines, chain.bytes, chain.said, chain.is_ended) == ("", 6, len(DAY), 8, True)
    assert [(day.date, day.lines, day.said) for day in chain.days] == [(20260105, 3, 4), (20260106, 5, 8)]
    assert chain.days[1].root == LINES[4][:64].decode()
    assert chain.root == LINES[5][:64].decode()


def test_a_line_carries_the_hash_of_itself_and_of_the_line_before() -> None:
    first, second = LINES[0], LINES[1]
    assert second[:64].decode() == link(first[:64].decode(), second[65:-1])


def test_any_byte_that_was_changed_is_found_in_its_line() -> None:
    for offset in range(len(DAY)):
        edited = bytearray(DAY)
        edited[offset] ^= 1
        chain = verified(bytes(edited))
        assert chain.problem, offset
        assert chain.place == place_of(offset), offset


@pytest.mark.parametrize("gone", range(len(LINES) - 1))
def test_a_line_that_was_taken_out_is_found(gone: int) -> None:
    chain = verified(b"".join(LINES[:gone] + LINES[gone + 1 :]))
    assert chain.place == gone + 1


@pytest.mark.parametrize("first", range(len(LINES) - 1))
def test_lines_that_changed_places_are_found(first: int) -> None:
    moved = [*LINES[:first], LINES[first + 1], LINES[first], *LINES[first + 2 :]]
    assert verified(b"".join(moved)).place == first + 1


@pytest.mark.parametrize("more", [b"x", b"\n", b" ", LINES[-1], LINES[1]])
def test_whatever_was_put_behind_the_end_is_found(more: bytes) -> None:
    chain = verified(DAY + more)
    assert chain.place == len(LINES) + 1
    assert chain.lines == len(LINES)


def test_a_line_that_was_put_in_with_a_hash_of_its_own_is_found() -> None:
    _, forged = chained(LINES[1][:64].decode(), Round(S, 20260105, (said(0.99),)))
    assert verified(b"".join([*LINES[:2], forged, *LINES[2:]])).place == 4


def test_an_end_that_was_cut_off_is_found_by_the_root_that_was_written_down_elsewhere() -> None:
    whole, cut = verified(DAY), verified(b"".join(LINES[:-1]))
    assert cut.problem == ""
    assert not cut.is_ended
    assert mismatch(cut, whole.lines, whole.root) == ("5 lines, and the run's manifest counts 6: its end was cut off")


def test_a_file_that_was_written_anew_as_a_whole_is_found_by_the_root() -> None:
    rounds = [Round(t * S, 20260105 + t // 3, (said(0.9), said(0.9))) for t in range(1, 5)]
    forged = verified(written(run_begins(), *rounds, RunEnds(5, 8)))
    assert forged.problem == ""
    assert "was written anew" in mismatch(forged, verified(DAY).lines, verified(DAY).root)


def test_of_a_crash_in_the_middle_of_a_line_the_lines_before_hold() -> None:
    for left in range(1, len(LINES[3])):
        chain = verified(b"".join(LINES[:3]) + LINES[3][:left])
        assert (chain.lines, chain.is_torn) == (3, True), left
        assert "unfinished" in chain.problem


def test_what_holds_is_read_up_to_the_line_that_does_not() -> None:
    edited = DAY.replace(b'"said":2', b'"said":3')
    reader = ChainReader(b"".join(LINES[:2]) + LINES[2].replace(b"said", b"Said") + edited)
    assert len(list(reader.entries())) == 2


def test_a_chain_whose_hashes_fit_is_still_refused_where_it_says_what_cannot_be() -> None:
    late, early = Round(2 * S, 20260105, (said(),)), Round(S, 20260105, (said(),))
    assert "before the line in front" in verified(written(run_begins(), late, early)).problem
    assert "which run" in verified(written(late)).problem
    assert "stand before it" in verified(written(run_begins(), late, RunEnds(7, 7))).problem
