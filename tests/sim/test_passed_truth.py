"""The truth beyond a level is what became of the contracts that rested at it when price arrived."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from spymaster.market.kinds import NS_PER_S
from spymaster.market.rows import BarrierState
from spymaster.sim.instrument import TICK_E9
from spymaster.sim.market.latent import BUCKET_NS
from spymaster.sim.market.simulation import LEAVING, TOUCH, simulate
from spymaster.sim.market.state import FILL, PULL
from spymaster.sim.recording.second import write_second_recording
from spymaster.sim.recording.session import Order, write_recording
from spymaster.sim.truth.files import read_truth
from spymaster.sim.truth.passed import ANONYMOUS, SILENT, PassedZone
from tests.sim.market_support import session, settings

BID, ASK = 0, 1
TICK = 27_480
T0 = 1_773_754_080 * NS_PER_S
CONSUMED, VACUUM = int(BarrierState.CONSUMED), int(BarrierState.VACUUM)
IN_FRONT, AT_ZONE, BEYOND = TICK - 6, TICK - 2, TICK + 3
FULL = (20, 20, 20, 20, 20)
EMPTY = (0, 0, 0, 0, 0)


class Story:
    """An ask zone's life, bucket by bucket: where the best ask stands, what rests, what leaves."""

    def __init__(self, side: int = ASK) -> None:
        self.zone, self.side = PassedZone(side, TICK), side
        self.at_ns = T0
        self.touch: list[tuple[int, ...]] = []
        self.depth: list[tuple[int, ...]] = []
        self.leavings: list[tuple[int, ...]] = []

    def bucket(
        self, best: int, depth: tuple[int, ...], *left: tuple[int, int, int, int], next_order: int = 100
    ) -> None:
        """``left``: (tick, what, contracts, order) of each order that left in the bucket."""
        waiting = dict(zip(range(TICK - 2, TICK + 3), self.depth[-1] if self.depth else depth, strict=True))
        for n, (tick, what, size, order) in enumerate(left):
            waiting[tick] = waiting.get(tick, 0) - size
            self.leavings.append((self.at_ns + n, self.side, tick, what, size, order, waiting[tick]))
        self.at_ns += BUCKET_NS
        row = np.zeros(1, TOUCH)[0]
        row["ts_bucket_ns"], row["next_order"] = self.at_ns, next_order
        row["bid"], row["ask"] = (best - 1, best) if self.side == ASK else (best, best + 1)
        self.touch.append(row.tolist())
        self.depth.append(depth)

    def rows(self) -> NDArray[Any]:
        """What is true so far of the buckets not asked for yet."""
        found = self.zone.judge(
            np.array(self.touch, TOUCH), np.array(self.depth).reshape(-1, 5), np.array(self.leavings, LEAVING)
        )
        self.touch, self.depth, self.leavings = [], [], []
        return found


def gone(what: int, contracts: int, *, order: int = 1) -> list[tuple[int, int, int, int]]:
    """Contracts that leave each of the zone's prices, of orders that rested before price arrived."""
    return [(TICK + k, what, contracts, order) for k in range(-2, 3)]


def passed(*left: tuple[int, int, int, int], full: tuple[int, ...] = FULL) -> Story:
    """Price comes to a zone of 100 contracts, these leave it, and price is beyond."""
    story = Story()
    story.bucket(IN_FRONT, full)
    story.bucket(AT_ZONE, full)
    story.bucket(BEYOND, EMPTY, *left)
    return story


def test_a_zone_whose_contracts_were_filled_is_consumed() -> None:
    row = passed(*gone(FILL, 20)).rows()[-1]
    assert (row["passed_state"], row["rested"], row["rested_filled"]) == (CONSUMED, 100, 100)


def test_a_zone_whose_contracts_were_withdrawn_is_a_vacuum() -> None:
    row = passed(*gone(PULL, 20)).rows()[-1]
    assert (row["passed_state"], row["rested_withdrawn"]) == (VACUUM, 100)


def test_the_larger_part_of_what_is_gone_decides() -> None:
    assert passed(*gone(FILL, 8), *gone(PULL, 12)).rows()["passed_state"][-1] == VACUUM
    assert passed(*gone(FILL, 12), *gone(PULL, 8)).rows()["passed_state"][-1] == CONSUMED


@pytest.mark.parametrize(("contracts", "state"), [(7, SILENT), (8, CONSUMED)])
def test_less_than_two_fifths_gone_decides_nothing(contracts: int, state: int) -> None:
    assert passed(*gone(FILL, contracts)).rows()["passed_state"][-1] == state


@pytest.mark.parametrize(("contracts", "state"), [(3, SILENT), (4, VACUUM)])
def test_fewer_than_twenty_contracts_gone_decide_nothing(contracts: int, state: int) -> None:
    assert passed(*gone(PULL, contracts), full=(4, 4, 4, 4, 4)).rows()["passed_state"][-1] == state


def test_orders_that_came_after_price_do_not_count() -> None:
    story = passed(*gone(FILL, 20, order=100), *gone(PULL, 5, order=99))
    row = story.rows()[-1]
    assert (row["rested_filled"], row["rested_withdrawn"], row["passed_state"]) == (0, 25, SILENT)


def test_what_left_before_price_arrived_does_not_count() -> None:
    story = Story()
    story.bucket(IN_FRONT, FULL)
    story.bucket(IN_FRONT, (10, 10, 10, 10, 10), *gone(PULL, 10))
    story.bucket(BEYOND, EMPTY, *gone(FILL, 10))
    row = story.rows()[-1]
    assert (row["rested"], row["passed_state"]) == (50, CONSUMED)


def test_a_jump_over_the_zone_in_one_bucket_counts_what_rested_before_it() -> None:
    story = Story()
    story.bucket(IN_FRONT, FULL)
    story.bucket(BEYOND, EMPTY, *gone(FILL, 20))
    assert story.rows()["passed_state"].tolist() == [SILENT, CONSUMED]


def test_in_front_of_the_level_the_rule_is_silent_however_much_is_gone() -> None:
    story = Story()
    story.bucket(IN_FRONT, FULL)
    story.bucket(TICK, EMPTY, *gone(FILL, 20))
    row = story.rows()[-1]
    assert (row["past_half_ticks"], row["passed_state"]) == (-1, SILENT)


def test_a_passed_zone_stays_what_it_is_for_as_long_as_price_is_beyond() -> None:
    story = passed(*gone(FILL, 20))
    for _ in range(200):
        story.bucket(BEYOND + 20, EMPTY)
    assert (story.rows()["passed_state"][2:] == CONSUMED).all()


def test_it_ends_once_as_much_has_stood_there_again_for_ten_seconds() -> None:
    story = passed(*gone(FILL, 20))
    for _ in range(45):
        story.bucket(AT_ZONE, FULL)
    story.bucket(BEYOND, FULL)
    assert story.rows()["passed_state"][-1] == SILENT


def test_it_goes_on_when_as_much_stood_there_for_less_than_ten_seconds() -> None:
    story = passed(*gone(FILL, 20))
    for _ in range(39):
        story.bucket(AT_ZONE, FULL)
    story.bucket(BEYOND, EMPTY)
    assert story.rows()["passed_state"][-1] == CONSUMED


def test_price_arrives_anew_after_ten_seconds_in_front_of_the_zone() -> None:
    story = passed(*gone(FILL, 20))
    for _ in range(40):
        story.bucket(IN_FRONT, (10, 10, 10, 10, 10))
    story.bucket(BEYOND, EMPTY, *gone(PULL, 10))
    row = story.rows()[-1]
    assert (row["rested"], row["passed_state"]) == (50, VACUUM)


def test_bids_are_judged_as_asks_are() -> None:
    story = Story(BID)
    story.bucket(TICK + 6, FULL)
    story.bucket(TICK + 2, FULL)
    story.bucket(TICK - 3, EMPTY, *gone(PULL, 20))
    row = story.rows()[-1]
    assert (row["passed_state"], row["past_half_ticks"]) == (VACUUM, 5)


def test_orders_of_the_other_side_and_of_other_prices_do_not_count() -> None:
    story = passed((TICK + 3, FILL, 90, 1))
    story.leavings.append((story.at_ns - 1, BID, TICK, FILL, 90, 1, 0))
    row = story.rows()[-1]
    assert row["rested_filled"] == 0


def test_without_ids_fills_take_the_contracts_in_front() -> None:
    story = Story()
    story.bucket(IN_FRONT, (0, 0, 30, 0, 0))
    story.bucket(AT_ZONE, (0, 0, 60, 0, 0))
    story.bucket(BEYOND, (0, 0, 0, 0, 0), (TICK, FILL, 40, ANONYMOUS), (TICK, FILL, 20, ANONYMOUS))
    row = story.rows()[-1]
    assert (row["rested"], row["rested_filled"]) == (30, 30)


def test_without_ids_any_contract_is_as_likely_to_be_withdrawn() -> None:
    story = Story()
    story.bucket(IN_FRONT, (0, 0, 30, 0, 0))
    story.bucket(AT_ZONE, (0, 0, 60, 0, 0))
    story.bucket(BEYOND, (0, 0, 20, 0, 0), (TICK, PULL, 40, ANONYMOUS))
    row = story.rows()[-1]
    assert row["rested_withdrawn"] == pytest.approx(20.0)


def test_stretches_cut_anywhere_tell_the_same() -> None:
    whole, cut = passed(*gone(FILL, 9)), passed(*gone(FILL, 9))
    for story in (whole, cut):
        story.bucket(BEYOND, EMPTY, *gone(PULL, 9))
    parts = []
    for k in range(4):
        at_ns = int(cut.touch[k][0])
        mine = [row for row in cut.leavings if at_ns - BUCKET_NS <= row[0] < at_ns]
        touch, depth = np.array(cut.touch[k : k + 1], TOUCH), np.array(cut.depth[k : k + 1])
        parts.append(cut.zone.judge(touch, depth, np.array(mine, LEAVING)))
    assert np.concatenate(parts).tolist() == whole.rows().tolist()


def test_what_leaves_order_by_order_is_what_the_buckets_say() -> None:
    run = session(5, 2)
    within = run.leavings[run.leavings["ts_ns"] >= run.settings.start_ns]
    for what, name in ((PULL, "pulled"), (FILL, "filled")):
        assert within["size"][within["what"] == what].sum() == run.flows[name][1:].sum() + run.flows[name][0]


def test_a_recordings_states_tell_what_became_of_the_contracts_on_both_sides(tmp_path: Path) -> None:
    chosen = settings(6, "consumed")
    write_recording(Order(folder=tmp_path, minutes=6, settings=chosen))
    states, other = read_truth(tmp_path, "states"), read_truth(tmp_path, "other_side")
    levels = {row["level"]: row for row in read_truth(tmp_path, "levels").to_pylist()}
    decided = [row for row in states.to_pylist() if row["passed_state"] != SILENT]
    assert any(row["passed_state"] == CONSUMED for row in decided)
    assert all(row["past_half_ticks"] >= 2 for row in decided)
    assert set(other["level"].to_pylist()) <= set(levels)
    run = simulate(chosen, 6)
    row = decided[0]
    level = levels[row["level"]]
    near = abs(run.leavings["tick"] - level["price_e9"] // TICK_E9) <= 2
    gone_by_then = run.leavings[near & (run.leavings["side"] == level["side"]) & (run.leavings["ts_ns"] < row["ts_ns"])]
    assert row["rested_filled"] <= gone_by_then["size"][gone_by_then["what"] == FILL].sum()


def test_the_second_markets_states_tell_it_too(tmp_path: Path) -> None:
    write_second_recording(tmp_path, 4, 6)
    states = read_truth(tmp_path, "states").to_pylist()
    decided = {row["passed_state"] for row in states} - {SILENT}
    assert decided == {CONSUMED, VACUUM}
    assert all(0 <= row["rested_filled"] + row["rested_withdrawn"] <= row["rested"] + 1e-6 for row in states)
