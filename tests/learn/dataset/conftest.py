"""Two simulated recordings of a few minutes, made once, and the data set of both."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from spymaster.config.loader import load_config
from spymaster.learn.dataset.build import SetBuild
from spymaster.learn.dataset.inputs import RunRequest, runs_of
from spymaster.learn.dataset.set_manifest import SetManifest
from spymaster.market.frames import UserLevel
from spymaster.session.sources.replay_source import ReplayPlan
from spymaster.sim.recording.second import write_second_recording

MINUTES = 8.0
PRICES = range(6830, 6870)
"""The second market begins at 6850: levels that price comes to in a few minutes."""


def plan_of(*folders: Path) -> ReplayPlan:
    levels = tuple(UserLevel(f"USER_{price}", price * 10**9) for price in PRICES)
    return ReplayPlan(folders, load_config().profile("es"), None, user_levels=levels)


def requests_of(*folders: Path) -> list[RunRequest]:
    return [one for folder in folders for one in runs_of(folder.name, plan_of(folder), simulated=True)]


def built(out: Path, requests: Sequence[RunRequest], *, workers: int = 1, all_hours: bool = False) -> SetManifest:
    with SetBuild(out, all_hours=all_hours) as build:
        return build.finish(list(build.runs(requests, workers)))


def files_of(folder: Path) -> dict[str, bytes]:
    """All that is in a folder."""
    return {str(one.relative_to(folder)): one.read_bytes() for one in sorted(folder.rglob("*")) if one.is_file()}


@pytest.fixture(scope="package")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Eight minutes of two markets, two of them before the open."""
    folder = tmp_path_factory.mktemp("recordings")
    for name, seed in (("five", 5), ("six", 6)):
        write_second_recording(folder / name, seed, MINUTES, with_truth=False)
    return folder / "five", folder / "six"


@pytest.fixture(scope="package")
def data_set(recordings: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data set of both."""
    out = tmp_path_factory.mktemp("sets") / "both"
    built(out, requests_of(*recordings))
    return out
