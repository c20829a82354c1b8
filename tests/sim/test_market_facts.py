"""The simulated market looks like a market: the stylised facts, at reduced length."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from spymaster.evaluate.facts.facts_report import FACTS, bounds_of, column, outside, table
from spymaster.evaluate.facts.measures import autocorrelation, kurtosis, measure, sign_exponent, tail_exponent
from spymaster.sim.market.simulation import simulate
from spymaster.sim.recording.session import default_settings

LONG = {
    "abs_10s_ac_60s",
    "abs_return_ac_60s",
    "kurtosis_5min",
    "sign_exponent",
    "order_impact_kept_10s",
}
"""Facts that half an hour does not settle; ``evaluate facts`` measures them."""
SHORT = {"variance_ratio_60s": (0.2, 1.6), "records_per_hour": (0.2e6, 5e6), "sigma_1m_points": (0.5, 4.0)}
"""Wider bounds for what half an hour only tells roughly."""

NEAR = {"cancels_per_add": (0.93, 1.0), "order_impact_exponent": (0.35, 0.7)}
"""Wider bounds for what two short sessions scatter round: twelve of an hour lie inside."""


@pytest.mark.slow
@pytest.mark.parametrize(("intensity", "minutes"), [("midday", 40), ("open", 15)])
def test_the_facts_hold_for_two_seeds(intensity: str, minutes: float) -> None:
    samples = [measure(simulate(default_settings(seed, "none", intensity), minutes).records) for seed in (1, 2)]
    means = column(intensity, samples, intensity).mean
    for fact in FACTS:
        if fact.name not in LONG:
            low, high = (SHORT | NEAR).get(fact.name, bounds_of(fact, intensity))
            assert low <= means[fact.name] <= high, (fact.name, means[fact.name])


def test_a_walk_without_memory_shows_none() -> None:
    walk = np.random.default_rng(1).normal(size=20_000)
    assert abs(autocorrelation(walk, 1)) < 0.03
    assert kurtosis(walk) == pytest.approx(3.0, abs=0.2)
    assert np.isnan(sign_exponent(np.ones(1_000)))


def test_the_tail_of_a_pareto_law_is_found() -> None:
    sizes = np.ceil(np.random.default_rng(1).pareto(1.6, 200_000) * 5 + 5).astype(np.int64)
    assert tail_exponent(sizes) == pytest.approx(1.6, abs=0.15)


def test_what_is_out_of_bounds_is_starred() -> None:
    sample = {fact.name: 1e9 for fact in FACTS}
    found = column("strange", [sample], "midday")
    assert "best_size" in outside(found)
    assert "*" in table([found]).splitlines()[5]


@pytest.mark.slow
def test_the_facts_of_the_real_half_hour_can_be_measured() -> None:
    folder = os.environ.get("SPYMASTER_DATA")
    if not folder:
        pytest.skip("SPYMASTER_DATA does not name a folder of real market data")
    from spymaster.evaluate.facts.markets import read_records

    facts = measure(read_records([Path(folder) / "es" / "esh4-20231225-2300-2330.mbp-10.dbn.zst"]))
    assert 40_000 < facts["records_per_hour"] < 60_000
    assert 0.6 < facts["imbalance_auc"] < 0.9
