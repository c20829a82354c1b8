"""Minute and two-minute bars out of trades, and the averages and the approach that rest on them."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from spymaster.market.frames import WatermarkFrame
from spymaster.physics.engine import Engine
from spymaster.physics.memory.indices import MINUTE_BARS
from spymaster.physics.views import read_chart
from spymaster.signals.chart.bars import CHART_BAR
from tests.support import reference_indicators as reference
from tests.support.engine import Results, feed
from tests.support.market import MINUTE, SECOND, START_NS
from tests.support.prices import FUTURE, Row, bars, flat_bars, tape_engine, trades
from tests.support.reference_indicators import Bar


def at(minutes: float) -> int:
    """So many minutes after ``START_NS``, which is an even minute."""
    return START_NS + round(minutes * MINUTE)


def fed(rows: list[Row], *, until: float | None = None, engine: Engine | None = None) -> Engine:
    """An engine that was given trades, and a watermark so many minutes after the start."""
    engine = engine or tape_engine()
    feed(engine, trades(rows), *([] if until is None else [WatermarkFrame(at(until))]))
    return engine


def remembered(engine: Engine) -> Any:
    return engine.state["bars"][0]


def chart(engine: Engine) -> NDArray[np.void]:
    """The closed two-minute bars, oldest first."""
    rows: NDArray[np.void] = engine.state["bars"]["chart"][0][: int(remembered(engine)["chart_held"])].copy()
    return rows


def ohlcv(bar: Any) -> tuple[float, ...]:
    return tuple(float(bar[name]) for name in ("open", "high", "low", "close", "volume"))


def latest_close(engine: Engine) -> float:
    return float(engine.state["bars"]["closes"][0][(int(remembered(engine)["minutes_held"]) - 1) % 16])


def test_the_minute_being_formed_is_open_high_low_close_and_volume_of_its_trades() -> None:
    engine = fed([(at(0), 5000.0, 2), (at(0.2), 5003.0, 3), (at(0.5), 4999.0, 1), (at(0.9), 5001.0, 4)])
    bar = engine.state["bars"]["minute"][0]
    assert ohlcv(bar) == (5000.0, 5003.0, 4999.0, 5001.0, 10.0)
    assert (int(bar["start_ns"]), int(bar["trades"])) == (START_NS, 4)


def test_a_minute_is_closed_by_the_first_trade_after_it() -> None:
    """No snap has come between: the trade at the minute's very end belongs to the next."""
    engine = fed([(at(0), 5000.0, 2), (at(1) - 1, 5002.0, 1)])
    assert remembered(engine)["minutes_held"] == 0
    fed([(at(1), 5001.0, 7)], engine=engine)
    assert (remembered(engine)["minutes_held"], latest_close(engine)) == (1, 5002.0)
    assert ohlcv(engine.state["bars"]["minute"][0]) == (5001.0, 5001.0, 5001.0, 5001.0, 7.0)


def test_a_minute_is_closed_by_the_snap_at_its_end() -> None:
    engine = fed([(at(0), 5000.0, 2)], until=1 - 0.25 / 60)
    assert remembered(engine)["minutes_held"] == 0
    feed(engine, WatermarkFrame(at(1)))
    assert (remembered(engine)["minutes_held"], engine.state["bars"]["minute"][0]["trades"]) == (1, 0)


def test_a_quiet_minute_makes_no_bar() -> None:
    engine = fed([(at(0), 5000.0, 1)], until=4.5)
    fed([(at(4.5), 5001.0, 1)], until=5, engine=engine)
    assert remembered(engine)["minutes_held"] == 2
    assert [(int(row["start_ns"]) - START_NS) // MINUTE for row in chart(engine)] == [0]
    feed(engine, WatermarkFrame(at(6)))
    assert [(int(row["start_ns"]) - START_NS) // MINUTE for row in chart(engine)] == [0, 4]


def test_two_minutes_begin_on_even_minutes() -> None:
    engine = fed([(at(1.5), 5000.0, 1), (at(2.5), 5004.0, 2), (at(3.5), 4996.0, 3)], until=4)
    rows = chart(engine)
    assert [(int(row["start_ns"]) - START_NS) // MINUTE for row in rows] == [0, 2]
    assert [ohlcv(row) for row in rows] == [
        (5000.0, 5000.0, 5000.0, 5000.0, 1.0),
        (5004.0, 5004.0, 4996.0, 4996.0, 5.0),
    ]


def test_two_minutes_are_closed_by_a_trade_beyond_them_too() -> None:
    engine = fed([(at(0.5), 5000.0, 1)])
    rows: list[Row] = [(at(1.5), 5001.0, 1), (at(2), 5002.0, 1), (at(3), 5003.0, 1)]
    fed(rows, engine=engine)
    assert [row["close"] for row in chart(engine)] == [5001.0]


def test_a_late_trade_counts_in_the_minute_it_arrives_in() -> None:
    engine = fed([(at(0.3), 5000.0, 1), (at(1.2), 5001.0, 1), (at(0.5), 5009.0, 1)])
    assert remembered(engine)["minutes_held"] == 1
    assert latest_close(engine) == 5000.0
    assert ohlcv(engine.state["bars"]["minute"][0]) == (5001.0, 5009.0, 5001.0, 5009.0, 2.0)


def test_trades_that_are_refused_make_no_bar() -> None:
    engine = fed([(at(0), 5000.0, 1), (at(0.1), 5000.1, 1), (at(0.2), 5000.25, 0)])
    assert ohlcv(engine.state["bars"]["minute"][0]) == (5000.0, 5000.0, 5000.0, 5000.0, 1.0)
    assert (engine.counters()["bad_price"], engine.counters()["bad_size"]) == (1, 1)


def random_trades(seed: int, minutes: int) -> list[Row]:
    dice = random.Random(seed)
    price, rows = 5000.0, []
    for minute in range(minutes):
        for _ in range(dice.choice((0, 1, 2, 5))):
            price += 0.25 * dice.randint(-6, 6)
            rows.append((at(minute) + dice.randrange(MINUTE), price, dice.randint(1, 40)))
    return sorted(rows)


def reference_bars(rows: list[Row]) -> list[Bar]:
    """One-minute bars of trades, a second time."""
    by_minute: dict[int, list[Row]] = {}
    for row in rows:
        by_minute.setdefault(row[0] // MINUTE * MINUTE, []).append(row)
    return [
        Bar(start, part[0][1], max(p for _, p, _ in part), min(p for _, p, _ in part), part[-1][1], sum(part_sizes))
        for start, part in sorted(by_minute.items())
        for part_sizes in [[float(size) for _, _, size in part]]
    ]


def test_bars_of_random_trades_are_those_of_a_second_computation() -> None:
    """The clock goes on in between, as in a market where quotes come all the time."""
    rows = random_trades(3, 40)
    engine = tape_engine()
    for minute in range(40):
        part = [row for row in rows if at(minute) <= row[0] < at(minute + 1)]
        feed(engine, trades(part), WatermarkFrame(at(minute + 1) - 1))
    feed(engine, WatermarkFrame(at(40)))
    ones = reference_bars(rows)
    twos = reference.two_minute_bars(ones)
    assert len(ones) > 25
    assert remembered(engine)["minutes_held"] == len(ones)
    assert [ohlcv(row) for row in chart(engine)] == [(b.open, b.high, b.low, b.close, b.volume) for b in twos]
    assert float(remembered(engine)["atr"]) == reference.wilder_atr(ones)[-1]


def test_there_is_no_true_range_before_the_first_minute_is_over() -> None:
    results = feed(tape_engine(), trades([(at(0), 5000.0, 1), (at(0.5), 5002.0, 1)]), WatermarkFrame(at(1)))
    assert np.isnan(results.snaps["atr"][:-1]).all()
    assert results.snaps["atr"][-1] == 2.0


def test_the_true_range_begins_as_a_mean_and_then_forgets_by_a_fourteenth() -> None:
    engine = tape_engine()
    feed(engine, bars([(at(n), 5000.0, 5001.0, 5000.0, 5000.0, 1) for n in range(13)]))
    feed(engine, bars([(at(13), 5000.0, 5015.0, 5000.0, 5000.0, 1)]))
    assert float(remembered(engine)["atr"]) == pytest.approx((13 * 1.0 + 15.0) / 14, abs=1e-12)
    feed(engine, bars([(at(14), 5000.0, 5001.0, 5000.0, 5000.0, 1)]))
    assert float(remembered(engine)["atr"]) == pytest.approx((13 * 2.0 + 1.0) / 14, abs=1e-12)


def test_the_true_range_reaches_to_the_close_before_over_a_quiet_minute() -> None:
    engine = fed([(at(0), 5000.0, 1)], until=4.9)
    fed([(at(5), 5010.0, 1)], until=6, engine=engine)
    assert float(remembered(engine)["atr"]) == (0.0 + 10.0) / 2


@pytest.mark.parametrize("length", [200, 400])
def test_an_average_of_closes_needs_its_number_of_closed_two_minute_bars(length: int) -> None:
    engine = tape_engine()
    closes = [5000.0 + 0.25 * (n % 37) for n in range(2 * length)]
    feed(engine, bars([(at(n), c, c, c, c, 1) for n, c in enumerate(closes)]))
    name = f"sma_{length}"
    assert np.isnan(remembered(engine)[name]), "the last two minutes are not closed yet"
    feed(engine, bars([(at(2 * length), 5000.0, 5000.0, 5000.0, 5000.0, 1)]))
    assert float(remembered(engine)[name]) == sum(closes[1::2]) / length


def test_an_average_lets_go_of_the_oldest_bar() -> None:
    engine = tape_engine()
    closes = [5000.0 + 0.25 * (n % 91) for n in range(1201)]
    feed(engine, bars([(at(n), c, c, c, c, 1) for n, c in enumerate(closes)]))
    assert float(remembered(engine)["sma_200"]) == sum(closes[1:1200:2][-200:]) / 200
    assert float(remembered(engine)["sma_400"]) == sum(closes[1:1200:2][-400:]) / 400


def test_the_averages_of_many_days_fit_the_memory_of_bars() -> None:
    """More bars than are kept: a round of the ring later the average is that of the latest closes."""
    engine = tape_engine(sessions=_long_sessions())
    closes = [5000.0 + 0.25 * (n % 53) for n in range(2 * 1100 + 1)]
    feed(engine, bars([(at(n), c, c, c, c, 1) for n, c in enumerate(closes) if n not in _closed()]))
    open_closes = [closes[n] for n in range(len(closes) - 1) if n not in _closed()]
    assert remembered(engine)["chart_held"] > 1024
    assert float(remembered(engine)["sma_400"]) == sum(open_closes[1::2][-400:]) / 400


def minutes(engine: Engine) -> NDArray[Any]:
    """One-minute bars as a screen reads them."""
    rows = np.zeros(MINUTE_BARS + 1, CHART_BAR)
    return rows[: read_chart(engine.state, rows)]


def test_a_screen_reads_minutes_the_one_being_formed_the_last() -> None:
    engine = fed([(at(0), 5000.0, 2), (at(0.5), 5003.0, 3), (at(1.4), 4999.0, 1), (at(2.3), 5001.0, 4)])
    assert [((int(row["t_ns"]) - START_NS) / MINUTE, *ohlcv(row)) for row in minutes(engine)] == [
        (0, 5000.0, 5003.0, 5000.0, 5003.0, 5.0),
        (1, 4999.0, 4999.0, 4999.0, 4999.0, 1.0),
        (2, 5001.0, 5001.0, 5001.0, 5001.0, 4.0),
    ]


def test_the_second_of_two_minutes_knows_their_average() -> None:
    """An average is of closed two-minute bars: the minute at whose end it changes shows the new one."""
    closes = [5000.0 + 0.25 * (n % 37) for n in range(402)]
    engine = tape_engine()
    feed(engine, bars([(at(n), c, c, c, c, 1) for n, c in enumerate(closes)]))
    feed(engine, trades([(at(402), 5000.0, 1)]), WatermarkFrame(at(402.5)))
    known = minutes(engine)["sma_200"]
    assert np.isnan(known[398])
    assert known[399] == known[400] == sum(closes[1:400:2]) / 200
    assert known[401] == known[402] == sum(closes[3:402:2]) / 200


def test_of_the_minutes_the_latest_are_kept() -> None:
    engine = tape_engine(sessions=_long_sessions())
    rows = [(at(n), 5000.0 + n % 9, 5010.0, 4990.0, 5000.0, n) for n in range(2400) if n not in _closed()]
    feed(engine, bars(rows))
    assert (
        minutes(engine)["volume"].tolist()
        == [float(n) for n, *_ in enumerate(range(2400)) if n not in _closed()][-2048:]
    )


def _closed() -> range:
    """The minutes after ``START_NS`` of the hour's break between the two sessions."""
    return range(21 * 60, 22 * 60)


def _long_sessions() -> NDArray[np.void]:
    from tests.support.engine import session_table

    return session_table(days=3)


# --- approach --------------------------------------------------------------------------------------------------------


def approached(closes: list[float], *, forming: float | None = None, level: float = 5100.0) -> NDArray[np.void]:
    """The row of a level after minutes with these closes, with a trade in the minute after them."""
    engine = tape_engine(levels=(level,))
    feed(engine, bars([(at(n), c, c, c, c, 1) for n, c in enumerate(closes)]))
    end = len(closes)
    results = Results()
    if forming is not None:
        feed(engine, trades([(at(end) + SECOND, forming, 1)]), WatermarkFrame(at(end) + 2 * SECOND), into=results)
    row: NDArray[np.void] = results.level(level)[-1]
    return row


def towards(row: Any) -> tuple[float, int, float]:
    return float(row["approach_velocity"]), int(row["approach_bars"]), float(row["approach_distance"])


RISE = [5000.0, 5001.0, 5000.5, 5001.5, 5002.0]


def test_an_approach_is_the_way_of_the_latest_closes_and_of_the_minute_being_formed() -> None:
    """First 5000, last 5003: six closes; three of them in a row went up."""
    assert towards(approached(RISE, forming=5003.0)) == (3.0 / 6, 3, 3.0)


def test_only_ten_closes_count() -> None:
    closes = [4000.0, 4000.0, *[5000.0 + n for n in range(9)]]
    assert towards(approached(closes, forming=5009.0)) == (9.0 / 10, 9, 9.0)


def test_a_close_that_stands_still_ends_the_row_of_bars() -> None:
    assert towards(approached([5000.0, 5001.0, 5001.0, 5002.0], forming=5003.0))[1] == 2


def test_one_close_is_no_approach() -> None:
    assert towards(approached([], forming=5000.0)) == (0.0, 0, 0.0)


def test_away_from_the_level_velocity_is_negative_and_no_bar_counts() -> None:
    assert towards(approached(RISE, forming=5003.0, level=4900.0)) == (-3.0 / 6, 0, 3.0)


def test_an_approach_from_above_is_the_mirror_of_one_from_below() -> None:
    here = towards(approached(RISE, forming=5003.0))
    there = towards(approached([10_000.0 - c for c in RISE], forming=10_000.0 - 5003.0, level=4900.0))
    assert there == here


def test_minutes_of_history_and_minutes_of_trades_are_one_row_of_closes() -> None:
    engine = tape_engine(levels=(5100.0,))
    feed(engine, bars([(at(0), 5000.0, 5000.0, 5000.0, 5000.0, 1)]))
    rows: list[Row] = [(at(1), 5001.0, 1), (at(2), 5002.0, 1), (at(3), 5003.0, 1)]
    results = feed(engine, trades(rows), WatermarkFrame(at(3.1)))
    assert towards(results.level(5100.0)[-1]) == (3.0 / 4, 3, 3.0)


def test_trades_of_another_instrument_make_no_bar() -> None:
    engine = tape_engine()
    feed(engine, trades([(at(0), 5000.0, 1)]), trades([(at(0.5), 4000.0, 1)], key=(FUTURE[0], 5)))
    assert ohlcv(engine.state["bars"]["minute"][0]) == (5000.0, 5000.0, 5000.0, 5000.0, 1.0)
    assert engine.counters()["other_instrument"] == 1


def test_a_flat_history_has_no_range_and_an_average_of_its_price() -> None:
    engine = tape_engine()
    feed(engine, bars(flat_bars(at(0), at(900))))
    assert (float(remembered(engine)["atr"]), float(remembered(engine)["sma_400"])) == (0.0, 5000.0)
