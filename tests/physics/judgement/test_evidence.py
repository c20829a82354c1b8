"""No score and no signal rests on a force that is not believed: on random markets and on every shipped recording."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from spymaster.cli.request import Request, prepare
from spymaster.market.rows import LEVEL_ROW, AlertEvent, Confidence, Signal
from spymaster.physics.engine import Engine, SnapBlock
from spymaster.session.headless import drive
from spymaster.session.sources.replay_source import ReplaySource
from tests.support.engine import run
from tests.support.market import Market
from tests.support.streams import Action, actions, play

FORCES = ("barrier", "fuel", "tape")
WEIGHTS = np.array([0.45, 0.35, 0.20])
RECORDINGS = Path(__file__).parents[3] / "recordings"


def columns(rows: NDArray[np.void], ending: str) -> NDArray[np.float64]:
    return np.stack([rows[f"{force}_{ending}"] for force in FORCES], axis=1)


def assert_only_believed_forces_decide(rows: NDArray[np.void]) -> None:
    """The published score is what the published forces say, and each of those is believed."""
    scores, weights = columns(rows, "score"), columns(rows, "weight")
    attribution = np.stack([rows[f"attribution_{force}"] for force in FORCES], axis=1)
    left_out = weights < 0.001
    assert (weights[left_out] == 0.0).all()
    assert np.isnan(scores[left_out]).all()
    assert np.isnan(attribution[left_out]).all()
    has_score = ~np.isnan(rows["score"])
    assert (weights[has_score].max(axis=1, initial=0.0) >= 0.1).all()
    s, w = np.where(left_out, 50.0, scores)[has_score], weights[has_score]
    z = (WEIGHTS * w * np.log((s + 2) / (102 - s))).sum(axis=1) / 0.45
    np.testing.assert_allclose(rows["score_raw"][has_score], 100 / (1 + np.exp(-z)), rtol=0, atol=0.0051)
    total = np.nansum(attribution[has_score], axis=1)
    np.testing.assert_allclose(total, rows["score"][has_score] - 50.0, rtol=0, atol=0.0100001)


def assert_signals_are_believed(alerts: NDArray[np.void]) -> None:
    decided = alerts[(alerts["event"] == AlertEvent.RAISED) & (alerts["signal"] != Signal.CONTESTED)]
    assert (decided["confidence_label"] >= Confidence.MEDIUM).all()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(actions(rough=True, max_size=150), st.sampled_from([1.0, 30.0, 1e5]))
def test_on_random_markets(script: list[Action], full_volume: float) -> None:
    market = Market()
    market.ladder().at(6.0)
    words = play(market, script).words()
    params = {"warmup_ns": 0, "tape_full_volume": full_volume, "hold_break_ns": 0, "hold_reject_ns": 0}
    levels = [(4 * 5000 + k) / 4 for k in (-7, -1, 0, 2, 5, 30)]
    results = run(words, levels=levels, params=params)
    assert_only_believed_forces_decide(np.concatenate([*results.rows, np.zeros(0, LEVEL_ROW)]))
    assert_signals_are_believed(results.alerts)


class Kept:
    """Rows and alerts of a whole run."""

    def __init__(self) -> None:
        self.rows: list[NDArray[np.void]] = []
        self.alerts: list[NDArray[np.void]] = []

    def on_block(self, block: SnapBlock) -> None:
        for count, rows in zip(block.snaps["levels"].tolist(), block.rows, strict=True):
            self.rows.append(rows[:count].copy())
        self.alerts.append(block.alerts.copy())


def shipped() -> Iterator[Any]:
    for path in sorted(RECORDINGS.iterdir()):
        if path.is_dir():
            yield pytest.param(path, id=path.name)


@pytest.mark.slow
@pytest.mark.parametrize("path", shipped())
def test_on_every_shipped_recording(path: Path) -> None:
    """With the options, levels and profile it was made for."""
    prepared = prepare(Request((path,), None, None, None))
    kept = Kept()
    drive(ReplaySource(prepared.plan), Engine(), [kept])
    rows = np.concatenate(kept.rows)
    assert len(rows) > 1000
    assert (~np.isnan(rows["score"])).any()
    assert_only_believed_forces_decide(rows)
    assert_signals_are_believed(np.concatenate(kept.alerts))
