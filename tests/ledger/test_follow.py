"""A test of a level: begun by a touch after an approach, counted while it lasts, over at the barrier or in time."""

from __future__ import annotations

import numpy as np
import pytest

from spymaster.labels.attempts import Scales, attempts
from spymaster.labels.first_passage import Outcome
from spymaster.labels.path import PricePath
from spymaster.ledger.rows import TestOutcome
from spymaster.market.levels import LevelKind
from spymaster.market.rows import Signal, Trust
from tests.ledger.lines import LEVEL, SNAP_NS, Market, seconds, words


def wandering(seed: int, snaps: int, sigma: float = 1.0) -> Market:
    """Price on ticks that comes back to the level again and again."""
    steps = np.random.default_rng(seed)
    price, path = 0.0, np.zeros(snaps)
    for k in range(snaps):
        drift = -0.02 * np.sign(price)
        price += 0.25 * steps.choice([-1.0, 0.0, 1.0], p=[0.35 - drift, 0.3, 0.35 + drift])
        path[k] = price
    return Market(path, sigma=sigma)


THROUGH = ((0.0, -3.0), (30.0, 0.0), (60.0, 3.0))
BACK = ((0.0, -3.0), (30.0, 0.0), (60.0, -3.0))


def outcomes(market: Market) -> list[str]:
    return words(market.tests()["outcome"].tolist(), TestOutcome)


def test_price_that_goes_on_through_a_level_breaks_it() -> None:
    [test] = Market.through(*THROUGH).tests()
    assert TestOutcome(int(test["outcome"])) is TestOutcome.BROKE
    assert seconds(np.array([test["arm_ns"], test["touch_ns"]])) == [20.25, 27.5]
    assert test["direction"] == 1
    assert test["barrier"] == 1.5
    assert seconds(np.array([test["end_ns"]])) == [45.0]


def test_price_that_turns_at_a_level_finds_it_held() -> None:
    [test] = Market.through(*BACK).tests()
    assert TestOutcome(int(test["outcome"])) is TestOutcome.HELD
    assert (test["beyond"], test["back"]) == (0.0, 1.5)


def test_upside_down_the_tests_are_the_same() -> None:
    points = ((0.0, -3.0), (30.0, 0.5), (50.0, -2.5), (120.0, 0.0), (180.0, 4.0))
    ours, theirs = Market.through(*points).tests(), Market.through(*((t, -y) for t, y in points)).tests()
    assert len(ours) == 2
    theirs["direction"] *= -1
    assert ours.tobytes() == theirs.tobytes()


def test_trembling_at_a_level_is_one_test() -> None:
    trembling = [(30.0 + k, (-0.25, 0.5)[k % 2]) for k in range(40)]
    assert outcomes(Market.through((0.0, -3.0), *trembling, (75.0, 3.0))) == ["BROKE"]


def test_another_test_needs_a_new_approach_and_a_minute() -> None:
    soon = ((0.0, -3.0), (30.0, 0.0), (40.0, -2.0), (60.0, 0.0), (70.0, -2.0))
    later = ((0.0, -3.0), (30.0, 0.0), (40.0, -2.0), (100.0, 0.0), (120.0, -2.0))
    assert outcomes(Market.through(*soon)) == ["HELD"]
    assert Market.through(*later).tests()["number"].tolist() == [1, 2]


def test_what_neither_breaks_nor_holds_in_time_is_neither() -> None:
    # (1.5 / 1)^2 x 2.1 minutes are 283.5 s
    [test] = Market.through((0.0, -3.0), (30.0, 0.0), (400.0, 0.0)).tests()
    assert TestOutcome(int(test["outcome"])) is TestOutcome.NEITHER
    assert seconds(np.array([test["end_ns"]])) == [27.5 + 283.5]


@pytest.mark.parametrize("what", ["gap", "blind", "without a book", "gone", "another session", "the end"])
def test_how_a_test_would_have_ended_is_unknown_after(what: str) -> None:
    market = Market.through((0.0, -3.0), (30.0, 0.0), (40.0, 0.0), (70.0, 3.0))
    middle = 140
    if what == "gap":
        market.snaps["t_ns"][middle:] += 2 * SNAP_NS * 4
    elif what == "blind":
        market.snaps["trust"][middle] = Trust.BLIND
    elif what == "without a book":
        market.snaps["microprice"][middle] = np.nan
    elif what == "gone":
        market.snaps["levels"][middle:] = 0
    elif what == "another session":
        market.snaps["session_date"][middle:] += 1
    else:
        market.snaps, market.rows = market.snaps[:middle], market.rows[:middle]
    [test] = market.tests()
    assert TestOutcome(int(test["outcome"])) is TestOutcome.UNKNOWN
    assert test["session_date"] == market.snaps["session_date"][0]


def test_after_a_gap_price_has_to_come_from_afar_again() -> None:
    market = Market.through((0.0, -3.0), (20.0, -0.75), (30.0, 0.0), (60.0, 0.0))
    market.snaps["t_ns"][4 * 22 :] += 8 * SNAP_NS
    assert len(market.tests()) == 0


def test_tests_are_numbered_anew_in_each_session() -> None:
    again = ((0.0, -3.0), (30.0, 0.0), (40.0, -3.0), (100.0, -3.0), (130.0, 0.0), (140.0, -3.0))
    market = Market.through(*again)
    assert market.tests()["number"].tolist() == [1, 2]
    market.snaps["session_date"][4 * 80 :] += 1
    assert market.tests()["number"].tolist() == [1, 1]


def test_a_level_that_moves_counts_with_the_price_it_had_at_the_touch() -> None:
    price = np.interp(np.arange(0.0, 60.25, 0.25), (0.0, 30.0, 60.0), (-3.0, 0.0, 3.0))
    moving = Market(price, level=np.minimum(price + 0.25, 1.0), kind=LevelKind.VWAP)
    assert len(moving.tests()) == 0, "price never was far from it"
    flees = Market(price, level=np.where(np.arange(len(price)) < 115, 0.0, 5.0), kind=LevelKind.VWAP)
    [test] = flees.tests()
    assert test["future_price"] == LEVEL
    assert TestOutcome(int(test["outcome"])) is TestOutcome.BROKE


def test_a_volatile_market_is_given_more_room() -> None:
    wide = ((0.0, -9.0), (30.0, 0.0), (60.0, 9.0))
    assert Market.through(*wide, sigma=4.0).tests()["barrier"].tolist() == [5.75]
    assert Market.through(*wide, sigma=0.1).tests()["barrier"].tolist() == [1.0]
    assert Market.through(*wide, sigma=40.0).tests().size == 0, "nine points are no approach there"


def test_contracts_count_from_the_touch_to_the_end() -> None:
    n = len(Market.through(*THROUGH).price)
    market = Market.through(*THROUGH, columns={"bucket_filled": np.ones(n), "bucket_added": np.full(n, 3.0)})
    [test] = market.tests()
    snaps = (test["end_ns"] - test["touch_ns"]) // SNAP_NS
    assert (test["filled"], test["added"], test["pulled"]) == (snaps, 3.0 * snaps, 0.0)


def test_a_zone_out_of_view_is_told_and_not_counted_as_nothing() -> None:
    n = len(Market.through(*THROUGH).price)
    filled = np.ones(n)
    filled[4 * 35 : 4 * 37] = np.nan
    [test] = Market.through(*THROUGH, columns={"bucket_filled": filled}).tests()
    snaps = (test["end_ns"] - test["touch_ns"]) // SNAP_NS
    assert (test["filled"], test["unseen_s"]) == (snaps - 8, 2.0)


def test_the_first_signal_at_the_level_is_kept_with_its_time() -> None:
    n = len(Market.through(*THROUGH).price)
    signal = np.zeros(n)
    signal[4 * 35 : 4 * 37] = Signal.CONTESTED
    signal[4 * 40 : 4 * 41] = Signal.BREAK
    signal[4 * 42 :] = Signal.REJECT
    [test] = Market.through(*THROUGH, columns={"signal": signal}).tests()
    assert Signal(int(test["said"])) is Signal.BREAK
    assert seconds(np.array([test["said_ns"]])) == [40.0]


def test_what_was_published_at_the_touch_is_kept() -> None:
    n = len(Market.through(*THROUGH).price)
    [test] = Market.through(*THROUGH, columns={"score": np.arange(n), "confidence": 0.5}).tests()
    assert (test["score"], test["confidence"]) == (4 * 27.5, 0.5)


@pytest.mark.parametrize("level", [-2.5, 0.0, 1.75])
def test_prices_like_any_other_are_tested_too_but_none_where_a_level_is(level: float) -> None:
    market = Market.through((0.0, -6.0), (120.0, 6.0), level=level)
    prices = market.tests(placebos=True)["future_price"]
    assert set(((prices - 0.75) % 1.25).tolist()) == {0.0}
    assert len(prices) >= 5
    assert (abs(prices - LEVEL - level) > 0.5).all()
    assert (abs(prices - LEVEL - level) < 1.5).any()


def test_blocks_of_any_size_give_the_same() -> None:
    walk = wandering(1, 4000)
    whole = walk.tests()
    assert len(whole) >= 3
    for size in (1, 7, 4000):
        assert walk.tests(size).tobytes() == whole.tobytes()


@pytest.mark.parametrize("seed", range(6))
def test_a_second_implementation_finds_the_same_tests(seed: int) -> None:
    """The labels' own way through the same path, which looks ahead; a touch inside a test is part of it."""
    walk = wandering(seed, 8000, sigma=1.5)
    path = PricePath(walk.snaps["t_ns"], walk.snaps["microprice"], int(walk.snaps["t_ns"][-1]))
    theirs, over_ns = [], -1
    for one in attempts(path, LEVEL, Scales(np.full(len(walk.price), 1.5), 0.25)):
        if one["touch_ns"] >= 0 and one["touch_ns"] >= over_ns:
            over_ns = one["end_ns"]
            theirs.append((one["arm_ns"], one["touch_ns"], one["direction"], one["outcome"], one["end_ns"]))
    same = {
        Outcome.BREAK: TestOutcome.BROKE,
        Outcome.BOUNCE: TestOutcome.HELD,
        Outcome.CHOP: TestOutcome.NEITHER,
        Outcome.CENSORED: TestOutcome.UNKNOWN,
    }
    expected = [(a, t, d, same[Outcome(int(o))], e) for a, t, d, o, e in theirs]
    ours = walk.tests()
    found = [tuple(one[name] for name in ("arm_ns", "touch_ns", "direction", "outcome", "end_ns")) for one in ours]
    assert len(found) >= 5
    assert found == expected
