"""``evaluate states`` runs the engine over a simulated recording and compares."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from pyarrow import csv

from spymaster.market.levels import LevelKind
from spymaster.market.rows import BarrierState
from tests.cli.conftest import Run

WALL = Path(__file__).parents[2] / "recordings" / "wall-holds"


def test_the_shipped_wall_is_compared_at_every_snap_of_its_truth(run: Run) -> None:
    result = run("evaluate", "states", WALL, "--json")
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    true = pq.read_table(WALL / "truth" / "states.parquet")
    skipped = report["skipped"]
    assert report["snaps"] + skipped["missing"] + skipped["other_side"] + skipped["unpublished"] == true.num_rows
    assert report["snaps"] == sum(map(sum, report["confusion"])) > 1_000
    assert (report["recordings"], report["levels"], report["placebo_levels"], report["hours"]) == (1, 4, 1, 0.1)
    for state, score in enumerate(report["scores"]):
        assert score["true_snaps"] <= pc.sum(pc.equal(true["state"], state)).as_py()
    walls = next(delay for delay in report["delays"] if delay["kind"] == "WALL")
    assert walls["episodes"] == walls["visible"] == 3


def test_exported_signals_joined_to_the_truth_give_the_same_confusion(run: Run) -> None:
    report = json.loads(run("evaluate", "states", WALL, "--json").stdout)
    exported = csv.read_csv(io.BytesIO(run("export", "signals", WALL).stdout.encode())).to_pandas()
    true = pq.read_table(WALL / "truth" / "states.parquet").to_pandas()
    levels = pq.read_table(WALL / "truth" / "levels.parquet").to_pandas()[["level", "side", "price_e9"]]
    said = exported[exported["kind"] == LevelKind.USER.name]
    said = said.assign(price_e9=(said["price"] * 1e9).round().astype("int64"), ts_ns=said["ts_event_ns"])
    both = said.merge(true.merge(levels, on="level"), on=["ts_ns", "price_e9"])
    same_side = (both["direction"] == "RESISTANCE") == (both["side"] == 1)
    both = both[(both["barrier_state"] != BarrierState.MISSING.name) & same_side]
    counts = np.zeros((6, 6), int)
    np.add.at(counts, (both["state"].to_numpy(), [BarrierState[name] for name in both["barrier_state"]]), 1)
    assert counts.tolist() == report["confusion"]


def test_people_are_told_in_tables_that_it_is_simulated(run: Run) -> None:
    result = run("evaluate", "states", WALL)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("SIMULATED: 1 recordings, 0.10 h, 4 planted levels (1 placebo)")
    for head in ("true \\ said", "precision", "at placebo", "median s", "raised/h", "followed within 30 s"):
        assert head in result.stdout


def test_a_recording_of_the_second_market_is_compared_at_every_snap_of_its_truth(run: Run, tmp_path: Path) -> None:
    made = run("simulate", tmp_path / "it", "--market", "second", "--scenario", "opening", "--seed", "20260317")
    assert made.exit_code == 0, made.output
    result = run("evaluate", "states", tmp_path / "it", "--json")
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert (report["levels"], report["placebo_levels"]) == (10, 5)
    true = pq.read_table(tmp_path / "it" / "truth" / "states.parquet")
    skipped = report["skipped"]
    assert report["snaps"] + skipped["missing"] + skipped["other_side"] + skipped["unpublished"] == true.num_rows
    assert report["snaps"] > 1_000
    assert report["macro_f1"] > 0.6


def test_a_recording_without_truth_is_one_clear_line(run: Run, tmp_path: Path) -> None:
    bare = shutil.copytree(WALL, tmp_path / "bare", ignore=shutil.ignore_patterns("truth"))
    result = run("evaluate", "states", bare)
    assert result.exit_code == 3
    assert result.stderr.count("\n") == 1
    assert "no such truth; make the recording with `simulate --truth`" in result.stderr


def test_a_folder_that_is_no_recording_is_one_clear_line(run: Run, tmp_path: Path) -> None:
    result = run("evaluate", "states", tmp_path)
    assert result.exit_code == 3
    assert result.stderr.count("\n") == 1
    assert "not a recording" in result.stderr


@pytest.mark.parametrize("name", ["levels", "states", "events"])
def test_a_broken_truth_is_one_clear_line(run: Run, tmp_path: Path, name: str) -> None:
    folder = shutil.copytree(WALL, tmp_path / "wall")
    (folder / "truth" / f"{name}.parquet").write_bytes(b"torn")
    result = run("evaluate", "states", folder)
    assert result.exit_code == 3
    assert result.stderr.count("\n") == 1
    assert "its truth cannot be read" in result.stderr


def test_levels_in_the_shares_dollars_are_found_by_the_sessions_ratio(run: Run) -> None:
    result = run("evaluate", "states", WALL.parent / "gamma-squeeze")
    assert result.exit_code == 0, result.output
    compared = int(result.stdout.splitlines()[1].split()[0].replace(",", ""))
    assert compared > 500
    assert "0 not published" in result.stdout
