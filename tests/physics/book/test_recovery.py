"""How fast a zone fills up again after a shock."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from spymaster.physics.book.recovery import recovery_half_life, update_recovery
from tests.support.engine import params_for
from tests.support.kernels import empty_state
from tests.support.market import INTERVAL, SECOND, START_NS

USUAL = 1000
REACH = 5
DEFAULT = params_for()


class Zone:
    """A zone's depth, snap by snap."""

    def __init__(self, interval_ns: int = INTERVAL) -> None:
        self.record: Any = empty_state()["levels"]["at"][0]
        self.params = params_for(snap_interval_ns=interval_ns)
        self.interval_ns = interval_ns
        self.time = START_NS

    def snap(self, depth: float, *, usual: float = USUAL, reach: int = REACH) -> None:
        self.time += self.interval_ns
        update_recovery(self.params, self.record, round(depth), usual, reach, self.time)

    def follow(self, depth_at: Callable[[float], float], seconds: float) -> None:
        for k in range(round(seconds * SECOND / self.interval_ns)):
            self.snap(depth_at(k * self.interval_ns / SECOND))

    def half_life(self) -> float:
        return recovery_half_life(self.record, self.time)


def refilling(tau_s: float, lost: float = 0.8) -> Callable[[float], float]:
    return lambda t: USUAL * (1 - lost * math.exp(-t / tau_s))


def shocked(tau_s: float, seconds: float, *, interval_ns: int = INTERVAL, lost: float = 0.8) -> Zone:
    zone = Zone(interval_ns)
    zone.follow(lambda _: USUAL, 2.0)
    zone.follow(refilling(tau_s, lost), seconds)
    return zone


@pytest.mark.parametrize("tau_s", [1.0, 3.0, 10.0, 25.0])
@pytest.mark.parametrize("interval_ns", [INTERVAL, SECOND // 10])
def test_an_exponential_refill_gives_its_half_life(tau_s: float, interval_ns: int) -> None:
    zone = shocked(tau_s, 30.0, interval_ns=interval_ns)
    assert zone.half_life() == pytest.approx(math.log(2) * tau_s, rel=0.04)


def test_the_half_life_is_known_one_second_after_the_shock() -> None:
    assert math.isnan(shocked(5.0, 1.0).half_life())
    assert shocked(5.0, 1.25).half_life() == pytest.approx(math.log(2) * 5.0, rel=0.1)


def test_a_zone_that_is_full_again_at_the_next_snap_recovered_in_no_more_than_that() -> None:
    zone = Zone()
    zone.follow(lambda _: USUAL, 2.0)
    zone.snap(300)
    zone.snap(USUAL)
    assert zone.half_life() == 0.25


def test_without_a_shock_there_is_none() -> None:
    zone = Zone()
    zone.follow(lambda t: USUAL * (1 + 0.3 * math.sin(t)), 40.0)
    assert math.isnan(zone.half_life())


@pytest.mark.parametrize(("lost", "shock"), [(0.49, False), (0.5, True)])
def test_a_shock_is_the_loss_of_half_the_depth(lost: float, shock: bool) -> None:
    assert math.isnan(shocked(3.0, 5.0, lost=lost).half_life()) != shock


def test_half_the_depth_lost_over_two_seconds_is_no_shock() -> None:
    zone = Zone()
    zone.follow(lambda _: USUAL, 2.0)
    zone.follow(lambda t: USUAL * (1 - 0.25 * min(t, 2.0)), 10.0)
    assert math.isnan(zone.half_life())


def test_a_zone_thinner_than_half_of_what_is_usual_is_not_shocked() -> None:
    zone = Zone()
    for depth in [400] * 8 + [100] * 20:
        zone.snap(depth)
    assert math.isnan(zone.half_life())


def test_a_handful_of_contracts_is_no_depth_to_lose() -> None:
    zone = Zone()
    for depth in [19] * 8 + [2] * 20:
        zone.snap(depth, usual=19.0)
    assert math.isnan(zone.half_life())


@pytest.mark.parametrize("tau_s", [60.0, 1e9])
def test_a_half_life_of_more_than_thirty_seconds_is_told_as_thirty(tau_s: float) -> None:
    assert shocked(tau_s, 31.0).half_life() == 30.0


def test_the_fit_ends_after_half_a_minute() -> None:
    zone = shocked(60.0, 31.0)
    told = zone.half_life()
    zone.follow(lambda _: USUAL, 10.0)
    assert zone.half_life() == told == 30.0


@pytest.mark.parametrize(("seconds", "known"), [(59.0, True), (61.0, False)])
def test_a_recovery_is_forgotten_after_a_minute(seconds: float, known: bool) -> None:
    zone = shocked(1.0, 5.0)
    ended = zone.record["half_life_ns"]
    zone.follow(lambda _: USUAL, (ended - zone.time) / SECOND + seconds)
    assert math.isnan(zone.half_life()) != known


def test_another_part_of_the_zone_starts_afresh() -> None:
    """Three ticks hold less than five; that is no shock."""
    zone = Zone()
    zone.follow(lambda _: USUAL, 2.0)
    for _ in range(20):
        zone.snap(450, usual=600.0, reach=3)
    assert math.isnan(zone.half_life())


def test_a_fit_under_way_ends_with_the_part_of_the_zone_it_was_of() -> None:
    zone = shocked(5.0, 0.75)
    for _ in range(20):
        zone.snap(600, usual=600.0, reach=3)
    assert math.isnan(zone.half_life())


def test_a_second_shock_is_fitted_again() -> None:
    zone = shocked(1.0, 8.0)
    zone.follow(refilling(6.0), 20.0)
    assert zone.half_life() == pytest.approx(math.log(2) * 6.0, rel=0.05)
    assert DEFAULT[0]["snap_interval_ns"] == INTERVAL
