"""Attempts: arm, touch, resolution, on paths of a few points."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from spymaster.labels.attempts import Scales, attempts
from spymaster.labels.first_passage import Outcome
from spymaster.labels.path import PricePath
from spymaster.market.kinds import NS_PER_S

LEVEL = 5000.0


def found(*points: tuple[float, float], sigma: float = 1.0, level: NDArray[Any] | float = LEVEL) -> NDArray[Any]:
    """Attempts on a path of (second, points from 5000)."""
    times = np.array([round(t * NS_PER_S) for t, _ in points], np.int64)
    known = PricePath(times, np.array([LEVEL + y for _, y in points]), int(times[-1]) + 3600 * NS_PER_S)
    return attempts(known, level, Scales(np.full(len(points), sigma), 0.25))


def seconds(rows: NDArray[Any], name: str) -> list[float]:
    return [value / NS_PER_S if value >= 0 else -1.0 for value in rows[name].tolist()]


def test_an_approach_that_touches_is_an_attempt_with_its_outcome() -> None:
    rows = found((0, -3), (10, -0.75), (20, -0.25), (30, 1.5))
    assert (seconds(rows, "arm_ns"), seconds(rows, "touch_ns")) == ([10.0], [20.0])
    assert rows["direction"].tolist() == [1.0]
    assert rows["outcome"].tolist() == [Outcome.BREAK]
    assert seconds(rows, "end_ns") == [30.0]


def test_from_above_the_break_is_down() -> None:
    rows = found((0, 3), (10, 0.25), (30, -1.5))
    assert rows["direction"].tolist() == [-1.0]
    assert rows["outcome"].tolist() == [Outcome.BREAK]


def test_trembling_at_a_level_is_one_attempt() -> None:
    trembling = [(10.0 + k, (-0.5, 0.25)[k % 2]) for k in range(200)]
    assert len(found((0, -3), *trembling)) == 1


def test_another_attempt_needs_a_new_approach_and_a_minute() -> None:
    assert seconds(found((0, -3), (10, 0), (20, -2), (40, 0)), "touch_ns") == [10.0]
    assert seconds(found((0, -3), (10, 0), (20, -2), (80, 0)), "touch_ns") == [10.0, 80.0]


def test_an_approach_that_turns_back_before_the_level_is_kept_without_a_touch() -> None:
    rows = found((0, -3), (10, -0.75), (20, -2))
    assert (seconds(rows, "arm_ns"), seconds(rows, "touch_ns"), seconds(rows, "turn_ns")) == ([10.0], [-1.0], [20.0])
    assert rows["outcome"].tolist() == [-1]


def test_an_approach_that_the_path_ends_in_has_neither() -> None:
    rows = found((0, -3), (10, -0.75))
    assert (seconds(rows, "touch_ns"), seconds(rows, "turn_ns")) == ([-1.0], [-1.0])


def test_a_volatile_market_arms_from_further_away() -> None:
    path = ((0, -1.25), (10, 0), (20, 4))
    assert len(found(*path, sigma=1.0)) == 1
    assert len(found(*path, sigma=4.0)) == 0


def test_a_moving_level_counts_with_its_price_at_the_touch() -> None:
    moving = np.array([LEVEL, LEVEL - 1.0, LEVEL + 5.0])
    rows = found((0, -3), (10, -1.25), (20, -0.5), level=moving)
    assert rows["level"].tolist() == [LEVEL - 1.0]


def test_turned_upside_down_the_attempts_are_the_same() -> None:
    points = [(0.0, -3.0), (10.0, -0.5), (15.0, 0.0), (40.0, 2.0), (120.0, 0.5), (130.0, 0.25), (200.0, -4.0)]
    ours, theirs = found(*points), found(*((t, -y) for t, y in points))
    assert len(ours) == 2
    theirs["direction"] *= -1.0
    theirs["level"] = 2.0 * LEVEL - theirs["level"]
    assert ours.tobytes() == theirs.tobytes()
