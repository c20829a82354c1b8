"""What the engine writes may be hashed as it stands: one pattern for absent, and nothing absent that must not be."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from spymaster.config.loader import load_config
from spymaster.market.manifest import load_manifest
from spymaster.market.rows import LEVEL_ROW, BarrierState
from spymaster.physics.engine import Engine, SnapBlock
from spymaster.resources import bundled_recording
from spymaster.session.headless import drive
from spymaster.session.sources.replay_source import ReplayPlan, ReplaySource
from spymaster.signals.blocks import JUDGED, OPTIONAL, SWEPT

ABSENT = 0x7FF8000000000000
NAMES = LEVEL_ROW.names or ()


class Rows:
    """A sink that keeps the numbers of every published level."""

    def __init__(self) -> None:
        self._parts: list[NDArray[np.float64]] = []

    def on_block(self, block: SnapBlock) -> None:
        for k, levels in enumerate(block.snaps["levels"].tolist()):
            self._parts.append(block.numbers[k, :levels].copy())

    def whole(self) -> NDArray[np.float64]:
        return np.concatenate(self._parts)


@pytest.fixture(scope="module", params=["es", "spy"])
def numbers(request: pytest.FixtureRequest) -> NDArray[np.float64]:
    """float64[n, fields]: the published rows of a run over the bundled recording."""
    plan = ReplayPlan((bundled_recording(),), load_config().profile(request.param))
    if request.param == "es":
        plan = msgspec.structs.replace(plan, user_levels=load_manifest(bundled_recording()).user_levels)
    rows = Rows()
    drive(ReplaySource(plan), Engine(), [rows])
    return rows.whole()


def column(numbers: NDArray[np.float64], name: str) -> NDArray[np.float64]:
    return numbers[:, NAMES.index(name)]


def test_absent_is_one_bit_pattern(numbers: NDArray[np.float64]) -> None:
    patterns = np.unique(numbers.view(np.uint64)[np.isnan(numbers)])
    assert [hex(pattern) for pattern in patterns.tolist()] == [hex(ABSENT)]


def test_there_are_rows_with_and_without_a_score(numbers: NDArray[np.float64]) -> None:
    absent = np.isnan(column(numbers, "score"))
    assert absent.any()
    assert not absent.all()


@pytest.mark.parametrize("name", sorted(set(NAMES) - OPTIONAL))
def test_a_column_that_is_not_optional_is_always_there(numbers: NDArray[np.float64], name: str) -> None:
    assert not np.isnan(column(numbers, name)).any()


def test_no_number_is_infinite(numbers: NDArray[np.float64]) -> None:
    assert [name for name in NAMES if np.isinf(column(numbers, name)).any()] == []


def test_a_barrier_that_is_judged_has_all_its_numbers(numbers: NDArray[np.float64]) -> None:
    judged = numbers[column(numbers, "barrier_state") != BarrierState.MISSING]
    assert len(judged)
    assert [name for name in sorted(JUDGED) if np.isnan(column(judged, name)).any()] == []


def test_a_barrier_out_of_view_has_none_of_them(numbers: NDArray[np.float64]) -> None:
    missing = numbers[column(numbers, "barrier_state") == BarrierState.MISSING]
    assert len(missing)
    assert [name for name in sorted(JUDGED) if not np.isnan(column(missing, name)).all()] == []


def test_a_swept_level_has_all_the_sweep_s_numbers_and_another_none(numbers: NDArray[np.float64]) -> None:
    swept = column(numbers, "sweep_direction") != 0.0
    assert swept.any()
    for name in sorted(SWEPT):
        assert np.array_equal(np.isnan(column(numbers, name)), ~swept), name


def test_codes_and_whole_numbers_are_whole(numbers: NDArray[np.float64]) -> None:
    whole = ("kind", "user_index", "tick", "signal", "confidence_label", "barrier_state", "tags", "as_of_age_ns")
    for name in (*whole, "trust_depth", "trust_tape", "input_fingerprint_high", "input_fingerprint_low"):
        values = column(numbers, name)
        assert np.array_equal(values, np.floor(values)), name


def test_probabilities_of_a_judged_barrier_add_up_to_one(numbers: NDArray[np.float64]) -> None:
    judged = numbers[column(numbers, "barrier_state") != BarrierState.MISSING]
    names = [name for name in NAMES if name.startswith("p_")]
    assert len(names) == 6
    assert np.allclose(sum(column(judged, name) for name in names), 1.0, atol=1e-9)


def test_attributions_add_up_to_the_score(numbers: NDArray[np.float64]) -> None:
    scored = numbers[~np.isnan(column(numbers, "score"))]
    parts = [column(scored, f"attribution_{force}") for force in ("barrier", "fuel", "tape")]
    assert np.allclose(np.nansum(parts, axis=0), column(scored, "score") - 50.0, atol=0.0051)
