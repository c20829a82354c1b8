"""``evaluate fuel`` and the rates of signals by fuel, on small simulated recordings made on the spot."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run

RECORDINGS = Path(__file__).parents[2] / "recordings"


@pytest.fixture(scope="module")
def with_options(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A minute and a half of ES with options whose dealers hold a lot."""
    from typer.testing import CliRunner

    from spymaster.cli.main import app

    folder = tmp_path_factory.mktemp("fuel") / "es"
    arguments = ["simulate", str(folder), "--minutes", "1.5", "--scenario", "gamma", "--options", "--profile", "es"]
    made = CliRunner().invoke(app, arguments)
    assert made.exit_code == 0, made.output
    return folder


def test_the_exposure_is_compared_with_that_of_the_simulated_dealers(run: Run, with_options: Path) -> None:
    result = run("evaluate", "fuel", with_options, "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)["recordings"][0]
    assert found["points"] > 100
    assert found["sign_right"] is None or found["sign_right"] > 0.9


def test_option_flow_is_exported_by_strike(run: Run, with_options: Path) -> None:
    result = run("export", "option-flow", with_options)
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0].startswith("ts_event_ns,session_date,strike,call_volume")
    assert len(lines) > 50
    assert "SIMULATED rows of option-flow" in result.stderr


def test_a_recording_without_options_is_one_clear_line(run: Run) -> None:
    result = run("evaluate", "fuel", RECORDINGS / "wall-holds")
    assert result.exit_code == 3
    assert result.stderr.count("\n") == 1


def test_states_tell_how_often_signals_are_raised_by_what_the_fuel_says(run: Run) -> None:
    result = run("evaluate", "states", RECORDINGS / "wall-holds", "--json")
    rates = json.loads(result.stdout)["raised_per_hour_by_fuel"]
    assert list(rates) == ["absent", "neutral", "amplify"]
    assert rates["absent"] == rates["neutral"]
    assert set(rates["amplify"]) == {"BREAK", "REJECT", "CONTESTED"}
