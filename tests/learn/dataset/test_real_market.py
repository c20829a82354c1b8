"""A data set of a real market: it never takes a name of simulated ones, and every check of its rows holds."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from spymaster.config.loader import load_config
from spymaster.learn.dataset.card import card_text
from spymaster.learn.dataset.findings import Grade
from spymaster.learn.dataset.inputs import runs_of
from spymaster.learn.dataset.read import load
from spymaster.learn.dataset.set_manifest import read_set_manifest
from spymaster.learn.dataset.validate import validate
from spymaster.session.sources.replay_source import ReplayPlan
from tests.learn.dataset.conftest import built, requests_of


@pytest.fixture(scope="module")
def evening() -> Path:
    """Half an hour of ES on a quiet evening, all ten levels."""
    folder = os.environ.get("SPYMASTER_DATA")
    if not folder:
        pytest.skip("SPYMASTER_DATA does not name a folder of market data")
    return Path(folder) / "es" / "esh4-20231225-2300-2330.mbp-10.dbn.zst"


def test_rows_of_a_market_are_checked_like_any_other_and_are_not_called_simulated(
    evening: Path, tmp_path: Path
) -> None:
    plan = ReplayPlan((evening,), load_config().profile("es"), None)
    built(tmp_path / "set", list(runs_of("evening", plan, simulated=False)), all_hours=True)
    data = load(tmp_path / "set")
    assert len(data) > 10
    assert not data.simulated
    assert not data.id.startswith("sim-")
    assert [one for one in validate(tmp_path / "set") if one.grade is Grade.FAILED] == []
    assert "Simulated" not in card_text(tmp_path / "set", read_set_manifest(tmp_path / "set"))


def test_a_set_of_both_is_no_simulated_one_and_its_card_counts_the_runs(
    evening: Path, recordings: tuple[Path, Path], tmp_path: Path
) -> None:
    plan = ReplayPlan((evening,), load_config().profile("es"), None)
    runs = [*runs_of("evening", plan, simulated=False), *requests_of(recordings[0])]
    manifest = built(tmp_path / "set", runs, all_hours=True)
    assert manifest.simulated
    assert not manifest.id.startswith("sim-")
    assert "**1 of 2 runs are simulated, the others recordings of a market.**" in card_text(tmp_path / "set", manifest)
