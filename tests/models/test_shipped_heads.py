"""The model with several heads in the package: small, fit for its features, and said to be of simulated markets."""

from __future__ import annotations

import numpy as np

from spymaster.features.attempt_features import ATTEMPT_FEATURES
from spymaster.models.head_model import HeadModel
from spymaster.models.prediction import Stage
from spymaster.session.scoring.choice import SHIPPED_HEADS


def test_it_is_small_and_says_what_it_was_learnt_on() -> None:
    assert SHIPPED_HEADS.stat().st_size <= 2_000_000
    model = HeadModel.load(SHIPPED_HEADS)
    assert model.card.simulated
    assert model.data_set.startswith("sim-")
    assert "LEARNT ON SIMULATED MARKETS" in str(model.card.page)
    assert "learn train" in model.card.made_by


def test_it_speaks_of_rows_of_todays_features() -> None:
    model = HeadModel.load(SHIPPED_HEADS)
    rows = np.full((len(Stage), len(ATTEMPT_FEATURES)), np.nan)
    names = [feature.name for feature in ATTEMPT_FEATURES]
    rows[:, names.index("distance")], rows[:, names.index("sigma_1m")] = -1.0, 1.0
    said = model.predict(rows, np.array(list(Stage)))
    assert np.isfinite(said["p_break"]).all()
    assert (said["p_break"] + said["p_bounce"] <= 1.0).all()
    assert (np.diff(said["break_by"], axis=1) >= 0.0).all()


def test_it_knows_attempts_to_compare_with() -> None:
    index = HeadModel.load(SHIPPED_HEADS).index
    assert index is not None
    assert len(index) > 0
