"""A synthetic heatmap: the price walks through resting liquidity, one column a second, the same for a given seed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.market.kinds import NS_PER_S
from spymaster.market.rows import BarrierState
from spymaster.signals.frame import HEAT_TICKS, LEVEL_MARK, TRADE_DOT, UNSEEN, HeatColumns

T0: Final = 1_795_190_571_250_000_000
"""2026-11-20 11:02:51.250 in New York."""

LAST: Final = 27485
"""6871.25 in ticks of 0.25."""


@dataclass(frozen=True)
class HeatScene:
    """A walk of the price through resting liquidity, one column a second, the same for a given seed."""

    seconds: int = 400
    seed: int = 11
    gap_at: int | None = None
    end: int = 0

    def columns(self) -> HeatColumns:
        """The newest ``seconds`` columns, ending at the scene's moment plus ``end`` seconds. For reading only: they are
        made once and shown in many tests."""
        return _columns(self)

    def made(self) -> HeatColumns:
        """The columns, made anew."""
        total = self.seconds + self.end
        dice = np.random.default_rng(self.seed)
        walk = _walk(dice, 2000)
        path = (walk + LAST - walk[1199])[1200 - self.seconds : 1200 + self.end]
        resting = _resting(np.random.default_rng(self.seed + 1))
        depth = np.full((total, HEAT_TICKS), UNSEEN, dtype=np.int32)
        base = np.full(total, LAST - HEAT_TICKS // 2, dtype=np.int64)
        for at, last in enumerate(path):
            low, high = int(last - 10 - base[at]), int(last + 10 - base[at])
            wobble = np.random.default_rng(self.seed * 1000 + at // 6).uniform(0.6, 1.5, HEAT_TICKS)
            depth[at, low:high] = np.maximum(resting[low:high] * wobble[low:high], 2)
        gaps = np.zeros(total, dtype=np.int64)
        if self.gap_at is not None:
            gaps[total - self.gap_at : total - self.gap_at + 2] = 1_050_000_000
        keep = slice(total - self.seconds, total)
        first = 1200 + self.end - self.seconds
        trades, marks = self._trades(path, total, first), self._marks(total, first)
        return HeatColumns(
            revision=1200 + self.end,
            first=first,
            t_ns=(T0 // NS_PER_S + np.arange(total)[keep] - total + 1 + self.end) * NS_PER_S,
            base=base[keep],
            depth=depth[keep],
            last=path[keep],
            bid=path[keep] - 1,
            ask=path[keep],
            gap_ns=gaps[keep],
            trades=trades,
            marks=marks,
        )

    def _trades(self, path: NDArray[np.int64], total: int, first: int) -> NDArray[Any]:
        out = []
        for at in range(total - self.seconds, total):
            dice = np.random.default_rng(self.seed * 77 + first + at)
            buys, sells = (int(value) for value in np.round(np.exp(dice.normal(2.2, 1.3, 2))))
            number = first + at - (total - self.seconds)
            out.append((number, int(path[at]), buys, 0))
            out.append((number, int(path[at]) - 1, 0, sells))
        return np.array(out, dtype=TRADE_DOT)

    def _marks(self, total: int, first: int) -> NDArray[Any]:
        out = []
        for at in range(self.seconds):
            left = self.seconds - at
            number = first + at
            if left < 26:
                out.append((number, LAST - 5, int(BarrierState.VACUUM), 0.3 + (26 - left) * 0.03))
            if left < 14:
                out.append((number, LAST - 8, int(BarrierState.VACUUM), 0.5 + (14 - left) * 0.04))
            if 36 < left < 90:
                state = BarrierState.CONSUMED if left % 60 > 50 else BarrierState.ABSORPTION
                out.append((number, LAST + 9, int(state), 0.8))
        return np.array(out, dtype=LEVEL_MARK)


@lru_cache
def _columns(scene: HeatScene) -> HeatColumns:
    columns = scene.made()
    for part in (columns.t_ns, columns.base, columns.depth, columns.last, columns.bid, columns.ask, columns.gap_ns):
        part.setflags(write=False)
    columns.trades.setflags(write=False)
    columns.marks.setflags(write=False)
    return columns


def _walk(dice: np.random.Generator, count: int) -> NDArray[np.int64]:
    steps = np.where(dice.random(count) < 0.3, dice.integers(-1, 2, count), 0)
    pull = 0
    out = np.empty(count, dtype=np.int64)
    for at in range(count):
        pull = int(np.clip(pull + steps[at], -9, 9))
        out[at] = LAST + pull
    return out


def _resting(dice: np.random.Generator) -> NDArray[np.int64]:
    sizes = np.round(np.exp(dice.normal(4.8, 0.75, HEAT_TICKS))).astype(np.int64)
    middle = HEAT_TICKS // 2
    sizes[middle + 9] = 660
    sizes[middle - 5] = 540
    return sizes
