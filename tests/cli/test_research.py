"""``research run``, ``status``, ``compare`` and ``worker`` as commands: what they print, and their exit codes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.cli.conftest import Run, one_line

WHOLE, DATA, USAGE, FAILURE = 0, 3, 2, 1


@pytest.fixture
def plan(small: Path, tmp_path: Path) -> Path:
    """A plan over one small file, two configurations."""
    path = tmp_path / "small.toml"
    text = f"sources = ['{small}']\nsteps = ['replay', 'evaluate']\nprofile = 'es'\n"
    path.write_text(text + "[configurations.a]\n[configurations.b.profile.es]\nw_barrier = 12.0\n", encoding="utf-8")
    return path


def test_a_plan_is_run_looked_at_and_compared(run: Run, plan: Path) -> None:
    before = run("research", "status", plan)
    assert before.exit_code == DATA
    assert before.stdout.splitlines()[0] == "small.toml: 0 of 4 results of 1 day"
    done = run("research", "run", plan, "--workers", "1")
    assert (done.exit_code, done.stderr) == (WHOLE, "")
    assert done.stdout.splitlines()[0] == "small.toml: 4 of 4 results of 1 day"
    assert done.stdout.splitlines()[-1] == "4 computed now, 0 were there"
    again = run("research", "run", plan, "--workers", "1")
    assert again.stdout.splitlines()[-1] == "0 computed now, 4 were there"
    after = run("research", "status", plan, "--json")
    assert after.exit_code == WHOLE
    assert {entry["state"] for entry in json.loads(after.stdout)["entries"]} == {"done"}
    text = run("research", "compare", f"{plan}:a", f"{plan}:b")
    assert text.stdout.startswith("1 day of both; A ")
    told = json.loads(run("research", "compare", f"{plan}:a", f"{plan}:b", "--json").stdout)
    assert (told["days"], told["signals"][0]["name"]) == (1, "BREAK a day")


def test_a_day_that_fails_is_the_exit_code(run: Run, plan: Path) -> None:
    plan.write_text(plan.read_text().replace("w_barrier = 12.0", "snap_ms = 100"))
    done = run("research", "run", plan, "--workers", "1")
    assert done.exit_code == DATA
    assert re.search(r"^failed: evaluate of 20\d\d-\d\d-\d\d files: files: has snaps of another", done.stdout, re.M)


@pytest.mark.parametrize(
    ("workers", "said"),
    [
        ("none", "is no number of processes"),
        ("0", "is no number of processes"),
        ("http://host", "is no address of a queue"),
        ("nats://user@host", "is no address of a queue"),
        ("nats://host/a/b", "is no address of a queue"),
    ],
)
def test_workers_that_make_no_sense_are_refused(run: Run, plan: Path, workers: str, said: str) -> None:
    result = run("research", "run", plan, "--workers", workers)
    assert result.exit_code == USAGE
    assert said in one_line(result.stderr)


def test_a_queue_without_a_server_is_one_line(run: Run, plan: Path) -> None:
    result = run("research", "run", plan, "--workers", "nats://127.0.0.1:1/days")
    assert result.exit_code == FAILURE
    assert "nobody listens there" in one_line(result.stderr)


def test_a_plan_that_was_not_run_cannot_be_compared(run: Run, plan: Path) -> None:
    result = run("research", "compare", f"{plan}:a", f"{plan}:b")
    assert result.exit_code == DATA
    assert "run the plan first" in one_line(result.stderr)


def test_status_writes_nothing_where_nothing_was_run(run: Run, plan: Path, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    assert run("research", "status", plan).exit_code == DATA
    assert sorted(path for path in tmp_path.rglob("*") if path.is_file()) == [path for path in before if path.is_file()]
