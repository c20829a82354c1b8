"""The second market looks alive: rates, sizes, spread and depth are those of a plausible ES."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from spymaster.market.dtypes import by_name
from spymaster.market.kinds import Kind
from spymaster.sim.instrument import TICK_E9
from spymaster.sim.second.session import SecondSession


def by_time(opening: SecondSession, every_ms: int) -> NDArray[np.void]:
    """The record last seen on each point of a time grid."""
    fields = by_name(Kind.MBP10, opening.records)
    grid = np.arange(opening.start_ns, opening.end_ns, every_ms * 1_000_000)
    found: NDArray[np.void] = fields[np.maximum(np.searchsorted(fields["ts_event"], grid, side="right") - 1, 0)]
    return found


def test_records_come_at_ten_to_a_hundred_and_fifty_a_second_busiest_after_the_opening(opening: SecondSession) -> None:
    minute = (by_name(Kind.MBP10, opening.records)["ts_event"].astype(np.int64) - opening.start_ns) // (60 * 10**9)
    per_second = np.bincount(minute) / 60
    assert ((per_second > 10) & (per_second < 150)).all()
    assert per_second.argmax() == 2


def test_most_trades_are_small_and_a_few_are_large(opening: SecondSession) -> None:
    fields = by_name(Kind.MBP10, opening.records)
    size = fields["size"][fields["action"] == b"T"]
    assert 1 <= np.median(size) <= 2
    assert 3 <= size.mean() <= 4
    assert size.max() >= 50


def test_the_spread_is_mostly_one_tick(opening: SecondSession) -> None:
    seen = by_time(opening, 100)
    spread = (seen["ask_px_00"] - seen["bid_px_00"]) // TICK_E9
    assert 0.95 < (spread == 1).mean() < 0.999


@pytest.mark.parametrize("side", ["bid", "ask"])
def test_the_best_price_is_thinner_than_those_behind_it(opening: SecondSession, side: str) -> None:
    seen = by_time(opening, 100)
    depth = [float(seen[f"{side}_sz_{level:02}"].mean()) for level in range(10)]
    assert 25 < depth[0] < 60
    assert 2 <= int(np.argmax(depth)) <= 6
    assert max(depth) > 1.4 * depth[0]


def test_the_price_travels_and_one_second_moves_partly_revert(opening: SecondSession) -> None:
    seen = by_time(opening, 1000)
    mid = (seen["ask_px_00"] + seen["bid_px_00"]) / 2 / 1e9
    assert 5 < mid.max() - mid.min() < 40
    move = np.diff(mid)
    assert -0.3 < np.corrcoef(move[1:], move[:-1])[0, 1] < 0


def test_aggressors_lean_one_way_for_a_while(opening: SecondSession) -> None:
    fields = by_name(Kind.MBP10, opening.records)
    buys = (fields["side"] == b"B")[fields["action"] == b"T"].astype(float)
    assert np.corrcoef(buys[1:], buys[:-1])[0, 1] > 0.2
    assert np.corrcoef(buys[20:], buys[:-20])[0, 1] > 0.02
