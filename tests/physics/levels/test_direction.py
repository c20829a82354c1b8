"""A level faces the side price last came from beyond the arming distance, at every snap of any path."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spymaster.market.frames import WatermarkFrame
from spymaster.market.levels import LevelKind
from tests.support.engine import engine_for, feed, records
from tests.support.market import MID, SECOND, START_NS, Market
from tests.support.scenes import shift_price

TICKS = tuple(MID + k for k in range(-12, 13, 3))
steps = st.lists(st.tuples(st.integers(-9, 9), st.integers(1, 5)), min_size=1, max_size=40)


def walk(path: list[tuple[int, int]]) -> Market:
    """The book moves by so many ticks and stands for so many snaps."""
    market = Market(start_ns=START_NS).ladder(size=50, depth=30).at(1.0)
    at_s = 1.0
    for ticks, snaps in path:
        shift_price(market, ticks)
        at_s += 0.25 * snaps
        market.at(at_s)
    market.end_event()
    return market


def side_came_from(mids: list[float], arms: list[float], price: float) -> list[int]:
    """By brute force, from the mid alone: which side of a price the mid was last beyond the arming distance on.

    Until it has been anywhere beyond it, the side on which it was seen first.
    """
    out: list[int] = []
    side = 0
    for mid, arm in zip(mids, arms, strict=True):
        if side == 0:
            side = 1 if price > mid else -1
        if abs(price - mid) >= arm:
            side = 1 if price > mid else -1
        out.append(side)
    return out


@pytest.mark.parametrize("profile", ["es", "spy"])
@settings(max_examples=25, deadline=None)
@given(steps)
def test_on_any_path(profile: str, path: list[tuple[int, int]]) -> None:
    market = walk(path)
    unit = 4 if profile == "es" else 40
    only = {"level_kinds": 1 << LevelKind.USER}
    engine = engine_for(profile, levels=[tick / unit for tick in TICKS], params=only)
    end = WatermarkFrame(market.now_ns + SECOND)
    results = feed(engine, records(market.words()), end)
    mids = results.snaps["es_mid"].tolist()
    arms = np.maximum(1.0, 0.75 * results.snaps["sigma_1m"]).tolist()
    for tick in TICKS:
        rows = results.level(tick / unit)
        assert len(rows) == len(mids)
        assert rows["direction"].tolist() == side_came_from(mids, arms, tick / 4)
