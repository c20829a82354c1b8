"""``replay --compare``, ``--date``, ``--order`` and the cache: data on stdout, one line for what makes no sense."""

from __future__ import annotations

import json
from pathlib import Path

import platformdirs
import pytest

from spymaster.errors import ExitCode
from spymaster.journal.inlet import JournalInlet
from spymaster.journal.writer import JournalWriter
from spymaster.market.kernel_cache import CACHE_DIR_VARIABLE, CACHE_FOLDER
from spymaster.physics.engine import Engine
from spymaster.resources import bundled_recording
from spymaster.session.headless import drive
from spymaster.session.sources.replay_source import ReplaySource
from tests.cli.conftest import Run, Spawn, one_line
from tests.session.conftest import plan_of


def other_config(folder: Path) -> Path:
    path = folder / "other.toml"
    path.write_text("[profile.es]\nw_barrier = 5.0\n")
    return path


def journal_of(file: Path, folder: Path) -> Path:
    source = ReplaySource(plan_of(file))
    writer = JournalWriter(folder, "test", clock_ns=source.begins_ns)
    drive(source, Engine(), [], tap=JournalInlet(writer))
    writer.close()
    return folder


def test_two_configurations_are_compared_in_a_table(run: Run, tmp_path: Path) -> None:
    result = run("replay", bundled_recording(), "--compare", other_config(tmp_path))
    lines = result.stdout.splitlines()
    assert result.exit_code == 0
    assert lines[0] == "SIMULATED data"
    assert lines[1].startswith("A  the present configuration: ")
    assert lines[2].startswith(f"B  {tmp_path}/other.toml: ")


def test_two_configurations_are_compared_for_programs(run: Run, tmp_path: Path) -> None:
    found = json.loads(run("replay", bundled_recording(), "--compare", other_config(tmp_path), "--json").stdout)
    alone = json.loads(run("replay", bundled_recording(), "--headless", "--json").stdout)
    assert list(found) == ["a", "b", "snaps_that_differ", "differences", "problems"]
    assert found["a"]["signal_hash"] == alone["signal_hash"] != found["b"]["signal_hash"]


def test_a_configuration_to_compare_with_that_is_not_there_is_told_by_its_option(run: Run, tmp_path: Path) -> None:
    result = run("replay", bundled_recording(), "--compare", tmp_path / "none.toml")
    assert result.exit_code == 2
    said = f"error: --compare {tmp_path}/none.toml: no such file; name a configuration"
    assert one_line(result.stderr) == said


def test_a_configuration_to_compare_with_that_is_wrong_is_told_in_one_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text("[profile.es]\nw_barier = 5.0\n")
    result = run("replay", bundled_recording(), "--compare", tmp_path / "other.toml")
    assert result.exit_code == ExitCode.USAGE
    assert "w_barrier" in one_line(result.stderr)


def test_a_journal_replays_to_the_hash_of_its_session(run: Run, small: Path, tmp_path: Path) -> None:
    journal = journal_of(small, tmp_path / "journal")
    usual = json.loads(run("replay", small, "--headless", "--json", "--profile", "es").stdout)
    lived = json.loads(run("replay", journal, "--headless", "--json", "--order", "lived").stdout)
    assert lived["signal_hash"] == usual["signal_hash"]
    assert lived["records"] == usual["records"]


def test_a_journal_without_holes_replays_to_the_same_hash_in_the_vendors_order(
    run: Run, small: Path, tmp_path: Path
) -> None:
    journal = journal_of(small, tmp_path / "journal")
    lived = json.loads(run("replay", journal, "--headless", "--json").stdout)
    vendors = json.loads(run("replay", journal, "--headless", "--json", "--order", "vendor").stdout)
    assert (vendors["signal_hash"], vendors["records"]) == (lived["signal_hash"], lived["records"])


def test_a_journal_is_exported_like_files(run: Run, small: Path, tmp_path: Path) -> None:
    journal = journal_of(small, tmp_path / "journal")
    files = run("export", "signals", small, "--profile", "es", "--out", "-")
    assert run("export", "signals", journal, "--out", "-").stdout == files.stdout != ""


def test_orders_that_a_source_has_not_are_refused_in_one_line(run: Run, small: Path, tmp_path: Path) -> None:
    journal = journal_of(small, tmp_path / "journal")
    for source, order in ((journal, "other"), (small, "lived"), (small, "random")):
        result = run("replay", source, "--headless", "--order", order)
        assert result.exit_code == ExitCode.USAGE
        assert f"--order {order}" in one_line(result.stderr)


def test_a_date_that_is_none_is_refused_in_one_line(run: Run, small: Path) -> None:
    result = run("replay", small, "--headless", "--date", "yesterday")
    assert result.exit_code == ExitCode.USAGE
    assert "--date yesterday: is not a date; write a trade date such as 2024-01-05" in one_line(result.stderr)


def test_a_date_without_records_is_told_in_one_line(run: Run, small: Path) -> None:
    result = run("replay", small, "--headless", "--date", "2001-01-03")
    assert result.exit_code == ExitCode.DATA
    assert "no file holds records of 2001-01-03" in one_line(result.stderr)


@pytest.mark.slow
def test_a_picture_leaves_checkpoints_unless_told_not_to(spawn: Spawn, small: Path, tmp_path: Path) -> None:
    own = {"XDG_CACHE_HOME": str(tmp_path / "cache"), CACHE_DIR_VARIABLE: str(CACHE_FOLDER.parent)}
    left = Path(platformdirs.user_cache_dir("spymaster-tui")).name
    for options, leaves in ((["--no-cache"], False), ([], True), ([], True)):
        done = spawn("replay", small, "--profile", "es", "--screenshot", tmp_path / "x.svg", *options, **own)
        assert done.returncode == 0, done.stderr
        assert any((tmp_path / "cache" / left / "replay").rglob("past")) is leaves
