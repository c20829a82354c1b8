"""What ``evaluate fuel`` counts as right."""

from __future__ import annotations

import numpy as np

from spymaster.evaluate.fuel_agreement import SAID_FUEL, report, report_text, score
from spymaster.market.option_rows import FuelEffect


def said(*rows: tuple[float, float, float, int]) -> np.ndarray:
    """Hedge, band and effect of each point."""
    out = np.zeros(len(rows), SAID_FUEL)
    for k, (hedge, low, high, effect) in enumerate(rows):
        out[k] = (k, 5000.0, 1, hedge, low, high, effect, 1.0)
    return out


def true(*values: float | None) -> np.ndarray:
    return np.array([(0.0, 0.0) if value is None else (value, 1.0) for value in values]).reshape(-1, 2)


def test_the_sign_counts_where_the_truth_is_large() -> None:
    rows = said((-5.0, -9.0, -1.0, 0), (30.0, 10.0, 50.0, 0), (4.0, 0.0, 8.0, 0), (9.0, 0.0, 20.0, 0))
    found = score("x", True, rows, true(-25.0, 40.0, -30.0, 19.0))
    assert (found.points, found.large, found.sign_right) == (4, 3, 2 / 3)


def test_the_band_counts_at_every_point_whose_truth_is_known() -> None:
    rows = said((0.0, -10.0, 10.0, 0), (0.0, -10.0, 10.0, 0), (0.0, -10.0, 10.0, 0))
    assert score("x", True, rows, true(10.0, 10.5, None)).covered == 0.5


def test_an_effect_is_overclaimed_without_an_exposure_of_its_sign() -> None:
    amplify, dampen = int(FuelEffect.AMPLIFY), int(FuelEffect.DAMPEN)
    rows = said((-20.0, -30.0, -10.0, amplify), (-20.0, -30.0, -10.0, amplify), (20.0, 10.0, 30.0, dampen))
    found = score("x", True, rows, true(-12.0, -5.0, -40.0))
    assert (found.claims, found.overclaimed) == (3, 2 / 3)


def test_recordings_are_pooled_by_whether_the_feed_gives_sides() -> None:
    one = said((30.0, 10.0, 50.0, 0))
    found = report([("a", True, one, true(40.0)), ("b", False, one, true(-40.0)), ("c", False, one, true(40.0))])
    assert (found.with_sides.sign_right, found.without_sides.sign_right) == (1.0, 0.5)
    assert "wanted: sign 90% with sides, 80% without" in report_text(found)


def test_nothing_to_compare_is_no_share() -> None:
    assert score("x", True, said(), true()).sign_right is None
