"""From components to one smoothed score, its confidence and who contributed what (docs/physics.md 8)."""

from __future__ import annotations

import math
from typing import Any, Final

from spymaster.market.jit import kernel
from spymaster.market.rows import Confidence, Trust
from spymaster.physics.maths.elementary import hundredths
from spymaster.physics.memory.indices import BARRIER, FUEL, TAPE
from spymaster.physics.memory.state import Array, State

_LOW: Final = int(Confidence.LOW)
_MEDIUM: Final = int(Confidence.MEDIUM)
_HIGH: Final = int(Confidence.HIGH)
_GREEN: Final = int(Trust.GREEN)


@kernel
def smooth_weight(s: State, slot: int, component: int, present: bool, weight: float) -> float:
    """A component's confidence, smoothed; a missing one weighs nothing at once and starts afresh when it returns."""
    v = s.levels.at[slot]
    if not present:
        v.has_weight[component] = 0
        return 0.0
    if v.has_weight[component] == 0:
        v.has_weight[component] = 1
        v.weight[component] = weight
    else:
        v.weight[component] += s.alpha.weight * (weight - v.weight[component])
    return float(v.weight[component])


@kernel
def combine_components(s: State, p: Array, slot: int, scores: Array, weights: Array, row: Any) -> bool:
    """S = sum(w c S) / sum(w c), smoothed; its attribution; confidence. False when no component has any weight.

    scores, weights: float64[3] in the order BARRIER, FUEL, TAPE; a missing one has weight 0.
    """
    v = s.levels.at[slot]
    wb = p[0].weight_barrier * weights[BARRIER]
    wf = p[0].weight_fuel * weights[FUEL]
    wt = p[0].weight_tape * weights[TAPE]
    total = wb + wf + wt
    if total <= 0.0:
        v.has_score = 0
        return False
    wb /= total
    wf /= total
    wt /= total
    b = wb * (scores[BARRIER] - 50.0)
    f = wf * (scores[FUEL] - 50.0)
    t = wt * (scores[TAPE] - 50.0)
    raw = 50.0 + (b + f + t)
    confidence = wb * weights[BARRIER] + wf * weights[FUEL] + wt * weights[TAPE]
    if v.has_score == 0:
        v.has_score = 1
        v.score = raw
        v.attribution[BARRIER] = b
        v.attribution[FUEL] = f
        v.attribution[TAPE] = t
    else:
        a = s.alpha.score
        v.score += a * (raw - v.score)
        v.attribution[BARRIER] += a * (b - v.attribution[BARRIER])
        v.attribution[FUEL] += a * (f - v.attribution[FUEL])
        v.attribution[TAPE] += a * (t - v.attribution[TAPE])
    v.confidence = confidence
    row.score_raw = hundredths(raw)
    row.score = hundredths(v.score)
    row.confidence = confidence
    return True


@kernel
def write_attribution(s: State, slot: int, has_barrier: bool, has_fuel: bool, has_tape: bool, row: Any) -> None:
    """Published attribution: to 0.01, adding up to score - 50. The rest is the tape's, else barrier's, else fuel's.

    A component that went missing leaves a fading part in the smoothed score; it is part of that rest.
    """
    v = s.levels.at[slot]
    rest = row.score - 50.0
    row.attribution_barrier = math.nan
    row.attribution_fuel = math.nan
    row.attribution_tape = math.nan
    if has_fuel and (has_barrier or has_tape):
        row.attribution_fuel = hundredths(v.attribution[FUEL])
        rest -= row.attribution_fuel
    elif has_fuel:
        row.attribution_fuel = hundredths(rest)
    if has_barrier and has_tape:
        row.attribution_barrier = hundredths(v.attribution[BARRIER])
        rest -= row.attribution_barrier
    elif has_barrier:
        row.attribution_barrier = hundredths(rest)
    if has_tape:
        row.attribution_tape = hundredths(rest)


@kernel
def confidence_label(p: Array, confidence: float, worst_trust: int) -> int:
    """HIGH needs the weight and every configured input GREEN; MEDIUM the weight; else LOW.

    So an input that is BLIND allows MEDIUM at most.
    """
    if confidence >= p[0].confidence_high and worst_trust == _GREEN:
        return _HIGH
    if confidence >= p[0].confidence_medium:
        return _MEDIUM
    return _LOW
