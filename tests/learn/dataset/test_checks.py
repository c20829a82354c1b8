"""Checks of a data set: a good one passes, and each fault is found and named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from spymaster.errors import UserError
from spymaster.labels.first_passage import Outcome
from spymaster.learn.dataset.checks import check_balance, check_columns, check_missing, check_schema
from spymaster.learn.dataset.columns import COLUMNS, feature_names
from spymaster.learn.dataset.drift import check_drift, stability_index
from spymaster.learn.dataset.findings import Finding, Grade
from spymaster.learn.dataset.label_columns import label_column
from spymaster.learn.dataset.parts import part_path, read_columns
from spymaster.learn.dataset.read import load
from spymaster.learn.dataset.set_manifest import read_set_manifest
from spymaster.learn.dataset.validate import validate

Columns = dict[str, NDArray[Any]]
TYPES = {one.name: one.dtype for one in COLUMNS}


@pytest.fixture
def columns(data_set: Path) -> Columns:
    return {name: values.copy() for name, values in read_columns(data_set, read_set_manifest(data_set)).items()}


def failures(columns: Columns) -> list[Finding]:
    return [one for one in check_columns(columns, TYPES) if one.grade is Grade.FAILED]


def test_a_set_that_was_just_built_has_no_fault(data_set: Path) -> None:
    findings = validate(data_set)
    assert [one for one in findings if one.grade is Grade.FAILED] == []
    assert {one.check for one in findings} >= {"files", "schema", "ranges", "labels", "doubles", "order", "weights"}


def put(name: str, value: Any, row: int = 0) -> Callable[[Columns], None]:
    def change(columns: Columns) -> None:
        columns[name][row] = value

    return change


def swap_rows(columns: Columns) -> None:
    columns["t_ns"][[0, 1]] = columns["t_ns"][[1, 0]] + np.array([1, 0])


def end_early(columns: Columns) -> None:
    columns["ends_ns"][0] = columns["t_ns"][0] - 1


def repeat_row(columns: Columns) -> None:
    for values in columns.values():
        values[1] = values[0]


FAULTS: dict[str, tuple[Callable[[Columns], None], str]] = {
    "stage": (put("stage", 7), "ranges: stage is out of range in 1 rows"),
    "kind": (put("kind", 99), "ranges: kind is out of range in 1 rows"),
    "side": (put("side", 0), "ranges: side is out of range in 1 rows"),
    "sigma": (put("sigma", np.nan), "ranges: sigma is out of range in 1 rows"),
    "feature": (put(feature_names()[3], np.inf), f"ranges: {feature_names()[3]} is infinite in 1 rows"),
    "outcome": (put(label_column("fixed", "outcome", 60), 9), "labels: labels fixed 60 s contradict each other"),
    "late": (put(label_column("fixed", "end_s", 60), 61.0), "labels: labels fixed 60 s contradict each other"),
    "strength": (put(label_column("scaled", "strength", 15), 99.0), "labels: labels scaled 15 s contradict each other"),
    "time": (swap_rows, "go back in time"),
    "date": (put("t_ns", 0), "lie outside that trade date"),
    "end": (end_early, "order: arm, contact, decision and end are not in this order in 1 rows"),
    "double": (repeat_row, "doubles: "),
    "weight": (put("weight", 0.9), "add up to"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found_and_named(columns: Columns, fault: str) -> None:
    change, said = FAULTS[fault]
    if fault == "strength":
        ran = columns[label_column("scaled", "outcome", 15)] != Outcome.NO_RACE
        change = put(label_column("scaled", "strength", 15), 0.0, int(np.flatnonzero(ran)[0]))
        columns[label_column("scaled", "outcome", 15)][int(np.flatnonzero(ran)[0])] = Outcome.BREAK
    change(columns)
    assert any(said in f"{one.check}: {one.said}" for one in failures(columns)), failures(columns)


def test_columns_that_are_missing_strange_or_of_another_type_are_named() -> None:
    found = {**TYPES, "extra": "float64", "stage": "float64"}
    del found["weight"]
    said = check_schema(found).said
    assert said == "weight is missing; extra is not in the table; stage is float64, not int8"


def test_features_that_are_hardly_known_are_a_warning(columns: Columns) -> None:
    name = feature_names()[0]
    columns[name][:] = np.nan
    found = check_missing(columns)
    assert found.grade is Grade.WARNING
    assert name in found.said


def test_labels_that_nearly_all_end_one_way_are_a_warning(columns: Columns) -> None:
    columns[label_column("scaled", "outcome", 60)][:] = Outcome.BOUNCE
    found = check_balance(columns)
    assert found.grade is Grade.WARNING
    assert "within 60 s 0.0% of races break and 100.0% bounce" in found.said


def test_a_part_whose_bytes_changed_cannot_be_validated(data_set: Path, tmp_path: Path) -> None:
    import shutil

    copy = Path(shutil.copytree(data_set, tmp_path / "copy"))
    part = read_set_manifest(copy).parts[0]
    assert part.path == part_path(part.date, part.source)
    (copy / part.path).write_bytes(b"PAR1")
    with pytest.raises(UserError, match="its bytes are not those the manifest names"):
        validate(copy)


def test_the_index_of_what_did_not_move_is_nothing() -> None:
    values = np.random.default_rng(1).normal(size=2000)
    assert stability_index(values, values) == 0.0
    assert stability_index(values, np.random.default_rng(2).normal(size=2000)) < 0.02


def test_the_index_by_hand() -> None:
    # one edge, the median: halves become a quarter and three quarters
    before, now = np.array([0.0, 1.0] * 50), np.array([0.0, 1.0, 1.0, 1.0] * 25)
    expected = (0.25 - 0.5) * np.log(0.25 / 0.5) + (0.75 - 0.5) * np.log(0.75 / 0.5)
    assert stability_index(before, now) == pytest.approx(expected, abs=0.02)


def test_values_that_are_absent_now_have_moved() -> None:
    values = np.arange(100.0)
    assert stability_index(values, np.full(100, np.nan)) > 1.0


def test_a_set_has_not_moved_against_itself_and_names_what_moved(data_set: Path) -> None:
    data = load(data_set)
    assert check_drift(data, data).grade is Grade.OK
    design = data.design.copy()
    design[:, 2] += 100.0
    names = data.names
    import dataclasses

    found = check_drift(data, dataclasses.replace(data, design=design))
    assert found.grade is Grade.WARNING
    assert names[2] in found.said
