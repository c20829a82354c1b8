"""Prices below zero, of spreads and once of oil, are prices like any others."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spymaster.market.frames import WatermarkFrame
from spymaster.market.levels import LevelKind, format_price_e9, level_id
from tests.support.engine import Results, engine_for, feed, records
from tests.support.market import BID, SECOND, START_NS, Market

ROUNDS = {"level_kinds": 1 << LevelKind.ROUND | 1 << LevelKind.USER, "round_step": 5.0, "strike_range": 50.0}


def at(best_bid: int, levels: tuple[float, ...] = ()) -> Results:
    """Three seconds of a market whose best bid is so many quarter-point ticks."""
    market = Market()
    market.ladder(best_bid=best_bid).at(1.0)
    market.trade(BID, 3)
    engine = engine_for(levels=levels, params=ROUNDS)
    return feed(engine, records(market.words()), WatermarkFrame(START_NS + 3 * SECOND))


def rounds(results: Results) -> list[float]:
    rows = results.rows[-1]
    return sorted(rows["price"][rows["kind"] == LevelKind.ROUND].tolist())


@pytest.mark.parametrize("best_bid", [-150, -1, 0, 7, -4001, 100])
def test_round_levels_lie_round_the_price_wherever_it_is(best_bid: int) -> None:
    spot = (best_bid + 0.5) / 4
    wanted = [5.0 * n for n in range(-1000, 1000) if abs(5.0 * n - spot) <= 50.0]
    assert rounds(at(best_bid)) == wanted


def test_round_levels_follow_a_price_through_zero() -> None:
    market = Market()
    market.ladder(best_bid=200).at(1.0)
    market.clear()
    market.ladder(best_bid=-200).at(2.0)
    market.add(BID, -203, 5)
    engine = engine_for(params=ROUNDS)
    results = feed(engine, records(market.words()), WatermarkFrame(START_NS + 3 * SECOND))
    assert rounds(results) == [5.0 * n for n in range(-19, 1)]


def test_a_level_of_one_s_own_below_zero_is_judged_like_any_other() -> None:
    rows = at(-150, levels=(-37.25,)).rows[-1]
    (row,) = rows[rows["kind"] == LevelKind.USER]
    assert (row["price"], row["tick"]) == (-37.25, -149)
    assert row["visible_fraction"] == 1.0
    assert row["spot"] == -37.375
    assert row["distance"] == 0.125


def test_the_best_prices_below_zero_are_published() -> None:
    snap = at(-150).snaps[-1]
    assert (snap["bid"], snap["ask"], snap["spot"], snap["es_last"]) == (-37.5, -37.25, -37.375, -37.25)


@settings(max_examples=200, deadline=None)
@given(st.integers(-(10**18), 10**18))
def test_a_price_is_written_with_its_sign_and_reads_back_exactly(e9: int) -> None:
    from decimal import Decimal

    text = format_price_e9(e9)
    assert int(Decimal(text) * 10**9) == e9
    assert text.startswith("-") == (e9 < 0)


def test_round_levels_below_zero_have_names_of_their_own() -> None:
    assert level_id(LevelKind.ROUND, -35.0, -1) == "ROUND_-35"
    assert level_id(LevelKind.STRIKE, -0.5, -1) == "STRIKE_-0.5"
    assert np.sign(float(level_id(LevelKind.ROUND, -35.0, -1).removeprefix("ROUND_"))) == -1
