"""The heatmap's scale: at how many contracts its steps begin, and from which size on trades are drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from spymaster.view.drawing.axis import PriceAxis
from spymaster.view.market.heat_history import HeatHistory
from spymaster.view.state import Limits

STEPS: Final = 12
"""Steps of the ramp; a theme with fewer spreads them."""

CONTRAST: Final = 1.25
"""How far one key moves the top of the scale."""

_CURVE: Final = 1.5
"""Above one: the lower steps are narrower, so that one wall does not flatten everything around it."""
_DOT_SHARE: Final = 96
"""Trades larger than this share of what traded in a cell are drawn, in percent."""


@dataclass(frozen=True, slots=True)
class HeatScale:
    """Contracts at which step 1 begins and at which the top step begins, and the sizes of trades that are drawn:
    ``dot_large`` contracts fill a cell. ``by_hand``: the top was chosen and stays."""

    low: float = 0.0
    high: float = 0.0
    dot: int = 0
    dot_large: int = 0
    by_hand: bool = False

    @property
    def cuts(self) -> NDArray[np.float64]:
        """The lower bounds of steps 1 to ``STEPS`` - 1."""
        span = max(self.high - self.low, float(STEPS))
        return self.low + span * np.linspace(0.0, 1.0, STEPS - 1) ** _CURVE

    def topped(self, top: int) -> HeatScale:
        """The scale that ends at ``top`` contracts, chosen by hand; 0 leaves it to what is visible."""
        if not top:
            return self
        return HeatScale(min(self.low, top / STEPS), float(top), self.dot, self.dot_large, by_hand=True)


def stepped(top: float, up: bool) -> int:
    """The next top of the scale by hand."""
    return max(round(top * CONTRAST), round(top) + 1) if up else max(round(top / CONTRAST), STEPS)


def visible_scale(
    history: HeatHistory, axis: PriceAxis, groups: range, seconds: int, limits: Limits, halves: bool
) -> HeatScale:
    """The scale for what is visible in these cells: percentiles of the depth, and of what traded in a cell."""
    depths, sizes = [], []
    for group in groups:
        columns = history.group(group, seconds)
        if columns:
            depths.append(history.depth(columns[-1].number, axis, halves))
            sizes += [max(buys, sells) for buys, sells in history.traded(group, seconds, axis).values()]
    visible = np.concatenate(depths) if depths else np.zeros(0, dtype=np.int32)
    visible = visible[visible > 0]
    if not len(visible):
        return HeatScale()
    low, high = np.percentile(visible, [limits.heat_low, limits.heat_high])
    dot, large = limits.dot, limits.dot_large
    if not dot:
        dot = max(int(np.percentile(sizes, _DOT_SHARE)), 2) if sizes else 2
    return HeatScale(float(low), float(high), dot, large or dot * 2)


def steady(old: HeatScale, new: HeatScale, slack: float = 0.2) -> HeatScale:
    """The old scale while the new one is within ``slack`` of it: a new scale repaints everything."""
    if not old.high:
        return new
    near = all(
        abs(b - a) <= slack * max(a, 1.0) for a, b in ((old.low, new.low), (old.high, new.high), (old.dot, new.dot))
    )
    return old if near else new
