"""A plan over the bundled recording, and kernels that are compiled before a Session asks whether they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from spymaster.config.loader import load_config
from spymaster.market.manifest import load_manifest
from spymaster.resources import bundled_recording
from spymaster.session.sources.replay_source import ReplayPlan
from tests.session.screen import Open, Screen
from tests.support.small_files import Words, busy_words, depth_file


@pytest.fixture(scope="session")
def words() -> Words:
    """Some twenty seconds of a scripted market's depth."""
    return busy_words()


@pytest.fixture(scope="session")
def small_plan(tmp_path_factory: pytest.TempPathFactory, words: Words) -> ReplayPlan:
    """A replay of a small file."""
    return plan_of(depth_file(tmp_path_factory.mktemp("small") / "small.mbp-10.dbn.zst", words))


@pytest.fixture(scope="session")
def bundled_plan() -> ReplayPlan:
    """A replay of the bundled recording with its own profile and levels."""
    plan = plan_of(bundled_recording())
    return msgspec.structs.replace(plan, user_levels=load_manifest(bundled_recording()).user_levels)


def plan_of(*sources: Path, chunk: int | None = None, symbol: str | None = None) -> ReplayPlan:
    """A replay of the sources with the defaults of the es profile."""
    return ReplayPlan(sources, load_config().profile("es"), symbol, records_per_chunk=chunk)


@pytest.fixture
def open_screen(small_plan: ReplayPlan) -> Iterator[Open]:
    """Screens of sessions that are stopped at the end of the test."""
    screens: list[Screen] = []

    def make(plan: ReplayPlan = small_plan, **options: Any) -> Screen:
        screens.append(Screen(plan, **{"speed": None, **options}))
        return screens[-1]

    yield make
    for screen in screens:
        screen.session.stop()
