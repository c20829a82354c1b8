"""What each step makes of a day is what the program's own commands make of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow.parquet as pq
import pytest

from spymaster.evaluate.record.day_record import merged
from spymaster.feeds.choice.discover import discover
from spymaster.lake.tables.arrow_records import records_of
from spymaster.research.plan import read_plan
from spymaster.research.report import Report
from spymaster.research.results import Receipt, Results, Wanted
from spymaster.research.steps.judged import read_judged
from spymaster.research.tasks import State
from tests.research.conftest import RunPlan, WritePlan, run_inline, tree

EVERY_STEP = '"replay", "evaluate", "export"'
EVERY_TABLE = '[export]\ntables = ["records", "signals", "alerts", "flows", "option-flow", "p-break", "tests"]\n'


@pytest.fixture(scope="module")
def whole(days: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Report, Path]:
    """One day through every step: the report, and the results' folder."""
    path = tmp_path_factory.mktemp("whole") / "plan.toml"
    path.write_text(f"sources = ['{days}/d1']\nsteps = [{EVERY_STEP}]\n{EVERY_TABLE}", encoding="utf-8")
    return run_inline(path), read_plan(path).results


def folder_of(whole: tuple[Report, Path], step: str) -> Path:
    report, results = whole
    (entry,) = [entry for entry in report.entries if entry.step == step]
    assert entry.state is State.DONE, entry.reason
    return results / entry.place


def receipt_of(whole: tuple[Report, Path], step: str) -> Receipt:
    folder = folder_of(whole, step)
    return Results(whole[1]).receipt(Wanted(step, 20260317, folder.name))


def command(*arguments: object) -> str:
    from typer.testing import CliRunner

    from spymaster.cli.main import app

    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_a_replay_has_the_hash_and_the_counts_of_a_headless_one(whole: tuple[Report, Path], days: Path) -> None:
    said: dict[str, Any] = msgspec.json.decode(command("replay", days / "d1", "--headless", "--json"))
    facts = receipt_of(whole, "replay").facts
    names = ("signal_hash", "records", "trades", "snaps", "signals", "alerts", "first_ns", "trust")
    assert {name: facts[name] for name in names} == {name: said[name] for name in names}
    assert said["signals"] > 0


@pytest.mark.parametrize("table", ["signals", "alerts", "flows", "option-flow", "p-break", "tests"])
def test_an_exported_table_is_that_of_the_command(
    whole: tuple[Report, Path], days: Path, tmp_path: Path, table: str
) -> None:
    command("export", table, days / "d1", "--out", tmp_path / "theirs.parquet")
    ours = pq.read_table(folder_of(whole, f"export {table}") / f"{table}.parquet")
    assert ours.equals(pq.read_table(tmp_path / "theirs.parquet"))
    (file,) = receipt_of(whole, f"export {table}").files
    assert (file.path, file.rows) == (f"{table}.parquet", len(ours))


def test_a_replay_without_rows_has_the_signals_of_one_with_them(whole: tuple[Report, Path]) -> None:
    alone, shared = (folder_of(whole, step) / "alerts.parquet" for step in ("replay", "export alerts"))
    assert pq.read_table(alone).equals(pq.read_table(shared))


def test_exported_records_are_those_of_the_files_bit_for_bit(whole: tuple[Report, Path], days: Path) -> None:
    folder = folder_of(whole, "export records")
    for file in discover([days / "d1"]).files:
        assert file.kind is not None
        table = pq.read_table(folder / f"{file.kind.name.lower()}.parquet")
        theirs = [rows.copy() for batch in file.chunks() for rows in batch.arrays.values()]
        assert records_of(file.kind, table).tobytes() == b"".join(rows.tobytes() for rows in theirs)
    numbers = [pq.read_table(path)["seq"].to_numpy() for path in folder.glob("*.parquet")]
    assert np.array_equal(np.sort(np.concatenate(numbers)), np.arange(sum(map(len, numbers))))


def test_a_judged_day_reads_back_as_it_was_judged(whole: tuple[Report, Path], days: Path) -> None:
    from spymaster.cli.market.evaluate_record import _judged
    from spymaster.cli.request import Request, prepare
    from spymaster.session.sources.forms import open_source

    plan = prepare(Request((days / "d1",), None, None, None)).plan
    (theirs,) = merged(_judged("d1", open_source(plan), True))
    (ours,) = read_judged(folder_of(whole, "evaluate"))
    assert ours.record == theirs
    assert ours.breaks + ours.rejects == receipt_of(whole, "replay").facts["signals"]


def test_a_step_alone_makes_the_bytes_it_makes_beside_others(
    whole: tuple[Report, Path], write_plan: WritePlan, run: RunPlan, days: Path
) -> None:
    for step in ("replay", "evaluate"):
        path = write_plan(f"results = 'alone-{step}'", steps=f'"{step}"', sources=f"'{days}/d1'", name=step)
        run(path)
        assert tree(read_plan(path).results / step).items() <= tree(whole[1] / step).items()


def test_a_receipt_says_what_a_result_is_of_and_nothing_of_who_made_it(whole: tuple[Report, Path]) -> None:
    receipt = receipt_of(whole, "replay")
    assert receipt.simulated
    assert receipt.settings[0] == "es"
    assert receipt.settings[1]["w_barrier"] > 0
    assert receipt_of(whole, "export records").settings is None
    assert str(whole[1].parent) not in (folder_of(whole, "replay") / "result.json").read_text()


def test_levels_of_a_recording_are_watched(whole: tuple[Report, Path]) -> None:
    kinds = pq.read_table(folder_of(whole, "export signals") / "signals.parquet", columns=["kind"])
    assert "USER" in kinds["kind"].to_pylist()


def test_rows_to_learn_from_are_those_a_data_set_of_the_day_has(
    write_plan: WritePlan, run: RunPlan, tmp_path: Path
) -> None:
    """Price of the second market comes to levels within minutes; rows and their order are the set's own."""
    from spymaster.learn.dataset.build import SetBuild
    from spymaster.learn.dataset.inputs import RunRequest
    from spymaster.research.day import plan_for
    from spymaster.research.tasks import tasks_of
    from spymaster.sim.recording.second import write_second_recording

    write_second_recording(tmp_path / "five", 5, 8.0, with_truth=False)
    path = write_plan(steps='"dataset"', sources="'five'")
    (task,) = tasks_of(read_plan(path)).all
    (entry,) = run(path).entries
    assert entry.state is State.DONE, entry.reason
    results = read_plan(path).results
    receipt = Results(results).receipt(task.wanted)
    with SetBuild(tmp_path / "set") as build:
        request = RunRequest("20260317", plan_for(task.day, task.settings), True)
        manifest = build.finish(list(build.runs([request], 1)))
    assert [(part.path, part.sha256) for part in manifest.parts] == [(file.path, file.sha256) for file in receipt.files]
    assert receipt.facts["attempts"] == manifest.attempts > 0
    assert not list((results / entry.place).rglob(".*"))
