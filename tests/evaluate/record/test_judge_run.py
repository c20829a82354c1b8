"""A run without a truth, judged by what price did next: on prices that are short enough to count by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from spymaster.evaluate.mid_path import OUTCOME
from spymaster.evaluate.record.day_record import HORIZONS_S, LARGE, SWEEP, DayRecord, merged
from spymaster.evaluate.record.judge_run import judge_run
from spymaster.evaluate.record.price_pieces import Piece, pieces_of
from spymaster.evaluate.record.record_report import record_report, record_text
from spymaster.evaluate.record.run_sink import PRICE, RAISED, Run
from spymaster.ledger.rows import PLACEBO, TEST, TestOutcome
from spymaster.market.kinds import NS_PER_S
from spymaster.market.levels import LevelKind
from spymaster.market.rows import ORDER_ROW, Signal
from spymaster.sim.market.latent import BUCKET_NS

DATE = 20260317
BEGIN_NS = 1_773_754_200 * NS_PER_S
LEVEL = 5000.0


def prices(points: NDArray[np.float64], date: int = DATE, begin_ns: int = BEGIN_NS) -> NDArray[Any]:
    """Mids 250 ms apart, points from the level."""
    rows = np.zeros(len(points), PRICE)
    rows["t_ns"] = begin_ns + BUCKET_NS * np.arange(len(points))
    rows["session_date"] = date
    rows["price"] = LEVEL + points
    return rows


def ramp(seconds: float, to: float, start: float = 0.0) -> NDArray[np.float64]:
    """From one price to another, on eighths of a point."""
    return np.round(np.linspace(start, to, round(seconds * 4)) * 8) / 8


def raised(signal: Signal, at_s: float, direction: int = 1, date: int = DATE) -> NDArray[Any]:
    row = np.zeros(1, RAISED)
    row["t_ns"], row["session_date"] = BEGIN_NS + round(at_s * NS_PER_S), date
    row["signal"], row["direction"], row["level"] = signal, direction, LEVEL
    return row


def order(at_s: float, side: int) -> NDArray[Any]:
    row = np.zeros(1, ORDER_ROW)
    row["t_ns"], row["side"], row["size"] = BEGIN_NS + round(at_s * NS_PER_S), side, 100
    return row


def judged(
    path: NDArray[Any],
    signals: list[NDArray[Any]] | None = None,
    tests: NDArray[Any] | None = None,
    orders: dict[str, NDArray[Any]] | None = None,
) -> list[DayRecord]:
    own = {SWEEP: np.zeros(0, ORDER_ROW), LARGE: np.zeros(0, ORDER_ROW), **(orders or {})}
    run = Run(path, np.concatenate([np.zeros(0, RAISED), *(signals or [])]), np.zeros(0, TEST), own)
    if tests is not None:
        run = Run(run.prices, run.raised, tests, run.orders)
    return judge_run(run, simulated=False)


def level_tests(kind: int, outcomes: list[TestOutcome], filled: float = 10.0) -> NDArray[Any]:
    rows = np.zeros(len(outcomes), TEST)
    rows["kind"], rows["outcome"], rows["filled"], rows["session_date"] = kind, outcomes, filled, DATE
    return rows


RISES = np.concatenate([ramp(200, 0.0), ramp(200, 20.0)])


def test_a_break_that_price_follows_is_right_and_its_opposite_wrong() -> None:
    [day] = judged(prices(RISES), [raised(Signal.BREAK, 200.0), raised(Signal.REJECT, 200.5)])
    assert [(one.signal, one.right) for one in day.alerts["engine"]] == [("BREAK", True), ("REJECT", False)]


def test_a_signal_is_marked_out_in_its_own_direction() -> None:
    [up] = judged(prices(RISES), [raised(Signal.BREAK, 200.0)])
    [down] = judged(prices(-RISES), [raised(Signal.BREAK, 200.0, direction=-1)])
    [reject] = judged(prices(RISES), [raised(Signal.REJECT, 200.0)])
    after_30_s = HORIZONS_S.index(30)
    assert up.markouts["BREAK"][after_30_s].points == pytest.approx(3.0, abs=0.125)
    assert down.markouts["BREAK"][after_30_s].points == up.markouts["BREAK"][after_30_s].points
    assert reject.markouts["REJECT"][after_30_s].points == -up.markouts["BREAK"][after_30_s].points


def test_an_order_is_marked_out_against_what_any_moment_of_the_day_would_have_given() -> None:
    [day] = judged(prices(ramp(400, 40.0)), orders={SWEEP: np.concatenate([order(100.0, 1), order(100.0, -1)])})
    one = day.markouts[SWEEP][HORIZONS_S.index(30)]
    assert (one.n, one.points) == (2, 0.0)
    [day] = judged(prices(ramp(400, 40.0)), orders={LARGE: order(100.0, 1)})
    one = day.markouts[LARGE][HORIZONS_S.index(30)]
    assert one.points == pytest.approx(3.0, abs=0.2)
    assert one.base == pytest.approx(3.0, abs=0.05)


def test_the_base_of_a_signal_is_what_price_does_from_that_far_past_any_price() -> None:
    piece = Piece(prices(ramp(400, 40.0)))
    sums, counts = piece.mean_moves(piece.moves(5))
    near = slice(OUTCOME - 6, OUTCOME + 7)
    assert (sums[near] / counts[near]).mean() == pytest.approx(0.5, abs=0.03)


def test_what_is_too_near_the_end_to_be_marked_out_is_left_out_there() -> None:
    [day] = judged(prices(np.zeros(1600)), [raised(Signal.BREAK, 390.0)])
    assert [one.n for one in day.markouts["BREAK"]] == [1, 0, 0, 0]


def test_nothing_is_judged_across_a_hole() -> None:
    first, second = prices(np.zeros(1300)), prices(np.zeros(300), begin_ns=BEGIN_NS + 1304 * BUCKET_NS)
    holed = np.concatenate([first, second])
    assert [len(piece) for piece in pieces_of(holed)] == [1300, 300]
    [day] = judged(holed, [raised(Signal.BREAK, 310.0)])
    assert day.left_out_s == 75.0
    assert [one.n for one in day.markouts["BREAK"]] == [1, 0, 0, 0]


def test_where_the_book_was_blind_there_is_no_price() -> None:
    path = prices(RISES)
    path["price"][800:804] = np.nan
    assert [len(piece) for piece in pieces_of(path)] == [800, len(RISES) - 804]


def test_session_dates_are_days_of_their_own() -> None:
    path = np.concatenate([prices(RISES), prices(RISES, DATE + 1, BEGIN_NS + 86_400 * NS_PER_S)])
    assert [day.session_date for day in judged(path)] == [DATE, DATE + 1]


def test_tests_are_counted_by_kind_and_by_how_they_ended() -> None:
    broke, held, unknown = TestOutcome.BROKE, TestOutcome.HELD, TestOutcome.UNKNOWN
    tests = np.concatenate(
        [level_tests(LevelKind.VWAP, [held, held, broke, unknown]), level_tests(PLACEBO, [held, broke])]
    )
    [day] = judged(prices(RISES), tests=tests)
    assert (day.tests["VWAP"].held, day.tests["VWAP"].broke, day.tests["VWAP"].unknown) == (2, 1, 1)
    assert day.tests["VWAP"].filled == 30.0
    report = record_report([day])
    [kind] = report.kinds
    assert (kind.expected, kind.contracts_a_test) == (1.5, 10.0)
    assert kind.beyond_base.value == pytest.approx(2 / 3 - 1 / 2, abs=1e-6)
    assert (report.tests, report.wanted) == (3, 784)


def test_two_runs_of_a_day_are_one_day_and_of_one_time_none() -> None:
    [morning] = judged(prices(RISES), [raised(Signal.BREAK, 200.0)])
    [evening] = judged(prices(RISES, begin_ns=BEGIN_NS + 3600 * NS_PER_S))
    [day] = merged([evening, morning])
    assert day.hours == morning.hours + evening.hours
    assert day.begin_ns == morning.begin_ns
    assert day.markouts["BREAK"] == morning.markouts["BREAK"]
    with pytest.raises(ValueError, match=str(DATE)):
        merged([morning, morning])


def test_one_day_has_no_interval_and_says_why() -> None:
    [day] = judged(prices(RISES), [raised(Signal.BREAK, 200.0)])
    text = record_text(record_report([day]))
    assert "no intervals: days are drawn anew for them, and 3 are the fewest" in text
    days = merged([day, *judged(prices(RISES, DATE + 1)), *judged(prices(RISES, DATE + 2))])
    assert "no intervals" not in record_text(record_report(days))
