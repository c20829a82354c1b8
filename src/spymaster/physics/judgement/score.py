"""From three forces to one smoothed score, its confidence and who contributed what (docs/physics.md 8.1).

Evidence adds in log odds: a force that is neutral is silent instead of diluting the others, and one without confidence
decides nothing.
"""

from __future__ import annotations

import math
from typing import Any, Final

from spymaster.market.jit import kernel, kernel_inlined
from spymaster.market.rows import Confidence, Trust
from spymaster.physics.maths.elementary import exp_, hundredths, log_
from spymaster.physics.memory.indices import BARRIER, COMPONENTS, FUEL, TAPE
from spymaster.physics.memory.state import Array, State

_LOW: Final = int(Confidence.LOW)
_MEDIUM: Final = int(Confidence.MEDIUM)
_HIGH: Final = int(Confidence.HIGH)
_GREEN: Final = int(Trust.GREEN)
_STEEPEST: Final = 25.0
"""Points of score a unit of log odds is worth at 50."""
_TINY: Final = 1e-9


@kernel
def log_odds(p: Array, score: float) -> float:
    """What a force's score of 0 to 100 is worth: l = ln((S + f) / (100 + f - S)), f = ``odds_floor``."""
    return log_((score + p[0].odds_floor) / (100.0 + p[0].odds_floor - score))


@kernel
def score_of(z: float) -> float:
    """The score that log odds of ``z`` are."""
    return 100.0 / (1.0 + exp_(-z))


@kernel
def silence_weak(p: Array, weights: Array, asked: Array) -> bool:
    """Leave out forces below ``confidence_floor``; False when none that is asked has ``confidence_least``.

    Then nothing is said: asked (int64[3] of 0 and 1) are those that are set up and have something to say.
    """
    most = 0.0
    for k in range(COMPONENTS):
        if not weights[k] >= p[0].confidence_floor:
            weights[k] = 0.0
        if asked[k] != 0:
            most = max(most, weights[k])
    return bool(most >= p[0].confidence_least and most > 0.0)


@kernel
def overall_confidence(p: Array, weights: Array, asked: Array) -> float:
    """sum(w c) / sum(w) over the forces that are asked (int64[3] of 0 and 1); 0 where none has a weight."""
    b, f, t = p[0].weight_barrier * asked[BARRIER], p[0].weight_fuel * asked[FUEL], p[0].weight_tape * asked[TAPE]
    total = b + f + t
    if total <= 0.0:
        return 0.0
    return float((b * weights[BARRIER] + f * weights[FUEL] + t * weights[TAPE]) / total)


@kernel_inlined
def combine_forces(s: State, p: Array, slot: int, scores: Array, weights: Array, asked: Array, row: Any) -> None:
    """z = sum(w c l) / ``odds_scale``, smoothed; the score is its 100 / (1 + exp(-z)).

    scores, weights: float64[3] in the order BARRIER, FUEL, TAPE; a missing one has weight 0. A force that falls silent
    takes what is left of its smoothed evidence with it.
    """
    v = s.levels.at[slot]
    parts = s.scratch.parts
    parts[BARRIER] = p[0].weight_barrier * weights[BARRIER]
    parts[FUEL] = p[0].weight_fuel * weights[FUEL]
    parts[TAPE] = p[0].weight_tape * weights[TAPE]
    z_raw = z = 0.0
    for k in range(COMPONENTS):
        now = parts[k] * log_odds(p, scores[k]) / p[0].odds_scale if weights[k] > 0.0 else 0.0
        if v.has_score == 0:
            v.evidence_part[k] = now
        elif weights[k] > 0.0:
            v.evidence_part[k] += s.alpha.score * (now - v.evidence_part[k])
        else:
            v.evidence_part[k] = 0.0
        z_raw += now
        z += v.evidence_part[k]
    v.has_score = 1
    v.score = score_of(z)
    v.confidence = overall_confidence(p, weights, asked)
    row.score_raw = hundredths(score_of(z_raw))
    row.score = hundredths(v.score)
    row.confidence = v.confidence


@kernel
def write_attribution(s: State, slot: int, weights: Array, row: Any) -> None:
    """Published attribution: a_i = (S - 50) z_i / z, and 25 z_i where z is 0; to 0.01, adding up to score - 50.

    What rounding leaves over is the tape's, else the barrier's, else the fuel's. Null for a force left out.
    """
    v = s.levels.at[slot]
    z = v.evidence_part[BARRIER] + v.evidence_part[FUEL] + v.evidence_part[TAPE]
    each = (v.score - 50.0) / z if abs(z) > _TINY else _STEEPEST
    rest = row.score - 50.0
    has_barrier, has_fuel, has_tape = weights[BARRIER] > 0.0, weights[FUEL] > 0.0, weights[TAPE] > 0.0
    row.attribution_barrier = math.nan
    row.attribution_fuel = math.nan
    row.attribution_tape = math.nan
    if has_fuel:
        row.attribution_fuel = hundredths(each * v.evidence_part[FUEL] if has_barrier or has_tape else rest)
        rest -= row.attribution_fuel
    if has_barrier:
        row.attribution_barrier = hundredths(each * v.evidence_part[BARRIER] if has_tape else rest)
        rest -= row.attribution_barrier
    if has_tape:
        row.attribution_tape = hundredths(rest)


@kernel
def write_forces(scores: Array, weights: Array, row: Any) -> None:
    """What each force says and how much it is believed; null and 0 for one left out."""
    row.barrier_score = scores[BARRIER] if weights[BARRIER] > 0.0 else math.nan
    row.fuel_score = scores[FUEL] if weights[FUEL] > 0.0 else math.nan
    row.tape_score = scores[TAPE] if weights[TAPE] > 0.0 else math.nan
    row.barrier_weight = weights[BARRIER]
    row.fuel_weight = weights[FUEL]
    row.tape_weight = weights[TAPE]


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
