"""Additions that are withdrawn within half a second: found, aged, published and discounted."""

from __future__ import annotations

import random
from collections import defaultdict
from typing import Any

import numpy as np
import pytest

from spymaster.market.rows import Tag
from spymaster.physics.book.flicker import (
    age_additions,
    flicker_share,
    forget_additions,
    lasting_depth,
    observe_flicker,
    remember_addition,
    withdraw_fresh,
)
from spymaster.physics.memory.indices import FLICKER
from tests.support.engine import Words, engine_for, feed, records, run
from tests.support.kernels import empty_state
from tests.support.market import ASK, BID, INTERVAL, MID, MS, START_NS, Market

QUARTER = 250 * MS
PLACE = 500


class Quarters:
    """One price of a ledger whose quarters of a second pass one by one."""

    def __init__(self) -> None:
        self.state = empty_state()
        self.time = START_NS

    def add(self, contracts: int) -> None:
        remember_addition(self.state, ASK, PLACE, contracts)

    def pull(self, contracts: int) -> int:
        return withdraw_fresh(self.state, ASK, PLACE, contracts)

    def wait(self, quarters: int = 1) -> None:
        for _ in range(quarters):
            self.time += QUARTER
            age_additions(self.state, self.time, QUARTER)


@pytest.mark.parametrize(("quarters", "found"), [(0, 30), (1, 30), (2, 0), (3, 0)])
def test_additions_of_this_and_the_last_quarter_are_found(quarters: int, found: int) -> None:
    price = Quarters()
    price.add(30)
    price.wait(quarters)
    assert price.pull(30) == found


def test_no_more_is_found_than_was_added() -> None:
    price = Quarters()
    price.add(30)
    assert [price.pull(20), price.pull(20), price.pull(20)] == [20, 10, 0]


def test_the_oldest_additions_are_withdrawn_first() -> None:
    price = Quarters()
    price.add(10)
    price.wait()
    price.add(20)
    assert price.pull(15) == 15
    price.wait()
    assert price.pull(20) == 15


def test_a_withdrawal_before_an_addition_is_not_fleeting() -> None:
    price = Quarters()
    assert price.pull(30) == 0
    price.add(30)
    assert price.pull(30) == 30


def test_an_addition_is_found_at_its_own_price_and_side_only() -> None:
    price = Quarters()
    price.add(30)
    assert withdraw_fresh(price.state, BID, PLACE, 30) == 0
    assert withdraw_fresh(price.state, ASK, PLACE + 1, 30) == 0


def test_prices_far_apart_grow_older_together() -> None:
    price = Quarters()
    for place in (3, 1000):
        remember_addition(price.state, BID, place, 5)
    price.wait(2)
    assert [withdraw_fresh(price.state, BID, place, 5) for place in (3, 1000)] == [0, 0]


def test_nothing_is_found_after_the_ledger_moved() -> None:
    price = Quarters()
    price.add(30)
    price.wait()
    price.add(30)
    forget_additions(price.state)
    assert price.pull(60) == 0


@pytest.mark.parametrize("interval", [250 * MS, 100 * MS])
def test_an_addition_is_remembered_for_a_quarter_and_never_for_more_than_half_a_second(interval: int) -> None:
    for first in range(10):
        for later in range(first, first + 12):
            s = empty_state()
            for k in range(first, later + 1):
                if k == first:
                    remember_addition(s, ASK, PLACE, 7)
                if k < later:
                    age_additions(s, START_NS + (k + 1) * interval, interval)
            found = withdraw_fresh(s, ASK, PLACE, 7) > 0
            longest, shortest = (later - first + 1) * interval, (later - first - 1) * interval
            assert found or longest > QUARTER
            assert not found or shortest < 2 * QUARTER


def test_every_snap_of_a_quarter_of_a_second_and_no_other_makes_additions_older() -> None:
    s = empty_state()
    aged = []
    for k in range(1, 11):
        remember_addition(s, ASK, PLACE, 1)
        age_additions(s, START_NS + k * 100 * MS, 100 * MS)
        if s["flicker"]["fresh"][ASK, PLACE, 0] == 0:
            aged.append(k * 100)
    assert aged == [300, 500, 800, 1000]


def test_the_share_is_of_gross_additions_and_none_is_told_of_fewer_than_twenty() -> None:
    assert flicker_share(40.0, 10.0) == 0.25
    assert flicker_share(19.0, 19.0) == 0.0


def test_the_share_is_at_most_one_where_the_additions_left_the_window_before_their_withdrawal() -> None:
    assert flicker_share(20.0, 100.0) == 1.0


def test_young_depth_is_discounted_by_what_exceeds_the_usual_share() -> None:
    assert lasting_depth(100.0, 50.0, 0.6, 0.2) == pytest.approx(80.0)
    assert lasting_depth(100.0, 100.0, 1.0, 0.0) == 0.0


def test_depth_that_has_been_resting_is_not_discounted() -> None:
    assert lasting_depth(100.0, 0.0, 1.0, 0.2) == 100.0


def test_no_more_is_discounted_than_is_displayed() -> None:
    assert lasting_depth(100.0, 500.0, 1.0, 0.0) == 0.0


@pytest.mark.parametrize("share", [0.0, 0.1, 0.2])
def test_a_share_that_is_usual_discounts_nothing(share: float) -> None:
    assert lasting_depth(100.0, 100.0, share, 0.2) == 100.0


def test_the_usual_share_begins_as_a_mean_and_passes_over_zones_with_too_few_additions() -> None:
    s = empty_state()
    for added, fleeting in ((100, 10), (100, 30), (19, 19)):
        observe_flicker(s, added, fleeting, 0.001)
    assert s["flicker"]["usual"] == pytest.approx(0.2)


def test_the_usual_share_forgets_with_its_weight_once_there_are_enough() -> None:
    s = empty_state()
    for added, fleeting in ((100, 0), (100, 0), (100, 100)):
        observe_flicker(s, added, fleeting, 0.5)
    assert s["flicker"]["usual"] == pytest.approx(0.5)


def test_random_additions_and_withdrawals_equal_lists_of_lots() -> None:
    dice = random.Random(11)
    s = empty_state()
    lots: dict[tuple[int, int], list[list[int]]] = defaultdict(list)
    found = expected = 0
    for quarter in range(300):
        for _ in range(dice.randrange(12)):
            side, place, contracts = dice.randrange(2), 500 + dice.randrange(4), dice.randint(1, 40)
            if dice.random() < 0.5:
                remember_addition(s, side, place, contracts)
                lots[side, place].append([quarter, contracts])
                continue
            took = withdraw(lots[side, place], quarter, contracts)
            assert withdraw_fresh(s, side, place, contracts) == took
            found, expected = found + 1, expected + took
        age_additions(s, (quarter + 1) * QUARTER, QUARTER)
    assert found > 500
    assert expected > 1000


def withdraw(lots: list[list[int]], quarter: int, contracts: int) -> int:
    """Take from the lots of this quarter and the last, oldest first; returns how many contracts were there."""
    took = 0
    for lot in lots:
        if lot[0] >= quarter - 1:
            part = min(contracts - took, lot[1])
            lot[1] -= part
            took += part
    return took


# --- through the engine ----------------------------------------------------------------------------------------------


def quoting(seed: int, count: int) -> Market:
    """A still market of ten prices a side at which orders come and go, and are traded with; no price runs empty."""
    dice = random.Random(seed)
    market = Market().ladder(size=500, depth=10).at(0.5)
    fresh: list[int] = []
    for _ in range(count):
        market.now_ns += dice.choice((0, 1, 20, 60, 130, 250)) * MS
        what = dice.random()
        if what < 0.5 or not fresh:
            side = dice.randrange(2)
            tick = MID - dice.randrange(10) if side == BID else MID + 1 + dice.randrange(10)
            fresh.append(market.add(side, tick, dice.randint(1, 60)))
        elif what < 0.95:
            number = fresh.pop(dice.randrange(max(len(fresh) - 3, 0), len(fresh)))
            market.cancel(number)
        else:
            market.trade(dice.randrange(2), 1)
            fresh = [n for n in fresh if n in market.orders]
    return market


def lots_of(market: Market, words: Words) -> dict[tuple[int, int], int]:
    """Contracts withdrawn within half a second by side and tick, from the market's own account of its orders."""
    lots: dict[tuple[int, int], list[list[int]]] = defaultdict(list)
    total: dict[tuple[int, int], int] = defaultdict(int)
    for index, what, side, tick, contracts in market.truth:
        quarter = int(words[index, 1]) // QUARTER
        if what == "add":
            lots[side, tick].append([quarter, contracts])
        elif what == "pull":
            total[side, tick] += withdraw(lots[side, tick], quarter, contracts)
    return {key: n for key, n in total.items() if n}


def test_what_the_ledger_calls_fleeting_equals_lists_of_lots_over_the_records() -> None:
    market = quoting(5, 500)
    words = market.words()
    engine = engine_for()
    feed(engine, records(words)).take(engine.finish())
    base = int(engine.state["ledger"]["base"][0])
    flow = engine.state["flow"][0, : int(engine.state["ledger"]["ring"][0]), :, FLICKER : FLICKER + 2].sum(axis=0)
    ledger = {(int(side), int(i) + base): int(flow[i, side]) for i, side in zip(*flow.nonzero(), strict=True)}
    expected = lots_of(market, words)
    assert sum(expected.values()) > 1000
    assert ledger == expected


def shown_and_withdrawn(after_s: float) -> Any:
    """20 contracts that stay and 30 that are withdrawn after a while; the level's last row."""
    market = Market().ladder().at(11.01)
    market.add(ASK, MID + 7, 20)
    number = market.add(ASK, MID + 7, 30)
    market.at(11.01 + after_s)
    market.cancel(number)
    market.at(13.0)
    market.write(b"A", BID, MID - 40, 1)
    return run(market.words(), levels=[(MID + 6) / 4]).level((MID + 6) / 4)[-1]


def test_the_share_of_a_zone_is_published() -> None:
    row = shown_and_withdrawn(0.2)
    assert row["flicker_share"] == pytest.approx(30 / 50)


def test_a_withdrawal_after_more_than_half_a_second_does_not_count() -> None:
    assert shown_and_withdrawn(0.6)["flicker_share"] == 0.0


def test_a_zone_that_mostly_fleets_is_tagged_and_one_that_does_not_is_not() -> None:
    assert int(shown_and_withdrawn(0.2)["tags"]) & Tag.FLICKER
    assert not int(shown_and_withdrawn(0.6)["tags"]) & Tag.FLICKER


def test_the_published_share_is_never_more_than_one() -> None:
    """Additions of one bucket leave the window, what was withdrawn of them in the next is still in it."""
    market = Market().ladder().at(2.01)
    number = market.add(ASK, MID + 3, 100)
    market.at(2.26)
    market.cancel(number)
    market.at(2.6)
    market.add(ASK, MID + 3, 20)
    market.at(13.0)
    market.write(b"A", BID, MID - 40, 1)
    shares = run(market.words(), levels=[(MID + 2) / 4]).level((MID + 2) / 4)["flicker_share"]
    assert np.nanmax(shares) == 1.0
    assert INTERVAL == QUARTER
