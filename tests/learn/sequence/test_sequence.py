"""Sequences of look-backs, the convolutions over them, and both models beside the baselines."""

from __future__ import annotations

import importlib.util
import itertools
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from spymaster.errors import UserError
from spymaster.learn.dataset.read import DataSet
from spymaster.learn.sequence.compare import SequenceReport, compare_sequences, sequence_text
from spymaster.learn.sequence.convolutions import LENGTH, Convolutions, kernels
from spymaster.learn.sequence.patch_transformer import train_transformer, transformer_chances
from spymaster.learn.sequence.windows import Scaling, sequences, windows
from tests.support.attempt_sets import attempt_set

HAS_TORCH = importlib.util.find_spec("torch") is not None
NAMES = ("distance", "flow_5s", "flow_60s", "flow_5min", "depth_60s", "depth_1min_ago", "alone_30s", "depth_5s")


def told(rows: int, seed: int) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float64]]:
    """Sequences in which what matters is whether the middle bulges: no single step says it."""
    dice = np.random.default_rng(seed)
    came = (dice.random(rows) < 0.5).astype(float)
    shape = np.where(came[:, np.newaxis] > 0.5, 1.0, -1.0) * np.array([-1.0, -1, -1, 2, 2, -1, -1, -1, 2, -1])
    start = dice.normal(size=(rows, 1)) * 3.0
    sequence = (start + shape + dice.normal(size=(rows, 10)))[:, np.newaxis, :].astype(np.float32)
    return sequence, dice.normal(size=(rows, 2)).astype(np.float32), came


def with_families(data: DataSet) -> DataSet:
    """A set in which a family of look-backs says the same as the signal."""
    design = data.design.copy()
    signal = design[:, data.names.index("tape_imbalance")]
    for name in ("ofi_5s", "ofi_60s"):
        design[:, data.names.index(name)] = signal
    return replace(data, design=design)


def test_columns_that_differ_in_their_look_back_alone_are_a_channel() -> None:
    found = windows(NAMES)
    assert found.channels == ("flow", "depth")
    assert found.steps_s == (300, 60, 5)
    assert found.places.tolist() == [[3, 2, 1], [-1, 4, 7]]
    assert found.others.tolist() == [0, 5, 6]


def test_a_sequence_goes_from_the_furthest_to_the_nearest_in_deviations() -> None:
    data = replace(attempt_set(4, 2), names=NAMES, design=np.tile(np.arange(8.0), (8, 1)))
    found = windows(NAMES)
    sequence, static = sequences(data, np.array([0]), found, Scaling(np.full(8, 1.0), np.full(8, 2.0)))
    assert sequence[0].tolist() == [[1.0, 0.5, 0.0], [0.0, 1.5, 3.0]]
    assert static[0].tolist() == [-0.5, 2.0, 2.5, 0.0]


def test_what_is_absent_is_the_middle_and_what_is_far_is_held() -> None:
    design = np.full((8, 8), np.nan)
    design[:, 1] = 1e9
    data = replace(attempt_set(4, 2), names=NAMES, design=design)
    sequence, _ = sequences(data, np.array([3]), windows(NAMES), Scaling(np.zeros(8), np.ones(8)))
    assert sequence[0].tolist() == [[0.0, 0.0, 4.0], [0.0, 0.0, 0.0]]


def test_kernels_are_all_that_have_two_weights_of_two_and_add_up_to_nothing() -> None:
    found = kernels()
    assert found.sum(axis=1).tolist() == [0.0] * 15
    expected = set(itertools.combinations(range(LENGTH), 2))
    assert {tuple(np.flatnonzero(one == 2.0).tolist()) for one in found} == expected


def test_convolutions_find_a_shape_that_no_single_step_says() -> None:
    learnt, held, tested = told(1500, 1), told(400, 2), told(400, 3)
    model = Convolutions(*learnt)
    model.choose(*held)
    chances = model.chances(tested[0], tested[1])
    assert ((chances > 0.5) == (tested[2] > 0.5)).mean() > 0.85
    again = Convolutions(*learnt)
    again.choose(*held)
    assert again.chances(tested[0], tested[1]).tobytes() == chances.tobytes()


def test_of_chance_alone_they_say_about_a_half() -> None:
    dice = np.random.default_rng(9)
    noise = [(dice.normal(size=(600, 1, 10)).astype(np.float32), np.zeros((600, 1), np.float32)) for _ in range(3)]
    came = [(dice.random(600) < 0.5).astype(float) for _ in range(3)]
    model = Convolutions(*noise[0], came[0])
    model.choose(*noise[1], came[1])
    assert ((model.chances(*noise[2]) > 0.5) == (came[2] > 0.5)).mean() == pytest.approx(0.5, abs=0.07)


@pytest.fixture(scope="module")
def report() -> SequenceReport:
    return compare_sequences(with_families(attempt_set(700, 12)), 2, lambda _: None)


def test_both_are_measured_beside_the_baselines_or_it_is_said_why_not(report: SequenceReport) -> None:
    cheap, transformer = report.models
    assert cheap.figures is not None
    assert cheap.over_logistic is not None
    assert cheap.figures.auc > 0.7
    assert (transformer.figures is not None) is HAS_TORCH
    assert "ofi" in report.channels
    assert report.steps_s[0] == 1200


def test_the_report_says_what_to_install_and_how_large_it_is(report: SequenceReport) -> None:
    text = sequence_text(report)
    assert text.startswith("LEARNT ON SIMULATED MARKETS: breaks")
    assert ("900 MB" in text) is not HAS_TORCH


@pytest.mark.skipif(HAS_TORCH, reason="torch is installed")
def test_without_torch_a_line_says_what_to_install() -> None:
    learnt = told(10, 1)
    with pytest.raises(UserError, match=r"torch: is not installed.*spymaster-tui\[sequence\].*200 MB") as refused:
        train_transformer(learnt, learnt, 1)
    assert "\n" not in str(refused.value)


@pytest.mark.skipif(
    not HAS_TORCH, reason="this system has no torch: its extra is 900 MB and in no list of what tests need"
)
def test_the_transformer_finds_the_shape_and_a_row_says_the_same_in_any_company() -> None:
    learnt, held, tested = told(1500, 1), told(400, 2), told(400, 3)
    module = train_transformer(learnt, held, 12)
    chances = transformer_chances(module, tested[0], tested[1])
    assert ((chances > 0.5) == (tested[2] > 0.5)).mean() > 0.8
    assert transformer_chances(module, tested[0][:7], tested[1][:7]).tobytes() == chances[:7].tobytes()
    again = transformer_chances(train_transformer(learnt, held, 12), tested[0], tested[1])
    assert again.tobytes() == chances.tobytes()
