"""What a level's score would be without one of its forces, out of what is published and by the engine's own formula.

Evidence adds in log odds, and each force's is smoothed by itself (docs/physics.md 8.1). The published attribution is
``(S - 50) z_i / z``, so it gives every ``z_i`` back; the score of what is left is ``100 / (1 + exp(-z))``. Nothing here
changes what is published.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Final, NamedTuple

FORCES: Final = ("barrier", "fuel", "tape")

_STEEPEST: Final = 25.0
"""Points of score a unit of log odds is worth at 50."""
_EDGE: Final = 0.005
"""Published scores are rounded to 0.01: one of 0 or 100 stands for what rounds to it."""


class Attribution(NamedTuple):
    """Points of score - 50 by force, as published; NaN for a force that is left out of the score."""

    barrier: float
    fuel: float
    tape: float


def score_without(score: float, attribution: Attribution, off: Collection[str]) -> float:
    """The score with the forces ``off`` silent: with none of them what is published. NaN where there is no score, or
    none of its forces is left."""
    spoken = [name for name in FORCES if not math.isnan(getattr(attribution, name))]
    left = [name for name in spoken if name not in off]
    if math.isnan(score) or not left:
        return math.nan
    bounded = min(max(score, _EDGE), 100.0 - _EDGE)
    z = math.log(bounded / (100.0 - bounded))
    each = (bounded - 50.0) / z if abs(z) > 1e-9 else _STEEPEST
    rest = z - sum(getattr(attribution, name) for name in spoken if name in off) / each
    return 100.0 / (1.0 + math.exp(-rest))
