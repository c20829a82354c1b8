"""``predictions``: verified against the run's manifest, settled from the recorded price, and reported."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import msgspec
import pytest

from spymaster.errors import ExitCode
from spymaster.journal.files import OsFiles
from spymaster.lake.catalog import Lake
from spymaster.lake.predictions import outcomes_in, sealed_predictions
from spymaster.lake.sidecar.process import finish
from spymaster.lake.storage.files import LocalStorage
from spymaster.ledger.predictions.entries import Round
from spymaster.ledger.predictions.writer import PREDICTIONS_NAME, PredictionWriter
from tests.cli.conftest import COMMAND, Run, one_line
from tests.support.predicted import run_begins, said

DATE = 20260105


@pytest.fixture(scope="module")
def spoken(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished recording in which a model spoke: at a price far away, at one of the market, and a line was torn."""
    out = tmp_path_factory.mktemp("spoken") / "out"
    done = subprocess.run([*COMMAND, "record", out, "--source", small], capture_output=True, check=False, timeout=200)
    assert done.returncode == 0, done.stderr
    recorded = Lake(LocalStorage(out)).run()
    first_ns = recorded.manifest.start_ns
    journal = out / "journal"
    writer = PredictionWriter(journal / PREDICTIONS_NAME, run_begins(run=recorded.run.id), OsFiles())
    writer.write(Round(first_ns + 10**9, DATE, (said(0.34), said(0.34, is_decision=False))))
    writer.write(Round(first_ns + 2 * 10**9, DATE, (said(0.35, shown=True),)))
    writer.abandon()
    with (journal / PREDICTIONS_NAME).open("ab") as file:
        file.write(b"0123")
    finish(journal)
    return out


@pytest.fixture
def lake(spoken: Path, tmp_path: Path) -> Path:
    """A copy to do anything to."""
    return Path(shutil.copytree(spoken, tmp_path / "lake"))


def predictions_in(lake: Path) -> Path:
    (path,) = (lake / "predictions").iterdir()
    return path


def test_the_manifest_holds_the_root_of_each_day_and_what_a_crash_left(lake: Path) -> None:
    seal = Lake(LocalStorage(lake)).run().run.predictions
    assert seal is not None
    assert (seal.lines, seal.said, seal.problem) == (3, 3, "line 4 is unfinished: 4 bytes without a line's end")
    assert [(day.date, day.lines, day.root) for day in seal.days] == [(DATE, 3, seal.root)]
    assert seal.root == predictions_in(lake).read_text().splitlines()[-1][:64]


def test_what_stands_as_it_was_said_is_sound(run: Run, lake: Path) -> None:
    result = run("predictions", "verify", lake)
    assert result.exit_code == ExitCode.OK
    assert "1 files of predictions: sound" in result.stderr
    assert "the run did not end as it should" in result.stderr


def test_one_edited_byte_is_found_and_its_line_is_named(run: Run, lake: Path) -> None:
    path = predictions_in(lake)
    path.write_bytes(path.read_bytes().replace(b"0.35", b"0.36", 1))
    result = run("predictions", "verify", lake)
    assert result.exit_code == ExitCode.DATA
    assert "line 3 is not what was written" in one_line(result.stdout)
    assert "2 lines before it hold" in one_line(result.stdout)


def test_a_last_line_that_was_taken_out_is_found(run: Run, lake: Path) -> None:
    path = predictions_in(lake)
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    result = run("predictions", "verify", lake, "--json")
    report = json.loads(result.stdout)
    assert (result.exit_code, report["damaged"]) == (ExitCode.DATA, 1)
    assert "its end was cut off" in report["files"][0]["problem"]


def test_the_predictions_of_another_run_are_found(run: Run, lake: Path) -> None:
    other = lake / "predictions.jsonl"
    writer = PredictionWriter(other, run_begins(run="another"), OsFiles())
    writer.write(Round(10**9, DATE, (said(),)))
    writer.end()
    path = predictions_in(lake)
    forged = sealed_predictions(LocalStorage(lake), path.stem, other)
    assert forged is not None
    (manifest,) = (lake / "runs").iterdir()
    table = json.loads(manifest.read_bytes())
    table["run"]["predictions"] = json.loads(msgspec.json.encode(forged[0]))
    manifest.write_text(json.dumps(table))
    assert "is of run another" in run("predictions", "verify", lake).stdout


def test_a_file_that_is_gone_is_found(run: Run, lake: Path) -> None:
    predictions_in(lake).unlink()
    assert "is missing" in run("predictions", "verify", lake).stdout


def test_a_file_alone_is_followed_without_a_manifest(run: Run, lake: Path) -> None:
    result = run("predictions", "verify", predictions_in(lake))
    assert result.exit_code == ExitCode.OK
    assert "no manifest says whether more followed" in result.stderr


def test_the_lake_itself_finds_a_changed_file_too(run: Run, lake: Path) -> None:
    path = predictions_in(lake)
    path.write_bytes(path.read_bytes() + b"\n")
    assert run("lake", "verify", lake).exit_code == ExitCode.DATA


def test_decisions_are_settled_in_a_file_of_their_own_and_reported_apart(run: Run, lake: Path) -> None:
    before = predictions_in(lake).read_bytes()
    assert run("predictions", "settle", lake).exit_code == ExitCode.OK
    assert predictions_in(lake).read_bytes() == before
    ((outcomes,), refused) = outcomes_in(LocalStorage(lake))
    assert refused == []
    assert [(one.line, one.place) for one in outcomes.settled] == [(2, 0), (3, 0)]
    groups = json.loads(run("predictions", "report", lake, "--json").stdout)
    assert [(one["group"]["shown"], one["group"]["simulated"]) for one in groups] == [(False, False), (True, False)]
    text = run("predictions", "report", lake).stdout
    assert "real market, in shadow, CONTACT" in text
    assert "real market, shown, CONTACT" in text


def test_predictions_that_do_not_hold_are_not_settled(run: Run, lake: Path) -> None:
    path = predictions_in(lake)
    path.write_bytes(path.read_bytes().replace(b"PMH", b"PML", 1))
    result = run("predictions", "settle", lake)
    assert result.exit_code == ExitCode.DATA
    assert "not settled" in one_line(result.stderr)
    assert outcomes_in(LocalStorage(lake)) == ([], [])


def test_outcomes_of_other_predictions_are_left_out(run: Run, lake: Path) -> None:
    run("predictions", "settle", lake)
    (path,) = (lake / "outcomes").iterdir()
    root = predictions_in(lake).read_text().splitlines()[-1][:64]
    path.write_text(path.read_text().replace(root, "0" * 64))
    result = run("predictions", "report", lake)
    assert result.exit_code == ExitCode.DATA
    assert "settle it again" in result.stderr


def test_a_lake_in_which_nothing_was_said_says_what_to_do(run: Run, lake: Path) -> None:
    result = run("predictions", "report", lake)
    assert result.exit_code == ExitCode.DATA
    assert "predictions settle" in one_line(result.stderr)


def test_a_horizon_there_is_not_is_refused(run: Run, lake: Path) -> None:
    result = run("predictions", "report", lake, "--horizon", "100")
    assert result.exit_code == ExitCode.USAGE
    assert "15, 30, 60, 120, 240, 480" in one_line(result.stderr)
