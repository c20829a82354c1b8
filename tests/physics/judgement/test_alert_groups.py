"""One machine a price and one alert a group: what is one thing is told once; and REJECT needs an attack."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from spymaster.market.frames import WatermarkFrame
from spymaster.market.levels import LevelKind
from spymaster.market.rows import AlertEvent, BarrierAlarm, Confidence, Signal
from spymaster.physics.judgement.trigger import break_hold, reject_hold
from tests.physics.judgement.test_trigger import alerts_of, attacked_wall, vacuum_above
from tests.support.engine import Results, engine_for, feed, params_for, records
from tests.support.market import ASK, BID, MID, SECOND, START_NS, Market
from tests.support.scenes import deep_book, keep_alive, pull_zone

TICK = MID + 4
BOTH = {"level_kinds": 1 << LevelKind.USER | 1 << LevelKind.ROUND, "round_step": 0.25}
PARAMS = {"warmup_ns": 0, "tape_full_volume": 1e12, "arm_sigma": 0.0, "theta_noise": 0.0}


def run_scene(market: Market, *ticks: int, until_s: float, **params: float) -> Results:
    engine = engine_for(levels=[tick / 4 for tick in ticks], params={**PARAMS, **params})
    return feed(engine, records(market.words()), WatermarkFrame(START_NS + round(until_s * SECOND)))


def raised(results: Results) -> list[Any]:
    return [a for a in results.alerts if a["event"] == AlertEvent.RAISED]


# --- one machine a price ---------------------------------------------------------------------------------------------


def test_two_levels_of_one_price_show_one_signal_and_one_alert() -> None:
    results = run_scene(vacuum_above(), TICK, until_s=18.0, strike_range=1.0, confluence_band=0.1, **BOTH)
    rows = [rows[rows["price"] == TICK / 4] for rows in results.rows[50:]]
    assert {len(pair) for pair in rows} == {2}
    assert all(pair["signal"][0] == pair["signal"][1] for pair in rows)
    assert rows[-1]["signal"][0] == Signal.BREAK
    at_price = [a for a in results.alerts if a["price"] == TICK / 4]
    assert {LevelKind(int(a["kind"])) for a in at_price} == {LevelKind.USER}
    assert [a["event"] for a in at_price] == [AlertEvent.RAISED]


# --- one alert a group -----------------------------------------------------------------------------------------------


def neighbours(apart_s: float) -> Market:
    """The zone of one level is pulled, and later that of another six ticks further."""
    market = pull_zone(deep_book(START_NS), MID + 3)
    keep_alive(market, 12.0 + apart_s)
    pull_zone(market, MID + 9)
    return keep_alive(market, 12.0 + apart_s + 8.0)


def test_within_half_a_minute_a_neighbour_s_signal_is_silent() -> None:
    results = run_scene(neighbours(3.0), MID + 3, MID + 9, until_s=23.0)
    assert [float(a["price"]) for a in raised(results)] == [(MID + 3) / 4]
    assert (results.level((MID + 9) / 4)["signal"] == Signal.BREAK).any(), "its own machine is on all the same"
    assert {float(a["price"]) for a in results.alerts} == {(MID + 3) / 4}


def test_beyond_the_band_or_the_time_it_is_told() -> None:
    far = run_scene(neighbours(3.0), MID + 3, MID + 9, until_s=23.0, confluence_band=1.0)
    later = run_scene(neighbours(3.0), MID + 3, MID + 9, until_s=23.0, alert_group_ns=2 * SECOND)
    for results in (far, later):
        assert [float(a["price"]) for a in raised(results)] == [(MID + 3) / 4, (MID + 9) / 4]


# --- what a signal needs ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("fills", "told"), [(49, []), (50, [Signal.REJECT])])
def test_nobody_defends_what_nobody_attacks(fills: int, told: list[Signal]) -> None:
    results = run_scene(attacked_wall(fills), MID + 1, until_s=21.0)
    assert np.nanmin(results.level((MID + 1) / 4)["score"]) < 20.0
    assert [signal for signal, _, _ in alerts_of(results)] == told


def test_an_attack_that_is_usual_is_none() -> None:
    """Sixty contracts every ten seconds at the touch for two minutes, and then the wall."""
    market = deep_book(START_NS)
    for k in range(60):
        market.at(12.0 + 2.0 * k)
        for side in (BID, ASK):
            best = market.best(side)
            market.trade(1 - side, 60)
            market.add(side, best, 60)
    market.at(131.0)
    for price in range(MID + 1, MID + 4):
        market.add(ASK, price, 800)
    market.trade(BID, 60)
    market.add(ASK, MID + 1, 60)
    keep_alive(market, 140.0)
    told = [
        [signal for signal, _, _ in alerts_of(run_scene(market, MID + 1, until_s=140.0, reject_usual_fills=share))]
        for share in (0.5, 3.0)
    ]
    assert told[0] == [Signal.REJECT]
    assert told[1] == []


def test_price_must_be_within_half_the_zone_and_two_ticks() -> None:
    """Price stands half a tick before MID + 1, four and a half ticks before MID + 5."""
    for tick, touch_ticks, told in ((MID + 4, 2.0, True), (MID + 5, 2.0, False), (MID + 5, 2.5, True)):
        market = deep_book(START_NS)
        for price in range(tick - 2, tick + 3):
            market.add(ASK, price, 300)
        market.at(12.1)
        keep_alive(market, 21.0)
        results = run_scene(market, tick, until_s=21.0, reject_min_fills=0.0, reject_touch_ticks=touch_ticks)
        assert (alerts_of(results) != []) is told, (tick, touch_ticks)


def test_a_score_of_low_confidence_raises_nothing() -> None:
    """The barrier alone carries 0.45 of 0.65; asked for more than that it is LOW."""
    results = run_scene(vacuum_above(), TICK, until_s=18.0, confidence_medium=0.7, confidence_high=0.8)
    rows = results.level(TICK / 4)
    assert np.nanmax(rows["score"]) > 90.0
    assert set(rows["confidence_label"]) == {Confidence.LOW}
    assert alerts_of(results) == []


def test_a_sudden_loss_shortens_the_hold_of_a_break_and_stacking_that_of_a_reject() -> None:
    p = params_for(hold_break_ns=30, hold_break_sudden_ns=15, hold_reject_ns=40, hold_reject_sudden_ns=20)
    breaks = {alarm: break_hold(p, int(alarm)) for alarm in BarrierAlarm}
    rejects = {alarm: reject_hold(p, int(alarm)) for alarm in BarrierAlarm}
    none, stacking, pulling, filling = BarrierAlarm
    assert breaks == {none: 30, stacking: 30, pulling: 15, filling: 15}
    assert rejects == {none: 40, stacking: 20, pulling: 40, filling: 40}


def test_a_zone_that_is_suddenly_pulled_breaks_sooner() -> None:
    def first(sudden_ns: int) -> int:
        holds = {"hold_break_ns": 3 * SECOND, "hold_break_sudden_ns": sudden_ns}
        return int(raised(run_scene(vacuum_above(), TICK, until_s=21.0, **holds))[0]["t_ns"])

    assert first(3 * SECOND) - first(3 * SECOND // 2) == 3 * SECOND // 2
