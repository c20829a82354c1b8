"""The second market plays a world's draws in its own terms."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from spymaster.market.kinds import NS_PER_S
from spymaster.sim.level_kinds import LevelKind
from spymaster.sim.recording.second import write_second_recording
from spymaster.sim.second.plan import Happening, Plan
from spymaster.sim.second.session import SecondSession, generate
from spymaster.sim.second.worlds import world_plan
from spymaster.sim.truth.files import read_truth
from spymaster.sim.worlds import Outcome, World, draw_world

SEED = 40
MINUTES = 12.0


@pytest.fixture(scope="module")
def world() -> World:
    return draw_world(SEED, MINUTES)


@pytest.fixture(scope="module")
def plan(world: World) -> Plan:
    return world_plan(world, MINUTES)


@pytest.fixture(scope="module")
def session(plan: Plan) -> SecondSession:
    return generate(SEED, MINUTES, 1_000 * NS_PER_S, plan)


def test_the_same_world_is_the_same_plan(world: World, plan: Plan) -> None:
    assert world_plan(world, MINUTES) == plan


def test_pace_and_volatility_are_about_as_drawn(world: World, session: SecondSession) -> None:
    assert len(session.records) / (MINUTES * 60) == pytest.approx(world.records_per_s, rel=0.5)
    moves = np.diff((session.touches["bid"] + session.touches["ask"])[::20] / 8.0)
    # price is brought to every planted level, so that a world that is drawn calm moves more than it would by itself
    assert 0.6 < float(np.sqrt((moves * moves).mean() * 12)) / world.sigma_points < 2.0


def test_the_best_price_is_about_as_deep_as_drawn(world: World, session: SecondSession) -> None:
    sizes = np.concatenate([session.touches["bid_size"], session.touches["ask_size"]])
    assert float(np.median(sizes)) == pytest.approx(world.best_size, rel=0.5)


def test_every_episode_of_a_kind_this_market_has_is_planted_at_its_time(world: World, session: SecondSession) -> None:
    known = [it for it in world.episodes if it.kind not in (LevelKind.SPOOF, LevelKind.FAKEOUT)]
    begun = session.work[session.work["what"] == Happening.BEGINS]
    assert len(begun) == len(known)
    for row, it in zip(begun, known, strict=True):
        assert 0 <= row["ts_ns"] - session.start_ns - it.start_s * NS_PER_S <= NS_PER_S


def test_a_level_is_planted_at_its_distance_or_further_out(world: World, session: SecondSession) -> None:
    begun = session.work[session.work["what"] == Happening.BEGINS]
    for row in begun:
        it = session.mechanisms[int(row["mechanism"])]
        best = row["ask"] if it.side else row["bid"]
        outward = (2 * it.side - 1) * (row["tick"] - best)
        assert it.distance_ticks <= outward <= it.distance_ticks + 40


def test_a_level_within_reach_when_it_is_planted_is_at_work_from_then_on(session: SecondSession) -> None:
    begun = session.work[session.work["what"] == Happening.BEGINS]
    near = 0
    for row in begun:
        it = session.mechanisms[int(row["mechanism"])]
        best = row["ask"] if it.side else row["bid"]
        if (2 * it.side - 1) * (row["tick"] - best) <= it.acts.reach_ticks:
            near += 1
            works = (session.work["mechanism"] == row["mechanism"]) & (session.work["what"] == Happening.WORKS)
            assert session.work["ts_ns"][works].min() == row["ts_ns"]
    assert near > 0


def test_levels_of_one_side_in_their_time_keep_their_zones_apart(session: SecondSession) -> None:
    begun = session.work[session.work["what"] == Happening.BEGINS]
    for k, row in enumerate(begun):
        it = session.mechanisms[int(row["mechanism"])]
        for earlier in begun[:k]:
            other = session.mechanisms[int(earlier["mechanism"])]
            if other.side is it.side and other.end_s > it.start_s:
                assert abs(row["tick"] - earlier["tick"]) > 5


def test_the_outcome_moves_aggressors_and_no_mechanism(world: World) -> None:
    turned = [
        msgspec.structs.replace(it, outcome=Outcome.HOLD if it.outcome is Outcome.BREAK else Outcome.BREAK)
        for it in world.episodes
    ]
    other = world_plan(msgspec.structs.replace(world, episodes=tuple(turned)), MINUTES)
    for one, two in zip(world_plan(world, MINUTES).mechanisms, other.mechanisms, strict=True):
        a, b = one.acts, two.acts
        assert (a.add, a.cancel, a.shown_contracts, a.refill, a.reserve_contracts, a.stays, a.lasts_s) == (
            b.add, b.cancel, b.shown_contracts, b.refill, b.reserve_contracts, b.stays, b.lasts_s
        )  # fmt: skip
        assert (a.retreat < 1.0) != (b.retreat < 1.0)


def test_a_recording_watches_what_was_planted_in_the_worlds_profile(tmp_path: Path, world: World) -> None:
    manifest = write_second_recording(
        tmp_path, SEED, 4.0, world=msgspec.structs.replace(draw_world(SEED, 4.0), profile="spy")
    )
    planted = read_truth(tmp_path, "levels").to_pylist()
    assert manifest.profile == "spy"
    assert {int(level.price * 10**10) for level in manifest.levels} == {row["price_e9"] for row in planted}
