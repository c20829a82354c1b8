"""``lake``: data on stdout, words about it on stderr, exit code 3 for damage."""

from __future__ import annotations

import json
import re
from pathlib import Path

import msgspec
import pytest

from tests.cli.conftest import Run, one_line
from tests.lake.test_audit import lived, planted, sent, vendor_files
from tests.lake.test_recorder import three_hours
from tests.support.lakes import RUN, record


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A sealed, simulated run of three hours."""
    record(tmp_path / "lake", three_hours().stored)
    return tmp_path / "lake"


def test_ls_lists_runs_and_tables(run: Run, root: Path) -> None:
    result = run("lake", "ls", root)
    lines = result.stdout.splitlines()
    assert lines[0].split()[:4] == [RUN.id, "record", "sealed", "ESH4"]
    assert lines[0].endswith("SIMULATED")
    assert [line.split()[0] for line in lines[2:]] == [
        *("bronze/control", "bronze/futures/mbp10", "bronze/options/trades"),
        *("gold/alerts", "gold/levels/signals"),
    ]


def test_ls_prints_one_json_object(run: Run, root: Path) -> None:
    found = json.loads(run("lake", "ls", root, "--json").stdout)
    assert (found["runs"][0]["id"], found["runs"][0]["records"], found["runs"][0]["simulated"]) == (RUN.id, 159, True)
    assert {table["table"] for table in found["tables"]} >= {"bronze/control", "gold/levels/signals"}


@pytest.mark.parametrize(
    "command",
    [("ls",), ("verify",), ("verify", "--json"), ("query", "SELECT 1"), ("query",), ("compact",), ("rebuild-gold",)],
)
@pytest.mark.parametrize("place", ["an empty folder", "a folder of other things", "a file", "nothing"])
def test_what_is_no_lake_is_refused(run: Run, tmp_path: Path, command: tuple[str, ...], place: str) -> None:
    root = tmp_path / "place"
    if place == "a file":
        root.write_text("{}")
    elif place != "nothing":
        root.mkdir()
    if place == "a folder of other things":
        (root / "manifest.json").write_text('{"name": "an app", "icons": []}')
        (root / "notes.txt").write_text("mine")
    where = ("--lake", root) if command[0] == "query" else (root,)
    result = run("lake", *command, *where)
    assert (result.exit_code, result.stdout) == (3, "")
    line = one_line(result.stderr)
    assert line == f"error: {root}: is no lake: no run is recorded here; name the root of a lake"


def test_another_program_s_file_among_the_manifests_is_said_and_is_no_damage(run: Run, root: Path) -> None:
    foreign = root / "runs" / "settings.json"
    foreign.write_text('{"editor": "vi"}')
    line = f"{foreign}: is no run's manifest; nothing reads it"
    verified = run("lake", "verify", root)
    assert (verified.exit_code, verified.stdout) == (0, "")
    assert verified.stderr.splitlines() == [line, "1 runs, 15 files: sound"]
    listed = run("lake", "ls", root)
    assert (listed.exit_code, one_line(listed.stderr)) == (0, f"warning: {line}")
    assert json.loads(run("lake", "verify", root, "--json").stdout)["damage"] == 0


@pytest.mark.parametrize("text", ["[1, 2]", "7", '{"name": "an app"}'])
def test_any_json_that_lists_no_files_is_another_program_s(run: Run, root: Path, text: str) -> None:
    (root / "runs" / "other.json").write_text(text)
    assert run("lake", "verify", root).exit_code == 0


def test_a_torn_manifest_is_damage(run: Run, root: Path) -> None:
    (manifest,) = (root / "runs").glob("*.json")
    manifest.write_bytes(manifest.read_bytes()[:-40])
    result = run("lake", "verify", root)
    assert result.exit_code == 3
    assert result.stdout.startswith(f"{manifest}: not a recording's manifest")


def test_a_manifest_with_a_wrong_field_is_damage(run: Run, root: Path) -> None:
    (manifest,) = (root / "runs").glob("*.json")
    table = json.loads(manifest.read_text())
    manifest.write_text(json.dumps({**table, "records": "many"}))
    assert run("lake", "verify", root).exit_code == 3


def test_a_sound_lake_verifies(run: Run, root: Path) -> None:
    result = run("lake", "verify", root)
    assert (result.exit_code, result.stdout) == (0, "")
    assert one_line(result.stderr) == "1 runs, 15 files: sound"


def test_damage_is_a_line_each_and_exit_code_3(run: Run, root: Path) -> None:
    gone = sorted((root / "bronze").rglob("*.parquet"))[:2]
    for path in gone:
        path.unlink()
    result = run("lake", "verify", root)
    assert result.exit_code == 3
    assert result.stdout.splitlines() == [f"{path}: is missing" for path in gone]
    assert json.loads(run("lake", "verify", root, "--json").stdout)["damage"] == 2


def test_compact_writes_silver(run: Run, root: Path) -> None:
    result = run("lake", "compact", root)
    assert result.exit_code == 0
    assert result.stderr.splitlines()[-1] == "159 records in 6 files, 0 doubles left out"
    assert len(list((root / "silver").rglob("*.parquet"))) == 6


def test_compact_lets_old_runs_go_where_configured(run: Run, root: Path, tmp_path: Path) -> None:
    config = tmp_path / "my.toml"
    config.write_text("[lake]\nkeep_days = 30\n")
    result = run("--config", config, "lake", "compact", root)
    assert result.stderr.splitlines()[-1].startswith("let go: 1 runs, ")
    assert run("lake", "ls", root).stdout == ""


def test_a_date_that_is_none_is_refused(run: Run, root: Path) -> None:
    result = run("lake", "compact", root, "--date", "yesterday")
    assert (result.exit_code, one_line(result.stderr)) == (
        2,
        "error: --date yesterday: is not a date; give a UTC date as YYYY-MM-DD",
    )


def test_query_prints_csv(run: Run, root: Path) -> None:
    pytest.importorskip("duckdb")
    result = run("lake", "query", "SELECT count(*) AS n, min(price) AS low FROM futures_mbp10", "--lake", root)
    assert result.stdout == "n,low\n150,4797.75\n"


@pytest.mark.parametrize("name", ["jsonl", "parquet", "arrow"])
def test_query_writes_other_formats(run: Run, root: Path, tmp_path: Path, name: str) -> None:
    pytest.importorskip("duckdb")
    out = tmp_path / f"rows.{name}"
    assert run("lake", "query", "SELECT * FROM futures_mbp10", "--lake", root, "--out", out).exit_code == 0
    assert out.stat().st_size > 1000


def test_query_without_a_statement_lists_the_tables(run: Run, root: Path) -> None:
    pytest.importorskip("duckdb")
    assert run("lake", "query", "--lake", root).stdout.splitlines() == [
        *("alerts", "control", "futures_mbp10", "options_trades", "signals")
    ]


def test_the_configuration_can_name_the_lake(run: Run, root: Path, tmp_path: Path) -> None:
    config = tmp_path / "my.toml"
    config.write_text(f'[lake]\npath = "{root}"\n')
    assert run("--config", config, "lake", "ls").stdout.startswith(RUN.id)


def test_without_a_name_the_remedy_is_said(run: Run) -> None:
    result = run("lake", "ls")
    assert (result.exit_code, one_line(result.stderr)) == (
        2,
        "error: lake: none was named; give its root, or set [lake] path in the configuration",
    )


def test_a_run_that_is_not_there_is_named(run: Run, root: Path) -> None:
    result = run("lake", "rebuild-gold", root, "--run", "other")
    assert result.exit_code == 3
    assert one_line(result.stderr).endswith(f"0 runs are called other; choose one of {RUN.id}")


def test_query_gives_rows_by_date_kind_and_column_and_says_what_it_read(run: Run, root: Path) -> None:
    options = ("--from", "2024-01-05", "--to", "2024-01-05", "--kind", "round", "--columns", "level_id,price")
    result = run("lake", "query", root, *options, "--where", "price<4804.75")
    assert set(result.stdout.splitlines()) == {"level_id,price", "ROUND_4804.5,4804.5"}
    assert re.fullmatch(r"\d+ rows; read [\d,]+ of [\d,]+ bytes \([\d.]+%\) in \d files", one_line(result.stderr))


def test_query_without_rows_prints_the_columns(run: Run, root: Path) -> None:
    result = run("lake", "query", "--lake", root, "--from", "2024-01-08", "--columns", "price")
    assert (result.stdout, one_line(result.stderr)) == ("price\n", "0 rows; read 0 of 0 bytes in 0 files")


def test_query_of_a_date_with_several_runs_says_which_counts(run: Run, root: Path) -> None:
    record(root, three_hours().stored, msgspec.structs.replace(RUN, id="20240109T120000Z-2"))
    ask = ("lake", "query", root, "--columns", "ts_event_ns")
    one = run(*ask, "--from", "2024-01-05")
    note, cost = one.stderr.splitlines()
    counts = f"run 20240109T120000Z-2 (sealed) counts, not {RUN.id} (sealed)"
    assert note == f"note: 2024-01-05: {counts}; --run names one, --all-runs gives all"
    rows = int(cost.split()[0])
    named, both = run(*ask, "--run", RUN.id), run(*ask, "--all-runs")
    assert [int(one_line(result.stderr).split()[0]) for result in (named, both)] == [rows, 2 * rows]
    assert both.stdout.splitlines()[:2] == ["run,ts_event_ns", f"{RUN.id},{one.stdout.splitlines()[1]}"]


def test_sql_is_asked_of_the_runs_that_count(run: Run, root: Path) -> None:
    pytest.importorskip("duckdb")
    record(root, three_hours().stored, msgspec.structs.replace(RUN, id="20240109T120000Z-2"))
    ask = ("lake", "query", "SELECT count(*) AS n FROM futures_mbp10", "--lake", root)
    assert run(*ask).stdout == "n\n150\n"
    assert run(*ask, "--all-runs").stdout == "n\n300\n"
    assert run(*ask, "--from", "2024-01-05T15:00:00Z", "--to", "2024-01-05T16:00:00Z").stdout == "n\n50\n"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--from", "yesterday"), "--from yesterday: is neither a date nor a time"),
        (("--from", "2024-01-06", "--to", "2024-01-05"), "--from 2024-01-06: is not before --to 2024-01-05"),
        (("--kind", "MAGIC"), "--kind MAGIC: there is no such kind of level"),
        (("--columns", "prize"), "--columns prize: there is no such column; did you mean price"),
        (("--run", "2024", "--all-runs"), "--all-runs: one run was named by --run"),
        (("--lake", "."), "--lake .: "),
    ],
)
def test_a_query_that_makes_no_sense_is_answered_in_one_line(
    run: Run, root: Path, options: tuple[str, ...], said: str
) -> None:
    result = run("lake", "query", root, *options)
    assert (result.exit_code, one_line(result.stderr).startswith(f"error: {said}")) == (2, True)


def test_a_statement_chooses_its_rows_itself(run: Run, root: Path) -> None:
    result = run("lake", "query", "SELECT 1", "--lake", root, "--kind", "ROUND")
    assert result.exit_code == 2
    assert one_line(result.stderr).startswith("error: --kind, --columns, --where: choose rows where there is no SQL")


def test_audit_says_what_differs_from_the_vendor_s_files_and_keeps_a_receipt(run: Run, tmp_path: Path) -> None:
    own, fetched, gap, _ = planted(sent())
    lived(tmp_path / "lake", own, late=fetched, gap=gap)
    files = vendor_files(tmp_path / "vendor", sent())
    ask = ("lake", "audit", tmp_path / "lake", "--no-signals")
    result = run(*ask, *(part for file in files for part in ("--against", file)))
    assert result.exit_code == 3
    lines = result.stdout.splitlines()
    said = "2 missed, 1 late, 1 doubled, 3 changed"
    assert f"MBP10           4,000 compared: {said}" in lines
    assert any(line.startswith("  2024-01-05 09:30 ") for line in lines)
    assert "TRADE of 17, sequence 91: changed; size: 77, 1" in result.stdout
    assert lines[-1] == "signals  not played: they were not asked for"
    assert result.stderr.splitlines()[-1] == f"{RUN.id}: differs; the receipt is in its manifest"
    again = run(*ask, "--against", tmp_path / "vendor", "--json")
    found = json.loads(again.stdout)
    assert (found["verdict"], len(found["report"]["differences"])) == ("differs", 20)
    assert run("lake", "verify", tmp_path / "lake").exit_code == 0


def test_audit_of_the_same_records_ends_well(run: Run, tmp_path: Path) -> None:
    lived(tmp_path / "lake", sent())
    vendor_files(tmp_path / "vendor", sent())
    result = run("lake", "audit", tmp_path / "lake", "--against", tmp_path / "vendor")
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, "signals  the same, since the records are")


def test_doctor_says_damage_on_stdout_with_exit_code_3_and_notes_on_stderr(run: Run, root: Path) -> None:
    result = run("lake", "doctor", root)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.splitlines()[-1] == "1 runs: no damage, 1 notes"
    gone = next((root / "gold").rglob("*.parquet"))
    gone.unlink()
    result = run("lake", "doctor", root)
    assert (result.exit_code, result.stdout.startswith(f"{gone}: is missing; copy it again")) == (3, True)
    assert json.loads(run("lake", "doctor", root, "--json").stdout)["damage"] == 1


def test_retain_says_what_would_go_and_lets_go_of_it_when_told(run: Run, root: Path) -> None:
    ask = ("lake", "retain", root, "--bronze-days", "30")
    kept = run(*ask)
    assert kept.stdout.endswith("stays: the run is unaudited, and there is no other copy\n")
    dry = run(*ask, "--also", "unaudited")
    assert re.fullmatch(rf"{RUN.id} bronze: \d+ files, [\d.]+ MB, goes\n", dry.stdout)
    assert one_line(dry.stderr).endswith("would go; nothing was changed, add --apply")
    assert any((root / "bronze").rglob("*.parquet"))
    assert one_line(run(*ask, "--also", "unaudited", "--apply").stderr).startswith("let go: ")
    assert not (root / "bronze").exists()


def test_retain_without_a_limit_is_answered_with_where_one_is_set(run: Run, root: Path) -> None:
    result = run("lake", "retain", root)
    assert result.exit_code == 2
    assert "there is no limit; give --bronze-days or --gold-days" in one_line(result.stderr)


def test_retain_takes_its_days_from_the_configuration(run: Run, root: Path, tmp_path: Path) -> None:
    config = tmp_path / "my.toml"
    config.write_text("[lake]\nkeep_gold_days = 30\n")
    assert run("--config", config, "lake", "retain", root).stdout.startswith(f"{RUN.id} gold: ")
