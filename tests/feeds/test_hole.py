"""What of a replay belongs into a hole, told by counting, to the record."""

from __future__ import annotations

import numpy as np
import pytest

from spymaster.feeds.databento_live.hole import EDGE_NS, Hole
from spymaster.feeds.databento_live.seen import FirstSeen, LastSeen
from spymaster.market.batches import Batch, Records
from spymaster.market.kinds import Kind
from tests.support.journals import records

T0 = 1_704_465_000 * 10**9


def trades(*times: int, instrument: int = 17) -> Records:
    """Trades at these times (ns behind T0); of equal times they are twins."""
    rows = records(Kind.TRADE, len(times))
    rows["ts_event"] = T0 + np.array(times)
    rows["ts_recv"] = rows["ts_event"] + 20_000
    rows["instrument_id"] = instrument
    rows["price"], rows["sequence"] = 1, 1
    return rows


def times_of(batch: Batch | None) -> list[int]:
    """The times of the records, behind T0."""
    return [] if batch is None else [int(t) - T0 for t in batch.arrays[Kind.TRADE]["ts_event"]]


def hole(before: Records, after: Records, ends: int = 10**12) -> Hole:
    """A hole between two lives that saw these trades."""
    last, first = LastSeen(), FirstSeen()
    last.take(Batch.of(Kind.TRADE, before))
    if len(after):
        first.take(Batch.of(Kind.TRADE, after))
    return Hole(last.moments, first, T0 + ends)


def filled(into: Hole, *replay: Records) -> list[int]:
    """The times of what a replay puts into a hole."""
    parts = [into.take(Batch.of(Kind.TRADE, rows)) for rows in replay]
    return [t for part in (*parts, *into.finish()) for t in times_of(part)]


def test_a_replay_begins_at_the_last_time_seen() -> None:
    assert hole(trades(1, 5, 5), trades(9)).start_ns == T0 + 5


def test_as_many_records_of_the_last_time_are_left_out_as_were_seen_of_it() -> None:
    assert filled(hole(trades(1, 5, 5), trades(9)), trades(5, 5, 5, 7, 9)) == [5, 7]


def test_records_of_the_first_time_after_the_hole_are_filled_in_up_to_those_that_were_seen() -> None:
    assert filled(hole(trades(1), trades(9, 9)), trades(1, 4, 9, 9, 9, 12)) == [4, 9]


def test_true_twins_inside_the_hole_are_both_kept() -> None:
    assert filled(hole(trades(1), trades(9)), trades(1, 4, 4, 9)) == [4, 4]


@pytest.mark.parametrize("size", [1, 2, 3])
def test_how_the_replay_is_cut_makes_no_difference(size: int) -> None:
    replay = trades(1, 5, 5, 5, 6, 9, 9, 9, 11)
    pieces = [replay[at : at + size] for at in range(0, len(replay), size)]
    assert filled(hole(trades(1, 5, 5), trades(9, 9)), *pieces) == [5, 6, 9]


def test_the_first_time_after_the_hole_is_counted_over_batches() -> None:
    first = FirstSeen()
    for rows in (trades(9), trades(9, 9), trades(10), trades(9)):
        first.take(Batch.of(Kind.TRADE, rows))
    assert list(first.moments.values()) == [(T0 + 9, 3)]


def test_an_instrument_not_seen_since_is_filled_up_to_the_beginning_of_the_life() -> None:
    into = hole(trades(1), trades(), ends=3 * EDGE_NS)
    inside, late = 2 * EDGE_NS - 1, 3 * EDGE_NS - 1
    assert filled(into, trades(1, inside, late, 3 * EDGE_NS, 4 * EDGE_NS)) == [inside, late]


@pytest.mark.parametrize("size", [1, 2, 100])
def test_what_had_to_wait_for_the_other_edge_comes_in_the_replays_order(size: int) -> None:
    """An instrument that has not spoken since is in doubt at the end of the hole; those beside it must not overtake."""
    ends = 3 * EDGE_NS
    into = hole(trades(1), trades(ends + 5, ends + 6), ends=ends)
    quiet, busy = 2 * EDGE_NS + 10, (EDGE_NS, 2 * EDGE_NS + 20, ends + 3, ends + 5, ends + 7)
    rows = np.concatenate((trades(busy[0]), trades(quiet, instrument=18), trades(*busy[1:])))
    pieces = [rows[at : at + size] for at in range(0, len(rows), size)]
    assert filled(into, *pieces) == [EDGE_NS, quiet, 2 * EDGE_NS + 20, ends + 3]


def test_an_instrument_not_seen_before_is_filled_too() -> None:
    into = hole(trades(1), trades(9))
    assert filled(into, trades(4, instrument=18)) == [4]


def test_a_replay_that_breaks_and_begins_again_fills_nothing_twice() -> None:
    into = hole(trades(1), trades(9))
    first = times_of(into.take(Batch.of(Kind.TRADE, trades(1, 3, 4, 4))))
    into.restart()
    assert into.start_ns == T0 + 4
    assert first + filled(into, trades(4, 4, 6, 9)) == [3, 4, 4, 6]


def test_the_hole_is_reached_when_every_instrument_that_lives_again_was_met() -> None:
    into = hole(trades(1), trades(9))
    into.take(Batch.of(Kind.TRADE, trades(1, 4)))
    assert not into.is_reached
    into.take(Batch.of(Kind.TRADE, trades(9)))
    assert into.is_reached


def test_an_option_without_a_quote_for_hours_does_not_make_the_replay_begin_there() -> None:
    last = LastSeen()
    last.take(Batch.of(Kind.TRADE, trades(0, instrument=18)))
    last.take(Batch.of(Kind.TRADE, trades(5 * 3600 * 10**9)))
    assert last.earliest_ns() == T0 + 5 * 3600 * 10**9


def test_a_replay_that_is_far_beyond_the_hole_has_passed_it_whatever_it_met() -> None:
    into = hole(trades(1), trades(9, instrument=99), ends=10)
    into.take(Batch.of(Kind.TRADE, trades(4, 20)))
    assert not into.is_passed
    into.take(Batch.of(Kind.TRADE, trades(6 * 10**9)))
    assert into.is_passed
    assert not into.is_reached


def test_a_hole_of_some_instruments_takes_nothing_of_others() -> None:
    last, first = LastSeen(), FirstSeen()
    for instrument in (17, 18):
        last.take(Batch.of(Kind.TRADE, trades(1, instrument=instrument)))
    first.take(Batch.of(Kind.TRADE, trades(9)))
    into = Hole(last.moments, first, T0 + 10, keys=frozenset(first.moments))
    both = np.concatenate((trades(3), trades(4, instrument=18), trades(9)))
    assert filled(into, both) == [3]
