"""``export tests``: every test of every level of a source."""

from __future__ import annotations

import csv
import io
from pathlib import Path

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
