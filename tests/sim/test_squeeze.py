"""The scenario ``squeeze``: price really goes through a strike and stays, and dealers short of gamma help it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from spymaster.market.kinds import NS_PER_S, SIDE_ASK, SIDE_BID
from spymaster.sim.level_kinds import LevelKind
from spymaster.sim.market.simulation import Session, simulate
from spymaster.sim.market.state import BID
from spymaster.sim.options.state import R_RECV, R_SIDE, R_SIZE, R_WHAT, WHAT_HEDGE
from spymaster.sim.recording.session import default_settings

SEEDS = (1, 2, 3, 4, 5, 6, 20, 37)
TWO_POINTS = 8
MINUTE = 60 * NS_PER_S


@dataclass(frozen=True)
class Squeeze:
    """A strike that was squeezed. ``beyond``: ticks of the mid beyond it, at the times ``ts``, from its planting on."""

    run: Session
    level: Any
    ts: NDArray[np.int64]
    beyond: NDArray[np.float64]

    @property
    def through_ns(self) -> int | None:
        """When the mid was first two points beyond."""
        found = self.ts[self.beyond >= TWO_POINTS]
        return int(found[0]) if len(found) else None


@cache
def squeezes(profile: str) -> tuple[Squeeze, ...]:
    found = []
    for seed in SEEDS:
        run = simulate(default_settings(seed, "squeeze", "open", profile), 5.0)
        [level] = run.planted[run.planted["kind"] == LevelKind.GAMMA_MINUS]
        after = run.touches[run.touches["ts_bucket_ns"] > level["planted_ns"]]
        mid = (after["bid"] + after["ask"]) / 2
        way = -1 if level["side"] == BID else 1
        found.append(Squeeze(run, level, after["ts_bucket_ns"], way * (mid - level["tick"])))
    return tuple(found)


@pytest.mark.parametrize("profile", ["spy", "es", ""])
def test_price_goes_two_points_through_most_strikes_that_are_squeezed(profile: str) -> None:
    through = [one for one in squeezes(profile) if one.through_ns is not None]
    assert len(through) >= 6


def test_where_it_went_through_it_stays_beyond_for_a_minute_most_times() -> None:
    stayed = 0
    for one in squeezes("spy"):
        if one.through_ns is not None:
            minute = (one.ts >= one.through_ns) & (one.ts <= one.through_ns + MINUTE)
            stayed += bool((one.beyond[minute] > 0).all())
    assert stayed >= 6


@pytest.mark.parametrize("profile", ["spy", "es"])
def test_dealers_hedges_are_a_good_part_of_what_carries_price_there(profile: str) -> None:
    along = against = filled = 0
    for one in squeezes(profile):
        run, begun, ended = one.run, int(one.level["planted_ns"]), one.through_ns or one.run.end_ns
        hedges = run.rows[run.rows[:, R_WHAT] == WHAT_HEDGE]
        hedges = hedges[(hedges[:, R_RECV] > begun) & (hedges[:, R_RECV] <= ended)]
        is_along = hedges[:, R_SIDE] == (SIDE_ASK if one.level["side"] == BID else SIDE_BID)
        along += int(hedges[is_along, R_SIZE].sum())
        against += int(hedges[~is_along, R_SIZE].sum())
        flows = run.flows[(run.flows["ts_bucket_ns"] > begun) & (run.flows["ts_bucket_ns"] <= ended)]
        filled += int(flows["filled"][flows["side"] == one.level["side"]].sum())
    assert along > 3 * against
    assert along > 0.1 * filled


def test_what_rests_at_the_strike_is_eaten() -> None:
    eaten = []
    for one in squeezes("spy"):
        flows = one.run.flows
        until = one.through_ns or one.run.end_ns
        inside = (np.abs(flows["tick"] - one.level["tick"]) <= 2) & (flows["side"] == one.level["side"])
        inside &= (flows["ts_bucket_ns"] > until - MINUTE) & (flows["ts_bucket_ns"] <= until)
        eaten.append(int(flows["filled"][inside].sum()))
    assert np.median(eaten) > 50


def test_nothing_is_squeezed_before_options_trade() -> None:
    for one in squeezes("spy"):
        assert one.level["planted_ns"] >= one.run.options["open_ns"]
