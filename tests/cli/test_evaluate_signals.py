"""``evaluate signals``: over a recording, and over random worlds made for it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Run

WALL = Path(__file__).parents[2] / "recordings" / "wall-holds"


def test_a_recordings_signals_are_told_by_planted_kind_and_rule(run: Run) -> None:
    result = run("evaluate", "signals", WALL, "--json")
    assert result.exit_code == 0, result.output
    [market] = json.loads(result.stdout)["markets"]
    figures = {figure["name"]: figure for figure in market["figures"]}
    assert market["worlds"] == 1
    assert figures["WALL -> REJECT"]["of"] == market["episodes"]["WALL"] == 3
    assert {"distance alone", "always REJECT"} <= set(market["rules"])
    assert figures["oracle at first touches: the likelier end came"]["of"] >= 1


def test_worlds_are_judged_in_the_market_asked_for_and_kept_as_json(run: Run, tmp_path: Path) -> None:
    asked = ("--worlds", "1", "--market", "second", "--minutes", "1", "--out", tmp_path / "out", "--jobs", "1")
    result = run("evaluate", "signals", *asked)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("SIMULATED: tuning worlds")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["second-40-1m.json"]
    again = run("evaluate", "states", *asked)
    assert again.exit_code == 0, again.output
    assert "macro-F1" in again.stdout


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ((), "there is nothing to judge"),
        ((WALL, "--worlds", "1"), "recordings and --worlds are both given"),
        (("--worlds", "1", "--market", "third"), "there is no such market"),
    ],
)
def test_what_makes_no_sense_is_one_clear_line(run: Run, words: tuple[str | Path, ...], problem: str) -> None:
    result = run("evaluate", "signals", *words)
    assert result.exit_code == 2
    assert problem in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_source_without_a_truth_is_judged_by_what_price_did_next(run: Run, tmp_path: Path) -> None:
    market = tmp_path / "market"
    shutil.copytree(WALL, market, ignore=shutil.ignore_patterns("truth"))
    result = run("evaluate", "signals", market)
    assert result.exit_code == 0, result.output
    first, second, third = result.stdout.splitlines()[:3]
    assert first.startswith("SIMULATED: 1 session date, ")
    assert second.endswith("tests of 784 that show a difference of five points in a hundred")
    assert third.startswith("no intervals")
    assert {"BREAK right", "REJECT right", "tests of levels"} <= {
        line.split("  ")[0].strip() for line in result.stdout.splitlines()
    }
    whole = json.loads(run("evaluate", "signals", market, "--json").stdout)
    assert whole["tests"] == sum(kind["tests"] - kind["unknown"] for kind in whole["kinds"])


def test_one_time_twice_is_no_second_day(run: Run, tmp_path: Path) -> None:
    for name in ("one", "two"):
        shutil.copytree(WALL, tmp_path / name, ignore=shutil.ignore_patterns("truth"))
    result = run("evaluate", "signals", tmp_path / "one", tmp_path / "two")
    assert result.exit_code == 3
    assert "two runs of the same time" in result.stderr
