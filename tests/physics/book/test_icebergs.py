"""Apparent icebergs: trials and their odds, what has been executed and may remain, and how they are published."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import Any

import pytest

from spymaster.market.rows import Tag
from spymaster.physics.book.icebergs import (
    find_iceberg,
    forget_icebergs,
    learn_null_rate,
    note_fill,
    note_hidden,
    note_refill,
    remaining_size,
    typical_peak,
)
from spymaster.physics.memory.indices import LOST, USED_UP
from tests.support.engine import params_for, run
from tests.support.kernels import empty_state
from tests.support.market import ASK, BID, MID, MS, SECOND, START_NS, Market

PLACE = 500
REFILL = 50 * MS
P = params_for()


class Price:
    """One price, hit and shown again; ``null``: the chance of a refill without any iceberg."""

    def __init__(self, null: float = 0.1, place: int = PLACE, state: Any = None) -> None:
        self.state = empty_state() if state is None else state
        self.place = place
        self.time = START_NS
        icebergs = self.state["icebergs"]
        icebergs["log_refill"], icebergs["log_miss"] = math.log(0.9 / null), math.log(0.1 / (1 - null))

    @property
    def record(self) -> Any:
        return self.state["icebergs"]["at"][ASK, self.place]

    def hit(self, filled: int = 10, before: int = 10, after_ns: int = SECOND) -> None:
        self.time += after_ns
        note_fill(self.state, P, ASK, self.place, filled, before, self.time)

    def refill(self, contracts: int = 10, after_ns: int = 20 * MS) -> None:
        self.time += after_ns
        note_refill(self.state, P, ASK, self.place, contracts, self.time)

    def found(self) -> bool:
        return find_iceberg(self.state, ASK, self.place - 2, self.place + 2, self.time) == self.place


def test_the_chance_of_a_refill_is_that_of_an_addition_at_either_best_price_within_the_refill_time() -> None:
    s = empty_state()
    learn_null_rate(s, P, 4, 0.25, 1.0)
    null = 1 - math.exp(-8 * 0.05)
    assert s["icebergs"]["log_refill"] == pytest.approx(math.log(0.9 / null), rel=1e-12)
    assert s["icebergs"]["log_miss"] == pytest.approx(math.log(0.1 / (1 - null)), rel=1e-12)


@pytest.mark.parametrize(("adds", "null"), [(0, 0.02), (1000, 0.85)])
def test_the_chance_of_a_refill_keeps_within_bounds(adds: int, null: float) -> None:
    s = empty_state()
    learn_null_rate(s, P, adds, 0.25, 1.0)
    assert s["icebergs"]["log_refill"] == pytest.approx(math.log(0.9 / null))


def test_the_log_odds_of_four_refills_and_two_misses() -> None:
    price = Price(null=0.25)
    for k in range(6):
        price.hit()
        price.refill(after_ns=(60 if k in (1, 3) else 20) * MS)
    expected = 4 * math.log(0.9 / 0.25) + 2 * math.log(0.1 / 0.75)
    assert (price.record["tries"], price.record["refills"]) == (6, 4)
    assert price.record["odds"] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("null", [0.02, 0.25, 0.5])
def test_a_price_is_an_iceberg_once_its_odds_exceed_a_hundred_to_one(null: float) -> None:
    price = Price(null)
    enough = math.floor(math.log(100) / math.log(0.9 / null)) + 1
    for k in range(enough):
        assert not price.found(), k
        price.hit()
        price.refill()
    assert price.found()


def flagged_share(null: float, chance: float, trials: int) -> float:
    """Share of 400 prices that are taken for icebergs at some time when each hit is refilled with ``chance``."""
    dice = random.Random(3)
    state = empty_state()
    flagged = 0
    for place in range(300, 700):
        price, seen = Price(null, place, state), False
        for _ in range(trials):
            price.hit()
            price.refill(after_ns=(20 if dice.random() < chance else 70) * MS)
            seen = seen or bool(price.record["flagged"])
        flagged += seen
    return flagged / 400


def test_a_busy_price_is_not_taken_for_an_iceberg_by_chance() -> None:
    """Of prices refilled as often as any other at most one in fifty, within twenty hits."""
    assert flagged_share(null=0.63, chance=0.63, trials=20) <= 0.02


def test_a_price_refilled_nine_times_in_ten_is_found_beside_busy_ones() -> None:
    assert flagged_share(null=0.63, chance=0.93, trials=40) >= 0.7


@pytest.mark.parametrize(("late_ns", "refills"), [(0, 1), (1, 0)])
def test_a_refill_after_the_refill_time_is_a_miss(late_ns: int, refills: int) -> None:
    price = Price()
    price.hit()
    price.refill(after_ns=REFILL + late_ns)
    assert (price.record["tries"], price.record["refills"]) == (1, refills)


def test_a_price_hit_again_before_any_refill_has_missed() -> None:
    price = Price()
    price.hit()
    price.hit(after_ns=REFILL + 1)
    assert (price.record["tries"], price.record["refills"]) == (1, 0)


def test_two_hits_within_the_refill_time_are_one_trial() -> None:
    price = Price()
    price.hit(filled=10, before=20)
    price.hit(filled=10, before=10, after_ns=5 * MS)
    price.refill()
    assert (price.record["tries"], price.record["refills"]) == (1, 1)


def test_a_fill_of_less_than_half_of_what_is_shown_is_no_trial() -> None:
    price = Price()
    price.hit(filled=9, before=20)
    price.refill()
    assert (price.record["tries"], price.record["executed"]) == (0, 9)


def test_an_addition_without_a_hit_is_no_trial() -> None:
    price = Price()
    price.refill()
    assert price.record["tries"] == 0


def test_hidden_fills_are_refills_and_count_as_executed() -> None:
    price = Price(null=0.02)
    price.hit()
    for _ in range(2):
        note_hidden(price.state, ASK, PLACE, 30, price.time)
    assert (price.record["refills"], price.record["executed"]) == (2, 70)
    assert price.found()


def test_everything_filled_since_the_first_hit_is_executed() -> None:
    price = Price()
    for filled in (10, 3, 12):
        price.hit(filled=filled, before=12)
        price.refill()
    assert price.record["executed"] == 25


@pytest.mark.parametrize(
    ("shown", "peak"),
    [
        pytest.param([30, 10, 20], 20, id="median"),
        pytest.param([5, 5, 5, 9], 5, id="ties"),
        pytest.param([100] * 8 + [7] * 8, 7, id="the latest eight"),
    ],
)
def test_the_typical_peak_is_the_median_of_the_latest_sizes_shown(shown: Sequence[int], peak: int) -> None:
    price = Price()
    for contracts in shown:
        price.hit()
        price.refill(contracts)
    assert typical_peak(price.record) == peak


def test_refills_that_stay_hidden_have_no_peak() -> None:
    price = Price()
    for _ in range(3):
        note_hidden(price.state, ASK, PLACE, 30, price.time)
    assert typical_peak(price.record) == 0.0


def test_hidden_refills_do_not_make_the_peak_smaller() -> None:
    price = Price()
    price.hit()
    price.refill(30)
    for _ in range(4):
        note_hidden(price.state, ASK, PLACE, 60, price.time)
    assert typical_peak(price.record) == 30.0


def test_the_peaks_of_an_iceberg_that_ended_are_not_those_of_the_next() -> None:
    price = Price(null=0.02)
    for _ in range(3):
        price.hit()
        price.refill(500)
    price.hit(after_ns=40 * SECOND)
    for _ in range(3):
        note_hidden(price.state, ASK, PLACE, 30, price.time)
    assert typical_peak(price.record) == 0.0


def test_a_price_that_misses_again_and_again_is_forgotten() -> None:
    price = Price(null=0.1)
    price.hit()
    price.refill(after_ns=60 * MS)
    assert price.record["odds"] == pytest.approx(math.log(0.1 / 0.9))
    price.hit()
    price.refill(after_ns=60 * MS)
    assert (price.record["tries"], price.record["odds"], price.record["executed"]) == (0, 0.0, 0)


def seen_iceberg(total: int = 30) -> Price:
    """An apparent iceberg of which so much has been executed."""
    price = Price(null=0.02)
    for _ in range(3):
        price.hit(filled=total // 3, before=total // 3)
        price.refill()
    assert price.found()
    return price


@pytest.mark.parametrize(("quiet_s", "found"), [(29.9, True), (30.1, False)])
def test_an_iceberg_that_was_not_hit_for_half_a_minute_is_out_of_sight(quiet_s: float, found: bool) -> None:
    price = seen_iceberg()
    price.time += round(quiet_s * SECOND) - 20 * MS
    assert price.found() == found


def test_a_hit_after_half_a_minute_begins_anew_and_leaves_the_total_as_lost() -> None:
    price = seen_iceberg(30)
    price.hit(filled=4, before=4, after_ns=31 * SECOND)
    assert (price.record["executed"], price.record["tries"], price.record["flagged"]) == (4, 0, 0)
    assert price.state["icebergs"]["ends"][LOST, 30] == 1.0
    assert price.state["icebergs"]["ends"].sum() == 1.0


def test_an_iceberg_that_is_not_shown_again_any_more_leaves_its_total_as_used_up() -> None:
    price = seen_iceberg(30)
    while price.record["flagged"]:
        price.hit(filled=0, before=0)
        price.refill(after_ns=60 * MS)
    assert price.state["icebergs"]["ends"][USED_UP, 30] == 1.0
    assert price.state["icebergs"]["ends"].sum() == 1.0


def test_a_price_that_never_was_an_iceberg_leaves_nothing() -> None:
    price = Price()
    price.hit()
    price.hit(after_ns=31 * SECOND)
    assert price.state["icebergs"]["ends"].sum() == 0.0


def test_icebergs_are_lost_when_the_ledger_moves() -> None:
    price = seen_iceberg(30)
    forget_icebergs(price.state)
    assert price.state["icebergs"]["ends"][LOST, 30] == 1.0
    assert not price.found()


def test_the_largest_of_a_zone_is_the_one_that_is_told() -> None:
    small = seen_iceberg(30)
    large = Price(0.02, PLACE + 1, small.state)
    for _ in range(3):
        large.hit(filled=40, before=40)
        large.refill()
    assert find_iceberg(small.state, ASK, PLACE - 2, PLACE + 2, small.time) == PLACE + 1
    assert find_iceberg(small.state, ASK, PLACE - 2, PLACE, small.time) == PLACE
    assert find_iceberg(small.state, BID, PLACE - 2, PLACE + 2, small.time) == -1


# --- what remains ----------------------------------------------------------------------------------------------------


def kaplan_meier_median(ends: Sequence[tuple[int, bool]], executed: int) -> float:
    """Median of the total still to come; ``ends``: (total, used up) of those that ended, else they are censored."""
    survival = 1.0
    for total in sorted({total for total, used_up in ends if used_up and total >= executed}):
        at_risk = sum(1 for t, _ in ends if t >= total)
        survival *= 1 - sum(1 for t, used_up in ends if t == total and used_up) / at_risk
        if survival <= 0.5:
            return float(total - executed)
    return math.nan


def state_with(ends: Sequence[tuple[int, bool]]) -> Any:
    s = empty_state()
    for total, used_up in ends:
        s["icebergs"]["ends"][USED_UP if used_up else LOST, total] += 1.0
    return s


def test_the_remaining_size_is_the_median_of_kaplan_and_meier() -> None:
    """Totals below 32 contracts, which the histogram knows exactly."""
    dice = random.Random(7)
    told = untold = 0
    for _ in range(60):
        ends = [(dice.randint(3, 31), dice.random() < 0.6) for _ in range(dice.randint(25, 60))]
        s = state_with(ends)
        for executed in range(0, 32, 3):
            expected = kaplan_meier_median(ends, executed)
            assert remaining_size(s, float(executed)) == pytest.approx(expected, nan_ok=True)
            told, untold = told + (not math.isnan(expected)), untold + math.isnan(expected)
    assert told > 300
    assert untold > 20


@pytest.mark.parametrize(("ended", "known"), [(9, False), (10, True)])
def test_the_remaining_size_needs_ten_that_were_used_up(ended: int, known: bool) -> None:
    s = state_with([(20, True)] * ended + [(25, False)] * 3)
    assert math.isnan(remaining_size(s, 5.0)) != known


def test_the_remaining_size_is_unknown_beyond_all_that_ended() -> None:
    assert math.isnan(remaining_size(state_with([(20, True)] * 12), 21.0))


def test_those_lost_from_sight_make_what_remains_larger() -> None:
    ended = [(10, True)] * 10 + [(20, True)] * 8
    assert remaining_size(state_with(ended), 0.0) == 10.0
    assert remaining_size(state_with(ended + [(15, False)] * 4), 0.0) == 20.0


# --- through the engine ----------------------------------------------------------------------------------------------


def refilling(hits: int, *, show: int = 10, until_s: float = 16.0) -> Market:
    """The best ask shows ten contracts, is taken and shown again twenty milliseconds later, once a second."""
    market = Market().ladder()
    number = market.orders_at(ASK, MID + 1)[0]
    market.orders[number].size = show
    market.rows.clear()
    market.snapshot()
    for k in range(hits):
        market.at(2.0 + k)
        market.trade(BID, show)
        market.now_ns += 20 * MS
        market.add(ASK, MID + 1, show)
    market.at(until_s)
    market.write(b"A", BID, MID - 40, 1)
    return market


def row_of(market: Market, tick: int = MID + 2) -> Any:
    return run(market.words(), levels=[tick / 4]).level(tick / 4)[-1]


def test_an_iceberg_in_the_zone_is_tagged_and_told_with_what_it_executed_and_shows() -> None:
    row = row_of(refilling(6))
    assert int(row["tags"]) & Tag.ICEBERG
    assert (row["iceberg_executed"], row["iceberg_peak"]) == (60.0, 10.0)
    assert math.isnan(row["iceberg_remaining"])


def test_a_price_hit_once_is_no_iceberg() -> None:
    row = row_of(refilling(1))
    assert not int(row["tags"]) & Tag.ICEBERG
    assert math.isnan(row["iceberg_executed"])
    assert math.isnan(row["iceberg_peak"])


def test_a_level_whose_zone_does_not_hold_it_does_not_tell_of_it() -> None:
    assert math.isnan(row_of(refilling(6), MID + 5)["iceberg_executed"])


def test_the_tag_goes_half_a_minute_after_the_last_hit() -> None:
    row = row_of(refilling(6, until_s=42.0))
    assert not int(row["tags"]) & Tag.ICEBERG
    assert math.isnan(row["iceberg_executed"])
