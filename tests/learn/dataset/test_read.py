"""A data set on the disk and as arrays: what was written is what is read, and what was changed is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from spymaster.errors import UserError
from spymaster.features.horizons import HORIZONS_S
from spymaster.learn.dataset.label_columns import LABEL_PARTS, LABEL_SETS, OUTCOME, label_column
from spymaster.learn.dataset.parts import part_path, write_part
from spymaster.learn.dataset.read import DataSet, load
from spymaster.learn.dataset.set_manifest import Part, SetManifest, read_set_manifest, set_id, write_set_manifest

FEATURES = ("one", "two")


def columns_of(rows: int, seed: int, prefix: str = "a") -> dict[str, NDArray[Any]]:
    dice = np.random.default_rng(seed)
    numbers = {name: dice.normal(size=rows) for name in (*FEATURES, "level", "distance_signed", "sigma", "minutes")}
    labels: dict[str, NDArray[Any]] = {}
    for one in LABEL_SETS:
        for part in LABEL_PARTS:
            for h in HORIZONS_S:
                drawn = dice.normal(size=rows)
                labels[label_column(one, part, h)] = (
                    dice.integers(0, 4, rows).astype(np.int8) if part == OUTCOME else drawn
                )
    return {
        "attempt_id": np.array([f"{prefix}{k // 2}" for k in range(rows)]),
        "t_ns": np.arange(rows, dtype=np.int64),
        "arm_ns": np.arange(rows, dtype=np.int64) - 5,
        "contact_ns": np.full(rows, -1, np.int64),
        "ends_ns": np.arange(rows, dtype=np.int64) + 480,
        "stage": (np.arange(rows) % 2).astype(np.int8),
        "weight": np.full(rows, 0.5),
        "kind": np.ones(rows, np.int8),
        "side": np.ones(rows, np.int8),
        "score": np.full(rows, np.nan),
        **numbers,
        **labels,
    }


def written(folder: Path, *days: tuple[int, str, dict[str, NDArray[Any]]]) -> SetManifest:
    """A data set of parts as they are given."""
    parts: tuple[Part, ...] = tuple(write_part(folder, date, source, columns) for date, source, columns in days)
    manifest = SetManifest(
        id=set_id("schema", "features", parts, simulated=True),
        simulated=True,
        code_version="0",
        code_sha256="0",
        schema="schema",
        feature_schema="features",
        features=FEATURES,
        profiles=("es",),
        inputs=(),
        parts=parts,
        rows=sum(part.rows for part in parts),
        attempts=sum(part.attempts for part in parts),
        excluded={},
    )
    write_set_manifest(folder, manifest)
    return manifest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    written(tmp_path, (20260316, "x", columns_of(6, 1)), (20260317, "y", columns_of(4, 2, "b")))
    return tmp_path


@pytest.fixture
def read(folder: Path) -> DataSet:
    return load(folder)


def test_what_was_written_is_what_is_read(read: DataSet) -> None:
    first = columns_of(6, 1)
    assert read.design[:6].tobytes() == np.stack([first["one"], first["two"]], axis=1).tobytes()
    assert read.names == FEATURES
    for k, h in enumerate(HORIZONS_S):
        assert (read.labels["fixed"].outcome[:6, k] == first[label_column("fixed", OUTCOME, h)]).all()
        assert (read.strength[:6, k] == first[label_column("scaled", "strength", h)]).all()


def test_date_and_source_come_from_the_path(read: DataSet) -> None:
    assert read.date.tolist() == [20260316] * 6 + [20260317] * 4
    assert [read.sources[k] for k in read.source] == ["x"] * 6 + ["y"] * 4
    assert part_path(20260316, "x") == "date=2026-03-16/source=x/part.parquet"


def test_attempts_are_numbered_as_they_come(read: DataSet) -> None:
    assert read.attempt.tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert read.attempt_ids == ("a0", "a1", "a2", "b0", "b1")


def test_an_absent_number_is_nan(read: DataSet) -> None:
    assert np.isnan(read.score).all()


def test_some_rows_are_rows_with_their_labels(read: DataSet) -> None:
    some = read.select(read.date == 20260317)
    assert len(some) == 4
    assert (some.outcome == read.outcome[6:]).all()
    assert some.attempt_ids == read.attempt_ids


def test_the_same_rows_are_the_same_bytes_and_the_same_id(folder: Path, tmp_path: Path) -> None:
    again = written(tmp_path / "again", (20260316, "x", columns_of(6, 1)), (20260317, "y", columns_of(4, 2, "b")))
    assert again == read_set_manifest(folder)
    assert again.id.startswith("sim-")


def test_a_part_that_was_changed_is_refused(folder: Path) -> None:
    place = folder / part_path(20260316, "x")
    content = bytearray(place.read_bytes())
    content[40] ^= 1
    place.write_bytes(content)
    with pytest.raises(UserError, match="its bytes are not those the manifest names"):
        load(folder)


def test_a_part_that_is_missing_is_refused(folder: Path) -> None:
    (folder / part_path(20260317, "y")).unlink()
    with pytest.raises(UserError, match="it is missing"):
        load(folder)


def test_a_folder_without_a_manifest_is_no_data_set(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is no data set, or was not finished"):
        load(tmp_path)


def test_a_set_of_a_newer_program_is_refused(folder: Path) -> None:
    write_set_manifest(folder, msgspec.structs.replace(read_set_manifest(folder), version=99))
    with pytest.raises(UserError, match="is of version 99"):
        load(folder)
