"""``evaluate states`` runs the engine over a simulated recording and compares."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from tests.cli.conftest import Run

RECORDINGS = Path(__file__).parents[2] / "recordings"
WALL = RECORDINGS / "wall-holds"


def test_the_shipped_wall_is_compared_at_every_snap_of_its_truth(run: Run) -> None:
    result = run("evaluate", "states", WALL, "--json")
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    true = pq.read_table(WALL / "truth" / "states.parquet")
    skipped = report["skipped"]
    assert report["snaps"] + skipped["missing"] + skipped["other_side"] + skipped["unpublished"] == true.num_rows
    assert report["snaps"] == sum(map(sum, report["confusion"])) > 1_000
    assert (report["recordings"], report["levels"], report["placebo_levels"], report["hours"]) == (1, 3, 1, 0.1)
    for state, score in enumerate(report["scores"]):
        assert score["true_snaps"] <= pc.sum(pc.equal(true["state"], state)).as_py()
    walls = next(delay for delay in report["delays"] if delay["kind"] == "WALL")
    assert walls["episodes"] == walls["visible"] == 2


def test_people_are_told_in_tables_that_it_is_simulated(run: Run) -> None:
    result = run("evaluate", "states", WALL)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("SIMULATED: 1 recordings, 0.10 h, 3 planted levels (1 placebo)")
    for head in ("true \\ said", "precision", "at placebo", "median s", "raised/h", "followed within 30 s"):
        assert head in result.stdout


def test_a_recording_without_truth_is_one_clear_line(run: Run) -> None:
    result = run("evaluate", "states", RECORDINGS / "plain-es")
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
