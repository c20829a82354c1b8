"""Worlds as drawn: ranges, independence of the draws, and seeds that cannot be both tuned and reported on."""

from __future__ import annotations

from collections import Counter

import msgspec
import numpy as np
import pytest

from spymaster.errors import UserError
from spymaster.sim.level_kinds import LevelKind
from spymaster.sim.worlds import (
    EPISODE_RANGES,
    EPISODES_PER_HOUR,
    REPORT_SEEDS,
    WORLD_RANGES,
    Episode,
    Outcome,
    World,
    draw_world,
    is_for_tuning,
    tuning_worlds,
    worlds_of,
)


@pytest.fixture(scope="module")
def worlds() -> list[World]:
    return [draw_world(seed) for seed in tuning_worlds(200)]


@pytest.fixture(scope="module")
def episodes(worlds: list[World]) -> list[Episode]:
    return [episode for world in worlds for episode in world.episodes]


def test_a_seed_means_the_same_world_every_time() -> None:
    assert msgspec.json.encode(draw_world(17)) == msgspec.json.encode(draw_world(17))


def test_seeds_apart_are_worlds_apart(worlds: list[World]) -> None:
    assert len({world.sigma_points for world in worlds}) == len(worlds)


@pytest.mark.parametrize("name", sorted(set(WORLD_RANGES) & set(World.__struct_fields__)))
def test_a_value_of_a_world_keeps_to_its_range_and_fills_it(worlds: list[World], name: str) -> None:
    limits = WORLD_RANGES[name]
    values = np.array([getattr(world, name) for world in worlds])
    assert limits.low <= values.min()
    assert values.max() <= limits.high
    assert values.min() <= limits.at(0.06)
    assert values.max() >= limits.at(0.94)


@pytest.mark.parametrize("name", sorted(set(EPISODE_RANGES) & set(Episode.__struct_fields__)))
def test_a_value_of_an_episode_keeps_to_its_range_and_fills_it(episodes: list[Episode], name: str) -> None:
    limits = EPISODE_RANGES[name]
    values = np.array([getattr(episode, name) for episode in episodes])
    assert limits.low <= values.min() <= limits.at(0.01) + 0.5 * (name.endswith("ticks"))
    assert limits.at(0.99) - 0.5 * (name.endswith("ticks")) <= values.max() <= limits.high


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("best_size", 8, 300),
        ("records_per_s", 50, 1500),
        ("sigma_points", 0.3, 4),
    ],
)
def test_worlds_are_at_least_as_wide_as_asked(name: str, low: float, high: float) -> None:
    assert WORLD_RANGES[name].low <= low
    assert WORLD_RANGES[name].high >= high


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("refill_probability", 0.5, 0.98),
        ("refill_ms", 20, 3000),
        ("left_share", 0.05, 0.6),
        ("absence_s", 1, 30),
        ("push_tilt", 0.1, 0.6),
    ],
)
def test_mechanisms_are_at_least_as_wide_as_asked(name: str, low: float, high: float) -> None:
    assert EPISODE_RANGES[name].low <= low
    assert EPISODE_RANGES[name].high >= high


def test_the_volatile_worlds_tend_to_be_busy_and_thin(worlds: list[World]) -> None:
    sigma, busy, deep = (
        np.log([getattr(world, name) for world in worlds]) for name in ("sigma_points", "records_per_s", "best_size")
    )
    assert np.corrcoef(sigma, busy)[0, 1] > 0.5
    assert np.corrcoef(sigma, deep)[0, 1] < -0.3


def test_what_is_planted_says_nothing_of_the_outcome(episodes: list[Episode]) -> None:
    counts = Counter((episode.kind, episode.outcome) for episode in episodes)
    for kind in EPISODES_PER_HOUR:
        n = sum(counts[kind, outcome] for outcome in Outcome)
        share = counts[kind, Outcome.BREAK] / n
        assert abs(share - 0.5) < 4.0 * 0.5 / np.sqrt(n), kind.name


@pytest.mark.parametrize("name", sorted({*EPISODE_RANGES, "travel_s", "side"} & set(Episode.__struct_fields__)))
def test_the_mechanism_knows_neither_kind_nor_outcome(episodes: list[Episode], name: str) -> None:
    values = np.array([float(getattr(episode, name)) for episode in episodes])
    ranks = np.argsort(np.argsort(values, kind="stable")) / len(values)
    groups = [np.array([episode.kind is kind for episode in episodes]) for kind in EPISODES_PER_HOUR]
    groups.append(np.array([episode.outcome is Outcome.BREAK for episode in episodes]))
    for inside in groups:
        error = ranks.std() * np.sqrt(1.0 / inside.sum() + 1.0 / (~inside).sum())
        assert abs(ranks[inside].mean() - ranks[~inside].mean()) < 4.5 * error


def test_forty_worlds_hold_enough_episodes_of_each_kind() -> None:
    counts = Counter(e.kind for seed in worlds_of("0" * 40, 40) for e in draw_world(seed).episodes)
    assert counts[LevelKind.PLACEBO] >= 300
    assert counts[LevelKind.PLACEBO] >= 0.5 * counts.total()
    assert min(counts[kind] for kind in EPISODES_PER_HOUR) >= 150


def test_episodes_follow_each_other_with_time_between(worlds: list[World]) -> None:
    for world in worlds:
        starts = np.array([episode.start_s for episode in world.episodes])
        assert np.diff(starts).min() > 20
        assert [episode.number for episode in world.episodes] == list(range(len(starts)))


def test_a_longer_session_begins_like_a_shorter_one() -> None:
    short, long = (draw_world(9, minutes) for minutes in (20, 150))
    assert long.episodes[: len(short.episodes)] == short.episodes
    assert max(episode.start_s for episode in long.episodes) > 2 * 3600


def test_at_least_a_third_of_the_worlds_is_fast_and_others_are_slow() -> None:
    found = [draw_world(seed) for seed in worlds_of("a commit", 40)]
    fast = [world for world in found if world.is_fast]
    assert len(fast) * 3 >= len(found)
    assert all(2.0 <= episode.travel_s <= 5.0 for world in fast for episode in world.episodes)
    assert all(episode.travel_s >= 5.0 for world in found if not world.is_fast for episode in world.episodes)


def test_half_of_the_reported_worlds_have_options_and_a_quarter_are_of_profile_spy() -> None:
    found = [draw_world(seed) for seed in worlds_of("a commit", 40)]
    assert sum(world.has_options for world in found) == 20
    assert sum(world.profile == "spy" for world in found) == 10
    assert sum(world.profile == "spy" and world.has_options for world in found) == 5


def test_report_seeds_follow_from_the_commit_and_are_never_for_tuning() -> None:
    seeds = worlds_of("0123abcd", 120)
    assert seeds == worlds_of("0123abcd", 120)
    assert len(set(seeds)) == 120
    assert not set(seeds) & set(worlds_of("0123abce", 120))
    assert not any(is_for_tuning(seed) for seed in seeds)
    assert all(is_for_tuning(seed) for seed in tuning_worlds(500))


def test_fewer_worlds_of_a_commit_are_the_first_of_more() -> None:
    assert worlds_of("0123abcd", 40) == worlds_of("0123abcd", 80)[:40]


@pytest.mark.parametrize("seed", [-1, 2 * REPORT_SEEDS])
def test_a_seed_that_means_no_world_is_refused(seed: int) -> None:
    with pytest.raises(UserError, match=r"--world -?\d+: no world has this seed"):
        draw_world(seed)
