"""The way from a level to the next obstacle, against a second computation over many sets of levels."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from spymaster.market.levels import MAX_PUBLISHED, LevelKind
from spymaster.market.rows import LEVEL_ROW, BarrierState, Signal
from spymaster.physics.levels.runway import is_strong, order_by_price, write_runways
from tests.support.company import STRONG, Place, runway
from tests.support.engine import engine_for

SPOT = 5000.125
STATES = (BarrierState.WALL, BarrierState.ABSORPTION)
OTHERS = tuple(state for state in BarrierState if state not in STATES)
STRUCTURAL = sorted(kind.name for kind in LevelKind if kind not in (LevelKind.USER, LevelKind.ROUND, LevelKind.STRIKE))


def written(
    levels: Sequence[Place],
    signals: Sequence[Signal] = (),
    scores: Sequence[float] = (),
    states: Sequence[BarrierState] = (),
) -> NDArray[np.void]:
    """The runway columns the engine writes for these levels, in their order.

    Without signals and scores each level points where ``Place.points`` says, by its score alone.
    """
    engine = engine_for()
    state = engine.state[0]
    rows = np.full(MAX_PUBLISHED, np.nan, LEVEL_ROW)
    state["levels"]["at"]["active"] = 0
    nearest = sorted(range(len(levels)), key=lambda k: (abs(levels[k].price - SPOT), k))
    state["levels"]["ranking"][: len(levels)] = nearest
    dice = random.Random(len(levels))
    for place, slot in enumerate(nearest):
        level, v, row = levels[slot], state["levels"]["at"][slot], rows[place]
        kind = "ROUND" if level.kind == "STRONG_ROUND" else level.kind
        v["active"], v["kind"], v["price"], v["direction"] = 1, LevelKind[kind], level.price, level.direction
        v["ordinal"] = round(level.price / 5) if kind == "ROUND" else -1
        state["levels"]["standing"][slot] = level.price
        v["signal"] = signals[slot] if signals else Signal.NEUTRAL
        row["kind"], row["price"], row["user_index"] = v["kind"], level.price, -1
        row["barrier_state"] = states[slot] if states else dice.choice(STATES if level.holds else OTHERS)
        row["score"] = scores[slot] if scores else (80.0 if level.points == level.direction else 20.0)
    order_by_price(state, len(levels), SPOT)
    write_runways(state, engine._params, rows, len(levels))  # the kernels' own parameters
    back = np.argsort(nearest)
    made: NDArray[np.void] = rows[: len(levels)][back]
    return made


def random_levels(seed: int) -> list[Place]:
    dice = random.Random(seed)
    kinds = dice.sample(STRUCTURAL, dice.randrange(0, 6)) + dice.choices(("USER", "STRIKE"), k=dice.randrange(1, 20))
    levels = [Place(kind, 5000.0 + 0.25 * dice.randrange(-24, 25)) for kind in kinds]
    levels += [Place("STRONG_ROUND" if price % 25 == 0 else "ROUND", float(price)) for price in range(4995, 5006, 5)]
    return [
        replace(v, direction=dice.choice((1, -1)), points=dice.choice((1, -1)), holds=dice.random() < 0.2)
        for v in levels
    ]


def assert_as_computed(levels: Sequence[Place]) -> int:
    """Returns how many of the levels have an obstacle."""
    rows = written(levels)
    found = 0
    for k, row in enumerate(rows):
        expected = runway(levels, k)
        told = f"{levels[k]} of {levels}"
        assert row["runway_direction"] == expected.direction, told
        assert bool(row["runway_obstructed"]) is expected.obstructed, told
        if expected.price is None:
            assert np.isnan([row[f"runway_{name}"] for name in ("distance", "kind", "user_index", "price")]).all(), told
            continue
        found += 1
        assert row["runway_price"] == expected.price, told
        assert row["runway_distance"] == abs(expected.price - levels[k].price), told
        at_it = [v for v in levels if v.price == expected.price and (v.kind in STRONG or v.holds)]
        kinds = {LevelKind["ROUND" if v.kind == "STRONG_ROUND" else v.kind] for v in at_it}
        assert row["runway_kind"] in kinds, told
    return found


@pytest.mark.parametrize("block", range(10))
def test_runways_are_those_of_a_second_computation(block: int) -> None:
    found = sum(assert_as_computed(random_levels(30 * block + k)) for k in range(30))
    assert found > 100


@pytest.mark.parametrize("kind", list(LevelKind))
def test_what_is_an_obstacle_by_its_kind(kind: LevelKind) -> None:
    assert is_strong(int(kind), -1) is (kind.name in STRONG)


@pytest.mark.parametrize("state", list(BarrierState))
def test_what_rests_at_a_level_makes_it_an_obstacle(state: BarrierState) -> None:
    row = written([Place("USER", 5001.0), Place("USER", 5004.0)], states=[BarrierState.NEUTRAL, state])[0]
    assert bool(row["runway_distance"] == 3.0) is (state in STATES)


@pytest.mark.parametrize(
    ("signal", "score", "direction", "expected"),
    [
        (Signal.NEUTRAL, 50.0, 1, 1),
        (Signal.NEUTRAL, 49.99, 1, -1),
        (Signal.NEUTRAL, 60.0, -1, -1),
        (Signal.NEUTRAL, float("nan"), 1, 1),
        (Signal.BREAK, 20.0, 1, 1),
        (Signal.REJECT, 90.0, 1, -1),
        (Signal.REJECT, 90.0, -1, 1),
        (Signal.CONTESTED, 30.0, 1, -1),
    ],
)
def test_a_signal_says_the_direction_else_the_score_does(
    signal: Signal, score: float, direction: int, expected: int
) -> None:
    """A break goes on through the level, a reject turns back; without a score the level is thought to give way."""
    (row,) = written([Place("USER", 5001.0, direction=direction)], [signal], [score])
    assert row["runway_direction"] == expected


def test_levels_at_one_price_are_no_obstacles_to_each_other() -> None:
    levels = [Place("PM_HIGH", 5004.0), Place("ON_HIGH", 5004.0), Place("PD_HIGH", 5009.0)]
    assert [float(row["runway_distance"]) for row in written(levels)[:2]] == [5.0, 5.0]


def test_lesser_levels_at_the_obstacle_or_beyond_it_obstruct_nothing() -> None:
    strikes = [Place("STRIKE", price) for price in (5006.0, 5007.0)]
    row = written([Place("USER", 5001.0), Place("VWAP", 5006.0), *strikes])[0]
    assert (row["runway_distance"], row["runway_obstructed"]) == (5.0, 0.0)
    row = written([Place("USER", 5001.0), Place("VWAP", 5008.0), *strikes])[0]
    assert (row["runway_distance"], row["runway_obstructed"]) == (7.0, 1.0)


@pytest.mark.parametrize(("kind", "obstructed"), [("USER", 0.0), ("ROUND", 0.0), ("STRIKE", 1.0), ("SMA_200", 1.0)])
def test_notable_is_a_level_of_some_weight(kind: str, obstructed: float) -> None:
    row = written([Place("USER", 5001.0), Place(kind, 5004.0), Place("VWAP", 5008.0)])[0]
    assert row["runway_obstructed"] == obstructed


def test_with_nothing_beyond_there_is_no_runway_and_it_is_absent() -> None:
    (row,) = written([Place("PM_HIGH", 5004.0)])
    assert np.isnan(row["runway_distance"])
    assert np.isnan(row["runway_price"])
    assert row["runway_obstructed"] == 0.0
