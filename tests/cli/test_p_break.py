"""``learn pbreak``, ``evaluate p_break``, ``export p-break``."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from spymaster.models.break_model import BreakModel
from spymaster.models.model_file import read_model
from tests.cli.conftest import Run, one_line

RECORDINGS = Path(__file__).parents[2] / "recordings"
BOTH = (RECORDINGS / "first-look", RECORDINGS / "opening-drive")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model learnt from two recordings."""
    from typer.testing import CliRunner

    from spymaster.cli.main import app

    out = tmp_path_factory.mktemp("made") / "one.model"
    result = CliRunner().invoke(app, ["learn", "pbreak", str(out), *map(str, BOTH)])
    assert result.exit_code == 0, result.output
    return out


def test_the_same_recordings_make_the_same_file(run: Run, made: Path, tmp_path: Path) -> None:
    again = tmp_path / "two.model"
    assert run("learn", "pbreak", again, *BOTH).exit_code == 0
    assert again.read_bytes() == made.read_bytes()


def test_the_file_is_a_model_with_a_card(made: Path) -> None:
    model = BreakModel(read_model(made), made)
    assert model.card.made_by == "spymaster-tui learn pbreak OUT first-look opening-drive"
    assert model.card.simulated
    assert model.card.rows > 1000
    assert len(model.card.measured) == 2


def test_a_model_is_measured_on_recordings(run: Run, made: Path) -> None:
    result = run("evaluate", "p_break", *BOTH, "--model", made, "--json")
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert [group["group"] for group in report["groups"]] == ["all", "first-look", "opening-drive"]
    whole = report["groups"][0]
    assert whole["calibration"]["worlds"] == 2
    assert whole["rows"] == sum(group["rows"] for group in report["groups"][1:])
    assert sum(b["rows"] for b in whole["calibration"]["reliability"]) == whole["calibration"]["rows"]
    assert not report["enough_rows"]


def test_people_are_told_in_tables_that_it_is_simulated(run: Run) -> None:
    result = run("evaluate", "p_break", BOTH[0])
    assert result.stdout.startswith("SIMULATED: +2 points")
    for words in ("skill [90 %]", "told", "came [90 %]", "not to be quoted"):
        assert words in result.stdout


def test_the_table_has_each_level_near_by_with_its_horizon_and_model(run: Run) -> None:
    result = run("export", "p-break", RECORDINGS / "wall-holds")
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert len(rows) > 500
    assert all(0.0 < float(row["p_break"]) < 1.0 for row in rows)
    assert {row["horizon_s"] for row in rows} == {"240"}
    assert {row["model"][:4] for row in rows} == {"sim-"}
    assert one_line(result.stderr) == f"{len(rows):,} SIMULATED rows of p-break"


@pytest.mark.parametrize("arguments", [(), (BOTH[0], "--worlds", "2")])
def test_either_recordings_or_worlds_are_needed(run: Run, arguments: tuple[object, ...]) -> None:
    result = run("evaluate", "p_break", *arguments)
    assert result.exit_code == 2
    assert "either recordings or worlds are needed, and not both" in one_line(result.stderr)


def test_an_unknown_market_is_refused(run: Run) -> None:
    result = run("evaluate", "p_break", "--worlds", 1, "--market", "fish")
    assert result.exit_code == 2
    assert "there is no such market" in one_line(result.stderr)


def test_a_file_that_is_no_model_is_refused(run: Run) -> None:
    result = run("evaluate", "p_break", BOTH[0], "--model", __file__)
    assert result.exit_code == 3
    assert "is not the file of a model" in one_line(result.stderr)


def test_too_little_to_learn_from_is_refused(run: Run, tmp_path: Path) -> None:
    result = run("learn", "pbreak", tmp_path / "x.model", RECORDINGS / "wall-holds")
    assert result.exit_code == 3
    assert "too few to fit" in one_line(result.stderr)
    assert list(tmp_path.iterdir()) == []
