"""What the cuts of the ladder share: the choices they are drawn by, and how long a bar is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from spymaster.view.drawing.axis import PriceAxis
from spymaster.view.layout import LadderGrid
from spymaster.view.state import Limits

_BAR_POWER: Final = 0.7
"""Below one: small sizes keep a bar one can see."""


@dataclass(frozen=True, slots=True)
class LadderLook:
    """What all cuts share. ``marks``: tick -> mark and ink of prices, of paper orders and their cursor (an empty
    mark). ``tinted``: rows that carry a level; ``stale``: depth or tape are blind; ``size_scale``,
    ``volume_scale``: contracts of a full bar; ``tick_size`` in points."""

    grid: LadderGrid
    axis: PriceAxis
    tinted: frozenset[int]
    stale: bool
    size_scale: float
    volume_scale: float
    tick_size: float
    limits: Limits
    glyphs: str
    marks: Mapping[int, tuple[str, str]] = field(default_factory=dict)


def filled_eighths(size: int, scale: float, width: int) -> int:
    """Eighths of a cell that a bar of ``width`` cells fills, at least one for anything; ``scale`` fills it."""
    if size <= 0 or scale <= 0:
        return 0
    share = math.pow(size / scale, _BAR_POWER)
    return max(1, min(round(share * width * 8), width * 8))
