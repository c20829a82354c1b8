"""What decides how flows become a score and a score becomes a signal: every constant of the judgement is a key.

Formulas: docs/physics.md 3.8 zones that price has passed, 4.6 absorption, 6.3 direction, 8 score and trigger.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from spymaster.config.fields import number, score, seconds, share


class Judgement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The keys of zones that price has passed, of gates, score, trigger and direction."""

    gate_depletion: Annotated[
        float, number(0.01, 5, "share of the threshold", "Width of the gate round the threshold of depletion.")
    ] = 0.15
    gate_filled: Annotated[float, number(0.01, 5, "fraction of 1", "Width of the gate round phi_consumed.")] = 0.1
    gate_replenishment: Annotated[
        float, number(0.01, 5, "logarithm of the ratio", "Width of the gate below r_vac.")
    ] = 0.2
    gate_growth: Annotated[
        float, number(0.01, 5, "share of the threshold", "Width of the gate round the growth that makes a WALL.")
    ] = 0.15
    gate_fills: Annotated[
        float, number(0.01, 5, "share of the threshold", "Width of the gate round the fills that make an ABSORPTION.")
    ] = 0.2
    gate_thin: Annotated[float, number(0.01, 5, "fraction of 1", "Width of the gate below weak_depth_share.")] = 0.08

    passed_ticks: Annotated[
        float, number(0, 20, "ES ticks", "Price has passed a level when the mid is beyond it by this much.")
    ] = 1.0
    reach_ticks: Annotated[
        float, number(0, 20, "ES ticks", "Price has reached a level's zone when the mid is this close to the level.")
    ] = 2.5
    passed_min: Annotated[
        float, number(0, 100_000, "ES contracts", "Of the contracts that rested there when price came so many must go.")
    ] = 20.0
    passed_share: Annotated[
        float, share("Share of the contracts that rested in a zone when price came whose loss depletes it once passed.")
    ] = 0.4
    passed_restored_share: Annotated[
        float, share("Share of that which must stand there again for a whole w_barrier before the zone is judged anew.")
    ] = 1.0

    value_vacuum: Annotated[float, score("What a VACUUM says for the break.")] = 100.0
    value_weak: Annotated[float, score("What a WEAK zone says for the break.")] = 97.0
    value_consumed: Annotated[float, score("What a CONSUMED zone says for the break before price has passed it.")] = (
        60.0
    )
    value_consumed_passed: Annotated[
        float, score("What a CONSUMED zone says for the break once price has passed it.")
    ] = 90.0
    value_vacuum_passed: Annotated[
        float, score("What a zone whose orders were withdrawn says for the break once price has passed it.")
    ] = 55.0
    passed_eaten: Annotated[
        float,
        share("Share of what left a passed zone that was filled: from here on its defenders stayed and were eaten."),
    ] = 0.6
    value_neutral: Annotated[float, score("What a NEUTRAL zone says for the break.")] = 50.0
    value_absorption: Annotated[float, score("What an ABSORPTION says for the break.")] = 0.0
    value_wall: Annotated[float, score("What a WALL says for the break.")] = 0.0
    evidence_tau: Annotated[
        float, seconds(0.1, 600, "Time constant with which the last evidence of a break fades once price is through.")
    ] = 15.0
    sight_share: Annotated[
        float, share("Share of w_barrier a level must have been in sight before its barrier has any confidence.")
    ] = 0.5

    weight_barrier: Annotated[float, share("Weight of the barrier in the score.")] = 0.45
    weight_fuel: Annotated[float, share("Weight of the fuel in the score.")] = 0.35
    weight_tape: Annotated[float, share("Weight of the tape in the score.")] = 0.20
    odds_floor: Annotated[
        float,
        number(0.1, 50, "points of score", "Added to both sides of a force's odds, so that none is ever infinite."),
    ] = 2.0
    odds_scale: Annotated[
        float, number(0.01, 10, "weight", "Weight whose odds the score shows unchanged; less of it shows more.")
    ] = 0.45
    confidence_floor: Annotated[float, share("A force with less confidence than this is left out of the score.")] = (
        0.001
    )
    confidence_least: Annotated[float, share("Without any force of at least this confidence there is no score.")] = 0.1
    tau_score: Annotated[float, seconds(0.1, 60, "Time constant of the evidence, and so of the score.")] = 1.0

    score_velocity_full: Annotated[
        float, number(0.01, 100, "ES points per s", "Velocity towards the level that counts in full.")
    ] = 0.5
    score_velocity_gain: Annotated[float, number(0, 50, "points of score", "What full velocity adds.")] = 25.0
    score_imbalance_gain: Annotated[float, number(0, 50, "points of score", "What full imbalance adds.")] = 25.0
    tape_full_volume: Annotated[
        float, number(1, 100_000, "ES contracts", "Volume in the band at which the tape is fully trusted.")
    ] = 100.0
    w_response: Annotated[float, seconds(0.5, 20, "Window over which an attack is compared with the way it made.")] = (
        5.0
    )
    response_progress: Annotated[
        float,
        number(0.01, 100, "ES points", "Way over w_response at which an attack counts for nothing; twice it, in full."),
    ] = 0.25
    response_fills: Annotated[
        float,
        number(1, 100_000, "ES contracts", "Fills in the zone over w_response from which the way alone decides."),
    ] = 100.0

    absorption_min: Annotated[
        float, number(1, 100_000, "ES contracts", "Least fills over w_response for a zone to be tagged ABSORBING.")
    ] = 100.0
    absorption_multiple: Annotated[
        float,
        number(0, 20, "multiples of the fills that are large over w_barrier", "The same against what is usual."),
    ] = 1.0
    absorption_progress: Annotated[
        float, number(0, 100, "ES points", "Most way made meanwhile for a zone to be tagged ABSORBING.")
    ] = 0.25

    threshold_break: Annotated[float, score("BREAK is raised above this score.")] = 80.0
    threshold_reject: Annotated[float, score("REJECT is raised below this score.")] = 20.0
    exit_break: Annotated[float, score("BREAK ends below this score.")] = 70.0
    exit_reject: Annotated[float, score("REJECT ends above this score.")] = 30.0
    hold_break: Annotated[float, seconds(0, 60, "How long threshold_break must hold before BREAK is raised.")] = 2.5
    hold_break_sudden: Annotated[
        float, seconds(0, 60, "The same while a sudden loss of the zone, pulled or filled, is under way.")
    ] = 1.0
    hold_reject: Annotated[float, seconds(0, 60, "How long threshold_reject must hold before REJECT is raised.")] = 3.0
    hold_reject_sudden: Annotated[float, seconds(0, 60, "The same while the zone is suddenly being stacked.")] = 3.0
    reject_touch_ticks: Annotated[
        float, number(0, 40, "ES ticks", "REJECT needs price this close to the zone's edge during the hold.")
    ] = 4.0
    reject_min_fills: Annotated[
        float, number(0, 100_000, "ES contracts", "REJECT needs these fills in the zone over w_barrier at that touch.")
    ] = 50.0
    reject_usual_fills: Annotated[
        float, number(0, 20, "multiples of the usual fills at that distance", "The same against what is usual.")
    ] = 1.0
    contested_low: Annotated[float, score("CONTESTED needs at least this score.")] = 30.0
    contested_high: Annotated[float, score("CONTESTED needs at most this score.")] = 70.0
    contested_min_volume: Annotated[
        float, number(0, 1_000_000, "ES contracts", "CONTESTED needs more tape volume than this.")
    ] = 500.0
    hold_contested: Annotated[float, seconds(0, 60, "How long its cause must be gone before CONTESTED ends.")] = 3.0
    confidence_high: Annotated[float, share("Confidence from which a signal is HIGH, with every input GREEN.")] = 0.7
    confidence_medium: Annotated[
        float, share("Confidence from which a score is MEDIUM; BREAK and REJECT need as much.")
    ] = 0.4
    alert_group: Annotated[
        float, seconds(0, 240, "One alert of a kind and direction within confluence_band in this time.")
    ] = 30.0
    outcome_points: Annotated[
        float, number(0.25, 100, "ES points", "Way beyond the level, or back from it, that decides an alert's outcome.")
    ] = 2.0

    arm_min_points: Annotated[
        float, number(0, 100, "ES points", "Least distance beyond a level at which its direction may change.")
    ] = 1.0
    arm_sigma: Annotated[
        float, number(0, 20, "multiples of one minute's volatility", "The same in units of volatility.")
    ] = 0.75
    arm_touch_multiple: Annotated[float, number(0, 100, "multiples of touch_band", "The same in touch bands.")] = 2.0
