"""From forces to the published score: evidence added in log odds by hand, its smoothing, who contributed what."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from spymaster.market.frames import WatermarkFrame
from spymaster.market.rows import BarrierState, Confidence
from tests.support.engine import Results, engine_for, feed, records, run
from tests.support.market import ASK, BID, MID, SECOND, START_NS, Market
from tests.support.scenes import deep_book, keep_alive, pull_zone, shift_price, stack_zone
from tests.support.streams import play, random_actions

NO_WARMUP = {"warmup_ns": 0}
STATE_SCORES = {"p_vacuum": 100, "p_consumed": 60, "p_weak": 97, "p_neutral": 50, "p_absorption": 0, "p_wall": 0}
WEIGHTS = {"barrier": 0.45, "fuel": 0.35, "tape": 0.20}


def rows_of(market: Market, tick: int, until_s: float, profile: str = "es", **params: float) -> NDArray[np.void]:
    return results_of(market, tick, until_s, profile, **params).level(tick / (4 if profile == "es" else 40))


def results_of(market: Market, tick: int, until_s: float, profile: str = "es", **params: float) -> Results:
    price = tick / (4 if profile == "es" else 40)
    engine = engine_for(profile, levels=(price,), params={**NO_WARMUP, **params})
    return feed(engine, records(market.words()), WatermarkFrame(market.start_ns + round(until_s * SECOND)))


def barrier_score(row: np.void) -> float:
    return float(sum(row[name] * score for name, score in STATE_SCORES.items()))


def tape_score(row: np.void) -> float:
    d = row["direction"]
    # the published velocity is smoothed; its z-score is that of the fit itself
    velocity = row["velocity_z"] * 0.86 * row["sigma_1m"] / math.sqrt(60.0 * 3.0)
    score = 50 + 25 * max(-1.0, min(1.0, d * velocity / 0.5)) + 25 * d * row["tape_imbalance"]
    if not math.isnan(row["sweep_age_s"]):
        target = 100.0 if row["sweep_direction"] * d > 0 else 0.0
        pulled = 50 + (target - 50) * math.exp(-row["sweep_age_s"])
        if abs(pulled - 50) > abs(score - 50):
            return float(pulled)
    return float(score)


def evidence(score: float) -> float:
    return math.log((score + 2) / (102 - score))


def score_of(z: float) -> float:
    return 100 / (1 + math.exp(-z))


def added_up(**forces: tuple[float, float]) -> float:
    """The score of forces by name, each with what it says and how far it is believed."""
    return score_of(sum(WEIGHTS[name] * c * evidence(s) for name, (s, c) in forces.items()) / 0.45)


def test_hand_vectors_of_the_sum() -> None:
    """As docs/physics.md 9 has them."""
    assert added_up(barrier=(100, 1)) == pytest.approx(98.08, abs=0.005)
    assert added_up(barrier=(60, 1), tape=(92, 1)) == pytest.approx(79.98, abs=0.005)
    assert added_up(barrier=(90, 1), fuel=(50, 1), tape=(50, 1)) == added_up(barrier=(90, 1))


def test_the_barrier_alone_is_the_odds_of_the_expected_value_of_its_states() -> None:
    market = pull_zone(deep_book(START_NS), MID + 4)
    row = rows_of(market, MID + 4, 16.0, tape_full_volume=1e12)[-1]
    assert row["barrier_score"] == pytest.approx(barrier_score(row), abs=1e-6)
    assert row["barrier_weight"] == 1.0
    assert row["score_raw"] == pytest.approx(added_up(barrier=(row["barrier_score"], 1.0)), abs=0.0051)
    assert row["score_raw"] > 95


def test_no_evidence_of_any_force_is_no_score() -> None:
    """The level lies in the band but beyond the visible book, and nothing traded."""
    row = rows_of(deep_book(START_NS), MID + 18, 14.0)[-1]
    assert row["in_band"] == 1.0
    assert math.isnan(row["score"])
    assert math.isnan(row["score_raw"])
    assert math.isnan(row["attribution_tape"])
    assert row["confidence_label"] == Confidence.LOW


def test_beyond_the_monitor_band_there_is_no_score() -> None:
    row = rows_of(deep_book(START_NS), MID + 25, 14.0)[-1]
    assert row["in_band"] == 0.0
    assert math.isnan(row["score"])


def test_evidence_adds_in_log_odds_by_weight_and_confidence() -> None:
    """Forty contracts bought at the touch weigh 0.4; a whole window of barrier in full view weighs 1."""
    market = deep_book(START_NS)
    market.trade(BID, 40)
    market.add(ASK, MID + 1, 40)
    row = rows_of(market, MID + 3, 40.0)[-1]
    expected = added_up(barrier=(barrier_score(row), 1.0), tape=(tape_score(row), 0.4))
    assert (row["buy_volume"], row["visible_fraction"], row["window_s"]) == (40, 1.0, 10.0)
    assert (row["barrier_weight"], row["tape_weight"]) == (1.0, 0.4)
    assert row["tape_score"] == pytest.approx(tape_score(row), abs=1e-6)
    assert row["score_raw"] == pytest.approx(expected, abs=0.006)
    assert row["confidence"] == pytest.approx((0.45 * 1.0 + 0.20 * 0.4) / 0.65, abs=1e-6)


def test_a_neutral_force_is_silent_and_dilutes_nothing() -> None:
    """A neutral zone beside the tape: the score is the tape's own, whatever the barrier's weight."""
    market = deep_book(START_NS)
    market.trade(BID, 40)
    market.add(ASK, MID + 1, 40)
    low, high = (rows_of(market, MID + 4, 40.0, weight_barrier=w)[-1] for w in (0.1, 0.9))
    assert low["barrier_score"] == pytest.approx(50.0, abs=0.5)
    assert low["score_raw"] == pytest.approx(high["score_raw"], abs=1.5)


def test_a_force_without_confidence_is_left_out_and_said() -> None:
    market = deep_book(START_NS)
    market.trade(BID, 40)
    row = rows_of(market, MID + 3, 15.0, tape_full_volume=4e4 + 1)[-1]
    assert row["tape_weight"] == 0.0
    assert math.isnan(row["tape_score"])
    assert math.isnan(row["attribution_tape"])
    assert row["score_raw"] == pytest.approx(added_up(barrier=(row["barrier_score"], 1.0)), abs=0.006)


def test_without_a_confidence_of_a_tenth_there_is_no_score() -> None:
    market = deep_book(START_NS)
    market.trade(BID, 9)
    params: dict[str, Any] = {"sight_share": 1.0, "w_barrier_ns": 60 * SECOND}
    rows = [rows_of(market, MID + 3, 15.0, tape_full_volume=volume, **params)[-1] for volume in (90, 91)]
    assert [row["barrier_weight"] for row in rows] == [0.0, 0.0]
    assert [math.isnan(row["score"]) for row in rows] == [False, True]


def test_a_barrier_has_no_confidence_before_half_a_window_in_sight() -> None:
    market = Market()
    market.ladder(size=100, depth=30)
    keep_alive(market, 9.0)
    rows = rows_of(market, MID + 3, 9.0)
    assert (rows["barrier_weight"][rows["seen_s"] < 5.0] == 0.0).all()
    seen = rows[rows["seen_s"] >= 5.0]
    np.testing.assert_allclose(seen["barrier_weight"], seen["seen_s"] / 10.0)
    assert len(seen) > 8


@pytest.mark.parametrize(("tick", "fraction"), [(MID + 9, 0.8), (MID + 10, 0.6)])
def test_a_barrier_seen_in_part_weighs_less(tick: int, fraction: float) -> None:
    market = deep_book(START_NS)
    market.trade(BID, 40)
    market.add(ASK, MID + 1, 40)
    row = rows_of(market, tick, 40.0, tape_band=5.0)[-1]
    expected = added_up(barrier=(barrier_score(row), fraction), tape=(tape_score(row), 0.4))
    assert row["barrier_weight"] == pytest.approx(fraction)
    assert row["score_raw"] == pytest.approx(expected, abs=0.006)


def test_buying_pushes_towards_a_break_of_resistance_and_away_from_one_of_support() -> None:
    market = deep_book(START_NS)
    market.trade(BID, 40)
    market.add(ASK, MID + 1, 40)
    above, below = rows_of(market, MID + 2, 15.0)[-1], rows_of(market, MID - 1, 15.0)[-1]
    assert above["tape_imbalance"] == below["tape_imbalance"] > 0
    assert above["attribution_tape"] > 0 > below["attribution_tape"]


def test_imbalance_is_shrunk_by_the_typical_best_size() -> None:
    market = deep_book(START_NS)
    market.trade(BID, 40)
    market.trade(ASK, 10)
    row = rows_of(market, MID + 1, 14.0)[-1]
    assert row["tape_imbalance"] == pytest.approx(30 / (50 + 100), rel=0.07)


@pytest.mark.parametrize(("aggressor", "score"), [(BID, 100.0), (ASK, 0.0)])
def test_a_sweep_pulls_the_tape_to_the_end_and_fades_in_a_second(aggressor: int, score: float) -> None:
    market = Market()
    market.ladder(size=5, depth=30).at(12.0)
    market.trade(aggressor, 8)
    rows = rows_of(market, MID + 1, 15.0, weight_barrier=0.0, tape_full_volume=1.0)
    first = rows[48]
    assert (first["sweep_levels"], first["sweep_volume"]) == (2, 8)
    assert first["sweep_age_s"] == 0.25
    assert first["tape_score"] == pytest.approx(50 + (score - 50) * math.exp(-0.25), abs=0.006)
    assert first["sweep_notional"] == pytest.approx((5 * (MID + 1) + 3 * (MID + 2)) / 4 * 50 if aggressor == BID else
                                                    (5 * MID + 3 * (MID - 1)) / 4 * 50)  # fmt: skip


def test_an_order_of_one_price_is_no_sweep() -> None:
    market = deep_book(START_NS)
    market.trade(BID, 100)
    assert math.isnan(rows_of(market, MID + 1, 14.0)[-1]["sweep_age_s"])


def test_a_sweep_far_from_the_level_does_not_count() -> None:
    market = Market()
    market.ladder(size=5, depth=30).at(12.0)
    market.trade(BID, 8)
    assert math.isnan(rows_of(market, MID + 9, 14.0)[-1]["sweep_age_s"])


def test_velocity_is_in_futures_points_in_both_profiles() -> None:
    market = deep_book(START_NS)
    for k in range(80):
        market.at(12.0 + 0.5 * k)
        shift_price(market, 1)
    points, dollars = rows_of(market, MID + 80, 51.9)[-1], rows_of(market, MID + 80, 51.9, "spy")[-1]
    assert points["velocity"] == pytest.approx(0.5, rel=0.05)
    assert dollars["velocity"] == points["velocity"]


def test_the_smoothed_score_follows_with_its_time_constant() -> None:
    market = deep_book(START_NS)
    market.at(12.001)
    pull_zone(market, MID + 4)
    rows = rows_of(market, MID + 4, 20.0, tape_full_volume=1e12)
    score, raw = rows["score"], rows["score_raw"]
    share = 1 - math.exp(-0.25)
    odds, raw_odds = np.log(score / (100 - score)), np.log(raw / (100 - raw))
    for k in range(49, 75):
        assert odds[k] == pytest.approx(odds[k - 1] + share * (raw_odds[k] - odds[k - 1]), abs=0.02)
    assert odds[51] == pytest.approx(raw_odds[51] * (1 - math.exp(-1)), abs=0.15), "a second after the pull"


def random_rows(profile: str, seed: int) -> NDArray[np.void]:
    market = Market()
    market.ladder().at(0.5)
    play(market, random_actions(seed, 2000, rough=True, drift=0.2))
    unit = 4 if profile == "es" else 40
    levels = [(MID + k) / unit for k in range(-12, 40, 4)]
    return np.concatenate(run(market.words(), profile, levels=levels, params=NO_WARMUP).rows)


@pytest.mark.parametrize("profile", ["es", "spy"])
def test_attributions_add_up_to_the_score_less_fifty(profile: str) -> None:
    rows = random_rows(profile, 31)
    scored = rows[~np.isnan(rows["score"])]
    total = np.nansum([scored[f"attribution_{name}"] for name in ("barrier", "fuel", "tape")], axis=0)
    assert len(scored) > 500
    assert np.abs(total - (scored["score"] - 50)).max() <= 0.0100001


@pytest.mark.parametrize("profile", ["es", "spy"])
def test_scores_and_shares_stay_in_their_ranges(profile: str) -> None:
    rows = random_rows(profile, 32)
    scored = rows[~np.isnan(rows["score"])]
    for name in ("score", "score_raw"):
        assert (scored[name] >= 0).all()
        assert (scored[name] <= 100).all()
    assert (np.abs(rows["tape_imbalance"]) <= 1).all()
    assert ((rows["churn"] >= 0) & (rows["churn"] <= 1) | np.isnan(rows["churn"])).all()
    assert ((rows["hidden_share"] >= 0) & (rows["hidden_share"] <= 1) | np.isnan(rows["hidden_share"])).all()
    assert (scored["confidence"] >= 0).all()
    assert (scored["confidence"] <= 1 + 1e-12).all()


def test_a_missing_force_has_no_attribution_and_the_other_takes_all() -> None:
    rows = random_rows("es", 33)
    scored = rows[~np.isnan(rows["score"])]
    missing = scored[scored["barrier_state"] == BarrierState.MISSING]
    assert len(missing) > 50
    assert np.isnan(missing["attribution_barrier"]).all()
    np.testing.assert_allclose(missing["attribution_tape"], missing["score"] - 50, atol=0.0051)
    assert np.isnan(scored["attribution_fuel"]).all()


def test_leaving_and_coming_back_past_the_arming_distance_starts_the_score_anew() -> None:
    market = pull_zone(deep_book(START_NS), MID + 2)
    keep_alive(market, 15.0)
    shift_price(market, -6)
    keep_alive(market, 16.0)
    rows = rows_of(market, MID + 2, 16.0, arm_sigma=0.0)
    after = rows[rows["x"] > 1.0]
    assert len(after) > 0
    assert after[0]["score"] == after[0]["score_raw"]


def test_high_confidence_needs_every_configured_input() -> None:
    """Dollars come by a fixed ratio, which is never GREEN: the same evidence is at most MEDIUM there."""
    market = stack_zone(deep_book(START_NS), MID + 3)
    market.trade(BID, 20)
    assert rows_of(market, MID + 3, 16.0, tape_full_volume=20.0)[-1]["confidence_label"] == Confidence.HIGH
    spy = rows_of(market, MID + 3, 16.0, "spy", tape_full_volume=20.0)[-1]
    assert (spy["confidence"], spy["confidence_label"]) == (1.0, Confidence.MEDIUM)
