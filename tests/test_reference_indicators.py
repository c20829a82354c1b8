"""The second computation of indicators, by hand on a few bars and against a charting tool's own columns."""

from __future__ import annotations

import csv
import datetime as dt
import os
from collections import Counter
from pathlib import Path

import pytest

from tests.support.reference_indicators import (
    MINUTE,
    NEW_YORK,
    Bar,
    extremes,
    levels_at,
    prior_day,
    sma_of_two_minutes,
    two_minute_bars,
    usual_day,
    vwap,
    vwap_of_trades,
    wilder_atr,
)

T0 = usual_day(dt.date(2026, 2, 6)).rth_open_ns


def bar(minute: int, close: float, *, high: float | None = None, low: float | None = None, volume: float = 1.0) -> Bar:
    return Bar(T0 + minute * MINUTE, close, high or close, low or close, close, volume)


def test_two_minute_bars_begin_on_even_minutes_and_leave_holes() -> None:
    made = two_minute_bars([bar(1, 10.0), bar(2, 11.0, high=15.0), bar(3, 12.0, low=9.0), bar(6, 13.0)])
    assert [(b.start_ns - T0) // MINUTE for b in made] == [0, 2, 6]
    assert [(b.open, b.high, b.low, b.close, b.volume) for b in made] == [
        (10.0, 10.0, 10.0, 10.0, 1.0),
        (11.0, 15.0, 9.0, 12.0, 2.0),
        (13.0, 13.0, 13.0, 13.0, 1.0),
    ]


def test_an_average_counts_closed_bars_only_and_waits_for_enough() -> None:
    bars = [bar(n, float(n)) for n in range(8)]
    assert sma_of_two_minutes(bars, 2, T0 + 4 * MINUTE - 1) is None
    assert sma_of_two_minutes(bars, 2, T0 + 4 * MINUTE) == (1.0 + 3.0) / 2
    assert sma_of_two_minutes(bars, 2, T0 + 5 * MINUTE) == (1.0 + 3.0) / 2
    assert sma_of_two_minutes(bars, 2, T0 + 6 * MINUTE) == (3.0 + 5.0) / 2


def test_the_true_range_reaches_to_the_close_before() -> None:
    assert wilder_atr([bar(0, 10.0, high=11.0, low=9.0), bar(1, 15.0, high=16.0, low=14.0)]) == [2.0, (2.0 + 6.0) / 2]


def test_after_its_length_the_average_forgets_by_one_in_length() -> None:
    values = wilder_atr([bar(n, 10.0, high=11.0, low=10.0) for n in range(5)] + [bar(5, 10.0, high=14.0, low=10.0)], 3)
    assert values[:5] == [1.0] * 5
    assert values[5] == pytest.approx((2 * 1.0 + 4.0) / 3)


def test_the_vwap_begins_at_its_moment_and_takes_typical_prices() -> None:
    bars = [bar(-1, 99.0, volume=50.0), bar(0, 10.0, high=13.0, low=7.0, volume=1.0), bar(1, 20.0, volume=3.0)]
    assert vwap(bars, T0, T0 + 2 * MINUTE) == (10.0 * 1 + 20.0 * 3) / 4
    assert vwap(bars, T0, T0 + 30) is None
    trades = [(T0 - 1, 99.0, 5.0), (T0, 10.0, 1.0), (T0 + 1, 20.0, 3.0), (T0 + 9, 99.0, 1.0)]
    assert vwap_of_trades(trades, T0, T0 + 9) == 17.5


def test_a_bar_counts_once_it_has_ended() -> None:
    bars = [bar(0, 10.0), bar(1, 20.0)]
    assert extremes(bars, T0, T0 + 10 * MINUTE, T0 + 2 * MINUTE - 1) == (10.0, 10.0)
    assert extremes(bars, T0, T0 + 10 * MINUTE, T0 + 2 * MINUTE) == (20.0, 10.0)


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    """The charting tool's export: seven sessions of minutes, its own indicators beside the prices."""
    folder = os.environ.get("SPYMASTER_DATA")
    if not folder:
        pytest.skip("SPYMASTER_DATA does not name a folder of market data")
    return read(Path(folder) / "bars" / "ES_Volumetric_1min_20260205_20260216.csv")


@pytest.fixture(scope="module")
def bars(rows: list[dict[str, str]]) -> list[Bar]:
    """Its bars, stamped at their start."""
    made = []
    for row in rows:
        end = dt.datetime.fromisoformat(row["timestamp"]).replace(tzinfo=NEW_YORK)
        first, high, low, last, volume = (float(row[name]) for name in ("open", "high", "low", "close", "volume"))
        made.append(Bar(int(end.timestamp()) * 10**9 - MINUTE, first, high, low, last, volume))
    return made


def test_the_atr_is_the_tool_s_own(rows: list[dict[str, str]], bars: list[Bar]) -> None:
    errors = [abs(ours - float(row["atr14"])) for ours, row in zip(wilder_atr(bars), rows, strict=True)]
    assert len(errors) == 9419
    assert max(errors) < 1e-12


def test_the_tool_s_vwap_is_one_over_trades_begun_anew_at_each_session(
    rows: list[dict[str, str]], bars: list[Bar]
) -> None:
    """The mean price that its vwap implies for each single bar, were it begun at 18:00, lies inside that bar."""
    session, before, volume = "", 0.0, 0.0
    for row, b in zip(rows, bars, strict=True):
        if row["session_date"] != session:
            session, before, volume = row["session_date"], 0.0, 0.0
        after = float(row["vwap"]) * (volume + b.volume)
        assert b.low - 1e-6 <= (after - before) / b.volume <= b.high + 1e-6
        before, volume = after, volume + b.volume


def test_typical_prices_of_bars_come_near_a_vwap_over_trades(rows: list[dict[str, str]], bars: list[Bar]) -> None:
    """Bars hide where inside them the volume lay: under a point at once, a few hundredths over the day."""
    session, money, volume = "", 0.0, 0.0
    errors = []
    for row, b in zip(rows, bars, strict=True):
        if row["session_date"] != session:
            session, money, volume = row["session_date"], 0.0, 0.0
        money += (b.high + b.low + b.close) / 3.0 * b.volume
        volume += b.volume
        errors.append(abs(money / volume - float(row["vwap"])))
    assert max(errors) < 0.75
    assert sorted(errors)[len(errors) // 2] < 0.025


def test_sessions_of_the_export_are_trade_dates_from_six_in_the_evening(
    rows: list[dict[str, str]], bars: list[Bar]
) -> None:
    counts = Counter(row["session_date"] for row in rows)
    assert list(counts.values()) == [1380] * 6 + [1139]
    for row, b in zip(rows, bars, strict=True):
        day = usual_day(dt.date.fromisoformat(row["session_date"]))
        assert day.open_ns <= b.start_ns < day.close_ns


def test_levels_of_a_real_morning_follow_from_the_rows(bars: list[Bar], rows: list[dict[str, str]]) -> None:
    today, before = usual_day(dt.date(2026, 2, 12)), usual_day(dt.date(2026, 2, 11))
    found = levels_at(bars, today, before, today.or_end_ns, is_spy=False)

    def of(first: str, last: str) -> list[dict[str, str]]:
        return [row for row in rows if first < row["timestamp"] <= last]

    overnight = of("2026-02-11T18:00:00.000", "2026-02-12T09:30:00.000")
    opening = of("2026-02-12T09:30:00.000", "2026-02-12T09:45:00.000")
    prior = [row for row in rows if row["session_date"] == "2026-02-11"]
    assert (len(overnight), len(opening), len(prior)) == (930, 15, 1380)
    assert found["ON_HIGH"] == max(float(row["high"]) for row in overnight)
    assert found["OR_LOW"] == min(float(row["low"]) for row in opening)
    assert found["PD_CLOSE"] == float(prior[-1]["close"])
    assert found["PD_HIGH"] == max(float(row["high"]) for row in prior)
    assert found["SESSION_HIGH"] == max(found["ON_HIGH"], found["OR_HIGH"])
    assert set(found) == {
        *(f"{name}_{end}" for name in ("PM", "SESSION", "OR", "ON", "PD") for end in ("HIGH", "LOW")),
        *("PD_CLOSE", "SMA_200", "SMA_400", "VWAP"),
    }


def test_the_regular_hours_of_the_day_before_are_their_own(bars: list[Bar]) -> None:
    day = usual_day(dt.date(2026, 2, 11))
    whole, regular = prior_day(bars, day, regular=False), prior_day(bars, day, regular=True)
    assert whole is not None
    assert regular is not None
    assert whole[0] >= regular[0]
    assert whole[1] <= regular[1]
    assert whole[2] != regular[2]
