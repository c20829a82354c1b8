"""The score without a force: what the engine would publish if that force had no weight."""

from __future__ import annotations

import math
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace
from numpy.typing import NDArray

from spymaster.cli.request import Request, prepare
from spymaster.market.frames import ConfigFrame
from spymaster.market.params import PARAMS
from spymaster.physics.engine import Engine
from spymaster.session.sources.forms import open_source
from spymaster.view.levels.ablation import FORCES, Attribution, score_without

RECORDING = Path(__file__).parents[2] / "recordings" / "gamma-squeeze"
BLOCKS = 12

CASES = (
    Attribution(20.0, 5.0, -3.0),
    Attribution(-30.0, math.nan, 2.0),
    Attribution(0.0, 0.0, 0.0),
    Attribution(math.nan, math.nan, 41.5),
    Attribution(60.0, -20.0, 9.99),
)


@pytest.mark.parametrize("attribution", CASES)
def test_with_every_force_on_it_is_the_published_score(attribution: Attribution) -> None:
    score = 50.0 + sum(points for points in attribution if not math.isnan(points))
    assert score_without(score, attribution, ()) == pytest.approx(score, abs=1e-9)


def test_evidence_for_and_against_a_break_is_told_apart() -> None:
    attribution = Attribution(30.0, math.nan, -10.0)
    assert score_without(70.0, attribution, {"tape"}) > 70.0
    assert score_without(70.0, attribution, {"barrier"}) < 50.0


def test_forces_taken_out_one_after_the_other_or_together_leave_the_same() -> None:
    once = score_without(72.0, Attribution(20.0, 5.0, -3.0), {"fuel", "tape"})
    z = math.log(72 / 28)
    assert once == pytest.approx(100 / (1 + math.exp(-(z - (5.0 - 3.0) * z / 22.0))))


def test_without_any_force_left_there_is_no_score() -> None:
    assert math.isnan(score_without(70.0, Attribution(20.0, math.nan, math.nan), {"barrier"}))
    assert math.isnan(score_without(math.nan, Attribution(1.0, 1.0, 1.0), ()))


def test_a_score_at_its_end_stays_within_a_hundred() -> None:
    assert 99.9 < score_without(100.0, Attribution(50.0, math.nan, 0.0), {"tape"}) <= 100.0


def weighing_nothing(frame: ConfigFrame, force: str) -> ConfigFrame:
    """The CONFIG with that force's weight at zero; as it is where none is named."""
    params = np.frombuffer(frame.params, PARAMS).copy()
    if force:
        params[f"weight_{force}"] = 0.0
    return replace(frame, params=params.tobytes())


@cache
def rows_with(silent: str) -> NDArray[Any]:
    """What the engine publishes of the first minutes of a recording with options, that force weighing nothing."""
    source = open_source(prepare(Request((RECORDING,), None, None, None)).plan)
    engine = Engine(snaps_per_block=64)
    found: list[NDArray[Any]] = []
    try:
        for frame in source.frames():
            given = weighing_nothing(frame, silent) if isinstance(frame, ConfigFrame) else frame
            for block in engine.feed(given):
                published = np.arange(block.rows.shape[1]) < block.snaps["levels"][:, None]
                found.append(block.rows[published].copy())
            if len(found) >= BLOCKS:
                break
    finally:
        source.close()
    return np.concatenate(found[:BLOCKS])


def attribution_of(row: Any) -> Attribution:
    return Attribution(*(float(row[f"attribution_{name}"]) for name in FORCES))


def test_it_is_the_engines_own_score_when_nothing_is_off() -> None:
    rows = rows_with("")
    scored = rows[~np.isnan(rows["score"])]
    assert len(scored) > 1000
    for row in scored:
        assert score_without(float(row["score"]), attribution_of(row), ()) == pytest.approx(row["score"], abs=0.006)


@pytest.mark.parametrize("silent", FORCES)
def test_it_is_what_the_engine_publishes_where_that_force_weighs_nothing(silent: str) -> None:
    rows, without = rows_with(""), rows_with(silent)
    assert len(rows) == len(without)
    both = ~np.isnan(rows["score"]) & ~np.isnan(without["score"])
    others = [name for name in FORCES if name != silent]
    spoken = np.any([~np.isnan(rows[f"attribution_{name}"]) for name in others], axis=0)
    compared = 0
    for row, own in zip(rows[both & spoken], without[both & spoken], strict=True):
        expected = score_without(float(row["score"]), attribution_of(row), {silent})
        assert float(own["score"]) == pytest.approx(expected, abs=0.25)
        compared += 1
    assert compared > 500


def test_every_choice_of_forces_has_a_score_or_none_is_left() -> None:
    for count in range(len(FORCES) + 1):
        for off in combinations(FORCES, count):
            score = score_without(70.0, Attribution(12.0, 5.0, 3.0), off)
            assert math.isnan(score) is (count == len(FORCES))
