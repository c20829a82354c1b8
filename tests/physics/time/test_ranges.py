"""Parts of a session: what their extremes are, from when they are published, and when they are not known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from spymaster.market.frames import DEPTH_FEED, Frame, GapFrame, WatermarkFrame
from tests.support.engine import Results, feed, session_table
from tests.support.market import HOUR, INTERVAL, MINUTE, OPEN_NS, RTH_OPEN_NS, SECOND
from tests.support.prices import BarRow, Row, at, bars, flat_bars, real_sessions, tape_engine, trades
from tests.support.prices import placed as all_placed

PREMARKET_NS = RTH_OPEN_NS - 330 * MINUTE
OR_END_NS = RTH_OPEN_NS + 15 * MINUTE
DAY = 24 * HOUR
FLAT = 5000.0


def with_spike(rows: list[BarRow], *spikes: tuple[int, float]) -> list[BarRow]:
    """The same bars, those that begin at these times reaching to these prices and back."""
    prices = dict(spikes)
    assert prices.keys() <= {row[0] for row in rows}
    return [
        (t, o, max(h, prices.get(t, h)), min(low, prices.get(t, low)), c, v) if t in prices else (t, o, h, low, c, v)
        for t, o, h, low, c, v in rows
    ]


def without(rows: list[BarRow], from_ns: int, until_ns: int) -> list[BarRow]:
    return [row for row in rows if not from_ns <= row[0] < until_ns]


def played(
    history: Sequence[BarRow],
    rows: Sequence[Row],
    *frames: Frame,
    until: int,
    profile: str = "es",
    sessions: NDArray[np.void] | None = None,
) -> Results:
    """Bars, trades, other frames, and a watermark."""
    engine = tape_engine(profile, sessions=sessions)
    return feed(engine, bars(history), trades(rows), *frames, WatermarkFrame(until))


def placed(rows: NDArray[np.void]) -> dict[str, float]:
    """Price by kind of the structural levels but the averages."""
    return {name: price for name, price in all_placed(rows).items() if not name.startswith("SMA")}


def levels_at(results: Results, t_ns: int) -> dict[str, float]:
    """The structural levels of the snap at a time."""
    return placed(results.rows[results.times.index(t_ns)])


def morning(*, until: int = RTH_OPEN_NS - 2 * MINUTE, start: int = OPEN_NS) -> list[BarRow]:
    """Flat bars from the evening's opening, with extremes of the night at 20:00 and 21:00 and of the morning at six."""
    rows = flat_bars(start, until)
    known = {row[0] for row in rows}
    marks = (
        *((OPEN_NS + 2 * HOUR, 5020.0), (OPEN_NS + 3 * HOUR, 4980.0)),
        *((PREMARKET_NS + 2 * HOUR, 5010.0), (PREMARKET_NS + 3 * HOUR, 4990.0)),
    )
    return with_spike(rows, *(mark for mark in marks if mark[0] in known))


def at_the_opening(history: Sequence[BarRow], *frames: Frame, **about: Any) -> dict[str, float]:
    """The levels at 09:30 after such a history."""
    results = played(history, [(RTH_OPEN_NS - MINUTE, FLAT, 1)], *frames, until=RTH_OPEN_NS, **about)
    return levels_at(results, RTH_OPEN_NS)


def test_premarket_and_overnight_are_published_from_half_past_nine() -> None:
    results = played(morning(), [(RTH_OPEN_NS - MINUTE, FLAT, 1)], until=RTH_OPEN_NS)
    assert levels_at(results, RTH_OPEN_NS - INTERVAL) == {"SESSION_HIGH": 5020.0, "SESSION_LOW": 4980.0}
    assert levels_at(results, RTH_OPEN_NS) == {
        "SESSION_HIGH": 5020.0,
        "SESSION_LOW": 4980.0,
        "ON_HIGH": 5020.0,
        "ON_LOW": 4980.0,
        "PM_HIGH": 5010.0,
        "PM_LOW": 4990.0,
    }


def test_premarket_begins_at_four() -> None:
    edge = with_spike(flat_bars(OPEN_NS, RTH_OPEN_NS - 2 * MINUTE), (PREMARKET_NS - MINUTE, 5050.0))
    assert at_the_opening(edge)["PM_HIGH"] == FLAT
    edge = with_spike(flat_bars(OPEN_NS, RTH_OPEN_NS - 2 * MINUTE), (PREMARKET_NS, 5050.0))
    assert at_the_opening(edge)["PM_HIGH"] == 5050.0


@pytest.mark.parametrize("opens_ns", [OPEN_NS + 3 * HOUR, PREMARKET_NS + 3 * HOUR])
def test_premarket_begins_when_it_is_configured_to(opens_ns: int) -> None:
    sessions = session_table()
    sessions["premarket_open_ns"][0] = opens_ns
    for spike_ns, high in ((opens_ns - MINUTE, FLAT), (opens_ns, 5050.0)):
        edge = with_spike(flat_bars(OPEN_NS, RTH_OPEN_NS - 2 * MINUTE), (spike_ns, 5050.0))
        assert at_the_opening(edge, sessions=sessions)["PM_HIGH"] == high


def test_premarket_ends_with_the_last_trade_before_half_past_nine() -> None:
    rows: list[Row] = [(RTH_OPEN_NS - MINUTE, FLAT, 1), (RTH_OPEN_NS - 1, 5030.0, 1), (RTH_OPEN_NS, 5040.0, 1)]
    results = played(morning(), rows, until=RTH_OPEN_NS + SECOND)
    found = levels_at(results, RTH_OPEN_NS + SECOND)
    assert (found["PM_HIGH"], found["ON_HIGH"]) == (5030.0, 5030.0)


def opening_trades(*, first: int = RTH_OPEN_NS, until: int = OR_END_NS + 2 * MINUTE) -> list[Row]:
    """A trade a minute at one price; the seventh minute trades higher, the ninth lower."""
    extra = {RTH_OPEN_NS + 7 * MINUTE: 5006.0, RTH_OPEN_NS + 9 * MINUTE: 4994.0}
    return [(t, extra.get(t, FLAT), 10) for t in range(first, until, MINUTE)]


def test_the_opening_range_is_published_from_a_quarter_to_ten() -> None:
    results = played(morning(until=RTH_OPEN_NS), opening_trades(), until=OR_END_NS)
    assert "OR_HIGH" not in levels_at(results, OR_END_NS - INTERVAL)
    found = levels_at(results, OR_END_NS)
    assert (found["OR_HIGH"], found["OR_LOW"]) == (5006.0, 4994.0)


def test_the_opening_range_ends_at_a_quarter_to_ten() -> None:
    rows = [*opening_trades(until=OR_END_NS), (OR_END_NS - 1, 5007.0, 1), (OR_END_NS, 5009.0, 1)]
    results = played(morning(until=RTH_OPEN_NS), rows, until=OR_END_NS + SECOND)
    assert levels_at(results, OR_END_NS + SECOND)["OR_HIGH"] == 5007.0


def test_levels_say_since_when_they_mean_something() -> None:
    results = played(morning(until=RTH_OPEN_NS), opening_trades(), until=OR_END_NS)
    (row,) = results.rows[-1][results.rows[-1]["kind"] == 8]
    assert row["valid_from_s"] == OR_END_NS / 1e9


# --- the session and the session before ------------------------------------------------------------------------------


def whole_day(*, spike: float = 5030.0, low: float = 4960.0, close: float = 5002.0) -> list[BarRow]:
    """A session of bars; its high at night, its low in regular hours, its last bar closing elsewhere."""
    rows = with_spike(flat_bars(OPEN_NS, OPEN_NS + 23 * HOUR), (OPEN_NS + HOUR, spike), (RTH_OPEN_NS + HOUR, low))
    t, o, h, low_, _, v = rows[-1]
    return [*rows[:-1], (t, o, max(h, close), low_, close, v)]


def next_evening(history: Sequence[BarRow], **about: Any) -> Results:
    """A few seconds of the evening after."""
    start = OPEN_NS + DAY
    return played(history, [(start, FLAT, 1)], until=start + 2 * SECOND, **about)


def test_the_day_before_is_the_whole_globex_session_and_published_from_the_first_snap() -> None:
    results = next_evening(whole_day())
    found = placed(results.rows[0])
    assert (found["PD_HIGH"], found["PD_LOW"], found["PD_CLOSE"]) == (5030.0, 4960.0, 5002.0)


def test_a_new_session_has_extremes_of_its_own() -> None:
    found = placed(next_evening(whole_day()).rows[-1])
    assert (found["SESSION_HIGH"], found["SESSION_LOW"]) == (FLAT, FLAT)
    assert not found.keys() & {"ON_HIGH", "PM_HIGH", "OR_HIGH", "VWAP"}


def test_a_day_before_that_was_not_seen_whole_is_not_published() -> None:
    hole = without(whole_day(), OPEN_NS + 5 * HOUR, OPEN_NS + 5 * HOUR + 21 * MINUTE)
    assert "PD_HIGH" not in placed(next_evening(hole).rows[-1])
    late = without(whole_day(), OPEN_NS, OPEN_NS + 2 * MINUTE)
    assert "PD_CLOSE" not in placed(next_evening(late).rows[-1])


def test_the_day_before_yesterday_is_not_the_day_before() -> None:
    start = OPEN_NS + 2 * DAY
    results = played(whole_day(), [(start, FLAT, 1)], until=start + SECOND, sessions=session_table(days=3))
    assert "PD_HIGH" not in placed(results.rows[-1])


def test_in_dollars_the_session_and_the_day_before_are_regular_hours() -> None:
    found = placed(next_evening(whole_day(), profile="spy").rows[-1])
    assert (found["PD_HIGH"], found["PD_LOW"], found["PD_CLOSE"]) == (500.0, 496.0, 500.0)
    assert "SESSION_HIGH" not in found
    rows = [(RTH_OPEN_NS - MINUTE, 5020.0, 1), *opening_trades()]
    results = played(morning(until=RTH_OPEN_NS - MINUTE), rows, until=OR_END_NS, profile="spy")
    found = levels_at(results, OR_END_NS)
    assert (found["SESSION_HIGH"], found["SESSION_LOW"]) == (500.6, 499.4)
    assert "ON_HIGH" not in found


# --- seen whole or not -----------------------------------------------------------------------------------------------

ALL = {f"{name}_{end}" for name in ("SESSION", "ON", "PM") for end in ("HIGH", "LOW")}
PM = {"PM_HIGH", "PM_LOW"}


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (OPEN_NS + MINUTE, ALL),
        (OPEN_NS + 2 * MINUTE, PM),
        (PREMARKET_NS + MINUTE, PM),
        (PREMARKET_NS + 2 * MINUTE, set()),
    ],
)
def test_a_part_that_was_joined_more_than_a_minute_late_is_not_known(start: int, expected: set[str]) -> None:
    assert at_the_opening(morning(start=start)).keys() == expected


@pytest.mark.parametrize(
    ("from_ns", "minutes", "expected"),
    [
        (PREMARKET_NS + HOUR, 20, ALL),
        (PREMARKET_NS + HOUR, 21, set()),
        (OPEN_NS + HOUR, 21, PM),
        (PREMARKET_NS - 30 * MINUTE, 30, PM),
        (PREMARKET_NS - 30 * MINUTE, 31, PM),
        (PREMARKET_NS - 30 * MINUTE, 32, set()),
    ],
)
def test_a_silence_of_more_than_twenty_minutes_is_a_hole(from_ns: int, minutes: int, expected: set[str]) -> None:
    """A part that it reaches into by over a minute is not known."""
    history = without(morning(), from_ns, from_ns + minutes * MINUTE)
    assert at_the_opening(history).keys() == expected


@pytest.mark.parametrize(
    ("from_ns", "length_ns", "expected"),
    [
        (PREMARKET_NS + HOUR, 2 * MINUTE, set()),
        (PREMARKET_NS + HOUR, MINUTE, ALL),
        (PREMARKET_NS - 3 * MINUTE, 2 * MINUTE, PM),
        (PREMARKET_NS - MINUTE, 2 * MINUTE, PM),
    ],
)
def test_a_gap_that_is_told_of_counts_from_a_minute_on(from_ns: int, length_ns: int, expected: set[str]) -> None:
    gap = GapFrame(DEPTH_FEED, from_ns, from_ns + length_ns, "test")
    assert at_the_opening(morning(), gap).keys() == expected


def test_a_gap_of_another_feed_takes_nothing_away() -> None:
    gap = GapFrame("options", PREMARKET_NS + HOUR, PREMARKET_NS + 2 * HOUR, "test")
    assert at_the_opening(morning(), gap).keys() == ALL


def test_the_hour_s_break_is_no_hole() -> None:
    results = next_evening(whole_day())
    assert placed(results.rows[-1]).keys() >= {"SESSION_HIGH", "PD_HIGH"}


def test_a_gap_in_the_session_leaves_the_day_before_alone() -> None:
    start = OPEN_NS + DAY
    gap = GapFrame(DEPTH_FEED, start + MINUTE, start + 4 * MINUTE, "test")
    results = played(whole_day(), [(start, FLAT, 1)], gap, until=start + 2 * SECOND)
    assert placed(results.rows[-1]).keys() == {"PD_HIGH", "PD_LOW", "PD_CLOSE"}


# --- volume-weighted price -------------------------------------------------------------------------------------------


def vwap(results: Results, t_ns: int) -> float | None:
    return levels_at(results, t_ns).get("VWAP")


def test_the_vwap_is_of_the_trades_since_half_past_nine() -> None:
    rows = [(RTH_OPEN_NS - SECOND, 4990.0, 999), (RTH_OPEN_NS, 5000.0, 3), (RTH_OPEN_NS + SECOND, 5004.0, 1)]
    results = played(morning(), rows, until=RTH_OPEN_NS + 2 * SECOND)
    assert vwap(results, RTH_OPEN_NS) is None, "the snap sees what came before it"
    assert vwap(results, RTH_OPEN_NS + SECOND) == 5000.0
    assert vwap(results, RTH_OPEN_NS + 2 * SECOND) == 5001.0


def test_bars_weigh_with_their_typical_price() -> None:
    opening = (RTH_OPEN_NS, 5000.0, 5009.0, 4997.0, 5000.0, 30)
    rows: list[Row] = [(RTH_OPEN_NS + MINUTE, 5008.0, 10)]
    results = played([*morning(until=RTH_OPEN_NS), opening], rows, until=RTH_OPEN_NS + 2 * MINUTE)
    expected = (30 * (5009.0 + 4997.0 + 5000.0) / 3 + 10 * 5008.0) / 40
    assert vwap(results, RTH_OPEN_NS + 2 * MINUTE) == pytest.approx(expected, abs=1e-9)


def test_there_is_no_vwap_where_the_opening_was_missed() -> None:
    start = RTH_OPEN_NS + 61 * SECOND
    results = played([], [(start, 5000.0, 3)], until=start + SECOND)
    assert "VWAP" not in placed(results.rows[-1])


def test_the_vwap_goes_on_after_the_regular_hours() -> None:
    close = RTH_OPEN_NS + 390 * MINUTE
    rows: list[Row] = [(close + MINUTE, 5010.0, 3900)]
    results = played(flat_bars(RTH_OPEN_NS, close), rows, until=close + 2 * MINUTE)
    assert vwap(results, close + 2 * MINUTE) == pytest.approx(5005.0)


# --- the venue's own calendar ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "zone", "evening"),
    [
        ("2024-03-08", "-05:00", "2024-03-07T18:00:00-05:00"),
        ("2024-03-11", "-04:00", "2024-03-10T18:00:00-04:00"),
        ("2024-11-01", "-04:00", "2024-10-31T18:00:00-04:00"),
        ("2024-11-04", "-05:00", "2024-11-03T18:00:00-05:00"),
    ],
)
def test_hours_are_new_york_s_on_either_side_of_a_change_of_clocks(day: str, zone: str, evening: str) -> None:
    four, half_past_nine, quarter_to_ten = (at(f"{day}T{clock}:00{zone}") for clock in ("04:00", "09:30", "09:45"))
    history = with_spike(
        flat_bars(at(evening), quarter_to_ten),
        *((four - MINUTE, 5050.0), (four, 5020.0), (half_past_nine - MINUTE, 4980.0)),
        *((half_past_nine, 5007.0), (quarter_to_ten - MINUTE, 4993.0)),
    )
    results = played(
        history,
        [(quarter_to_ten, FLAT, 1)],
        until=quarter_to_ten + SECOND,
        sessions=real_sessions(evening, f"{day}T16:00:00{zone}"),
    )
    found = placed(results.rows[-1])
    expected = {"ON_HIGH": 5050.0, "PM_HIGH": 5020.0, "PM_LOW": 4980.0, "OR_HIGH": 5007.0, "OR_LOW": 4993.0}
    assert {name: found.get(name) for name in expected} == expected


THANKSGIVING = real_sessions("2024-11-27T00:00:00-05:00", "2024-11-29T12:00:00-05:00")
"""The day before, the holiday (open to 13:00, no regular hours), and the short Friday after."""


def bars_of(date: int, *, price: float = FLAT) -> list[BarRow]:
    (row,) = THANKSGIVING[THANKSGIVING["session_date"] == date]
    return flat_bars(int(row["open_ns"]), int(row["close_ns"]), price)


def friday(clock: str) -> int:
    return at(f"2024-11-29T{clock}:00-05:00")


def test_a_holiday_has_a_session_but_no_regular_hours() -> None:
    t = at("2024-11-28T11:00:00-05:00")
    history = [*bars_of(20241127, price=4990.0), *(row for row in bars_of(20241128) if row[0] < t)]
    results = played(history, [(t, FLAT, 1)], until=t + SECOND, sessions=THANKSGIVING)
    assert placed(results.rows[-1]) == {
        "SESSION_HIGH": FLAT,
        "SESSION_LOW": FLAT,
        "PD_HIGH": 4990.0,
        "PD_LOW": 4990.0,
        "PD_CLOSE": 4990.0,
    }
    assert np.isnan(results.rows[-1]["minutes_since_open"]).all()


def test_in_points_the_holiday_is_the_day_before() -> None:
    history = [*bars_of(20241127, price=4990.0), *bars_of(20241128, price=5005.0)]
    t = at("2024-11-28T18:00:00-05:00")
    results = played(history, [(t, FLAT, 1)], until=t + SECOND, sessions=THANKSGIVING)
    assert placed(results.rows[-1])["PD_CLOSE"] == 5005.0


@pytest.mark.parametrize("make", [lambda: bars_of(20241128, price=5005.0), list], ids=["traded", "silent"])
def test_in_dollars_the_day_before_is_the_last_with_regular_hours(make: Callable[[], list[BarRow]]) -> None:
    history = [*bars_of(20241127, price=4990.0), *make()]
    t = friday("04:00")
    results = played(history, [(t, FLAT, 1)], until=t + SECOND, profile="spy", sessions=THANKSGIVING)
    assert placed(results.rows[-1])["PD_CLOSE"] == 499.0


def test_in_dollars_a_day_with_regular_hours_that_was_missed_is_not_skipped() -> None:
    t = at("2024-12-02T04:00:00-05:00")
    sessions = real_sessions("2024-11-27T00:00:00-05:00", "2024-12-02T12:00:00-05:00")
    results = played(bars_of(20241127), [(t, FLAT, 1)], until=t + SECOND, profile="spy", sessions=sessions)
    assert "PD_CLOSE" not in placed(results.rows[-1])


def test_a_short_day_closes_early() -> None:
    """Regular hours to 13:00, the venue to 13:15; the next day's prior close is that of the early end."""
    history = [row for row in bars_of(20241129) if row[0] < friday("12:59")]
    rows: list[Row] = [(friday("12:59"), 5001.0, 1), (friday("13:00"), 5004.0, 1), (friday("13:14"), 5008.0, 1)]
    results = played(history, rows, until=friday("13:30"), profile="spy", sessions=THANKSGIVING)
    assert results.times[-1] == friday("13:15"), "no snaps while the venue is closed"
    assert placed(results.rows[-1])["SESSION_HIGH"] == pytest.approx(500.1)
    in_window = {t: bool(w) for t, w in zip(results.times, results.snaps["in_window"], strict=True)}
    assert (in_window[friday("12:59") + SECOND], in_window[friday("13:00")]) == (True, False)
