"""The long window's sums against the flow rows themselves."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from spymaster.market.frames import WatermarkFrame
from spymaster.physics.book.context import buckets_per_long
from spymaster.physics.memory.indices import L_FILL, L_NET, LEDGER_TICKS, LONG_CLOSED
from tests.support.engine import Results, engine_for, feed, params_for, records
from tests.support.market import ASK, BID, MID, MS, SECOND, START_NS, Market
from tests.support.streams import play, random_actions


def jump(market: Market, ticks: int) -> Market:
    """The whole market moves at once, further than the ledger waits for, and is traded there."""
    market.now_ns += 500 * MS
    for order in market.orders.values():
        order.tick += ticks
    market.write(b"M", BID, market.best(BID), 50)
    return market


def stream(seed: int, moves: tuple[int, ...]) -> Market:
    """Random orders, then a move of the whole market, then random orders again."""
    market = Market().ladder().at(0.5)
    play(market, random_actions(seed, 500))
    for k, ticks in enumerate(moves):
        play(jump(market, ticks), random_actions(seed + k + 1, 250))
    return market


def covered(results: Results, per: int) -> int:
    """Buckets the long window holds: its closed coarse ones and those of the open one."""
    return min(LONG_CLOSED * per + len(results.snaps) % per, len(results.snaps))


def direct_sums(results: Results, buckets: int, base: int) -> NDArray[np.int64]:
    out = np.zeros((2, LEDGER_TICKS, 2), np.int64)
    since = results.times[-buckets]
    for (time, side, tick), cell in results.cells().items():
        if side is not None and time >= since and 0 <= tick - base < LEDGER_TICKS:
            out[side, tick - base, L_NET] += cell["added"] - cell["pulled"] - cell["filled"]
            out[side, tick - base, L_FILL] += cell["filled"]
    return out


@pytest.mark.parametrize("window_s", [15, 30, 240])
@pytest.mark.parametrize("moves", [(), (300,), (-300, 270)], ids=["still", "up", "down and up"])
def test_the_long_sums_equal_a_second_computation_from_the_flow_rows(window_s: int, moves: tuple[int, ...]) -> None:
    params: dict[str, float] = {"w_context_ns": window_s * SECOND}
    engine = engine_for(params=params)
    results = feed(engine, records(stream(31, moves).words())).take(engine.finish())
    base = int(engine.state["ledger"]["base"][0])
    per = buckets_per_long(params_for("es", **params))
    expected = direct_sums(results, covered(results, per), base)
    assert np.count_nonzero(expected) > 50
    np.testing.assert_array_equal(engine.state["context"]["sums"][0], expected)


def test_the_ledger_moved_in_the_streams_that_move() -> None:
    bases = []
    for moves in ((), (300,), (-300, 270)):
        engine = engine_for()
        feed(engine, records(stream(31, moves).words()))
        bases.append(int(engine.state["ledger"]["base"][0]))
    assert bases[1] - bases[0] > 200
    assert bases[2] != bases[0]


def test_every_level_s_context_is_the_sum_over_its_zone() -> None:
    market = stream(31, ())
    level = market.best(ASK) + 3
    engine = engine_for(levels=[level / 4], params={"w_context_ns": 15 * SECOND})
    results = feed(engine, records(market.words())).take(engine.finish())
    row = results.level(level / 4)[-1]
    zone = slice(level - 2, level + 3)
    base = int(engine.state["ledger"]["base"][0])
    sums = direct_sums(results, covered(results, 1), base)[ASK, zone.start - base : zone.stop - base].sum(axis=0)
    assert row["visible_fraction"] == 1.0
    assert row["direction"] == 1
    assert (row["long_window_delta"], row["long_window_filled"]) == (sums[L_NET], sums[L_FILL])
    assert sums[L_NET] != 0


def test_a_flow_leaves_the_four_minutes_with_its_coarse_bucket() -> None:
    market = Market().ladder().at(10.01)
    market.add(ASK, MID + 2, 40)
    market.now_ns += MS
    market.trade(BID, 15)
    for k in range(1, 7):
        market.at(45.0 * k)
        market.write(b"A", BID, MID - 40, 1)
    level = (MID + 2) / 4
    engine = engine_for(levels=[level])
    rows = feed(engine, records(market.words()), WatermarkFrame(START_NS + 260 * SECOND)).level(level)
    delta = rows["long_window_delta"]
    held = np.flatnonzero(delta == 40 - 15)
    assert set(np.unique(delta[8:])) == {0.0, 25.0}
    assert (held[0], held[-1] - held[0] + 1) == (40, len(held))
    assert 240.0 - 4.0 <= len(held) / 4 <= 244.0
    assert (rows[held]["long_window_filled"] == 15).all()


def test_the_span_it_covers_grows_to_four_minutes() -> None:
    market = Market().ladder()
    for k in range(1, 7):
        market.at(45.0 * k)
        market.write(b"A", BID, MID - 40, 1)
    level = (MID + 2) / 4
    engine = engine_for(levels=[level])
    rows = feed(engine, records(market.words()), WatermarkFrame(START_NS + 250 * SECOND)).level(level)
    assert rows[100]["long_window_s"] == pytest.approx(25.25, abs=0.001)
    assert rows[-1]["long_window_s"] == pytest.approx(240.0)
