"""``dataset build | validate | promote | card | list``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from spymaster.learn.dataset.read import load
from spymaster.learn.dataset.run_build import STAGES
from tests.cli.conftest import Run, one_line

RECORDINGS = Path(__file__).parents[2] / "recordings"
TWO = (RECORDINGS / "wall-holds", RECORDINGS / "gamma-squeeze")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set of two recordings, of a profile each."""
    from typer.testing import CliRunner

    from spymaster.cli.main import app

    out = tmp_path_factory.mktemp("made") / "set"
    result = CliRunner().invoke(app, ["dataset", "build", *map(str, TWO), "--out", str(out)])
    assert result.exit_code == 0, result.output
    return out


def test_building_says_what_each_run_gave_what_each_stage_took_and_what_was_left_out(run: Run, tmp_path: Path) -> None:
    result = run("dataset", "build", TWO[1], "--out", tmp_path / "set")
    assert result.exit_code == 0, result.output
    data = load(tmp_path / "set")
    assert f"SIMULATED, {data.id}, {len(data):,} rows of {len(data.attempt_ids):,} attempts" in result.stdout
    for stage in STAGES:
        assert stage in result.stdout
    assert "decisions outside 09:30-16:00 in New York" in result.stdout
    assert one_line(result.stderr).startswith("1 of 1: gamma-squeeze-")


def test_levels_that_options_make_are_asked_for_strikes(made: Path) -> None:
    data = load(made)
    asked = data.labels["one_strike"].outcome[:, 0] >= 0
    squeeze = next(k for k, name in enumerate(data.sources) if name.startswith("gamma-squeeze"))
    assert asked[data.source == squeeze].any()
    assert not asked[data.source != squeeze].any()


def test_a_journal_and_a_lake_of_the_same_session_give_the_same_rows(run: Run, tmp_path: Path) -> None:
    assert run("record", tmp_path / "out", "--source", TWO[0]).exit_code == 0
    for name, source in (("journal", tmp_path / "out" / "journal"), ("lake", tmp_path / "out")):
        assert run("dataset", "build", source, "--out", tmp_path / name).exit_code == 0
    assert run("dataset", "build", TWO[0], "--out", tmp_path / "files").exit_code == 0
    sets = [load(tmp_path / name) for name in ("journal", "lake", "files")]
    assert len({one.design.tobytes() for one in sets}) == 1
    assert len({one.outcome.tobytes() for one in sets}) == 1
    assert len(sets[0]) > 10


def test_of_worlds_simulated_for_it_a_set_is_the_same_each_time(run: Run, tmp_path: Path) -> None:
    asked = ("--worlds", "1", "--minutes", "10", "--market", "second")
    for name in ("one", "two"):
        result = run("dataset", "build", *asked, "--out", tmp_path / name)
        assert result.exit_code == 0, result.output
    one, two = ((tmp_path / name / "manifest.json").read_bytes() for name in ("one", "two"))
    assert one == two
    assert load(tmp_path / "one").sources[0].startswith("second-40-10m-")


def test_as_json_the_manifest_and_the_seconds_are_told(run: Run, tmp_path: Path) -> None:
    told = json.loads(run("dataset", "build", TWO[0], "--out", tmp_path / "set", "--json").stdout)
    assert told["set"]["simulated"]
    assert tuple(told["seconds"]) == STAGES


def test_a_good_set_is_validated_in_lines_and_as_json(run: Run, made: Path) -> None:
    result = run("dataset", "validate", made)
    assert result.exit_code == 0, result.output
    assert "ok      schema" in result.stdout
    told = json.loads(run("dataset", "validate", made, "--json").stdout)
    assert {one["grade"] for one in told} <= {"ok", "warning"}


def test_against_itself_nothing_drifted(run: Run, made: Path) -> None:
    assert "ok      drift" in run("dataset", "validate", made, "--against", made).stdout


def test_a_set_is_promoted_listed_and_not_promoted_again(run: Run, made: Path, tmp_path: Path) -> None:
    promoted = run("dataset", "promote", made, "levels", "--lake", tmp_path)
    assert promoted.exit_code == 0, promoted.output
    assert promoted.stdout.strip().endswith("gold/training/levels/v0001")
    assert "levels v0001" in run("dataset", "list", tmp_path).stdout
    assert json.loads(run("dataset", "list", tmp_path, "--json").stdout)[0]["set"]["name"] == "levels v0001"
    again = run("dataset", "promote", made, "levels", "--lake", tmp_path)
    assert again.exit_code == 2
    assert "is version 1 of levels already; nothing is to be done" in again.stderr


def test_a_card_is_markdown_on_stdout_or_in_a_file(run: Run, made: Path, tmp_path: Path) -> None:
    printed = run("dataset", "card", made).stdout
    assert printed.startswith(f"# Data set {load(made).id}\n")
    run("dataset", "card", made, "--out", tmp_path / "card.md")
    assert (tmp_path / "card.md").read_text() == printed


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (
            ("validate", "{empty}"),
            3,
            "is no data set, or was not finished; build it with 'spymaster-tui dataset build'",
        ),
        (("card", "{empty}"), 3, "is no data set, or was not finished"),
        (("promote", "{empty}", "levels"), 2, "lake: none was named; give its root with --lake"),
        (("promote", "{empty}", "levels", "--lake", "s3://bucket/lake"), 2, "data sets are kept on this machine"),
        (("list",), 2, "lake: none was named"),
        (("list", "{empty}/nothing"), 2, "is no folder; name a lake or a folder of data sets"),
        (("build", "{empty}", "--out", "{empty}/set"), None, "{empty}"),
        (("build", "--out", "{empty}/set"), 2, "either recordings or worlds are needed, and not both"),
        (("build", "{wall}", "--worlds", "1", "--out", "{empty}/set"), 2, "either recordings or worlds are needed"),
        (("build", "--worlds", "1", "--market", "third", "--out", "{empty}/set"), 2, "there is no such market"),
        (("build", "--worlds", "1", "--profile", "es", "--out", "{empty}/set"), 2, "has a profile of its own"),
        (("build", "{wall}", "--out", "{made}"), 2, "holds a finished data set, sim-"),
        (("build", "{wall}", "{wall}", "--out", "{empty}/set"), 2, "was named more than once"),
    ],
)
def test_a_mistake_is_answered_in_one_line(
    run: Run, made: Path, tmp_path: Path, arguments: tuple[str, ...], code: int | None, said: str
) -> None:
    places = {"empty": tmp_path / "empty", "made": made, "wall": TWO[0]}
    places["empty"].mkdir()
    result = run("dataset", *(argument.format(**places) for argument in arguments))
    assert result.exit_code == code or (code is None and result.exit_code)
    assert "Traceback" not in result.stderr
    errors = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1
    assert said.format(**places) in errors[0]


def test_an_empty_folder_is_listed_as_such(run: Run, tmp_path: Path) -> None:
    assert one_line(run("dataset", "list", tmp_path).stderr) == f"{tmp_path}: no data set"
