"""What is asked of a decision: a race for each distance and horizon."""

from __future__ import annotations

from typing import Any

import numpy as np

from spymaster.features.horizons import HORIZONS_S
from spymaster.labels.decision_races import DECISION, DISTANCES, FIXED_POINTS, decision_races
from spymaster.labels.first_passage import Outcome, first_passages, scaled_distance
from spymaster.labels.path import PricePath
from spymaster.market.kinds import NS_PER_S

LEVEL = 5000.0


def asked(sigma: float = 1.2, strike: float = np.nan) -> Any:
    return decision_races(np.array([(0, LEVEL, 1.0, sigma, strike)], DECISION), 0.25)[0]


def test_there_is_a_race_for_each_distance_and_horizon() -> None:
    races = asked()
    assert races.shape == (len(DISTANCES), len(HORIZONS_S))
    assert races["horizon_ns"].tolist() == [[h * NS_PER_S for h in HORIZONS_S]] * len(DISTANCES)
    assert races["distance"][0].tolist() == [1.0, 1.0, 1.25, 1.75, 2.5, 3.5]
    assert races["distance"][1].tolist() == [FIXED_POINTS] * 6


def test_strikes_are_asked_in_points_of_the_future() -> None:
    races = asked(strike=10.0)
    assert races["distance"][2:].tolist() == [[10.0] * 6, [30.0] * 6]


def test_without_a_step_of_strikes_there_is_no_such_race() -> None:
    path = PricePath(np.array([0, NS_PER_S]), np.array([LEVEL, LEVEL + 40.0]), 1000 * NS_PER_S)
    labels = first_passages(path, asked())
    assert (labels["outcome"][:2] == Outcome.BREAK).all()
    assert (labels["outcome"][2:] == Outcome.NO_RACE).all()
    assert np.isnan(labels["strength"][2:]).all()


def test_each_market_has_the_distances_of_its_own_volatility() -> None:
    rows = np.array([(0, LEVEL, 1.0, sigma, np.nan) for sigma in (0.1, 3.0)], DECISION)
    races = decision_races(rows, 0.25)
    for k, horizon in enumerate(HORIZONS_S):
        assert races["distance"][:, 0, k].tolist() == scaled_distance(np.array([0.1, 3.0]), horizon, 0.25).tolist()
