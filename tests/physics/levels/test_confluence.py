"""Levels that stand together, against a second computation over many sets of levels."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from spymaster.config.params import build_params
from spymaster.config.profiles import EsProfile
from spymaster.market.frames import WatermarkFrame
from spymaster.market.levels import LevelKind
from spymaster.physics.engine import Engine
from spymaster.physics.levels.active import move_level
from spymaster.physics.levels.confluence import KIND_WEIGHTS, alignment, find_neighbours, level_weight
from spymaster.physics.levels.runway import order_by_price
from tests.support.company import WEIGHTS, Company, Place, company
from tests.support.engine import config_frame, engine_for, feed, records
from tests.support.market import MID, OPEN_NS, SECOND, Market
from tests.support.prices import bars, flat_bars, started

BAND = float(build_params(EsProfile())["confluence_band"][0])
SPOT = 5000.125
STRUCTURAL = [kind for kind in LevelKind if kind not in (LevelKind.USER, LevelKind.ROUND, LevelKind.STRIKE)]
KINDS = {kind.name for kind in STRUCTURAL}


def random_levels(seed: int, count: int = 24) -> list[Place]:
    """Levels on a quarter-point grid within three bands of spot; several may share a price or a kind of their own."""
    dice = random.Random(seed)
    kinds = dice.sample(sorted(KINDS), dice.randrange(3, 10))
    taken = [Place(kind, 5000.0 + 0.25 * dice.randrange(-60, 61)) for kind in kinds]
    for _ in range(count - len(taken)):
        taken.append(Place(dice.choice(("USER", "USER", "STRIKE")), 5000.0 + 0.25 * dice.randrange(-60, 61)))
    rounds = range(4985, 5016, 5)
    return [*taken, *(Place("STRONG_ROUND" if price % 25 == 0 else "ROUND", float(price)) for price in rounds)]


def laid_out(levels: Sequence[Place]) -> tuple[Engine, int]:
    """An engine whose level slots hold exactly these, ranked by distance from spot as the engine ranks them."""
    engine = engine_for()
    state = engine.state[0]
    state["levels"]["at"]["active"] = 0
    for slot, level in enumerate(levels):
        v = state["levels"]["at"][slot]
        kind = "ROUND" if level.kind == "STRONG_ROUND" else level.kind
        v["active"], v["kind"], v["price"], v["direction"] = 1, LevelKind[kind], level.price, level.direction
        v["ordinal"] = round(level.price / 5) if kind == "ROUND" else -1
        state["levels"]["standing"][slot] = level.price
    nearest = sorted(range(len(levels)), key=lambda k: (abs(levels[k].price - SPOT), k))
    state["levels"]["ranking"][: len(levels)] = nearest
    state["market"]["spot"] = SPOT
    return engine, len(levels)


def found_by_engine(levels: Sequence[Place]) -> list[Company]:
    engine, count = laid_out(levels)
    state = engine.state[0]
    order_by_price(state, count, SPOT)
    find_neighbours(state, engine._params, count)  # the kernels are given what the engine gives them
    return company_of(engine, levels)


def company_of(engine: Engine, levels: Sequence[Place]) -> list[Company]:
    """What the engine holds of these levels."""
    made = []
    for level, v in zip(levels, engine.state[0]["levels"]["at"][: len(levels)], strict=True):
        number, pressure, strength, offset = v["neighbours"].tolist()
        made.append(Company(int(number), pressure, strength, level.price + offset))
    return made


def assert_same(mine: Sequence[Company], theirs: Sequence[Company]) -> None:
    assert [one.count for one in mine] == [two.count for two in theirs]
    for name in ("pressure", "strength", "centre"):
        assert [getattr(one, name) for one in mine] == pytest.approx(
            [getattr(two, name) for two in theirs], abs=1e-9
        ), name


@pytest.mark.parametrize("kind", sorted(WEIGHTS))
def test_each_kind_weighs_what_the_documents_say(kind: str) -> None:
    engine, _ = laid_out([Place(kind, 5000.0 if kind == "STRONG_ROUND" else 5005.0)])
    assert level_weight(engine._params, engine.state[0]["levels"]["at"][0]) == WEIGHTS[kind]


def test_every_kind_has_a_weight() -> None:
    assert len(KIND_WEIGHTS) == len(LevelKind)
    assert (KIND_WEIGHTS > 0).all()


@pytest.mark.parametrize("seed", range(30))
def test_company_is_that_of_a_second_computation(seed: int) -> None:
    levels = random_levels(seed)
    assert_same(found_by_engine(levels), [company(levels, k, BAND) for k in range(len(levels))])


@pytest.mark.parametrize("seed", range(5))
def test_company_is_the_same_upside_down(seed: int) -> None:
    """Rounds stay rounds: 10,000.25 less a price moves them, so they are left out here."""
    levels = [level for level in random_levels(seed) if "ROUND" not in level.kind]
    turned = [Place(level.kind, 2 * SPOT - level.price) for level in levels]
    here, there = found_by_engine(levels), found_by_engine(turned)
    assert_same(here, [Company(c.count, c.pressure, c.strength, 2 * SPOT - c.centre) for c in there])


@pytest.mark.parametrize("seed", range(10))
def test_when_levels_only_moved_company_is_that_of_where_they_are(seed: int) -> None:
    levels = random_levels(seed)
    engine, count = laid_out(levels)
    state = engine.state[0]
    order_by_price(state, count, SPOT)
    find_neighbours(state, engine._params, count)
    dice = random.Random(seed)
    for slot in dice.sample([k for k, level in enumerate(levels) if "ROUND" not in level.kind], 3):
        price = levels[slot].price + 0.25 * dice.randrange(-8, 9)
        move_level(state, engine._params, slot, int(LevelKind[levels[slot].kind]), price)
        levels[slot] = Place(levels[slot].kind, float(state["levels"]["at"][slot]["price"]))
    state["levels"]["ranking"][:count] = sorted(range(count), key=lambda k: (abs(levels[k].price - SPOT), k))
    order_by_price(state, count, SPOT)
    find_neighbours(state, engine._params, count)
    assert_same(company_of(engine, levels), [company(levels, k, BAND) for k in range(count)])


def test_a_level_alone_has_its_own_strength_and_no_pressure() -> None:
    (found,) = found_by_engine([Place("VWAP", 5003.0)])
    assert_same([found], [Company(0, 0.0, 0.7, 5003.0)])


def test_the_band_is_closed_and_pressure_at_its_end_is_nothing() -> None:
    levels = [Place("VWAP", 5000.0), Place("PM_HIGH", 5000.0 + BAND), Place("OR_HIGH", 5000.25 + BAND)]
    found = found_by_engine(levels)[0]
    assert (found.count, found.pressure, found.strength) == (1, 0.0, 1.0)


def test_of_a_kind_the_nearest_counts() -> None:
    levels = [Place("VWAP", 5000.0), Place("USER", 5000.0 + 0.5 * BAND), Place("USER", 5000.0 - 0.25 * BAND)]
    found = found_by_engine(levels)[0]
    assert found.count == 2
    assert found.pressure == pytest.approx(0.3 * 0.75)
    assert found.strength == pytest.approx(1 - 0.3 * 0.7)


# --- in a running engine ---------------------------------------------------------------------------------------------


def with_trend(rising: float, *, ticks: Sequence[int] = (), until_s: float = 2.0) -> NDArray[np.void]:
    """The rows after a flat day whose last two hundred two-minute bars lie higher by so much."""
    end = OPEN_NS + 16 * 3600 * SECOND
    rows = flat_bars(end - 810 * 60 * SECOND, end)
    shifted = [
        (t, o + rising, h + rising, low + rising, c + rising, v) if k >= len(rows) - 402 else (t, o, h, low, c, v)
        for k, (t, o, h, low, c, v) in enumerate(rows)
    ]
    engine = started(config_frame("es", levels=[tick / 4 for tick in ticks]))
    market = Market(start_ns=end).ladder()
    results = feed(engine, bars(shifted), records(market.words()), WatermarkFrame(end + round(until_s * SECOND)))
    rows_now: NDArray[np.void] = results.rows[-1]
    return rows_now


@pytest.mark.parametrize(("rising", "resistance"), [(20.0, -1.0), (-20.0, 1.0), (0.5, 0.0)])
def test_alignment_is_with_the_trend_of_the_averages(rising: float, resistance: float) -> None:
    """In a rising market a support is backed and a resistance stands against it; a touch band apart is no trend."""
    rows = with_trend(rising, ticks=(MID + 7, MID - 6))
    above, below = (rows[rows["price"] == tick / 4][0] for tick in (MID + 7, MID - 6))
    assert (above["confluence_alignment"], below["confluence_alignment"]) == (resistance, -resistance)


def test_without_averages_there_is_no_alignment() -> None:
    engine = engine_for()
    assert [alignment(engine.state[0], engine._params, side) for side in (1, -1)] == [0, 0]


def test_the_rows_repeat_what_a_second_computation_says_of_them() -> None:
    """Averages and extremes of a history, a user's levels and rounds, all of one snap."""
    rows = with_trend(4.0, ticks=(MID + 7, MID - 6, MID + 20))
    levels = [Place(kind_of(row), float(row["price"])) for row in rows]
    assert {"USER", "ROUND", "STRONG_ROUND", "SMA_200", "SMA_400"} <= {level.kind for level in levels}
    for k, row in enumerate(rows):
        expected = company(levels, k, BAND)
        assert row["confluence_count"] == expected.count
        assert row["confluence_pressure"] == pytest.approx(expected.pressure, abs=1e-9)
        assert row["confluence_strength"] == pytest.approx(expected.strength, abs=1e-9)
        assert row["confluence_centre"] == pytest.approx(expected.centre, abs=1e-9)


def kind_of(row: Any) -> str:
    name = LevelKind(int(row["kind"])).name
    return "STRONG_ROUND" if name == "ROUND" and row["price"] % 25 == 0 else name


def test_company_follows_a_level_that_moves_within_a_second() -> None:
    """A running high makes its way towards a user's level: by a second after each move the row knows."""
    market = Market(start_ns=OPEN_NS).ladder(size=100, depth=30)
    for k in range(1, 9):
        market.at(2.0 * k)
        for order in market.orders.values():
            order.tick += 8
        market.trade(0, 3)
    level = (MID + 100) / 4
    engine = engine_for(levels=(level,), params={"arm_sigma": 0.0})
    results = feed(engine, records(market.words()), WatermarkFrame(OPEN_NS + 20 * SECOND))
    moves = 0
    for t, before, now in zip(results.times[4:], results.rows[3:], results.rows[4:], strict=False):
        highs = [rows["price"][rows["kind"] == LevelKind.SESSION_HIGH] for rows in (before, now)]
        if len(highs[0]) and len(highs[1]) and highs[0][0] != highs[1][0]:
            moves += 1
            later = results.rows[results.times.index(t + SECOND - 250_000_000)]
            levels = [Place(kind_of(row), float(row["price"])) for row in later]
            for k, row in enumerate(later):
                assert row["confluence_pressure"] == pytest.approx(company(levels, k, BAND).pressure, abs=1e-9)
    assert moves >= 3
