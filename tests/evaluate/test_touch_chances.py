"""Models beside the market's own futures at first touches: what is asked, of whom, and how it is counted."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from spymaster.cli.market.evaluate_touches import _opened
from spymaster.evaluate.worlds.touch_chances import (
    ToldTouch,
    WorldTask,
    WorldTouches,
    touch_report,
    touches_of_world,
)
from spymaster.models.break_model import BreakScorer, shipped_model
from spymaster.models.head_model import HeadModel
from spymaster.models.prediction import PREDICTION


class Told:
    """A model that says the same of every level, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, ...]] = []

    def predict(self, rows: Any, stage: Any) -> Any:
        self.asked.append(rows.shape)
        said = np.zeros(len(rows), PREDICTION)
        said["p_break"], said["p_bounce"] = 0.6, 0.2
        return said


def worlds(*chances: tuple[float, float, float, float]) -> list[WorldTouches]:
    """A world each, with one touch that broke."""
    return [WorldTouches(seed, (ToldTouch(told, True),), 0) for seed, told in enumerate(chances)]


def test_skill_is_over_the_walk_and_the_share_is_of_the_futures_skill() -> None:
    report = touch_report(worlds((0.8, 0.7, 0.5, 0.9)), "")
    found = {figure.name: figure.value for figure in report.figures}
    assert found["model with several heads: Brier skill over Brownian"] == pytest.approx(1 - 0.04 / 0.25)
    assert found["P(break): Brier skill over Brownian"] == pytest.approx(1 - 0.09 / 0.25)
    assert found["the market's own futures: Brier skill over Brownian"] == pytest.approx(1 - 0.01 / 0.25)
    assert found["model with several heads: share of the futures' skill"] == pytest.approx(0.21 / 0.24)
    assert found["P(break): share of the futures' skill"] == pytest.approx(0.16 / 0.24)


def test_where_the_futures_know_no_more_than_the_walk_there_is_no_share() -> None:
    report = touch_report(worlds((0.8, 0.7, 0.9, 0.9)), "")
    assert {figure.value for figure in report.figures if "share" in figure.name} == {None}


def test_models_are_asked_at_the_touch_of_the_level_that_was_planted() -> None:
    heads = Told()
    world = touches_of_world(
        WorldTask(seed=41, minutes=10.0, moments=2),
        lambda folder: _opened(None, cast("Path", folder)),
        cast("HeadModel", heads),
        BreakScorer(shipped_model()),
    )
    assert 1 <= len(world.touches) <= 2
    assert all(shape[0] == 1 for shape in heads.asked)
    assert {round(one.told[0], 6) for one in world.touches} == {0.75}
    assert all(0.0 <= chance <= 1.0 for one in world.touches for chance in one.told)
