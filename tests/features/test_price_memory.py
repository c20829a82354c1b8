"""Where price was five seconds ago: known, not yet known, not known any more."""

from __future__ import annotations

import math

from spymaster.features.price_memory import PriceMemory
from spymaster.market.kinds import NS_PER_MS, NS_PER_S


def lived(seconds: float, memory: PriceMemory, start_s: float = 0.0, price: float = 5000.0) -> float:
    """Four snaps a second, the price a point higher with each second; what the last one says."""
    moved = math.nan
    for k in range(round(seconds * 4) + 1):
        t_s = start_s + k / 4
        moved = memory.add(round(t_s * NS_PER_S), price + t_s)
    return moved


def test_before_five_seconds_nothing_is_known() -> None:
    assert math.isnan(lived(4.75, PriceMemory()))


def test_after_five_seconds_it_says_how_far_price_moved() -> None:
    assert lived(5.0, PriceMemory()) == 5.0
    assert lived(60.0, PriceMemory()) == 5.0


def test_after_a_gap_nothing_is_known() -> None:
    memory = PriceMemory()
    lived(10.0, memory)
    assert math.isnan(memory.add(30 * NS_PER_S, 5030.0))


def test_a_snap_that_is_missing_is_bridged_for_a_second() -> None:
    memory = PriceMemory()
    memory.add(0, 5000.0)
    assert memory.add(5 * NS_PER_S + 750 * NS_PER_MS, 5003.0) == 3.0


def test_the_price_of_another_contract_is_forgotten() -> None:
    memory = PriceMemory()
    lived(10.0, memory)
    memory.forget()
    assert math.isnan(memory.add(round(10.25 * NS_PER_S), 5060.0))


def test_a_change_known_before_the_last_snaps_were_added_waits_for_its_moment() -> None:
    memory = PriceMemory()
    lived(9.0, memory)
    memory.forget(10 * NS_PER_S)
    assert lived(0.75, memory, start_s=9.0) == 5.0
    assert math.isnan(memory.add(10 * NS_PER_S, 5060.0))


def test_it_goes_on_from_what_it_held() -> None:
    first, second = PriceMemory(), PriceMemory()
    lived(7.0, first)
    second.restore(first.snapshot())
    assert second.add(round(7.25 * NS_PER_S), 5008.0) == first.add(round(7.25 * NS_PER_S), 5008.0)
