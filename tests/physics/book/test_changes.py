"""The change detectors: their recursion, how seldom they err and how soon they see, and what they do to the window."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from spymaster.market.frames import WatermarkFrame
from spymaster.market.rows import BarrierAlarm
from spymaster.physics.book.changes import detect_change, forget_changes
from spymaster.physics.judgement.zones import state_span
from tests.support.engine import engine_for, feed, params_for, records
from tests.support.kernels import empty_state
from tests.support.market import ASK, BID, INTERVAL, MID, SECOND, START_NS, Market

UNIT = np.array([1.0, 0.0, 1.0])
SNAPS_PER_S = 4
DEFAULT = params_for()
THRESHOLD = float(DEFAULT[0]["cusum_threshold"])


def level() -> Any:
    return empty_state()["levels"]["at"][0]


def push(v: Any, *nets: float, filled: float = 0.0, scale: NDArray[np.float64] = UNIT) -> list[BarrierAlarm]:
    """One bucket each; they follow one another from START_NS on."""
    alarms = []
    for k, net in enumerate(nets):
        detect_change(DEFAULT, v, net, filled, scale, START_NS + k * INTERVAL)
        alarms.append(BarrierAlarm(int(v["alarm"])))
    return alarms


def test_the_sums_by_hand() -> None:
    v = level()
    scale = np.array([10.0, 5.0, 2.0])
    for net, filled in ((20, 8), (-5, 4), (12, 5)):
        detect_change(DEFAULT, v, net, filled, scale, START_NS)
    up = max(max(2.0 - 0.5, 0) - 0.5 - 0.5, 0) + 1.2 - 0.5
    fills = max(max(1.5 - 0.5, 0) - 0.5 - 0.5, 0) + 0.0
    assert v["drift"].tolist() == pytest.approx([up, 0.0, fills])


@pytest.mark.parametrize(
    ("net", "filled", "alarm"),
    [(10.0, 0.0, BarrierAlarm.STACKING), (-10.0, 0.0, BarrierAlarm.PULLING), (0.0, 10.0, BarrierAlarm.FILLING)],
)
def test_each_change_has_its_own_alarm(net: float, filled: float, alarm: BarrierAlarm) -> None:
    assert push(level(), net, filled=filled) == [alarm]


def test_a_sum_at_the_threshold_is_no_alarm_yet() -> None:
    assert push(level(), THRESHOLD + 0.5) == [BarrierAlarm.NONE]


def test_of_two_alarms_the_one_further_beyond_its_threshold_is_told() -> None:
    assert push(level(), -11.0, filled=10.0) == [BarrierAlarm.PULLING]
    assert push(level(), -10.0, filled=11.0) == [BarrierAlarm.FILLING]


def test_a_change_began_when_its_sum_last_was_nought() -> None:
    v = level()
    push(v, 3.0, -9.0, 0.0, 4.0, 4.0, 4.0)
    assert v["alarm"] == BarrierAlarm.STACKING
    assert v["drift_ns"][0] == START_NS + 3 * INTERVAL


def test_a_sum_grows_to_two_thresholds_at_most_and_its_alarm_ends_soon() -> None:
    v = level()
    push(v, *[1000.0] * 50)
    assert v["drift"][0] == 2 * THRESHOLD
    quiet = push(v, *[0.0] * 18)
    assert quiet == [BarrierAlarm.STACKING] * 17 + [BarrierAlarm.NONE]


def test_a_zone_out_of_sight_has_no_alarm_and_no_sums() -> None:
    v = level()
    push(v, 20.0)
    forget_changes(v)
    assert v["alarm"] == BarrierAlarm.NONE
    assert push(v, 0.0) == [BarrierAlarm.NONE]
    assert v["drift"].tolist() == [0.0, 0.0, 0.0]


# --- how seldom, how soon --------------------------------------------------------------------------------------------


def step(sums: NDArray[np.float64], z: NDArray[np.float64]) -> NDArray[np.float64]:
    """The recursion on many charts at once."""
    return np.clip(sums + (z - 0.5), 0.0, 2 * THRESHOLD)


def test_the_kernel_is_the_recursion() -> None:
    v, sums = level(), np.zeros(3)
    for net, filled in np.random.default_rng(4).normal(0, 1.5, (2000, 2)):
        detect_change(DEFAULT, v, net, filled, UNIT, START_NS)
        sums = step(sums, np.array([net, -net, filled]))
        assert v["drift"].tolist() == sums.tolist()
        assert (v["alarm"] > 0) == (sums.max() > THRESHOLD)


def run_length(threshold: float, states: int = 300) -> float:
    """Mean number of snaps to a false alarm of one sum on normal noise: Brook and Evans' Markov chain."""
    width = 2 * threshold / (2 * states - 1)
    below = [0.5 * (1 + math.erf((k * width + width / 2 + 0.5) / math.sqrt(2))) for k in range(-states, states)]
    upper = np.array([below[states - k : 2 * states - k] for k in range(states)])
    moves = np.diff(upper, axis=1, prepend=0.0)
    return float(np.linalg.solve(np.eye(states) - moves, np.ones(states))[0])


def seconds_between_alarms(threshold: float, sums: int) -> float:
    return run_length(threshold) / sums / SNAPS_PER_S


def test_net_flow_gives_less_than_one_false_alarm_an_hour() -> None:
    assert seconds_between_alarms(THRESHOLD, sums=2) == pytest.approx(107 * 60, rel=0.01)


def test_net_flow_and_fills_together_give_less_than_one_false_alarm_an_hour_too() -> None:
    assert seconds_between_alarms(THRESHOLD, sums=3) == pytest.approx(72 * 60, rel=0.02)


def test_the_often_quoted_threshold_of_five_would_give_one_in_two_minutes() -> None:
    assert seconds_between_alarms(5.0, sums=2) == pytest.approx(116, rel=0.01)


def test_simulated_noise_alarms_no_more_often_than_the_chain_says() -> None:
    """2000 charts of net flow; a chart that alarms starts again from nought."""
    rng = np.random.default_rng(12)
    charts, snaps, alarms = 2000, 8000, 0
    sums = np.zeros((2, charts))
    for _ in range(snaps):
        z = rng.standard_normal(charts)
        sums = step(sums, np.stack([z, -z]))
        over = (sums > THRESHOLD).any(axis=0)
        alarms += int(over.sum())
        sums[:, over] = 0.0
    seconds = charts * snaps / alarms / SNAPS_PER_S
    assert seconds >= 3600
    assert seconds == pytest.approx(seconds_between_alarms(THRESHOLD, sums=2), rel=0.12)


def test_a_shift_of_four_spreads_is_seen_in_the_third_bucket() -> None:
    assert push(level(), 4.0, 4.0, 4.0) == [BarrierAlarm.NONE, BarrierAlarm.NONE, BarrierAlarm.STACKING]


def test_a_shift_of_four_spreads_in_noise_is_seen_within_a_second() -> None:
    rng = np.random.default_rng(9)
    delays = []
    for _ in range(200):
        v = level()
        push(v, *rng.standard_normal(40))
        alarms = push(v, *(rng.standard_normal(12) - 4.0))
        delays.append(alarms.index(BarrierAlarm.PULLING) + 1)
    assert np.median(delays) <= 3
    assert np.quantile(delays, 0.95) <= 4


# --- the window ------------------------------------------------------------------------------------------------------


def span(alarm: BarrierAlarm, began_s: float, *, seen: int = 40, thin: bool = True) -> int:
    """Buckets the state rests on ten seconds after START_NS, with a change that began so many seconds before."""
    v = level()
    now = START_NS + 10 * SECOND
    v["alarm"] = alarm
    if alarm:
        v["drift_ns"][alarm - 1] = now - round(began_s * SECOND)
    return state_span(DEFAULT, v, seen, now, thin)


@pytest.mark.parametrize("alarm", [BarrierAlarm.PULLING, BarrierAlarm.FILLING])
def test_a_loss_that_left_the_zone_thin_shortens_the_window_to_itself(alarm: BarrierAlarm) -> None:
    assert span(alarm, 4.0) == 16


def test_without_an_alarm_the_window_is_all_that_was_seen() -> None:
    assert span(BarrierAlarm.NONE, 0.0) == 40


def test_the_window_is_never_shorter_than_the_shortest() -> None:
    assert span(BarrierAlarm.PULLING, 0.25) == 6


def test_a_change_longer_ago_than_the_window_leaves_it() -> None:
    assert span(BarrierAlarm.PULLING, 60.0) == 40


def test_an_alarm_does_not_make_the_window_longer_than_what_was_seen() -> None:
    assert span(BarrierAlarm.PULLING, 5.0, seen=8) == 8


@pytest.mark.parametrize("alarm", [BarrierAlarm.PULLING, BarrierAlarm.FILLING])
def test_a_loss_of_what_had_just_come_leaves_the_window(alarm: BarrierAlarm) -> None:
    assert span(alarm, 4.0, thin=False) == 40


@pytest.mark.parametrize("thin", [False, True])
def test_stacking_leaves_the_window(thin: bool) -> None:
    assert span(BarrierAlarm.STACKING, 4.0, thin=thin) == 40


# --- through the engine ----------------------------------------------------------------------------------------------

LEVEL = (MID + 2) / 4


def quiet_minute() -> Market:
    """A book whose scales are known, one declared trifle a second."""
    market = Market().ladder()
    for k in range(66):
        market.at(1.0 + k)
        market.write(b"A", BID, MID - 40, 1)
    return market


def rows_until(market: Market, seconds: float) -> NDArray[np.void]:
    engine = engine_for(levels=(LEVEL,))
    return feed(engine, records(market.words()), WatermarkFrame(START_NS + round(seconds * SECOND))).level(LEVEL)


def test_a_zone_that_is_suddenly_pulled_raises_the_alarm_and_shortens_the_window() -> None:
    market = quiet_minute().at(67.1)
    for tick in (MID + 2, MID + 3, MID + 4):
        market.cancel(market.orders_at(ASK, tick)[0], 45)
    rows = rows_until(market, 70.0)
    before, after, later = rows[67 * 4 - 1], rows[67 * 4], rows[67 * 4 + 8]
    assert (before["alarm"], before["window_s"]) == (BarrierAlarm.NONE, 10.0)
    assert (after["alarm"], after["window_s"]) == (BarrierAlarm.PULLING, 1.5)
    assert (after["bucket_pulled"], after["alarm_age_s"]) == (135.0, 0.25)
    assert (later["alarm"], later["window_s"], later["alarm_age_s"]) == (BarrierAlarm.PULLING, 2.25, 2.25)


def test_the_alarm_of_one_sudden_change_ends_within_five_seconds() -> None:
    market = quiet_minute().at(67.1)
    market.cancel(market.orders_at(ASK, MID + 2)[0])
    rows = rows_until(market, 74.0)
    on = [k for k, row in enumerate(rows) if row["alarm"] == BarrierAlarm.PULLING]
    assert (on[0], len(on)) == (67 * 4, on[-1] - on[0] + 1)
    assert 2 <= len(on) <= 20
    assert np.isnan(rows[-1]["alarm_age_s"])


def test_before_the_scales_are_known_there_is_no_alarm() -> None:
    market = Market().ladder().at(30.1)
    market.cancel(market.orders_at(ASK, MID + 2)[0])
    assert (rows_until(market, 33.0)["alarm"] == BarrierAlarm.NONE).all()


def test_the_alarm_of_the_other_side_ends_when_the_level_is_faced_from_there() -> None:
    """A resistance is eaten through and becomes a support: what its offers lost says nothing of its bids."""
    market = quiet_minute().at(67.1)
    market.trade(BID, 50 * 8)
    market.at(67.3)
    market.add(BID, MID + 8, 50)
    rows = rows_until(market, 69.0)
    turned = next(k for k, row in enumerate(rows) if row["direction"] < 0)
    assert rows[turned - 1]["alarm"] == BarrierAlarm.FILLING
    assert rows[turned]["alarm"] == BarrierAlarm.NONE
