"""Order-flow imbalance: the formulas by hand and once more over whole streams, its windows, signs and units."""

from __future__ import annotations

import math
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from spymaster.market.dtypes import MBP10_DTYPE
from spymaster.market.frames import WatermarkFrame
from spymaster.physics.book.ofi import (
    depth_ofi,
    integrated_ofi,
    note_best,
    note_displayed,
    observe_ofi,
    ofi_spread,
    queue_imbalance,
)
from spymaster.physics.engine import Engine
from spymaster.physics.memory.indices import OFI_BEST
from tests.physics.test_real_data import es_config, vendor_words
from tests.support.engine import Results, Words, engine_for, feed, records, run
from tests.support.kernels import empty_state, show_best
from tests.support.market import ASK, BID, INTERVAL, MID, MS, SECOND, START_NS, TICK_E9, Market
from tests.support.streams import play, random_actions

Best = tuple[int, int, int, int]
"""(bid, ask, bid size, ask size)."""
BEFORE: Best = (MID, MID + 2, 30, 20)


def imbalance(old: Best, new: Best) -> int:
    """e_n as Cont, Kukanov and Stoikov define it."""
    bid = (new[0] >= old[0]) * new[2] - (new[0] <= old[0]) * old[2]
    ask = (new[1] <= old[1]) * new[3] - (new[1] >= old[1]) * old[3]
    return bid - ask


@pytest.mark.parametrize(
    ("after", "e"),
    [
        pytest.param((MID + 1, MID + 2, 7, 20), 7, id="bid up: all of the new queue"),
        pytest.param((MID - 1, MID + 2, 9, 20), -30, id="bid down: the old queue is gone"),
        pytest.param((MID, MID + 1, 30, 5), -5, id="ask down: all of the new queue"),
        pytest.param((MID, MID + 3, 30, 8), 20, id="ask up: the old queue is gone"),
        pytest.param((MID, MID + 2, 36, 20), 6, id="bid grows"),
        pytest.param((MID, MID + 2, 30, 26), -6, id="ask grows"),
        pytest.param((MID, MID + 2, 30, 20), 0, id="nothing"),
        pytest.param((MID + 1, MID + 3, 7, 8), 27, id="both up"),
    ],
)
def test_the_imbalance_of_one_event_at_the_best_prices(after: Best, e: int) -> None:
    s = empty_state()
    show_best(s, *BEFORE)
    note_best(s, *after)
    assert s["ofi"]["buckets"][0, OFI_BEST] == e == imbalance(BEFORE, after)


def test_the_first_book_is_no_imbalance() -> None:
    s = empty_state()
    note_best(s, *BEFORE)
    note_displayed(s, BID, MID, 30)
    assert not s["ofi"]["buckets"].any()


@pytest.mark.parametrize(
    ("side", "tick", "distance"),
    [
        (BID, MID, 0),
        (BID, MID - 3, 3),
        (ASK, MID + 2, 0),
        (ASK, MID + 11, 9),
        pytest.param(BID, MID + 1, 0, id="better than the best"),
        pytest.param(ASK, MID + 40, 9, id="beyond ten ticks"),
    ],
)
def test_a_change_of_a_displayed_size_counts_at_its_distance_bids_positive(side: int, tick: int, distance: int) -> None:
    s = empty_state()
    show_best(s, *BEFORE)
    note_displayed(s, side, tick, 12)
    expected = np.zeros(11, np.int64)
    expected[distance] = 12 if side == BID else -12
    assert s["ofi"]["buckets"][0].tolist() == expected.tolist()


# --- over whole streams ----------------------------------------------------------------------------------------------


def by_bucket(engine: Engine) -> NDArray[np.int64]:
    """The ring's rows, one for each snap; the stream must fit into it."""
    state = engine.state
    assert int(state["ledger"]["buckets_closed"][0]) < int(state["ledger"]["ring"][0])
    return np.asarray(state["ofi"]["buckets"][0, : int(state["ledger"]["buckets_closed"][0])]).copy()


def played(script_seed: int, count: int, drift: float = 0.0) -> tuple[Engine, Results, Words]:
    market = play(Market().ladder().at(0.5), random_actions(script_seed, count, drift=drift))
    words = market.words()
    engine = engine_for()
    return engine, feed(engine, records(words)).take(engine.finish()), words


def best_of(row: Any) -> Best:
    bid, ask = int(row["bid_px_00"]) // TICK_E9, int(row["ask_px_00"]) // TICK_E9
    return bid, ask, int(row["bid_sz_00"]), int(row["ask_sz_00"])


def plain_imbalances(words: Words, first_ns: int, snaps: int) -> NDArray[np.int64]:
    """Summed e_n of closed events by bucket: an event closes with its flag, with another time, and before a snap."""
    out = np.zeros(snaps, np.int64)
    last: Best | None = None
    shown: Best | None = None
    event = 0

    def close() -> None:
        nonlocal last, shown
        if shown is not None and shown[0] < shown[1]:
            if last is not None:
                out[(event - first_ns) // INTERVAL] += imbalance(last, shown)
            last = shown
        shown = None

    for row in words.view(MBP10_DTYPE)[:, 0]:
        if int(row["ts_event"]) != event:
            close()
            event = int(row["ts_event"])
        shown = best_of(row)
        if int(row["flags"]) & 128:
            close()
    close()
    return out


@pytest.mark.parametrize(("seed", "drift"), [(1, 0.0), (2, 0.9), (3, -0.9)])
def test_the_best_level_imbalance_is_the_plain_sum_over_closed_events(seed: int, drift: float) -> None:
    engine, results, words = played(seed, 700, drift)
    expected = plain_imbalances(words, results.times[0] - INTERVAL, len(results.snaps))
    assert np.count_nonzero(expected) > 50
    np.testing.assert_array_equal(by_bucket(engine)[:, OFI_BEST], expected)


def test_keyed_by_price_it_is_the_net_flow_of_the_ledger_by_distance_while_the_best_stands() -> None:
    dice = random.Random(13)
    market = Market().ladder(size=400, depth=10).at(0.5)
    for _ in range(400):
        market.now_ns += dice.choice((0, 5, 60, 130)) * MS
        side, distance = dice.randrange(2), dice.randrange(10)
        tick = MID - distance if side == BID else MID + 1 + distance
        what = dice.random()
        if what < 0.5:
            market.add(side, tick, dice.randint(1, 50))
        elif what < 0.85:
            market.cancel(market.orders_at(side, tick)[0], dice.randint(1, 2))
        else:
            market.trade(side, dice.randint(1, 3))
    engine = engine_for()
    results = feed(engine, records(market.words())).take(engine.finish())
    expected = np.zeros((len(results.snaps), 10), np.int64)
    for (time, of, tick), cell in results.cells().items():
        distance = MID - tick if of == BID else tick - MID - 1
        net = cell["added"] - cell["pulled"] - cell["filled"]
        expected[(time - results.times[0]) // INTERVAL, distance] += net if of == BID else -net
    assert np.count_nonzero(expected) > 200
    np.testing.assert_array_equal(by_bucket(engine)[:, :10], expected)
    np.testing.assert_array_equal(by_bucket(engine)[:, OFI_BEST], expected[:, 0])


def test_a_window_that_slides_adds_nothing() -> None:
    """The best offer is cancelled: every other price becomes a better one of the ten, and none of them changed."""
    market = Market().ladder(size=40, depth=20).at(1.0)
    market.cancel(market.orders_at(ASK, MID + 1)[0])
    engine = engine_for()
    feed(engine, records(market.words()), WatermarkFrame(START_NS + 2 * SECOND))
    assert by_bucket(engine)[:, :10].sum(axis=0).tolist() == [40] + [0] * 9


@pytest.mark.parametrize("seconds", [20.0, 62.0])
def test_the_four_windows_are_the_sums_of_their_buckets(seconds: float) -> None:
    market = play(Market().ladder().at(0.5), random_actions(8, 900))
    words = market.words()
    engine = engine_for()
    upto = START_NS + round(seconds * SECOND)
    feed(engine, records(words[words[:, 1] < upto]), WatermarkFrame(upto))
    rows = by_bucket(engine)
    assert len(rows) == round(seconds * 4)
    for window, seconds_of in enumerate((1, 5, 15, 60)):
        np.testing.assert_array_equal(engine.state["ofi"]["sums"][0, window], rows[-4 * seconds_of :].sum(axis=0))


# --- integrated, its spread, queues ----------------------------------------------------------------------------------


def test_integrated_is_the_weighted_mean_in_units_of_a_usual_price() -> None:
    s = empty_state()
    flows = np.array([50, -20, 30, 0, 0, 10, 0, 0, 0, -40])
    s["ofi"]["sums"][2, :10] = flows
    s["scales"]["depth_mean"][:10] = np.arange(20, 40, 2)
    weights = np.exp(-np.arange(10) / 3)
    assert integrated_ofi(s, 2) == pytest.approx((weights * flows).sum() / weights.sum() / 29.0, rel=1e-12)
    assert depth_ofi(s, 2) == flows.sum()


def test_integrated_is_nought_before_any_depth_is_known() -> None:
    s = empty_state()
    s["ofi"]["sums"][0, 0] = 50
    assert integrated_ofi(s, 0) == 0.0


def test_the_spread_is_the_root_mean_square_once_a_minute_of_snaps_is_known() -> None:
    s = empty_state()
    s["scales"]["depth_mean"][:10] = 10.0
    values = []
    for k in range(240):
        assert math.isnan(ofi_spread(s))
        s["ofi"]["sums"][1, 0] = (-1) ** k * (k % 7)
        values.append(integrated_ofi(s, 1))
        observe_ofi(s, 0.0004)
    assert ofi_spread(s) == pytest.approx(math.sqrt(np.mean(np.square(values))), rel=1e-9)


@pytest.mark.parametrize(("bids", "asks", "imbalance_"), [(30, 10, 0.5), (10, 30, -0.5), (5, 5, 0.0), (7, 0, 1.0)])
def test_queue_imbalance_by_hand(bids: int, asks: int, imbalance_: float) -> None:
    s = empty_state()
    show_best(s, MID, MID + 1, bids, asks)
    assert queue_imbalance(s) == imbalance_


def test_queue_imbalance_is_nought_without_a_book() -> None:
    assert queue_imbalance(empty_state()) == 0.0


ABOVE, BELOW = (MID + 3) / 4, (MID - 3) / 4


def leaning(side: int) -> Results:
    """Fifty contracts come to one side's best price, twenty to the price behind it."""
    market = Market().ladder().at(5.01)
    best, behind = (MID, MID - 1) if side == BID else (MID + 1, MID + 2)
    market.add(side, best, 50)
    market.add(side, behind, 20)
    return feed(engine_for(levels=[ABOVE, BELOW]), records(market.words()), WatermarkFrame(START_NS + 12 * SECOND))


@pytest.mark.parametrize("side", [BID, ASK])
def test_flow_towards_the_break_is_positive_for_resistance_and_support(side: int) -> None:
    results = leaning(side)
    above, below = results.level(ABOVE)[20], results.level(BELOW)[20]
    towards, away = (above, below) if side == BID else (below, above)
    assert (towards["ofi_best_5s"], towards["ofi_depth_5s"]) == (50, 70)
    assert towards["queue_imbalance"] == pytest.approx(50 / 150)
    for name in ("ofi_1s", "ofi_5s", "ofi_15s", "ofi_60s", "queue_imbalance", "ofi_best_5s", "ofi_depth_5s"):
        assert towards[name] == -away[name] > 0


def test_published_windows_end_one_after_the_other() -> None:
    rows = leaning(BID).level(ABOVE)
    assert [int(np.flatnonzero(rows[name] > 0)[-1]) for name in ("ofi_1s", "ofi_5s")] == [23, 39]
    assert rows[-1]["ofi_15s"] > 0


def test_the_score_is_the_imbalance_over_its_spread_before_it() -> None:
    market = play(Market().ladder().at(0.5), random_actions(9, 1300))
    engine = engine_for(levels=[ABOVE])
    results = feed(engine, records(market.words())).take(engine.finish())
    rows = results.level(ABOVE)
    raw = rows["ofi_5s"] * rows["direction"]
    assert np.isnan(rows["ofi_z"][:240]).all()
    spread = math.sqrt(np.mean(raw[:-1] ** 2))
    assert len(rows) > 250
    assert rows["ofi_z"][-1] == pytest.approx(rows["ofi_5s"][-1] / spread, rel=0.02)


# --- on a real market ------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_price_moves_with_the_imbalance_of_the_same_ten_seconds(
    vendor_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = vendor_words(vendor_data / "es" / "esh4-20231225-2300-2330.mbp-10.dbn.zst")
    results = run(words, **es_config(words))
    first = [(row[0]["ofi_5s"], row[0]["ofi_best_5s"], row[0]["direction"]) for row in results.rows if len(row)]
    mids = results.snaps["es_mid"][len(results.snaps) - len(first) :] * 4
    integrated, best, direction = np.array(first).T
    ends = np.arange(280, len(first), 40)
    moves = mids[ends] - mids[ends - 40]
    found = {}
    for name, five in (("integrated", integrated * direction), ("best level", best * direction)):
        ten = five[ends] + five[ends - 20]
        found[name] = float(np.corrcoef(ten, moves)[0, 1])
    with capsys.disabled():
        print(f"\n{len(moves)} spans of 10 s: " + ", ".join(f"{k} OFI R2 {r * r:.3f}" for k, r in found.items()))
    assert min(found.values()) > 0
