"""Incidence of competing ends: by hand, and against a second computation that shares nothing with the first.

The second one is Efron's: every race begins with the same mass; one that is censored hands its mass on to those that
are still running, in equal parts, and an end takes the mass of whoever comes to it.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray

from spymaster.labels.first_passage import Outcome
from spymaster.labels.incidence import incidence

B, R, N, C, X = Outcome.BREAK, Outcome.BOUNCE, Outcome.CHOP, Outcome.CENSORED, Outcome.NO_RACE


def handed_on(outcomes: list[int], ends: list[int], at: int) -> tuple[Fraction, Fraction]:
    """Mass at break and at bounce by a time, exactly. At one moment ends come before censorings."""
    order = sorted(range(len(ends)), key=lambda k: (ends[k], outcomes[k] >= N))
    mass = {k: Fraction(1, len(ends)) for k in order}
    ended = {int(B): Fraction(0), int(R): Fraction(0)}
    while order:
        first = order.pop(0)
        if ends[first] > at:
            break
        if outcomes[first] in ended:
            ended[outcomes[first]] += mass[first]
        else:
            # all that are censored at this moment leave together
            running = [k for k in order if ends[k] > ends[first] or outcomes[k] in ended]
            for k in running:
                mass[k] += mass[first] / len(running)
    return ended[int(B)], ended[int(R)]


def by(outcomes: list[int], ends: list[float], *at: float, weight: NDArray[np.float64] | None = None) -> list[float]:
    """Break, bounce at each time, one after the other."""
    found = incidence(np.array(outcomes), np.array(ends), np.array(at), weight)
    return np.stack([found.break_by, found.bounce_by], axis=1).ravel().tolist()


def test_without_censoring_it_is_the_share_that_ended_so() -> None:
    assert by([B, R, B, N], [10, 20, 30, 480], 9.9, 10, 20, 480) == [0, 0, 0.25, 0, 0.25, 0.25, 0.5, 0.25]


def test_a_censored_race_counts_as_long_as_it_was_seen() -> None:
    # of four one broke at 10; one was lost at 15; of the two that were left one bounced at 20: 3/4 x 1/2
    assert by([B, C, R, N], [10, 15, 20, 480], 20) == [0.25, 0.375]


def test_an_end_at_the_moment_of_a_censoring_comes_first() -> None:
    assert by([B, C, N], [10, 10, 480], 10) == pytest.approx([1 / 3, 0])


def test_what_was_never_a_race_is_left_out() -> None:
    assert by([B, X, N], [10, 0, 480], 10) == [0.5, 0]


def test_the_three_shares_are_one() -> None:
    found = incidence(np.array([B, C, R, N]), np.array([10.0, 15, 20, 480]), np.array([5.0, 12, 400]))
    assert (found.break_by + found.bounce_by + found.neither).tolist() == pytest.approx([1.0] * 3)
    assert found.at_risk.tolist() == [4, 3, 1]


def test_where_nobody_was_seen_nothing_is_known() -> None:
    assert np.isnan(by([X], [0.0], 30)).all()


def test_a_weight_of_two_is_the_same_race_twice() -> None:
    twice = by([B, B, C, R, N], [10, 10, 15, 20, 480], 12, 30)
    assert by([B, C, R, N], [10, 15, 20, 480], 12, 30, weight=np.array([2.0, 1, 1, 1])) == pytest.approx(twice)


def test_turned_upside_down_the_curves_trade_places() -> None:
    ours, theirs = by([B, C, R, N], [10, 15, 20, 480], 20), by([R, C, B, N], [10, 15, 20, 480], 20)
    assert ours == theirs[::-1]


@pytest.mark.parametrize("seed", range(20))
def test_both_computations_agree(seed: int) -> None:
    dice = np.random.default_rng(seed)
    count = int(dice.integers(1, 60))
    # few moments, so that many ends fall together
    ends = dice.integers(1, 15, count).tolist()
    outcomes = dice.choice([int(B), int(R), int(N), int(C)], count, p=[0.3, 0.2, 0.2, 0.3]).tolist()
    for at in range(16):
        # beyond the last that is seen nothing is handed on, and the second computation has lost mass to nobody
        told = by(outcomes, [float(end) for end in ends], at)
        assert told == pytest.approx([float(one) for one in handed_on(outcomes, ends, at)], abs=1e-12)
