"""First passage: paths of a few points whose outcome can be seen by looking."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from spymaster.labels.first_passage import (
    RACE,
    Outcome,
    by_horizon,
    first_passages,
    scaled_distance,
)
from spymaster.labels.path import PricePath
from spymaster.market.kinds import NS_PER_S

LEVEL = 5000.0
START_S = 10.0


def path(*points: tuple[float, float], end_s: float = 1000.0, holes: tuple[tuple[float, float], ...] = ()) -> PricePath:
    """A path of (second, points from the level)."""
    times = np.array([round(t * NS_PER_S) for t, _ in points], np.int64)
    prices = np.array([LEVEL + y for _, y in points])
    spans = np.array([[round(a * NS_PER_S), round(b * NS_PER_S)] for a, b in holes], np.int64).reshape(-1, 2)
    return PricePath(times, prices, round(end_s * NS_PER_S), spans)


def race(direction: float = 1.0, distance: float = 2.0, horizon_s: float = 240.0, start_s: float = START_S) -> Any:
    return np.array([(round(start_s * NS_PER_S), LEVEL, direction, distance, round(horizon_s * NS_PER_S))], RACE)


def label(known: PricePath, asked: NDArray[Any] | None = None) -> Any:
    return first_passages(known, race() if asked is None else asked)[0]


def outcome(known: PricePath, asked: NDArray[Any] | None = None) -> Outcome:
    return Outcome(int(label(known, asked)["outcome"]))


def test_price_that_is_first_beyond_the_level_broke_it() -> None:
    assert outcome(path((0, -1), (20, 2), (30, -2))) is Outcome.BREAK


def test_price_that_is_first_back_bounced() -> None:
    assert outcome(path((0, -1), (20, -2), (30, 2))) is Outcome.BOUNCE


def test_the_barrier_itself_counts_as_reached_and_a_quarter_less_does_not() -> None:
    assert outcome(path((0, 0), (20, 2.0))) is Outcome.BREAK
    assert outcome(path((0, 0), (20, 1.75))) is Outcome.CHOP


def test_a_passage_after_the_horizon_is_none() -> None:
    known = path((0, 0), (START_S + 240.25, 2))
    assert outcome(known) is Outcome.CHOP
    assert outcome(path((0, 0), (START_S + 240.0, 2))) is Outcome.BREAK


def test_what_happened_before_the_race_does_not_count() -> None:
    assert outcome(path((0, 0), (5, 2), (8, 0), (20, -2))) is Outcome.BOUNCE


def test_the_price_at_the_start_is_the_last_one_before_it() -> None:
    assert outcome(path((0, 0), (START_S, 1), (START_S + 1, 2))) is Outcome.BREAK


@pytest.mark.parametrize("away", [2.0, -2.0, 3.5])
def test_price_at_a_barrier_already_runs_no_race(away: float) -> None:
    assert outcome(path((0, away), (20, 0))) is Outcome.NO_RACE


def test_before_the_first_price_there_is_no_race() -> None:
    assert outcome(path((START_S + 1, 0), (20, 2))) is Outcome.NO_RACE


def test_the_end_of_the_session_before_either_censors() -> None:
    known = label(path((0, 0), (20, 1), end_s=100))
    assert (known["outcome"], known["end_ns"]) == (Outcome.CENSORED, 100 * NS_PER_S)


def test_a_hole_before_either_censors_even_though_price_passed_in_it() -> None:
    known = label(path((0, 0), (20, 1), (60, 2), holes=((50, 70),)))
    assert (known["outcome"], known["end_ns"]) == (Outcome.CENSORED, 50 * NS_PER_S)


def test_a_hole_after_the_passage_changes_nothing() -> None:
    assert outcome(path((0, 0), (20, 2), holes=((50, 70),))) is Outcome.BREAK


def test_a_hole_after_the_horizon_is_no_censoring() -> None:
    assert outcome(path((0, 0), (20, 1), holes=((300, 310),))) is Outcome.CHOP


def test_nothing_begins_inside_a_hole() -> None:
    assert outcome(path((0, 0), (20, 2), holes=((5, 15),))) is Outcome.NO_RACE


def test_times_and_strength_are_those_of_the_path() -> None:
    known = label(path((0, 0), (12, 0.75), (20, 2), (40, 5), (50, -3)))
    assert known["third_ns"] == 2 * NS_PER_S
    assert known["passage_ns"] == 10 * NS_PER_S
    assert known["end_ns"] == 20 * NS_PER_S
    assert known["strength"] == 2.5


def test_without_a_passage_there_is_no_time_of_it() -> None:
    known = label(path((0, 0), (20, -1)))
    assert (known["passage_ns"], known["strength"]) == (-1, -0.5)
    assert known["end_ns"] == round((START_S + 240) * NS_PER_S)


def walk(seed: int) -> PricePath:
    dice = np.random.default_rng(seed)
    times = np.cumsum(dice.integers(1, 20 * NS_PER_S, 400)).astype(np.int64)
    steps = np.cumsum(dice.choice([-1.0, 1.0], 400))
    # turned back six points from the level, so that there is always something to see
    return PricePath(times, LEVEL + np.abs((steps + 6.0) % 24.0 - 12.0) - 6.0, int(times[-1]))


def races_over(known: PricePath, direction: float) -> NDArray[Any]:
    races = np.zeros(40, RACE)
    races["t_ns"] = np.linspace(0, int(known.t_ns[-1]), 40).astype(np.int64)
    races["level"], races["direction"], races["distance"] = LEVEL, direction, 2.0
    races["horizon_ns"] = 240 * NS_PER_S
    return races


@pytest.mark.parametrize("seed", range(5))
def test_turned_upside_down_nothing_changes(seed: int) -> None:
    known = walk(seed)
    mirrored = PricePath(known.t_ns, 2.0 * LEVEL - known.price, known.end_ns)
    ours = first_passages(known, races_over(known, 1.0))
    theirs = first_passages(mirrored, races_over(mirrored, -1.0))
    assert ours.tobytes() == theirs.tobytes()


@pytest.mark.parametrize("seed", range(5))
def test_seen_from_the_other_side_a_break_is_a_bounce(seed: int) -> None:
    known = walk(seed)
    ours = first_passages(known, races_over(known, 1.0))["outcome"]
    theirs = first_passages(known, races_over(known, -1.0))["outcome"]
    swapped = np.array([Outcome.BOUNCE, Outcome.BREAK, Outcome.CHOP, Outcome.CENSORED, Outcome.NO_RACE])
    assert {Outcome.BREAK, Outcome.BOUNCE} <= set(ours.tolist())
    assert (swapped[ours] == theirs).all()


@pytest.mark.parametrize("seed", range(3))
def test_later_and_higher_the_same_things_happen(seed: int) -> None:
    known = walk(seed)
    later_ns, higher = 12_345 * NS_PER_S, 250.0
    moved = PricePath(known.t_ns + later_ns, known.price + higher, known.end_ns + later_ns)
    races = races_over(known, 1.0)
    shifted = races.copy()
    shifted["t_ns"] += later_ns
    shifted["level"] += higher
    ours, theirs = first_passages(known, races), first_passages(moved, shifted)
    theirs["end_ns"] -= later_ns
    assert ours.tobytes() == theirs.tobytes()


def test_a_shorter_horizon_is_read_off_the_same_row() -> None:
    known = walk(7)
    races = races_over(known, 1.0)
    long = first_passages(known, races)
    short = races.copy()
    short["horizon_ns"] = 30 * NS_PER_S
    assert (by_horizon(long, races["t_ns"], 30 * NS_PER_S) == first_passages(known, short)["outcome"]).all()


def walked(known: PricePath, asked: Any) -> tuple[int, int, int, int, float]:
    """The label of one race, found by going along the path price by price."""
    begin, end = int(asked["t_ns"]), int(asked["t_ns"] + asked["horizon_ns"])
    spans = known.holes.tolist()
    hidden = any(a <= begin < b for a, b in spans)
    until = min([known.end_ns, *(a for a, _ in spans if a > begin)])
    held = [k for k, t in enumerate(known.t_ns.tolist()) if t <= begin]
    none = (int(Outcome.NO_RACE), begin, -1, -1, float("nan"))
    if hidden or until <= begin or not held:
        return none
    seen = [(max(t - begin, 0), (price - LEVEL) * float(asked["direction"] / asked["distance"]))
            for t, price in zip(known.t_ns.tolist()[held[-1] :], known.price.tolist()[held[-1] :], strict=True)
            if t <= min(until, end)]  # fmt: skip
    if abs(seen[0][1]) >= 1.0:
        return none
    furthest = max(seen, key=lambda one: abs(one[1]))[1]
    third = next((t for t, y in seen if abs(y) >= 1 / 3), -1)
    passages = [(t, y) for t, y in seen if abs(y) >= 1.0]
    if passages:
        after, y = passages[0]
        return int(Outcome.BREAK if y > 0 else Outcome.BOUNCE), begin + after, third, after, furthest
    return int(Outcome.CHOP if until >= end else Outcome.CENSORED), min(until, end), third, -1, furthest


def test_a_walk_along_the_path_price_by_price_says_the_same() -> None:
    ends = set()
    for seed in range(8):
        whole = walk(seed)
        last = int(whole.t_ns[-1])
        begins = np.random.default_rng(seed).integers(0, last, 6)
        holes = np.stack([begins, begins + np.array([0, 1, 30, 60, 300, 900]) * NS_PER_S], axis=1)
        known = PricePath(whole.t_ns, whole.price, last, holes)
        races = np.concatenate([races_over(known, 1.0), races_over(known, -1.0)])
        races["distance"] = np.tile([2.0, 5.5], 40)
        labels = first_passages(known, races)
        ends |= set(labels["outcome"].tolist())
        assert [str(one.tolist()) for one in labels] == [str(walked(known, one)) for one in races]
    assert ends == set(Outcome)


def test_a_hole_without_a_length_parts_what_is_before_it_from_what_is_after() -> None:
    known = path((0, 0), (20, 2), holes=((15, 15),))
    assert outcome(known) is Outcome.CENSORED
    assert outcome(known, race(start_s=15.0)) is Outcome.BREAK


def test_many_races_are_asked_at_once_in_any_shape() -> None:
    known = walk(3)
    races = races_over(known, 1.0)
    assert first_passages(known, races.reshape(4, 10)).ravel().tobytes() == first_passages(known, races).tobytes()


def test_the_scaled_distance_grows_with_volatility_and_time_on_whole_ticks_within_bounds() -> None:
    assert scaled_distance(1.2, 240, 0.25) == 2.5  # 1.2 x 2 = 2.4
    assert scaled_distance(0.1, 15, 0.25) == 1.0
    assert scaled_distance(30.0, 480, 0.25) == 12.0


def test_a_path_whose_times_fall_is_refused() -> None:
    with pytest.raises(ValueError, match="fall"):
        path((10, 0), (9, 1))
