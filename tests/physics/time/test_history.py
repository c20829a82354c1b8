"""Minute bars of the time before a recording: a past for levels and averages, and nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spymaster.market.batches import Batch
from spymaster.market.frames import RecordsFrame, WatermarkFrame
from spymaster.market.kinds import UNDEF_PRICE, Kind
from spymaster.physics.engine import Engine
from spymaster.signals.hash import SignalHash
from tests.support.bars import walk
from tests.support.engine import Results, feed
from tests.support.market import HOUR, MINUTE, OPEN_NS, RTH_OPEN_NS, SECOND
from tests.support.prices import (
    FUTURE,
    SHARE,
    STRANGER,
    BarRow,
    Key,
    bars,
    flat_bars,
    placed,
    tape_engine,
    trades,
    trades_of_bar,
)

START = RTH_OPEN_NS - 5 * MINUTE


def random_bars(count: int, *, start: int = START, seed: int = 5) -> list[BarRow]:
    """Bars with a body and both tails inside them, their volume enough for the four trades that make them."""
    made = []
    for place, (first, high, low, last, volume) in enumerate(walk(count, seed=seed, price=5000.0)):
        made.append((start + place * MINUTE, first, high, low, last, int(volume) + 10))
    return made


def began(engine: Engine, t_ns: int, price: float = 5000.0) -> Results:
    """The recording: one trade and the seconds after it."""
    return feed(engine, trades([(t_ns, price, 1)]), WatermarkFrame(t_ns + 2 * SECOND))


def test_bars_make_the_levels_their_trades_would_have_made() -> None:
    """All but the volume-weighted price, which bars can only approach: that is tested beside it."""
    rows = random_bars(30)
    end = START + 30 * MINUTE
    with_bars, with_trades = tape_engine(), tape_engine()
    feed(with_bars, bars(rows))
    for row in rows:
        feed(with_trades, trades(trades_of_bar(row)))
    here, there = (began(engine, end, rows[-1][4]).rows[-1] for engine in (with_bars, with_trades))
    mine, theirs = placed(here), placed(there)
    assert mine.pop("VWAP") == pytest.approx(theirs.pop("VWAP"), abs=3.0)
    assert mine == theirs
    assert {"OR_HIGH", "OR_LOW"} <= mine.keys()
    for name in ("atr", "approach_distance"):
        assert here[name][0] == there[name][0]
    np.testing.assert_array_equal(with_bars.state["bars"]["closes"], with_trades.state["bars"]["closes"])
    for name in ("start_ns", "open", "high", "low", "close", "volume"):
        np.testing.assert_array_equal(with_bars.state["bars"]["chart"][name], with_trades.state["bars"]["chart"][name])


def test_bars_make_no_snap_and_move_no_clock() -> None:
    engine = tape_engine()
    results = feed(engine, bars(flat_bars(OPEN_NS, OPEN_NS + 3 * HOUR)))
    results.take(engine.finish())
    assert len(results.snaps) == 0
    assert int(engine.state["clock"]["now_ns"][0]) == 0
    counted = {name: n for name, n in engine.counters().items() if n}
    assert counted == {"bars": 180}


def test_the_first_snap_after_bars_is_the_first_after_the_first_record() -> None:
    engine = tape_engine()
    feed(engine, bars(flat_bars(OPEN_NS, OPEN_NS + 3 * HOUR)))
    t = OPEN_NS + 3 * HOUR + 100_000_000
    assert began(engine, t).times[0] == OPEN_NS + 3 * HOUR + 250_000_000


def test_bars_once_the_clock_has_begun_are_refused_and_counted() -> None:
    engine = tape_engine()
    began(engine, START)
    before = engine.state["ranges"]["part"].copy()
    feed(engine, bars(flat_bars(START + 10 * MINUTE, START + 12 * MINUTE)))
    assert (engine.counters()["bars"], engine.counters()["late_bars"]) == (2, 2)
    np.testing.assert_array_equal(engine.state["ranges"]["part"], before)


def test_a_bar_no_later_than_the_one_before_is_refused_and_counted() -> None:
    engine = tape_engine()
    feed(engine, bars([(START + k * MINUTE, 5000.0, 5000.0, 5000.0, 5000.0, 1) for k in (0, 1, 1, 0, 2)]))
    assert (engine.counters()["bars"], engine.counters()["late_bars"]) == (5, 2)
    assert int(engine.state["bars"]["minutes_held"][0]) == 3


@pytest.mark.parametrize("with_share", [False, True])
def test_bars_of_other_instruments_are_passed_over(with_share: bool) -> None:
    """In a run with a share its bars are the ones, and the future's are others."""
    own, other = (SHARE, FUTURE) if with_share else (FUTURE, SHARE)
    price = 500.0 if with_share else 5000.0
    engine = tape_engine("spy" if with_share else "es", with_share=with_share)
    keys: tuple[Key, ...] = (other, STRANGER, own)
    for key in keys:
        feed(engine, bars(flat_bars(START, START + 3 * MINUTE, price if key == own else 77.0), key))
    assert (engine.counters()["bars"], engine.counters()["other_instrument"]) == (3, 6)
    assert engine.state["bars"]["closes"][0, :3].tolist() == [price] * 3


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("open", UNDEF_PRICE),
        ("close", UNDEF_PRICE),
        ("volume", 2**64 - 1),
        ("high", 4_999_000_000_000),
        ("low", 5_001_000_000_000),
        ("ts_event", OPEN_NS - 30 * MINUTE),
        ("ts_event", OPEN_NS - 400 * 24 * HOUR),
    ],
)
def test_bars_that_cannot_be_true_are_counted_and_leave_no_trace(field: str, value: int) -> None:
    """Prices missing or outside the bar's own range, no volume, a time at which no session was open."""
    frame = bars(flat_bars(START, START + MINUTE))
    frame.batch.arrays[Kind.BAR][field] = value
    engine = tape_engine()
    feed(engine, frame)
    assert (engine.counters()["bars"], engine.counters()["bad_bars"]) == (1, 1)
    assert int(engine.state["bars"]["minutes_held"][0]) == 0
    assert not engine.state["ranges"]["part"]["seen"].any()


def test_the_minute_a_recording_begins_in_is_made_of_its_trades() -> None:
    engine = tape_engine()
    feed(engine, bars(flat_bars(START, START + 3 * MINUTE)))
    began(engine, START + 3 * MINUTE + 20 * SECOND, 5004.0)
    bar = engine.state["bars"]["minute"][0]
    assert (int(bar["start_ns"]), float(bar["open"]), int(bar["trades"])) == (START + 3 * MINUTE, 5004.0, 1)
    assert int(engine.state["bars"]["minutes_held"][0]) == 3


def test_two_minutes_may_be_half_history_and_half_recording() -> None:
    engine = tape_engine()
    even = START // (2 * MINUTE) * 2 * MINUTE
    feed(engine, bars([(even, 5000.0, 5002.0, 4999.0, 5001.0, 20)]))
    feed(engine, trades([(even + 90 * SECOND, 5005.0, 3)]), WatermarkFrame(even + 2 * MINUTE))
    bar = engine.state["bars"]["chart"][0, 0]
    ohlcv = tuple(float(bar[name]) for name in ("open", "high", "low", "close", "volume"))
    assert (int(bar["start_ns"]), ohlcv) == (even, (5000.0, 5005.0, 4999.0, 5005.0, 23.0))


def outcome(rows: list[BarRow], chunks: list[int]) -> str:
    """The hash of what a recording publishes after bars that came in such batches."""
    engine = tape_engine()
    first = 0
    for size in [*chunks, len(rows)]:
        feed(engine, bars(rows[first : first + size]))
        first += size
    chain = SignalHash()
    end = rows[-1][0] + MINUTE
    for frame in (trades([(end, 5000.0, 1)]), WatermarkFrame(end + SECOND)):
        for block in engine.feed(frame):
            chain.update(block)
    return chain.hexdigest()


HISTORY = random_bars(40)


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(1, 20), max_size=5))
def test_it_does_not_matter_in_which_batches_bars_come(chunks: list[int]) -> None:
    assert outcome(HISTORY, chunks) == outcome(HISTORY, [])


@pytest.mark.parametrize("field", range(1, 6))
@pytest.mark.parametrize("place", [0, 17, 39])
def test_any_change_of_any_bar_changes_the_hash(place: int, field: int) -> None:
    """Where it changes no level too: a bar's opening price is in none."""
    changed = HISTORY.copy()
    row: list[Any] = list(HISTORY[place])
    if field in (1, 4):
        row[field] = row[3] if row[field] != row[3] else row[2]
    else:
        row[field] += -0.25 if field == 3 else 1
    changed[place] = (row[0], row[1], row[2], row[3], row[4], row[5])
    assert changed != HISTORY
    assert outcome(changed, []) != outcome(HISTORY, [])


def test_bars_of_a_stranger_change_nothing_at_all() -> None:
    engines = tape_engine(), tape_engine()
    feed(engines[1], bars(flat_bars(START, START + MINUTE, 77.0), STRANGER))
    mine, theirs = (began(engine, START) for engine in engines)
    assert mine.snaps.tobytes() == theirs.snaps.tobytes()
    assert [row.tobytes() for row in mine.rows] == [row.tobytes() for row in theirs.rows]


def test_bars_beside_records_in_one_batch_come_first() -> None:
    """A journal may put the last bars and the first records into one frame."""
    history, first = bars(flat_bars(START, START + 2 * MINUTE)), trades([(START + 2 * MINUTE, 5000.0, 1)])
    arrays = {**history.batch.arrays, **first.batch.arrays}
    both = RecordsFrame(Batch(arrays, np.concatenate([history.batch.order, first.batch.order])))
    engines = tape_engine(), tape_engine()
    mark = WatermarkFrame(START + 2 * MINUTE + SECOND)
    together, apart = feed(engines[0], both, mark), feed(engines[1], history, first, mark)
    assert together.snaps.tobytes() == apart.snaps.tobytes()
    assert engines[0].counters()["late_bars"] == 0
