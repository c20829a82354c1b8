"""``export``: each table to a file of each format or to a pipe; data on stdout, a word about it on stderr."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pyarrow.feather
import pyarrow.parquet
import pytest

from spymaster.feeds.dbn.files import DbnFile
from spymaster.market.manifest import load_manifest
from spymaster.market.rows import FLOW_ROW, LEVEL_ROW
from spymaster.resources import bundled_recording
from tests.cli.conftest import COMMAND, Run, one_line
from tests.lake.test_recorder import three_hours
from tests.support.lakes import record

pytestmark = pytest.mark.usefixtures("warm")

TABLES = ("signals", "alerts", "flows", "option-flow")


@pytest.mark.parametrize("table", TABLES)
def test_without_a_file_a_table_goes_to_stdout_as_csv(run: Run, small: Path, table: str) -> None:
    result = run("export", table, small, "--profile", "es")
    head = result.stdout.splitlines()[0].split(",")
    assert result.exit_code == 0
    assert head[0] == ("ts_bucket_ns" if table == "flows" else "ts_event_ns")
    rows = len(result.stdout.splitlines()) - 1
    assert one_line(result.stderr) == f"{rows:,} rows of {table}"


def test_signals_have_the_published_columns(run: Run, small: Path) -> None:
    head = run("export", "signals", small, "--profile", "es").stdout.splitlines()[0].split(",")
    assert head == ["ts_event_ns", "session_date", "level_id", *(LEVEL_ROW.names or ())]


def test_flows_have_price_in_place_of_tick(run: Run, small: Path) -> None:
    head = run("export", "flows", small).stdout.splitlines()[0].split(",")
    assert head == ["price" if name == "tick" else name for name in FLOW_ROW.names or ()]


def test_json_lines_to_stdout(run: Run, small: Path) -> None:
    result = run("export", "flows", small, "--format", "jsonl")
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(rows) > 100
    assert {row["side"] for row in rows} <= {"A", "B", "N"}


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet", "arrow", "duckdb"])
def test_the_format_is_known_by_the_ending(run: Run, tmp_path: Path, small: Path, ending: str) -> None:
    if ending == "duckdb":
        pytest.importorskip("duckdb")
    out = tmp_path / f"flows.{ending}"
    result = run("export", "flows", small, "--out", out)
    assert (result.exit_code, result.stdout) == (0, "")
    assert f"rows of flows in {out}" in one_line(result.stderr)
    assert out.stat().st_size > 1000


@pytest.mark.parametrize("ending", ["parquet", "arrow"])
def test_every_format_holds_the_same_rows(run: Run, tmp_path: Path, small: Path, ending: str) -> None:
    out = tmp_path / f"flows.{ending}"
    run("export", "flows", small, "--out", out)
    reader = pyarrow.parquet.read_table if ending == "parquet" else pyarrow.feather.read_table
    lines = run("export", "flows", small, "--format", "jsonl").stdout.splitlines()
    table = reader(out)
    assert table.num_rows == len(lines)
    assert sum(table["filled"].to_pylist()) == sum(json.loads(line)["filled"] for line in lines)


def test_simulated_rows_are_called_so(run: Run, tmp_path: Path) -> None:
    result = run("export", "alerts", bundled_recording(), "--out", tmp_path / "alerts.csv")
    assert "SIMULATED rows of alerts" in one_line(result.stderr)


def test_alerts_are_raised_updated_and_resolved(run: Run) -> None:
    result = run("export", "alerts", bundled_recording(), "--format", "jsonl")
    assert {json.loads(line)["event"] for line in result.stdout.splitlines()} == {"raised", "updated", "resolved"}


def test_from_and_to_cut_a_span_out(run: Run) -> None:
    result = run(
        "export", "signals", bundled_recording(), "--format", "jsonl", "--from", "12:31:00", "--to", "12:31:10"
    )
    times = {json.loads(line)["ts_event_ns"] for line in result.stdout.splitlines()}
    assert len(times) == 40
    assert max(times) - min(times) == 39 * 250_000_000


def test_a_span_that_ends_before_it_begins(run: Run, small: Path) -> None:
    result = run("export", "flows", small, "--from", "21:00", "--to", "20:00")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "--from 21:00: is not before --to 20:00" in one_line(result.stderr)


def test_a_format_that_does_not_exist(run: Run, small: Path) -> None:
    result = run("export", "flows", small, "--format", "xlsx")
    assert result.exit_code in (1, 2)
    assert "xlsx" in one_line(result.stderr)


def test_a_folder_that_is_not_there(run: Run, small: Path, tmp_path: Path) -> None:
    result = run("export", "flows", small, "--out", tmp_path / "no" / "x.csv")
    assert result.exit_code == 1
    assert "there is no folder" in one_line(result.stderr)


def test_the_schema_of_what_is_published(run: Run) -> None:
    result = run("export", "schema")
    assert list(json.loads(result.stdout)) == ["levels.signals", "levels.alerts", "market.flow", "levels.viewport"]
    assert result.stderr == ""


@pytest.mark.parametrize("file_format", ["csv", "jsonl", "arrow"])
def test_a_reader_that_goes_away_ends_the_export_in_silence(file_format: str) -> None:
    command = [*COMMAND, "export", "signals", str(bundled_recording()), "--format", file_format]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(100)
        process.stdout.close()
        said = process.stderr.read().decode()
    # how far it has come is said now and then where it takes long
    assert [line for line in said.splitlines() if not re.match(r"export signals +\d+%", line)] == []
    assert process.returncode != 0


@pytest.mark.parametrize(
    "arguments", [("export", "schema"), ("config", "show"), ("replay", "RECORDING", "--headless", "--json")]
)
def test_a_reader_that_was_never_there_gives_no_traceback(arguments: tuple[str, ...]) -> None:
    words = [str(bundled_recording()) if word == "RECORDING" else word for word in arguments]
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run([*COMMAND, *words], stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert done.stderr == ""


def test_events_have_documented_columns(run: Run, small: Path) -> None:
    result = run("export", "events", small, "--profile", "es")
    head, *rows = result.stdout.splitlines()
    assert head == "ts_event_ns,ts_bucket_ns,event,side,price,contracts"
    assert one_line(result.stderr) == f"{len(rows):,} rows of events"


def test_native_files_of_a_recording_hold_the_same_bytes(run: Run, tmp_path: Path) -> None:
    result = run("export", "dbn", bundled_recording(), "--out", tmp_path / "copy")
    assert result.exit_code == 0
    said = {file.path: file.records for file in load_manifest(bundled_recording()).files}
    assert f"{said['ESM6.mbp-10.dbn.zst']:,} SIMULATED records in" in result.stderr
    made, whole = (
        [rows.tobytes() for batch in DbnFile.open(path).chunks(5000) for rows in batch.arrays.values()]
        for path in (tmp_path / "copy.mbp-10.dbn.zst", bundled_recording() / "ESM6.mbp-10.dbn.zst")
    )
    assert made == whole


def test_native_files_of_a_lake_say_what_they_do_not_hold(run: Run, tmp_path: Path) -> None:
    record(tmp_path / "lake", three_hours().stored)
    result = run("export", "dbn", tmp_path / "lake", "--out", tmp_path / "copy")
    assert sorted(path.name for path in tmp_path.glob("copy*")) == ["copy.mbp-10.dbn.zst", "copy.tbbo.dbn.zst"]
    assert "native files hold records alone" in result.stderr


def test_runs_are_of_lakes_only(run: Run, small: Path, tmp_path: Path) -> None:
    result = run("export", "dbn", small, "--out", tmp_path / "copy", "--run", "x")
    assert result.exit_code == 2
    assert one_line(result.stderr) == "error: --run x: only a lake has runs; name a lake's root"


def test_only_levels_of_a_kind_can_be_asked_for(run: Run, small: Path) -> None:
    asked = ("export", "signals", small, "--profile", "es", "--level", "5000.75")
    whole = run(*asked).stdout.splitlines()
    some = run(*asked, "--kind", "user").stdout.splitlines()
    place = whole[0].split(",").index("kind")
    assert some == [whole[0], *(line for line in whole[1:] if line.split(",")[place] == "USER")]
    assert 1 < len(some) < len(whole)


def test_a_kind_that_is_none_is_refused(run: Run, small: Path) -> None:
    result = run("export", "alerts", small, "--kind", "moon")
    assert result.exit_code == 2
    assert one_line(result.stderr).startswith(
        "error: --kind MOON: there is no such kind of level; use one of USER, ROUND"
    )
