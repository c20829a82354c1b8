"""``bench --only trees``: LightGBM and the walker in turn, and nothing where they do not say the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from spymaster.bench.asked_for import of_trees
from spymaster.bench.others import trees
from spymaster.errors import UserError
from spymaster.models.forest import Forest

pytest.importorskip("lightgbm")


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("TREES", 4), ("HEAD_TREES", 2), ("HAZARD_TREES", 2), ("_CALLS", 4), ("_DEFAULT_CALLS", 2)):
        monkeypatch.setattr(trees, name, value)
    monkeypatch.setattr(trees, "_LEARNT_ROWS", 300)


def test_each_call_of_each_is_measured() -> None:
    figures = trees.tree_figures()
    assert [len(each) for each in figures] == [4, 4, 2, 4]
    assert min(min(each) for each in figures) > 0.0


def test_the_ratio_is_that_of_the_medians() -> None:
    table = {row.name: row for row in of_trees()}
    ours, one = table["trees"], table["trees LightGBM 1"]
    assert table["trees 1 / walker"].median == pytest.approx(one.median / ours.median)
    assert table["trees heads p99"].median <= table["trees heads"].high


def test_a_walker_that_is_off_by_one_bit_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    predict = Forest.predict
    monkeypatch.setattr(Forest, "predict", lambda self, rows: np.nextafter(predict(self, rows), 1.0))
    with pytest.raises(ValueError, match="different things"):
        trees.tree_figures()


def test_without_the_extra_a_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(_: str) -> Any:
        return None

    monkeypatch.setattr("importlib.util.find_spec", nothing)
    with pytest.raises(UserError, match=r"pip install 'spymaster-tui\[learn\]'"):
        trees.tree_figures()
