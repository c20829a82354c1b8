"""``learn train``, ``learn evaluate``, ``learn card`` and ``learn index``, as they are typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from spymaster.cli.main import app
from spymaster.models.head_model import HeadModel
from tests.cli.conftest import Run, one_line
from tests.support.attempt_sets import attempt_set, write_set

pytest.importorskip("lightgbm")

WORDS = "--trees 12 --hazard-trees 4 --leaves 7 --neighbours 40 --compared 6 --folds 2 --no-ablations"
SIZES = WORDS.split(" ")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a set, another one, and a model of the first."""
    place = tmp_path_factory.mktemp("learnt")
    write_set(place / "set", attempt_set(1200, 12))
    write_set(place / "other", attempt_set(200, 8, seed=5))
    done = CliRunner().invoke(app, ["learn", "train", str(place / "set"), "--out", str(place / "x.model"), *SIZES])
    assert done.exit_code == 0, done.output
    return place


def test_training_again_writes_the_same_file(run: Run, place: Path, tmp_path: Path) -> None:
    again = run("learn", "train", place / "set", "--out", tmp_path / "again.model", *SIZES)
    assert again.exit_code == 0
    assert (tmp_path / "again.model").read_bytes() == (place / "x.model").read_bytes()
    assert "LEARNT ON SIMULATED MARKETS" in again.stdout
    assert f"{(place / 'x.model').stat().st_size:,} bytes" in again.stderr


def test_the_command_in_the_card_is_the_one_that_made_it(place: Path) -> None:
    made_by = HeadModel.load(place / "x.model").card.made_by
    assert made_by == f"spymaster-tui learn train DS --out MODEL {WORDS}"


def test_a_card_is_printed_as_text_and_as_json(run: Run, place: Path) -> None:
    text = run("learn", "card", place / "x.model").stdout
    assert text.startswith("# Levels, several heads\n")
    assert "not measured on real markets" in text
    assert json.loads(run("learn", "card", place / "x.model", "--json").stdout)["simulated"] is True


def test_the_shipped_model_of_breaks_has_a_card_too(run: Run) -> None:
    from spymaster.models.break_model import SHIPPED

    text = run("learn", "card", SHIPPED).stdout
    assert "**LEARNT ON SIMULATED MARKETS**" in text
    assert "- not measured: on real markets" in text


def test_figures_on_another_set_are_printed_as_text_and_as_json(run: Run, place: Path) -> None:
    text = run("learn", "evaluate", place / "x.model", place / "other").stdout
    assert text.startswith("LEARNT ON SIMULATED MARKETS: model sim-")
    figures = json.loads(run("learn", "evaluate", place / "x.model", place / "other", "--json").stdout)
    assert {one["head"] for one in figures["heads"]} == {"tradeable", "direction"}
    assert [one["cause"] for one in figures["curves"]] == ["break", "bounce"]


def test_its_own_set_is_refused_until_the_last_quarter_is_opened(run: Run, place: Path) -> None:
    refused = run("learn", "evaluate", place / "x.model", place / "set")
    assert refused.exit_code == 2
    assert "open that with --open, once" in one_line(refused.stderr)
    assert run("learn", "evaluate", place / "x.model", place / "set", "--open").exit_code == 0
    assert (place / "x.model.opened.jsonl").read_text().count("\n") == 1


def test_an_index_is_put_into_a_model(run: Run, place: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.model"
    copy.write_bytes((place / "x.model").read_bytes())
    done = run("learn", "index", place / "other", "--into", copy, "--neighbours", 30, "--compared", 5)
    assert "an index of 60 rows" in done.stderr
    index = HeadModel.load(copy).index
    assert index is not None
    assert index.rows.shape == (60, 5)


def test_what_is_no_set_and_what_is_no_model_are_refused_in_a_line(run: Run, place: Path, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("hello")
    assert "is not the file of a model" in one_line(run("learn", "card", tmp_path / "text").stderr)
    assert one_line(run("learn", "train", tmp_path, "--out", tmp_path / "y.model").stderr).startswith("error: ")
    assert not (tmp_path / "y.model").exists()
