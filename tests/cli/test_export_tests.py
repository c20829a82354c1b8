"""``export tests``: every test of every level of a source."""

from __future__ import annotations

import csv
import io
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Run

RECORDING = Path(__file__).parents[2] / "recordings" / "opening-drive"


def test_tests_of_levels_and_of_prices_like_any_other_are_written(run: Run) -> None:
    result = run("export", "tests", RECORDING)
    assert result.exit_code == 0, result.output
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert f"{len(rows)} SIMULATED rows of tests" in result.stderr
    assert {"ROUND", "USER", "VWAP", "PLACEBO"} <= {row["kind"] for row in rows}
    assert {"BROKE", "HELD", "UNKNOWN"} <= {row["outcome"] for row in rows}
    assert all(float(row["filled"]) > 0 for row in rows if row["kind"] == "ROUND")


def test_one_kind_of_level_alone(run: Run) -> None:
    rows = list(csv.DictReader(io.StringIO(run("export", "tests", RECORDING, "--kind", "vwap").stdout)))
    assert {row["kind"] for row in rows} == {"VWAP"}


def test_a_lake_gives_those_that_were_written_down_with_each_run_without_an_engine(
    run: Run, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    assert run("record", out, "--source", small, "--profile", "es").exit_code == 0
    from_records = run("export", "tests", small, "--profile", "es")
    shutil.rmtree(out / "journal")

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("no engine is needed")

    monkeypatch.setattr("spymaster.physics.engine.Engine.__init__", refuse)
    result = run("export", "tests", out)
    assert result.exit_code == 0, result.output
    assert result.stdout == from_records.stdout
    assert len(result.stdout.splitlines()) > 3
    kinds = {row["kind"] for row in csv.DictReader(io.StringIO(run("export", "tests", out, "--kind", "round").stdout))}
    assert kinds <= {"ROUND"}
    assert "there is no such kind" in run("export", "tests", out, "--kind", "wall").stderr
    later = run("export", "tests", out, "--from", "2024-01-06T00:00:00Z")
    assert "0 rows of tests" in later.stderr
