"""Random worlds as the market of single orders plays them: the draws are met, and mechanisms really act."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from spymaster.market.kinds import NS_PER_S
from spymaster.sim.level_kinds import LevelEvent, LevelKind
from spymaster.sim.market.simulation import Session, simulate
from spymaster.sim.recording.session import WORLD_NAME, Order, world_settings, write_recording
from spymaster.sim.truth.files import read_truth
from spymaster.sim.truth.schema import FOLDER
from spymaster.sim.worlds import Episode, Outcome, World, draw_world

SEEDS = (41, 54, 60, 67, 74, 77)
"""Quick worlds for tuning, deep and thin, wild and calm."""


def play(world: World, minutes: float, **changes: Any) -> Session:
    """A world, or one that differs from it, in memory."""
    settings = world_settings(world.seed, minutes)
    played = msgspec.structs.replace(world, **changes)
    options = settings.options if played.has_options else ""
    return simulate(replace(settings, world=played, options=options), minutes)


def mids(run: Session) -> NDArray[np.float64]:
    """The mid at the end of each bucket, ticks."""
    middle: NDArray[np.float64] = (run.touches["bid"] + run.touches["ask"]) / 2.0
    return middle


def sigma_points(run: Session) -> float:
    """Volatility from overlapping moves of 10 s, points per root minute."""
    middle = mids(run)[40:]
    return float(np.sqrt(np.mean((middle[40:] - middle[:-40]) ** 2) * 6.0) / 4.0)


@pytest.fixture(scope="module")
def hours() -> list[Session]:
    return [play(draw_world(seed), 60.0, has_options=False) for seed in SEEDS]


def world_of(run: Session) -> World:
    world = run.settings.world
    assert world is not None
    return world


def first(run: Session, level: int, *events: LevelEvent) -> int | None:
    """When the first of some events happened to a level, ns."""
    rows = run.works[(run.works["level"] == level) & np.isin(run.works["event"], events)]
    return int(rows["ts_ns"][0]) if len(rows) else None


def test_a_world_is_the_same_bytes_in_chunks_of_any_size() -> None:
    settings = world_settings(54, 4.0)
    one, other = simulate(settings, 4.0), simulate(settings, 4.0, chunk=5_000)
    assert one.records.tobytes() == other.records.tobytes()
    assert one.works.tobytes() == other.works.tobytes()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_market_left_to_itself_has_the_pace_and_depth_of_its_world(seed: int) -> None:
    world = draw_world(seed)
    run = play(world, 20.0, episodes=(), clustering=0.0, news_per_hour=0.001, has_options=False)
    per_s = len(run.records) / 1200.0
    best = float(run.touches["bid_size"].mean() + run.touches["ask_size"].mean()) / 2.0
    assert per_s == pytest.approx(world.records_per_s, rel=0.6)
    assert best == pytest.approx(world.best_size, rel=0.4)
    assert 0.5 < sigma_points(run) / world.sigma_points < 2.0


def test_every_episode_is_planted_once_in_its_order(hours: list[Session]) -> None:
    for run in hours:
        episodes = world_of(run).episodes
        planted = run.planted
        assert len(planted) >= 0.95 * len(episodes)
        for row, episode in zip(planted, episodes, strict=False):
            assert (row["level"], row["kind"], row["side"]) == (episode.number, episode.kind, episode.side)
            assert row["planted_ns"] >= run.settings.start_ns + episode.start_s * NS_PER_S


def test_most_levels_are_reached_whatever_was_planted(hours: list[Session]) -> None:
    reached: Counter[LevelKind] = Counter()
    planted: Counter[LevelKind] = Counter()
    for run in hours:
        for row in run.planted:
            planted[LevelKind(row["kind"])] += 1
            reached[LevelKind(row["kind"])] += first(run, row["level"], LevelEvent.ON) is not None
    assert all(reached[kind] >= 0.7 * planted[kind] for kind in planted)


def episodes_touched(hours: list[Session], *kinds: LevelKind) -> list[tuple[Session, Episode, LevelEvent | None]]:
    """Touched levels of some kinds, and whether they broke or bounced."""
    found = []
    for run in hours:
        for episode in world_of(run).episodes[: len(run.planted)]:
            if episode.kind in kinds and first(run, episode.number, LevelEvent.TOUCH) is not None:
                rows = run.works[run.works["level"] == episode.number]["event"].tolist()
                ends = [LevelEvent(e) for e in rows if e in (LevelEvent.BREAK, LevelEvent.BOUNCE)]
                found.append((run, episode, ends[0] if ends else None))
    return found


def test_the_outcome_that_was_drawn_makes_itself_felt(hours: list[Session]) -> None:
    touched = episodes_touched(hours, *LevelKind)
    broke = {
        outcome: np.mean([end is LevelEvent.BREAK for _, e, end in touched if e.outcome is outcome])
        for outcome in Outcome
    }
    assert broke[Outcome.BREAK] > broke[Outcome.HOLD] + 0.1


def test_a_vacuum_may_hold_and_a_wall_may_break(hours: list[Session]) -> None:
    vacuums = Counter(end for _, _, end in episodes_touched(hours, LevelKind.VACUUM))
    walls = Counter(end for _, _, end in episodes_touched(hours, LevelKind.WALL))
    assert min(vacuums[LevelEvent.BREAK], vacuums[LevelEvent.BOUNCE]) >= 2
    assert min(walls[LevelEvent.BREAK], walls[LevelEvent.BOUNCE]) >= 2


def zone_depth(run: Session, side: int, tick: int) -> NDArray[np.int64]:
    """Displayed in a level's zone at the end of each bucket, contracts."""
    times = run.touches["ts_bucket_ns"]
    total = np.zeros(len(times), np.int64)
    for price in range(tick - 2, tick + 3):
        flows = run.flows[(run.flows["side"] == side) & (run.flows["tick"] == price)]
        at = np.searchsorted(flows["ts_bucket_ns"], times, side="right") - 1
        total += np.where(at >= 0, flows["depth_end"][np.maximum(at, 0)] if len(flows) else 0, 0)
    return total


def vacuum(world: World, left_share: float) -> tuple[Session, float]:
    """The share of a zone's depth that is left 2 s after makers began to leave; nobody attacks."""
    episode = msgspec.structs.replace(
        world.episodes[0],
        kind=LevelKind.VACUUM,
        start_s=60,
        distance_ticks=5,
        trigger_ticks=9,
        left_share=left_share,
        absence_s=10.0,
        attack_ratio=0.001,
        push_tilt=0.0,
    )
    run = play(world, 2.0, episodes=(episode,), has_options=False, news_per_hour=0.001)
    row = run.planted[0]
    on = first(run, 0, LevelEvent.ON)
    assert on is not None
    depth = zone_depth(run, int(row["side"]), int(row["tick"]))
    at = int(np.searchsorted(run.touches["ts_bucket_ns"], on))
    return run, float(depth[at + 8] / depth[at - 1])


def test_a_vacuum_leaves_the_share_that_was_drawn() -> None:
    world = draw_world(77)
    _, little = vacuum(world, 0.1)
    _, much = vacuum(world, 0.6)
    assert little < 0.35
    assert 0.35 < much < 0.9


def test_price_goes_through_a_vacuum_at_the_pace_that_was_drawn(hours: list[Session]) -> None:
    took: dict[bool, list[float]] = {True: [], False: []}
    for run, episode, end in episodes_touched(hours, LevelKind.VACUUM):
        if end is not LevelEvent.BREAK or episode.outcome is not Outcome.BREAK:
            continue
        on, broke = first(run, episode.number, LevelEvent.ON), first(run, episode.number, LevelEvent.BREAK)
        if on is not None and broke is not None:
            took[world_of(run).is_fast].append((broke - on) / NS_PER_S)
    assert np.quantile(took[True], 0.25) < 6.0
    assert np.quantile(took[False], 0.25) > 5.0
    assert np.median(took[True]) < np.median(took[False])


def test_a_world_is_written_with_what_was_drawn(tmp_path: Path) -> None:
    settings = world_settings(54, 3.0)
    manifest = write_recording(Order(folder=tmp_path / "w", minutes=3.0, settings=settings, profile="spy"))
    assert (manifest.plan or "").split()[0] == "world"
    drawn = msgspec.json.decode((tmp_path / "w" / FOLDER / WORLD_NAME).read_bytes(), type=World)
    assert drawn == draw_world(54, 3.0)
    levels = read_truth(tmp_path / "w", "levels").to_pylist()
    assert [row["kind"] for row in levels] == [episode.kind.name for episode in drawn.episodes][: len(levels)]
