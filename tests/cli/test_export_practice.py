"""``export practice``: the journal of paper brackets as a table; and ``replay --alerts`` where nothing can ring."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from spymaster.errors import ExitCode
from spymaster.practice.journal import JournalLine, append
from spymaster.practice.standing import PracticeRules, PracticeTrade
from tests.cli.conftest import Run, one_line

TRADE = PracticeTrade(
    number=1,
    side=1,
    kind="limit",
    size=1,
    placed_ns=1,
    tick=27_480,
    stop=27_472,
    target=27_496,
    rules=PracticeRules(),
    status="closed",
    filled=1,
    entry=27_480.0,
    entered_ns=2,
    exit=27_496.0,
    ended_ns=3,
    by="target",
    favourable=16.0,
    result=16.0,
    r=2.0,
)


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """A journal of one bracket."""
    path = tmp_path / "practice.jsonl"
    append(path, [JournalLine("first-look", "ESM6", 20260317, True, 250_000_000, TRADE)])
    return path


def test_the_journal_goes_to_stdout_as_csv(run: Run, journal: Path) -> None:
    result = run("export", "practice", "--journal", journal)
    (row,) = csv.DictReader(io.StringIO(result.stdout))
    assert result.exit_code == 0
    assert (row["side"], row["result_points"], row["result_r"], row["mfe_r"]) == ("BUY", "4", "2", "2")
    assert one_line(result.stderr) == "1 rows of practice"


def test_the_journal_goes_to_a_file_as_its_ending_says(run: Run, journal: Path, tmp_path: Path) -> None:
    out = tmp_path / "trades.jsonl"
    assert run("export", "practice", "--journal", journal, "--out", out).exit_code == 0
    assert json.loads(out.read_text())["exit_by"] == "target"


def test_a_torn_line_is_said_and_loses_nothing_else(run: Run, journal: Path) -> None:
    with journal.open("ab") as file:
        file.write(b'{"source": "to')
    result = run("export", "practice", "--journal", journal)
    assert result.exit_code == ExitCode.DATA
    assert "1 lines are no brackets and were left out" in result.stderr
    assert len(result.stdout.splitlines()) == 2


def test_a_journal_that_is_not_there_is_said_in_one_line(run: Run, tmp_path: Path) -> None:
    result = run("export", "practice", "--journal", tmp_path / "none.jsonl")
    assert result.exit_code == ExitCode.USAGE
    assert "no such file; name a journal, or leave it out" in one_line(result.stderr)


def test_alerts_that_nobody_could_hear_are_refused(run: Run, small: Path) -> None:
    result = run("replay", small, "--headless", "--alerts")
    assert result.exit_code == ExitCode.USAGE
    assert "--alerts: rings on a screen; leave out --headless or --screenshot" in one_line(result.stderr)
