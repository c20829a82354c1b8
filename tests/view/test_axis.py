"""The price axis and how it follows the price."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spymaster.view.drawing.axis import Centring, PriceAxis


@given(st.integers(1, 100_000), st.integers(9, 60), st.sampled_from([1, 2, 4]))
def test_every_tick_of_a_row_leads_back_to_it(tick: int, rows: int, zoom: int) -> None:
    axis = PriceAxis.centred(tick, rows, zoom)
    assert axis.row_of(tick) == rows // 2
    for row in range(rows):
        assert axis.low(row) % zoom == 0
        assert {axis.row_of(axis.low(row) + n) for n in range(zoom)} == {row}
    assert not axis.holds(axis.top + 1)
    assert not axis.holds(axis.bottom - 1)


def test_the_axis_rests_while_the_price_stays_in_the_middle_half() -> None:
    placed = Centring().follow(1000, 9, 0, None, 0.0)
    assert placed.follow(1009, 9, 0, None, 10.0) is placed


def test_the_axis_jumps_once_the_price_leaves_the_middle_half() -> None:
    placed = Centring().follow(1000, 9, 0, None, 0.0)
    assert placed.follow(1010, 9, 0, None, 10.0).tick == 1010


def test_after_a_jump_the_axis_rests_two_seconds() -> None:
    placed = Centring().follow(1000, 9, 0, None, 0.0)
    assert placed.follow(1010, 9, 0, None, 1.9).tick == 1000
    assert placed.follow(1010, 9, 0, None, 2.0).tick == 1010


def test_centring_by_hand_does_not_wait() -> None:
    placed = Centring().follow(1000, 9, 0, None, 0.0)
    assert placed.follow(1003, 9, 1, None, 0.1).tick == 1003


def test_a_pinned_price_stays_in_the_middle() -> None:
    placed = Centring().follow(1000, 9, 0, None, 0.0)
    pinned = placed.follow(1000, 9, 0, 1500, 0.1)
    assert pinned.tick == 1500
    assert pinned.follow(1000, 9, 0, 1500, 60.0) is pinned


@pytest.mark.parametrize("tick", [None, 1000])
def test_without_a_price_the_axis_waits(tick: int | None) -> None:
    assert Centring().follow(tick, 9, 0, None, 0.0).placed is (tick is not None)
