"""Sums of a level's zone that go on from those of the snap before, against sums made afresh."""

from __future__ import annotations

import numpy as np
import pytest

from spymaster.physics.book.zone_sums import level_window, zone_window
from spymaster.physics.memory.indices import HIGH, LEDGER_TICKS, LOW, ZONE_FIELDS
from tests.support.kernels import empty_state

RING = 64
MIDDLE = LEDGER_TICKS // 2


@pytest.mark.parametrize("seed", range(6))
def test_sums_carried_on_are_those_made_afresh(seed: int) -> None:
    """Whatever the part of the zone in sight and the span do: they stay, grow, shrink and jump."""
    dice = np.random.default_rng(seed)
    s = empty_state(ring=RING)
    ledger, v = s["ledger"], s["levels"]["at"][0]
    side, low, high, span = 0, MIDDLE - 2, MIDDLE + 2, 1
    for closed in range(1, 3 * RING):
        bucket = closed % RING
        first, last = sorted(dice.integers(MIDDLE - 6, MIDDLE + 7, 2).tolist())
        if dice.random() < 0.3:
            first, last = LEDGER_TICKS, -1
        s["flow"][bucket] = 0
        if first <= last:
            s["flow"][bucket, first : last + 1] = dice.integers(0, 30, (last + 1 - first, 16))
        ledger["touched"][bucket, LOW], ledger["touched"][bucket, HIGH] = first, last
        ledger["bucket"], ledger["buckets_closed"] = bucket, closed
        what = dice.random()
        if what < 0.6:
            span = min(span + 1, 40)
        elif what < 0.7:
            span = int(dice.integers(1, 41))
        elif what < 0.8:
            high = MIDDLE + int(dice.integers(0, 3))
        elif what < 0.85:
            side = 1 - side
        elif what < 0.9:
            ledger["base"] += 1
        fresh = np.zeros(ZONE_FIELDS, np.int64)
        zone_window(s, side, low, high, span, fresh)
        level_window(s, v, side, low, high, span)
        assert v["sums"].tolist() == fresh.tolist(), closed
