"""The forward from calls and puts."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from spymaster.physics.memory.indices import PARITY_STRIKES
from spymaster.physics.options.black import price
from spymaster.physics.options.parity import weighted_median
from tests.support.kernels import forward_of

FORWARD = 6001.3
STRIKES = np.arange(5900.0, 6105.0, 5.0)
HALF_SPREAD = 0.1
Quotes = dict[str, NDArray[np.float64]]


def quotes(s: float = 0.006) -> Quotes:
    calls = np.array([price(FORWARD, k, s, True) for k in STRIKES])
    puts = np.array([price(FORWARD, k, s, False) for k in STRIKES])
    sides = {"call_bid": calls - HALF_SPREAD, "call_ask": calls + HALF_SPREAD}
    return {"strike": STRIKES.copy(), **sides, "put_bid": puts - HALF_SPREAD, "put_ask": puts + HALF_SPREAD}


def test_clean_quotes_give_the_forward_without_dispersion() -> None:
    forward, dispersion, count = forward_of(**quotes())
    assert forward == pytest.approx(FORWARD, abs=1e-9)
    assert dispersion == pytest.approx(0.0, abs=1e-9)
    assert count == PARITY_STRIKES


def test_a_third_of_the_strikes_in_error_does_not_move_it() -> None:
    wrong = quotes()
    for name in ("call_bid", "call_ask"):
        wrong[name][18:22] += 3.0
    assert forward_of(**wrong)[0] == pytest.approx(FORWARD, abs=1e-9)


def test_a_wide_quote_counts_little() -> None:
    few = {name: values[19:22] for name, values in quotes().items()}
    few["call_bid"][:2] -= 4.0
    few["call_ask"][:2] += 6.0
    assert forward_of(**few)[0] == pytest.approx(FORWARD, abs=1e-9)


def test_the_dispersion_is_that_of_the_quotes() -> None:
    rng = np.random.default_rng(5)
    found = []
    for _ in range(200):
        noisy = quotes()
        noise = rng.normal(0, 0.05, len(STRIKES))
        for name in ("call_bid", "call_ask"):
            noisy[name] += noise
        found.append(forward_of(**noisy)[1])
    assert np.mean(found) == pytest.approx(0.05, rel=0.2)


def test_strikes_without_both_quotes_are_passed_over() -> None:
    some = quotes()
    some["put_bid"][20] = 0.0
    some["call_ask"][21] = math.nan
    some["call_ask"][19] = some["call_bid"][19] - 0.1
    only_these = {name: values[19:22] for name, values in some.items()}
    assert forward_of(**only_these)[2] == 0
    assert forward_of(**some)[0] == pytest.approx(FORWARD, abs=1e-9)


def test_without_quotes_there_is_no_forward() -> None:
    nothing = {name: values[:0] for name, values in quotes().items()}
    forward, dispersion, count = forward_of(**nothing)
    assert math.isnan(forward)
    assert math.isnan(dispersion)
    assert count == 0


def test_the_order_of_strikes_does_not_matter() -> None:
    rng = np.random.default_rng(1)
    noisy = quotes()
    noisy["call_bid"] += rng.normal(0, 0.05, len(STRIKES))
    order = rng.permutation(len(STRIKES))
    mixed = {name: values[order] for name, values in noisy.items()}
    assert forward_of(**mixed) == pytest.approx(forward_of(**noisy), rel=1e-12)


def test_a_weighted_median_has_half_the_weight_on_either_side() -> None:
    assert weighted_median(np.array([3.0, 1.0, 2.0]), np.ones(3), 3) == 2.0
    assert weighted_median(np.array([3.0, 1.0, 2.0]), np.array([5.0, 1.0, 1.0]), 3) == 3.0
    assert weighted_median(np.array([3.0, 1.0, 9.0]), np.ones(3), 2) == 1.0
