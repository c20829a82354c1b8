"""Measures against second computations: censoring weights, base rates, the mix with neighbours, and the calibration."""

from __future__ import annotations

import numpy as np
import pytest

from spymaster.features.horizons import HORIZONS_S
from spymaster.labels.first_passage import Outcome
from spymaster.learn.calibration import brier_skill, mean_difference
from spymaster.learn.heads.baselines import base_rates, baselines
from spymaster.learn.heads.measures import integrated_brier
from spymaster.learn.heads.mixing import mixed
from spymaster.models.logistic_head import brownian_chances
from tests.models.test_head_model import index
from tests.support.attempt_sets import attempt_set


def test_without_censoring_it_is_the_mean_squared_error_over_the_horizons() -> None:
    dice = np.random.default_rng(1)
    outcome = dice.choice([Outcome.BREAK, Outcome.BOUNCE, Outcome.CHOP], 200).astype(np.int64)
    end_s = np.where(outcome == Outcome.CHOP, 480.0, dice.uniform(1.0, 479.0, 200))
    curve = np.sort(dice.random((200, 6)), axis=1)
    plain = []
    for k, time in enumerate(HORIZONS_S):
        came = (outcome == Outcome.BREAK) & (end_s <= time)
        plain.append((came - curve[:, k]) ** 2)
    assert integrated_brier(curve, outcome, end_s, Outcome.BREAK) == pytest.approx(np.mean(plain, axis=0))


def test_rows_that_were_seen_count_for_those_that_were_not() -> None:
    # two of four are lost at 10 s: the two that are left count twice from then on
    outcome = np.array([Outcome.CENSORED, Outcome.CENSORED, Outcome.BREAK, Outcome.CHOP], np.int64)
    end_s = np.array([10.0, 10.0, 20.0, 480.0])
    loss = integrated_brier(np.zeros((4, 6)), outcome, end_s, Outcome.BREAK)
    assert loss.tolist() == pytest.approx([0.0, 0.0, 2.0 * 5 / 6, 0.0])


def test_a_true_curve_has_the_least_loss_in_the_mean() -> None:
    dice = np.random.default_rng(2)
    drawn = dice.exponential(200.0, 20_000)
    lost = dice.exponential(400.0, 20_000)
    outcome = np.where(drawn < np.minimum(lost, 480.0), Outcome.BREAK, Outcome.CENSORED)
    outcome = np.where((lost > 480.0) & (drawn > 480.0), Outcome.CHOP, outcome).astype(np.int64)
    end_s = np.minimum(np.minimum(drawn, lost), 480.0)
    true = 1.0 - np.exp(-np.array(HORIZONS_S) / 200.0)
    losses = [
        integrated_brier(np.tile(true + off, (len(end_s), 1)), outcome, end_s, Outcome.BREAK).mean()
        for off in (-0.03, 0.0, 0.03)
    ]
    assert losses[1] == min(losses)


def test_a_base_rate_is_the_share_of_its_cell_drawn_towards_what_is_wider() -> None:
    data = attempt_set(400, 8)
    everything = np.arange(len(data))
    rates = base_rates(data, everything, everything)
    cell = (data.kind == data.kind[0]) & (data.side == data.side[0])
    half = cell & (np.floor(data.minutes / 30.0) == np.floor(data.minutes[0] / 30.0))
    resolved = (data.outcome[:, -1] == Outcome.BREAK) | (data.outcome[:, -1] == Outcome.BOUNCE)
    broke = data.outcome[:, -1] == Outcome.BREAK
    rate = broke[resolved].mean()
    for one in (cell & resolved, half & resolved):
        rate = (broke[one].sum() + 20.0 * rate) / (one.sum() + 20.0)
    assert rates.direction[0] == pytest.approx(rate)


def test_the_brownian_baseline_asks_for_the_distance_of_the_race() -> None:
    data = attempt_set(50, 8)
    everything = np.arange(len(data))
    told = baselines(data, everything, everything, None)["Brownian"]
    chances = brownian_chances(data.distance_signed, data.sigma, data.barrier[:, -1])
    assert told.tradeable == pytest.approx(chances.sum(axis=1))
    assert told.direction == pytest.approx(chances[:, 0] / chances.sum(axis=1))


def test_brownian_chances_are_those_of_many_walks() -> None:
    dice = np.random.default_rng(5)
    walks = np.cumsum(dice.normal(size=(4000, 1920)) * np.sqrt(0.25 / 60.0), axis=1) - 0.5
    far = np.sqrt(8.0)
    up, down = (walks >= far), (walks <= -far)
    first_up = np.where(up.any(axis=1), up.argmax(axis=1), 9999)
    first_down = np.where(down.any(axis=1), down.argmax(axis=1), 9999)
    came = [np.mean(first_up < first_down), np.mean(first_down < first_up)]
    assert brownian_chances(np.array([-0.5]), np.array([1.0]))[0] == pytest.approx(came, abs=0.025)


def test_the_mix_keeps_the_trees_where_nothing_is_alike() -> None:
    known = index()
    rows = np.zeros((3, 4))
    trees = np.array([0.2, 0.5, 0.9])
    lonely = type(known)(**{**vars(known), "outcome": np.full(len(known), Outcome.CHOP)})
    assert mixed(trees, lonely, rows, np.zeros(3, int)).tolist() == trees.tolist()


def test_the_mix_follows_the_formula_of_the_predecessor() -> None:
    known, row = index(), np.array([[0.3, 0.0, 0.0, -0.4]])
    near = known.nearest(row, np.array([1]), 20)[0]
    kept = near[(near["outcome"] == Outcome.BREAK) | (near["outcome"] == Outcome.BOUNCE)]
    weight = 1.0 / (kept["distance"] + 1e-6)
    broke = (weight * (kept["outcome"] == Outcome.BREAK)).sum() / weight.sum()
    similarity = (1.0 / (1.0 + kept["distance"])).mean()
    entropy = -(broke * np.log(broke) + (1.0 - broke) * np.log(1.0 - broke))
    w = np.clip(0.7 - 0.4 * similarity + 0.4 * entropy, 0.2, 0.8)
    chance = w * 0.6 + (1.0 - w) * broke
    apart = abs(0.6 - broke)
    if similarity >= 0.6 and apart >= 0.4:
        chance = 0.5 + (chance - 0.5) * (1.0 - min(0.5, 0.5 * apart))
    assert mixed(np.array([0.6]), known, row, np.array([1]))[0] == pytest.approx(chance)


def test_skill_and_difference_say_the_same_of_the_same_losses() -> None:
    dice = np.random.default_rng(3)
    came = (dice.random(500) < 0.4).astype(float)
    ours, theirs, world = np.full(500, 0.4), np.full(500, 0.6), np.arange(500) % 10
    skill = brier_skill(ours, theirs, came, world)
    worse = mean_difference((theirs - came) ** 2, (ours - came) ** 2, world)
    assert skill is not None
    assert worse is not None
    assert worse.value == pytest.approx(((theirs - came) ** 2).mean() * skill.value)
    assert worse.low is not None
    assert worse.low > 0.0
