"""The scenario ``squeeze``: price really goes through, and dealers who are short of gamma carry it."""

from __future__ import annotations

import numpy as np
import pytest

from spymaster.market.kinds import NS_PER_S, SIDE_ASK, SIDE_BID
from spymaster.sim.level_kinds import LevelEvent, LevelKind
from spymaster.sim.market.simulation import Session, simulate
from spymaster.sim.options.state import R_RECV, R_SIDE, R_SIZE, R_WHAT, WHAT_HEDGE
from spymaster.sim.recording.session import default_settings

BEFORE_NS = 20 * NS_PER_S


@pytest.fixture(scope="module", params=[20, 37])
def squeeze(request: pytest.FixtureRequest) -> Session:
    return simulate(default_settings(request.param, "squeeze", "open", "spy"), 5.0)


def breaks(run: Session) -> list[tuple[int, int, int]]:
    """Side, time of the touch and of the break of each strike that broke."""
    found = []
    for row in run.planted[run.planted["kind"] == LevelKind.GAMMA_MINUS]:
        works = run.works[run.works["level"] == row["level"]]
        touched, broken = (works["ts_ns"][works["event"] == event] for event in (LevelEvent.TOUCH, LevelEvent.BREAK))
        if len(touched) and len(broken):
            found.append((int(row["side"]), int(touched[0]), int(broken[0])))
    return found


def test_a_strike_breaks_in_a_squeeze(squeeze: Session) -> None:
    assert breaks(squeeze)


def test_dealers_hedges_are_a_good_part_of_what_breaks_a_strike(squeeze: Session) -> None:
    hedges = squeeze.rows[squeeze.rows[:, R_WHAT] == WHAT_HEDGE]
    flows = squeeze.flows
    with_it = against = filled = 0
    for side, touched_ns, broken_ns in breaks(squeeze):
        inside = (hedges[:, R_RECV] > touched_ns - BEFORE_NS) & (hedges[:, R_RECV] <= broken_ns)
        is_with = hedges[:, R_SIDE] == (SIDE_BID if side == 1 else SIDE_ASK)
        with_it += int(hedges[inside & is_with, R_SIZE].sum())
        against += int(hedges[inside & ~is_with, R_SIZE].sum())
        during = (flows["ts_bucket_ns"] > touched_ns - BEFORE_NS) & (flows["ts_bucket_ns"] <= broken_ns)
        filled += int(np.where(during & (flows["side"] == side), flows["filled"], 0).sum())
    assert with_it > 2 * against
    assert with_it > 0.15 * filled
