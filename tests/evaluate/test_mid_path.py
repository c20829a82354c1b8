"""The path of the mid: who defends a price, and what comes first, from mids alone."""

from __future__ import annotations

import numpy as np
import pytest

from spymaster.evaluate.mid_path import HORIZON, MidPath
from spymaster.sim.market.latent import BUCKET_NS

TICK = 27_480
BID, ASK = 0, 1


def path(*points: float) -> MidPath:
    """Mids at consecutive buckets, in points above the price."""
    mids = 2 * TICK + np.rint(np.array(points) * 8).astype(np.int64)
    touch = np.zeros(len(mids), [("ts_bucket_ns", "<i8"), ("bid", "<i8"), ("ask", "<i8")])
    touch["ts_bucket_ns"] = (np.arange(len(mids)) + 1) * BUCKET_NS
    touch["bid"], touch["ask"] = mids // 2, mids - mids // 2
    return MidPath(touch)


def test_a_price_is_defended_by_asks_where_the_mid_came_from_below() -> None:
    assert path(-2, -1, 0, 0.5).defenders(TICK).tolist() == [ASK] * 4
    assert path(2, 1, 0, -0.5).defenders(TICK).tolist() == [BID] * 4


def test_the_side_changes_once_the_mid_is_a_point_beyond_and_not_before() -> None:
    assert path(-2, 0.875, 1, 0.5, -0.875, -1).defenders(TICK).tolist() == [ASK, ASK, BID, BID, BID, ASK]


def test_a_session_that_begins_near_a_price_takes_the_side_it_begins_on() -> None:
    assert path(0, 0.25, 0.5).defenders(TICK).tolist() == [BID] * 3


def test_in_a_wild_market_more_than_a_point_is_needed() -> None:
    wild = np.where(np.arange(4000) // 100 % 2, -6.0, 0.0)
    market = path(*wild, *[-6.0] * 20, 1.5)
    assert market.sigma[-1] * 0.75 > 1.5
    assert market.defenders(TICK)[-1] == ASK


def test_past_is_counted_from_the_defenders() -> None:
    market = path(-2, 0.5)
    assert market.past(TICK, ASK).tolist() == [-16, 4]
    assert market.past(TICK, BID).tolist() == [16, -4]


def test_the_first_of_two_points_either_way_counts_from_after_each_moment() -> None:
    assert path(0, 1, 2, -2).first_of(TICK).tolist() == [1, 1, -1, 0]


@pytest.mark.parametrize(("wait", "first"), [(HORIZON - 1, 1), (HORIZON, 0)])
def test_what_comes_after_four_minutes_does_not_count(wait: int, first: int) -> None:
    assert path(0, *[0] * wait, 2).first_of(TICK)[0] == first


def test_volatility_is_that_of_a_walk_with_known_steps() -> None:
    steps = np.where(np.random.default_rng(1).integers(0, 2, 40_000) == 1, 0.125, -0.125)
    market = path(*np.cumsum(steps))
    assert market.sigma[-1] == pytest.approx(0.125 * np.sqrt(240), rel=0.15)
