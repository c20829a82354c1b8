"""From three forces to one smoothed score, its confidence and who contributed what (docs/physics.md 8.1).

Evidence adds in log odds: a force that is neutral is silent instead of diluting the others, and one without confidence
decides nothing.
"""

from __future__ import annotations

import math
from typing import Any, Final

from spymaster.market.jit import kernel, kernel_inlined
from spymaster.market.rows import Confidence, Trust
from spymaster.physics.maths.elementary import exp_, hundredths, log_of_normal
from spymaster.physics.memory.indices import BARRIER, COMPONENTS, FUEL, TAPE
from spymaster.physics.memory.scratch import LANES
from spymaster.physics.memory.state import Array, State

_LOW: Final = int(Confidence.LOW)
_MEDIUM: Final = int(Confidence.MEDIUM)
_HIGH: Final = int(Confidence.HIGH)
_GREEN: Final = int(Trust.GREEN)
_STEEPEST: Final = 25.0
"""Points of score a unit of log odds is worth at 50, where they add up to nothing."""
_TINY: Final = 1e-9


@kernel_inlined
def log_odds(p: Array, score: float) -> float:
    """What a force's score of 0 to 100 is worth: l = ln((S + f) / (100 + f - S)), f = ``odds_floor``."""
    return log_of_normal((score + p[0].odds_floor) / (100.0 + p[0].odds_floor - score))


@kernel_inlined
def score_of(z: float) -> float:
    """The score that log odds of ``z`` are."""
    return 100.0 / (1.0 + exp_(-z))


@kernel_inlined
def heard(weight: float, floor: float) -> float:
    """How much a force is believed, none at all below ``confidence_floor``."""
    return weight if weight >= floor else 0.0


@kernel_inlined
def evidence_now(p: Array, share: float, confidence: float, score: float) -> float:
    """What a force that weighs ``share`` says at this snap: w c l / ``odds_scale``; nothing when it is silent."""
    now: float = share * confidence * log_odds(p, score) / p[0].odds_scale
    return now if confidence > 0.0 else 0.0


@kernel_inlined
def smoothed(before: float, now: float, confidence: float, had_score: bool, alpha: float) -> float:
    """A force's evidence; one that falls silent takes what is left of it with it."""
    if not had_score:
        return now
    return before + alpha * (now - before) if confidence > 0.0 else 0.0


@kernel_inlined
def overall_confidence(
    p: Array, barrier: float, fuel: float, tape: float, asks_barrier: bool, asks_fuel: bool, asks_tape: bool
) -> float:
    """sum(w c) / sum(w) over the forces that are asked, of which the confidences are given; 0 where none weighs."""
    b = p[0].weight_barrier if asks_barrier else 0.0
    f = p[0].weight_fuel if asks_fuel else 0.0
    t = p[0].weight_tape if asks_tape else 0.0
    total = b + f + t
    return (b * barrier + f * fuel + t * tape) / total if total > 0.0 else 0.0


@kernel_inlined
def attribution(
    told: float,
    each: float,
    barrier: float,
    fuel: float,
    tape: float,
    has_barrier: bool,
    has_fuel: bool,
    has_tape: bool,
) -> tuple[float, float, float]:  # fmt: skip
    """Published attribution of barrier, fuel and tape, each to 0.01, adding up to the score told less 50.

    a_i = (S - 50) z_i / z, ``each`` being (S - 50) / z. What rounding leaves over is the tape's, else the barrier's,
    else the fuel's. Null for a force left out.
    """
    rest = told - 50.0
    of_fuel = hundredths(each * fuel if has_barrier or has_tape else rest)
    rest = rest - of_fuel if has_fuel else rest
    of_barrier = hundredths(each * barrier if has_tape else rest)
    rest = rest - of_barrier if has_barrier else rest
    return (
        of_barrier if has_barrier else math.nan,
        of_fuel if has_fuel else math.nan,
        hundredths(rest) if has_tape else math.nan,
    )


@kernel
def combine_forces(s: State, p: Array) -> None:
    """z = sum(w c l) / ``odds_scale`` of every lane, smoothed; the score is its 100 / (1 + exp(-z)).

    Nothing is said where no force that is asked, which is one that is set up and has something to say, has
    ``confidence_least``.
    """
    lanes = s.scratch.lanes
    alpha = s.alpha.score
    says, weight, asked, evidence = lanes.says, lanes.weight, lanes.asked, lanes.evidence
    for k in range(LANES):
        barrier = heard(weight[BARRIER, k], p[0].confidence_floor)
        fuel = heard(weight[FUEL, k], p[0].confidence_floor)
        tape = heard(weight[TAPE, k], p[0].confidence_floor)
        asks_barrier, asks_fuel, asks_tape = asked[BARRIER, k] != 0, asked[FUEL, k] != 0, asked[TAPE, k] != 0
        most = max(barrier if asks_barrier else 0.0, fuel if asks_fuel else 0.0)
        most = max(most, tape if asks_tape else 0.0)
        said = most >= p[0].confidence_least and most > 0.0 and lanes.in_band[k] != 0
        had = lanes.had_score[k] != 0
        b_now = evidence_now(p, p[0].weight_barrier, barrier, says[BARRIER, k])
        f_now = evidence_now(p, p[0].weight_fuel, fuel, says[FUEL, k])
        t_now = evidence_now(p, p[0].weight_tape, tape, says[TAPE, k])
        b = smoothed(evidence[BARRIER, k], b_now, barrier, had, alpha)
        f = smoothed(evidence[FUEL, k], f_now, fuel, had, alpha)
        t = smoothed(evidence[TAPE, k], t_now, tape, had, alpha)
        z = b + f + t
        score = score_of(z)
        told = hundredths(score)
        each = (score - 50.0) / z if abs(z) > _TINY else _STEEPEST
        parts = attribution(told, each, b, f, t, barrier > 0.0, fuel > 0.0, tape > 0.0)
        weight[BARRIER, k], weight[FUEL, k], weight[TAPE, k] = barrier, fuel, tape
        evidence[BARRIER, k], evidence[FUEL, k], evidence[TAPE, k] = b, f, t
        lanes.part[BARRIER, k], lanes.part[FUEL, k], lanes.part[TAPE, k] = parts
        lanes.has_score[k] = 1 if said else 0
        lanes.score[k] = score
        lanes.told[k] = told
        lanes.told_raw[k] = hundredths(score_of(b_now + f_now + t_now))
        lanes.confidence[k] = overall_confidence(p, barrier, fuel, tape, asks_barrier, asks_fuel, asks_tape)


@kernel_inlined
def write_score(s: State, p: Array, lane: int, v: Any, worst_trust: int, row: Any) -> None:
    """What the forces say and, where there is a score, that and who contributed what, into the level and its row."""
    lanes = s.scratch.lanes
    weight = lanes.weight
    row.barrier_score = lanes.says[BARRIER, lane] if weight[BARRIER, lane] > 0.0 else math.nan
    row.fuel_score = lanes.says[FUEL, lane] if weight[FUEL, lane] > 0.0 else math.nan
    row.tape_score = lanes.says[TAPE, lane] if weight[TAPE, lane] > 0.0 else math.nan
    row.barrier_weight = weight[BARRIER, lane]
    row.fuel_weight = weight[FUEL, lane]
    row.tape_weight = weight[TAPE, lane]
    row.confidence_label = 0
    v.has_score = lanes.has_score[lane]
    if v.has_score == 0:
        return
    for k in range(COMPONENTS):
        v.evidence_part[k] = lanes.evidence[k, lane]
    v.score = lanes.score[lane]
    v.confidence = lanes.confidence[lane]
    row.score_raw = lanes.told_raw[lane]
    row.score = lanes.told[lane]
    row.confidence = v.confidence
    row.attribution_barrier = lanes.part[BARRIER, lane]
    row.attribution_fuel = lanes.part[FUEL, lane]
    row.attribution_tape = lanes.part[TAPE, lane]
    row.confidence_label = confidence_label(p, v.confidence, worst_trust)


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
