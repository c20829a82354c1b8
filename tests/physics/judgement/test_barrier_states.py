"""The six states of a barrier from hand numbers: gates, thresholds, hysteresis."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from spymaster.market.rows import BarrierState
from spymaster.physics.judgement.barrier import replenishment, settle_state, soft_states, thresholds, time_to_clear
from tests.support.engine import params_for

VACUUM, CONSUMED, WEAK, NEUTRAL, ABSORPTION, WALL = range(6)


class Zone(NamedTuple):
    """A zone's flows over the window and its scales, as in the decision tree."""

    added: int = 0
    pulled: int = 0
    filled: int = 0
    start: int = 400
    usual: float = 400.0
    theta: float = 80.0
    fill: float = 80.0
    absolute: bool = False
    held: bool = True

    @property
    def end(self) -> int:
        return self.start + self.added - self.pulled - self.filled


def states_of(zone: Zone) -> NDArray[np.float64]:
    states = soft_states(
        params_for(), zone.added, zone.pulled, zone.filled, zone.start, zone.end,
        zone.usual, zone.theta, zone.fill, zone.absolute, zone.held, math.log(0.3), math.log(1.5),
    )  # fmt: skip
    return np.array(states)


def by_hand(zone: Zone) -> list[float]:
    """The soft gates written out once more, with the library's own functions."""

    def s(u: float) -> float:
        return 1 / (1 + math.exp(min(-u, 700.0)))

    delta = zone.added - zone.pulled - zone.filled
    lost = zone.pulled + zone.filled
    k = zone.theta / 4
    r = (zone.added + k) / (lost + k)
    phi = zone.filled / lost if lost else 0.5
    deplete = zone.theta if zone.absolute else max(zone.theta, 0.4 * zone.start)
    g1 = s((-delta / deplete - 1) / 0.15)
    g2 = s((phi - 0.5) / 0.1)
    g3 = s(math.log(0.3 / r) / 0.2)
    g4 = s(min(delta / zone.theta - 1, math.log(r / 1.5)) / 0.15)
    g5 = s((zone.filled / zone.fill - 1) / 0.2) * zone.held
    g6 = s((0.35 - zone.end / zone.usual) / 0.08)
    rest = (1 - g1) * (1 - g4) * (1 - g5)
    return [
        g1 * (1 - g2) * g3,
        g1 * g2,
        g1 * (1 - g2) * (1 - g3) + rest * g6,
        rest * (1 - g6),
        (1 - g1) * (1 - g4) * g5,
        (1 - g1) * g4,
    ]


flows = st.integers(0, 5000)
zones = st.builds(
    Zone,
    added=flows,
    pulled=flows,
    filled=flows,
    start=flows,
    usual=st.floats(1, 5000),
    theta=st.floats(1, 2000),
    fill=st.floats(1, 2000),
    absolute=st.booleans(),
    held=st.booleans(),
)
thorough = settings(max_examples=300, deadline=None)


@pytest.mark.parametrize(
    ("zone", "state"),
    [
        pytest.param(Zone(pulled=900, start=1000, usual=500, theta=100, fill=100), VACUUM, id="pulled, not eaten"),
        pytest.param(Zone(added=700, filled=400, start=500, usual=500, theta=100, fill=100), WALL, id="refilled"),
        pytest.param(Zone(added=290, pulled=10, filled=300), ABSORPTION, id="large fills, net about zero"),
        pytest.param(Zone(added=20, filled=350), CONSUMED, id="eaten and not refilled"),
        pytest.param(Zone(start=80), WEAK, id="stays thin"),
        pytest.param(Zone(), NEUTRAL, id="nothing happened"),
        pytest.param(Zone(pulled=900, start=1000, theta=100, absolute=True), VACUUM, id="absolute thresholds"),
    ],
)
def test_the_likeliest_state(zone: Zone, state: int) -> None:
    p = states_of(zone)
    assert int(p.argmax()) == state
    assert settle_state(p, -1, -1, 0.15) == (state, -1)


def test_ten_times_the_sizes_and_scales_is_the_same_market() -> None:
    small = Zone(added=290, pulled=10, filled=300)
    large = Zone(2900, 100, 3000, 4000, 4000.0, 800.0, 800.0)
    np.testing.assert_allclose(states_of(large), states_of(small), rtol=0, atol=1e-7)


@thorough
@given(zones, st.sampled_from([2, 7, 16]))
def test_scale_invariance(zone: Zone, k: int) -> None:
    scaled = Zone(zone.added * k, zone.pulled * k, zone.filled * k, zone.start * k, zone.usual * k, zone.theta * k,
                  zone.fill * k, zone.absolute, zone.held)  # fmt: skip
    np.testing.assert_allclose(states_of(scaled), states_of(zone), rtol=0, atol=1e-7)


@thorough
@given(zones)
def test_probabilities_sum_to_one_and_are_none_negative(zone: Zone) -> None:
    p = states_of(zone)
    assert abs(p.sum() - 1.0) <= 1e-12
    assert (p >= 0.0).all()


@thorough
@given(zones)
def test_the_gates_are_those_of_the_definition(zone: Zone) -> None:
    np.testing.assert_allclose(states_of(zone), by_hand(zone), rtol=0, atol=1e-7)


@thorough
@given(zones, st.integers(1, 500))
def test_more_additions_never_make_a_wall_less_likely(zone: Zone, more: int) -> None:
    fuller = zone._replace(added=zone.added + more)
    assert states_of(fuller)[WALL] >= states_of(zone)[WALL] - 1e-7


@thorough
@given(zones, st.integers(1, 500))
def test_more_withdrawals_never_make_a_wall_more_likely(zone: Zone, more: int) -> None:
    emptier = zone._replace(pulled=zone.pulled + more)
    assert states_of(emptier)[WALL] <= states_of(zone)[WALL] + 1e-7


@thorough
@given(zones, st.integers(1, 500))
def test_more_fills_never_make_vacuum_more_likely_once_depleted(zone: Zone, more: int) -> None:
    gone = zone._replace(pulled=zone.start + 20 * int(zone.theta) + 5000, added=0)
    assert states_of(gone._replace(filled=gone.filled + more))[VACUUM] <= states_of(gone)[VACUUM] + 1e-7


@thorough
@given(zones)
def test_a_price_that_did_not_hold_was_not_absorbed(zone: Zone) -> None:
    assert states_of(zone._replace(held=False))[ABSORPTION] == 0.0


@pytest.mark.parametrize(("filled", "larger"), [(79, NEUTRAL), (81, ABSORPTION)])
def test_absorption_begins_at_the_fill_threshold(filled: int, larger: int) -> None:
    p = states_of(Zone(added=filled, filled=filled))
    assert int(np.argmax([p[NEUTRAL], p[ABSORPTION]])) == (0 if larger == NEUTRAL else 1)


def test_thresholds_are_the_largest_of_floor_depth_and_noise() -> None:
    p = params_for()
    assert thresholds(p, False, 50.0, 1.0, 0.0, 0.0, 1.0) == (20.0, 30.0)
    assert thresholds(p, False, 500.0, 1.0, 0.0, 0.0, 60.0) == (100.0, 120.0)
    assert thresholds(p, False, 500.0, 60.0, 200.0, 20.0, 60.0) == (132.0, 250.0)


def test_absolute_thresholds_are_those_of_the_configuration() -> None:
    assert thresholds(params_for(f_thresh_contracts=70.0), True, 5000.0, 900.0, 900.0, 90.0, 900.0) == (70.0, 70.0)


def test_the_replenishment_ratio_shrinks_to_one_when_nothing_happens() -> None:
    assert replenishment(0.0, 0.0, 80.0) == 1.0
    assert replenishment(700.0, 400.0, 100.0) == pytest.approx(725 / 425)


def test_time_to_clear_is_depth_over_the_net_loss_rate() -> None:
    assert time_to_clear(300.0, 10.0, 30.0, 30.0, 10.0) == 60.0
    assert math.isnan(time_to_clear(300.0, 60.0, 30.0, 30.0, 10.0))


def probabilities(**likely: float) -> NDArray[np.float64]:
    out = np.zeros(6)
    for name, p in likely.items():
        out[BarrierState[name]] = p
    return out


def test_a_clear_lead_changes_the_state_at_once() -> None:
    assert settle_state(probabilities(WALL=0.6, NEUTRAL=0.4), NEUTRAL, -1, 0.15) == (WALL, -1)


def test_a_narrow_lead_needs_two_snaps_in_a_row() -> None:
    narrow = probabilities(WALL=0.52, NEUTRAL=0.48)
    state, rival = settle_state(narrow, NEUTRAL, -1, 0.15)
    assert (state, rival) == (NEUTRAL, WALL)
    assert settle_state(narrow, state, rival, 0.15) == (WALL, -1)


def test_two_different_rivals_in_turn_change_nothing() -> None:
    state, rival = settle_state(probabilities(WALL=0.4, NEUTRAL=0.38, WEAK=0.22), NEUTRAL, -1, 0.15)
    assert settle_state(probabilities(WALL=0.22, NEUTRAL=0.38, WEAK=0.4), state, rival, 0.15) == (NEUTRAL, WEAK)


def test_a_rival_is_forgotten_when_the_state_leads_again() -> None:
    state, rival = settle_state(probabilities(WALL=0.52, NEUTRAL=0.48), NEUTRAL, -1, 0.15)
    assert settle_state(probabilities(NEUTRAL=0.6, WALL=0.4), state, rival, 0.15) == (NEUTRAL, -1)
