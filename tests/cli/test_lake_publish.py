"""``lake publish``: a line for each table on stdout, words on stderr, one line where something is missing."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run, one_line
from tests.lake.test_recorder import three_hours
from tests.support.lakes import record

needs_pyiceberg = pytest.mark.skipif(importlib.util.find_spec("pyiceberg") is None, reason="pyiceberg is not installed")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A sealed, simulated run of three hours."""
    record(tmp_path / "lake", three_hours().stored)
    return tmp_path / "lake"


@needs_pyiceberg
def test_each_table_is_a_line_and_again_nothing_is_added(run: Run, root: Path) -> None:
    first, again = run("lake", "publish", root), run("lake", "publish", root)
    assert (first.exit_code, again.exit_code) == (0, 0)
    assert " ".join(first.stdout.splitlines()[0].split()) == "spymaster.alerts_es 3 rows 3 files 3 added, 0 taken out"
    assert " ".join(again.stdout.splitlines()[0].split()) == "spymaster.alerts_es 3 rows 3 files 0 added, 0 taken out"


@needs_pyiceberg
def test_it_prints_one_json_object(run: Run, root: Path) -> None:
    (alerts, _) = json.loads(run("lake", "publish", root, "--namespace", "mine", "--json").stdout)["tables"]
    assert alerts == {"table": "mine.alerts_es", "files": 3, "rows": 3, "added": 3, "removed": 0}


@needs_pyiceberg
@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--catalog", "nosuch://me:secret@host/db"), "nosuch://me:***@host/db: the catalog refused"),
        (("--catalog", "http://127.0.0.1:1/"), "http://127.0.0.1:1/: the catalog refused"),
        (("--namespace", "a b"), "--namespace a b: is no name"),
    ],
)
def test_what_does_not_work_is_told_in_one_line(run: Run, root: Path, options: tuple[str, ...], says: str) -> None:
    result = run("lake", "publish", root, *options)
    assert result.exit_code != 0
    assert result.stdout == ""
    line = one_line(result.stderr)
    assert line.startswith(f"error: {says}")
    assert "secret" not in line


def test_without_pyiceberg_it_is_said_what_to_install(run: Run, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    result = run("lake", "publish", root)
    line = one_line(result.stderr)
    assert line == "error: lake publish: pyiceberg is not installed; pip install 'spymaster-tui[iceberg]'"
    assert result.exit_code == 3


def test_what_is_no_lake_is_refused(run: Run, tmp_path: Path) -> None:
    result = run("lake", "publish", tmp_path)
    assert (result.exit_code, result.stdout) == (3, "")
    assert "is no lake" in one_line(result.stderr)
