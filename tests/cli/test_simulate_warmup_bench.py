"""``simulate``, ``warmup`` and ``bench``."""

from __future__ import annotations

import json
from pathlib import Path

import databento
import numpy as np
import pytest

from spymaster.bench.depth_file import write_bench_file
from spymaster.market.manifest import load_manifest
from tests.cli.conftest import Run, one_line


def test_a_simulated_recording_says_that_it_is_one(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "sim"
    result = run("simulate", out, "--minutes", "0.2", "--seed", "3")
    manifest = load_manifest(out)
    assert (result.exit_code, result.stdout) == (0, "")
    assert one_line(result.stderr) == f"{manifest.records:,} SIMULATED records in {out}"
    assert manifest.simulated


def test_a_simulated_recording_can_be_replayed(run: Run, tmp_path: Path) -> None:
    run("simulate", tmp_path / "sim", "--minutes", "0.2")
    result = run("replay", tmp_path / "sim", "--headless", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["records"] == load_manifest(tmp_path / "sim").records


def test_the_same_seed_gives_the_same_files(run: Run, tmp_path: Path) -> None:
    for name in ("a", "b"):
        run("simulate", tmp_path / name, "--minutes", "0.2", "--seed", "9")
    for file in load_manifest(tmp_path / "a").files:
        assert (tmp_path / "a" / file.path).read_bytes() == (tmp_path / "b" / file.path).read_bytes()


def test_a_random_world_is_simulated_from_its_seed_in_its_own_profile(run: Run, tmp_path: Path) -> None:
    result = run("simulate", tmp_path / "w", "--world", "54", "--minutes", "0.5", "--no-truth")
    assert result.exit_code == 0
    manifest = load_manifest(tmp_path / "w")
    assert (manifest.seed, manifest.plan, manifest.profile) == (54, "world", "es")


@pytest.mark.parametrize(
    ("option", "problem"),
    [
        (("--scenario", "wall"), "a world decides that itself"),
        (("--intensity", "open"), "a world decides that itself"),
        (("--options",), "a world decides that itself"),
    ],
)
def test_what_a_world_decides_cannot_be_asked_for(
    run: Run, tmp_path: Path, option: tuple[str, ...], problem: str
) -> None:
    result = run("simulate", tmp_path / "w", "--world", "54", *option)
    assert result.exit_code == 2
    assert f"{option[0]}: {problem}" in one_line(result.stderr)
    assert not (tmp_path / "w").exists()


@pytest.mark.parametrize("minutes", ["0", "-3", "soon"])
def test_a_length_that_makes_no_sense(run: Run, tmp_path: Path, minutes: str) -> None:
    result = run("simulate", tmp_path / "sim", "--minutes", minutes)
    assert result.exit_code == 2
    assert "--minutes" in result.stderr
    assert not (tmp_path / "sim").exists()


def test_a_place_that_cannot_be_written_is_said_in_one_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "sim").write_text("a file")
    result = run("simulate", tmp_path / "sim", "--minutes", "0.2")
    assert result.exit_code == 1
    assert str(tmp_path / "sim") in one_line(result.stderr)


def test_warmup_says_where_and_that_it_is_ready(run: Run) -> None:
    from spymaster.session.warmup import is_warm

    result = run("warmup")
    first, last = result.stderr.splitlines()
    assert (result.exit_code, result.stdout) == (0, "")
    assert first.startswith("compiling the kernels into /")
    assert last.startswith("ready in ")
    assert is_warm()


def test_bench_prints_a_table(run: Run) -> None:
    result = run("bench", "--rounds", "1", "--records", "20000", "--only", "read")
    lines = result.stdout.splitlines()
    assert result.exit_code == 0
    assert lines[0] == "20,000 records of SIMULATED depth; median [min..max] of 1 rounds"
    assert [line.split()[0] for line in lines[1:]] == ["zstd", "read"]


@pytest.mark.parametrize("pace", [236.0, 2000.0])
def test_bench_measures_at_the_pace_it_is_given_with_records_as_large_as_real_ones(tmp_path: Path, pace: float) -> None:
    path, middle = write_bench_file(tmp_path, (), 150_000, pace)
    stored = databento.DBNStore.from_file(path).to_ndarray()
    event = stored["ts_event"].astype(np.int64)
    assert len(stored) == 150_000
    assert (np.diff(event) >= 0).all()
    assert len(stored) / ((event[-1] - event[0]) / 1e9) == pytest.approx(pace, rel=0.05)
    assert 22 <= path.stat().st_size / len(stored) <= 32
    assert 6_800 < middle < 6_950


def test_bench_measures_appending_to_a_journal(run: Run) -> None:
    result = run("bench", "--rounds", "1", "--records", "20000", "--only", "journal")
    assert [line.split()[0] for line in result.stdout.splitlines()[1:]] == ["journal", "journal"]


@pytest.mark.slow
def test_bench_measures_live_ingest_beside_the_vendors_iterator(run: Run) -> None:
    result = run("bench", "--rounds", "1", "--records", "20000", "--seconds", "1", "--only", "live", "--json")
    figures = {row["name"]: row for row in json.loads(result.stdout)}
    assert {"live", "live ingest", "live iterator"} < set(figures)
    assert figures["load dropped"]["high"] == 0.0
    assert {f"load {name}" for name in ("iterator", "journal", "engine", "screen", "ratio")} < set(figures)
    assert figures["load screen journalled p99"]["median"] >= figures["load screen journalled p50"]["median"] > 0.0
    ratio = figures["live ingest"]["median"] / figures["live iterator"]["median"]
    assert figures["live"]["median"] == pytest.approx(ratio)


def test_bench_prints_one_json_value(run: Run) -> None:
    result = run("bench", "--rounds", "1", "--records", "20000", "--only", "read", "--json")
    rows = json.loads(result.stdout)
    assert [row["name"] for row in rows] == ["zstd", "read"]
    assert all(row["low"] <= row["median"] <= row["high"] for row in rows)


def test_bench_measures_seeking_and_what_it_costs(run: Run) -> None:
    result = run("bench", "--rounds", "1", "--records", "20000", "--only", "seek", "--json")
    rows = {row["name"]: row for row in json.loads(result.stdout)}
    assert list(rows) == ["seek", "seek index"]
    assert 0.0 < rows["seek"]["low"] <= rows["seek"]["median"] <= rows["seek"]["high"]
    assert rows["seek index"]["median"] > 0.0


def test_bench_measures_with_a_recording_of_one_s_own(run: Run, small: Path) -> None:
    result = run("bench", small, "--rounds", "1", "--records", "10000", "--only", "read")
    assert result.exit_code == 0
    assert "10,000 records of real depth, repeated with new times" in result.stdout


def test_a_row_that_does_not_exist(run: Run) -> None:
    result = run("bench", "--only", "raed")
    assert (result.exit_code, result.stdout) == (2, "")
    assert one_line(result.stderr).startswith("error: --only raed: there is no such row; choose from zstd, read")
