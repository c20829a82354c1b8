"""``evaluate strategy``: a rule over simulated days, as text, JSON and a page; and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.evaluate.strategy.walk import walked_days

WALL = Path(__file__).parents[2] / "recordings" / "wall-holds"

TOUCH = """
name = "every touch"
[when]
distance = 0.25
rest = 30
[entry]
order = "market"
[bracket]
target = 4
stop = 4
time_limit = 30
[costs]
commission = 2.1
tick_value = 12.5
"""


@pytest.fixture
def rule(tmp_path: Path) -> Path:
    path = tmp_path / "touch.toml"
    path.write_text(TOUCH)
    return path


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two short simulated days of the second market."""
    from spymaster.sim.recording.second import write_second_recording

    folder = tmp_path_factory.mktemp("days")
    for seed in range(2):
        write_second_recording(folder / f"d{seed}", 700 + seed, 3.0, with_truth=False)
    return [folder / f"d{seed}" for seed in range(2)]


def test_a_strategy_at_prices_like_any_other_earns_minus_its_costs(run: Run, rule: Path, tmp_path: Path) -> None:
    result = run("evaluate", "strategy", rule, *walked_days(tmp_path / "days", 6, 2500), "--profile", "es", "--json")
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    placebo = report["placebo"]
    assert report["days"] == 6
    assert placebo["trades"] >= 100
    cost = placebo["fills"]["value"] + report["commission_ticks"]
    assert placebo["market"]["low"] <= 0.0 <= placebo["market"]["high"]
    assert placebo["net"]["low"] <= -cost <= placebo["net"]["high"]
    assert report["placebo_is_fair"] is True
    assert sum(day["placebo_net_ticks"] for day in report["by_day"]) == pytest.approx(
        placebo["net"]["value"] * placebo["contracts"], abs=0.01
    )


def test_the_same_days_give_the_same_report_and_page(run: Run, rule: Path, days: list[Path], tmp_path: Path) -> None:
    pages = [tmp_path / "a.svg", tmp_path / "b.svg"]
    texts = [run("evaluate", "strategy", rule, *days, "--page", page).stdout for page in pages]
    assert texts[0] == texts[1]
    assert texts[0].startswith("SIMULATED: every touch: 2 days, 2026-03-17")
    assert pages[0].read_bytes() == pages[1].read_bytes()
    assert pages[0].read_text().startswith("<svg ")


def test_a_page_that_cannot_be_written_is_one_line(run: Run, rule: Path, days: list[Path], tmp_path: Path) -> None:
    result = run("evaluate", "strategy", rule, days[0], "--page", tmp_path / "nowhere" / "page.svg")
    assert result.exit_code != 0
    assert "cannot be written" in result.stderr


def test_a_rule_that_is_not_whole_is_refused_before_anything_is_replayed(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "half.toml"
    path.write_text(TOUCH.replace("commission = 2.1", ""))
    result = run("evaluate", "strategy", path, WALL)
    assert result.exit_code == 2
    assert result.stderr.strip() == f"error: {path}: costs.commission: is not given; write it below [costs]"
