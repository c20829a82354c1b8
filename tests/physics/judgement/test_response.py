"""Effort against result: how an attack is measured, how it counts, and when it shouts."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from spymaster.market.frames import WatermarkFrame
from spymaster.market.rows import Tag
from spymaster.physics.judgement.response import answered
from tests.support.engine import engine_for, feed, params_for, records
from tests.support.market import ASK, BID, MID, SECOND, START_NS, Market
from tests.support.scenes import deep_book, keep_alive

DEFAULT = params_for()
PARAMS = {"warmup_ns": 0, "arm_sigma": 0.0, "theta_noise": 0.0}


@pytest.mark.parametrize(
    ("imbalance", "fills", "progress", "counted"),
    [
        (0.8, 100, 0.0, -0.8),
        (0.8, 100, 0.25, 0.0),
        (0.8, 100, 0.5, 0.8),
        (0.8, 300, 5.0, 0.8),
        (0.8, 300, -2.0, -0.8),
        (0.8, 50, 0.0, 0.0),
        (0.8, 0, 0.0, 0.8),
        (-0.8, 500, 0.0, -0.8),
    ],
)
def test_an_imbalance_counts_by_the_way_it_makes(
    imbalance: float, fills: float, progress: float, counted: float
) -> None:
    assert answered(DEFAULT, imbalance, fills, progress) == pytest.approx(counted, abs=1e-12)


def rows_of(market: Market, tick: int, until_s: float, **params: float) -> NDArray[np.void]:
    engine = engine_for(levels=(tick / 4,), params={**PARAMS, **params})
    mark = WatermarkFrame(START_NS + round(until_s * SECOND))
    return feed(engine, records(keep_alive(market, until_s).words()), mark).level(tick / 4)


def attacked(sign: int = 1, *, size: int = 60, times: int = 4, refilled: bool = True) -> Market:
    """Every half a second a marketable order at the best price; what it takes is put back, or price moves on."""
    market = deep_book(START_NS)
    attacker, defender = (BID, ASK) if sign > 0 else (ASK, BID)
    for k in range(times):
        market.at(12.1 + 0.5 * k)
        best = market.best(defender)
        if refilled:
            market.trade(attacker, size)
            market.add(defender, best, size)
        else:
            market.trade(attacker, 100)
            market.add(attacker, best, 100)
    return market


@pytest.mark.parametrize("sign", [1, -1])
def test_absorption_is_effort_for_each_tick_of_way(sign: int) -> None:
    tick = MID + 1 + 2 if sign > 0 else MID - 2
    row = rows_of(attacked(sign), tick, 14.0)[-1]
    assert (row["effort"], row["progress"], row["absorption"]) == (240.0, 0.0, 240.0)


def test_way_that_was_made_divides_it() -> None:
    row = rows_of(attacked(refilled=False, times=2), MID + 4, 13.0)[-1]
    assert row["progress"] == 0.5
    assert row["absorption"] == pytest.approx(row["effort"] / 3.0)


def test_it_is_measured_over_five_seconds() -> None:
    rows = rows_of(attacked(times=1), MID + 3, 20.0)
    hit = np.flatnonzero(rows["effort"] == 60.0)
    assert len(hit) == 20
    assert (np.diff(hit) == 1).all()


@pytest.mark.parametrize(("size", "tagged"), [(25, True), (24, False)])
def test_a_hundred_contracts_without_way_are_absorbing(size: int, tagged: bool) -> None:
    row = rows_of(attacked(size=size), MID + 3, 14.0, absorption_multiple=0.0)[-1]
    assert row["effort"] == 4 * size
    assert bool(int(row["tags"]) & Tag.ABSORBING) is tagged


def test_what_moves_price_is_not_absorbed() -> None:
    row = rows_of(attacked(refilled=False, times=3), MID + 5, 14.0, absorption_multiple=0.0)[-1]
    assert row["effort"] >= 100.0
    assert not int(row["tags"]) & Tag.ABSORBING


def test_what_is_usual_there_does_not_shout() -> None:
    row = rows_of(attacked(), MID + 3, 14.0, fill_min_contracts=300.0)[-1]
    assert row["effort"] == 240.0
    assert not int(row["tags"]) & Tag.ABSORBING


def test_beyond_the_band_it_is_not_measured() -> None:
    row = rows_of(attacked(), MID + 25, 14.0)[-1]
    assert row["in_band"] == 0.0
    assert all(math.isnan(row[name]) for name in ("effort", "progress", "absorption"))


def test_buying_that_is_absorbed_speaks_for_the_level() -> None:
    kept, moved = rows_of(attacked(), MID + 3, 14.0)[-1], rows_of(attacked(refilled=False), MID + 6, 14.0)[-1]
    assert kept["tape_imbalance"] > 0.5 < moved["tape_imbalance"]
    assert kept["tape_score"] < 45.0
    assert moved["tape_score"] > 55.0
