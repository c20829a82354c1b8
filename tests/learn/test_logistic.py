"""The logistic fit: what it finds in data made with known weights, and what the ridge holds it to."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from spymaster.learn.logistic import fit_logistic

WEIGHTS = np.array([-0.5, 1.5, -2.0])


def made(rows: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    dice = np.random.default_rng(11)
    columns = np.column_stack([np.ones(rows), dice.normal(size=(rows, 2))])
    chances = 1.0 / (1.0 + np.exp(-(columns @ WEIGHTS)))
    return columns, (dice.random(rows) < chances).astype(np.float64)


def test_the_weights_the_data_were_made_with_are_found() -> None:
    columns, came = made(40_000)
    assert fit_logistic(columns, came, np.zeros(3), np.zeros(3)) == pytest.approx(WEIGHTS, abs=0.06)


def test_at_the_weights_found_no_column_is_left_unexplained() -> None:
    columns, came = made(5_000)
    c = fit_logistic(columns, came, np.zeros(3), np.zeros(3))
    assert np.abs(columns.T @ (came - 1.0 / (1.0 + np.exp(-(columns @ c))))).max() < 1e-5


def test_a_strong_ridge_keeps_what_was_believed() -> None:
    columns, came = made(500)
    believed = np.array([0.0, 1.0, 0.0])
    assert fit_logistic(columns, came, np.full(3, 1e9), believed) == pytest.approx(believed, abs=1e-5)


def test_a_start_far_from_the_truth_is_no_trouble() -> None:
    columns, came = made(2_000)
    near, far = (fit_logistic(columns, came, np.full(3, 1e-6), start) for start in (np.zeros(3), np.full(3, 40.0)))
    assert far == pytest.approx(near, abs=1e-4)


def test_rows_that_can_be_told_apart_exactly_are_refused_without_a_ridge() -> None:
    columns = np.column_stack([np.ones(4), [-2.0, -1.0, 1.0, 2.0]])
    with pytest.raises((ValueError, np.linalg.LinAlgError)):
        fit_logistic(columns, np.array([0.0, 0.0, 1.0, 1.0]), np.zeros(2), np.zeros(2))
