"""The clock of options: regular hours weighted by how much prices move in them."""

from __future__ import annotations

import itertools
import math
from datetime import UTC, datetime

import pytest

from spymaster.market.sessions import session_on, sessions_between
from spymaster.physics.options.option_time import WEIGHTS, variance_seconds, variance_time, variance_time_to_fixing

SECOND = 1_000_000_000
OPEN = 1_700_000_000 * SECOND
CLOSE = OPEN + 23_400 * SECOND
YEAR_S = 252 * 23_400


def left(since_open_s: float) -> float:
    return variance_seconds(OPEN + int(since_open_s * SECOND), OPEN, CLOSE)


def test_a_full_day_has_its_23400_seconds() -> None:
    assert left(0) == pytest.approx(23_400, rel=1e-12)
    assert WEIGHTS.sum() == pytest.approx(13, rel=1e-12)


def test_a_year_has_252_days() -> None:
    assert variance_time(OPEN, OPEN, CLOSE) == pytest.approx(1 / 252, rel=1e-12)


def test_before_the_opening_the_whole_day_is_left_and_after_the_close_nothing() -> None:
    assert left(-6 * 3600) == left(0)
    assert left(23_400) == left(30_000) == 0.0


def test_time_passes_faster_after_the_opening_than_at_midday() -> None:
    first, midday, last = left(0) - left(600), left(11_700) - left(12_300), left(22_800) - left(23_400)
    assert first > last > midday
    assert midday == pytest.approx(0.55 * 600)


def test_time_never_stands_still_in_regular_hours() -> None:
    values = [left(s) for s in range(0, 23_401, 60)]
    assert all(a > b for a, b in itertools.pairwise(values))


def test_a_short_day_has_fewer_seconds_in_the_same_course() -> None:
    close = OPEN + 12_600 * SECOND
    assert variance_seconds(OPEN, OPEN, close) == pytest.approx(12_600)
    half_way = variance_seconds(OPEN + 6_300 * SECOND, OPEN, close)
    assert half_way / 12_600 == pytest.approx(left(11_700) / 23_400)


def test_an_early_close_comes_from_the_calendar() -> None:
    """The day after Thanksgiving 2023 ended at 13:00 in New York."""
    noon = int(datetime(2023, 11, 24, 17, tzinfo=UTC).timestamp()) * SECOND
    session = session_on(sessions_between("CME Globex Equity", noon, noon, use_cache=False), 20231124)
    begin, end = int(session["rth_open_ns"]), int(session["rth_close_ns"])
    assert variance_seconds(begin, begin, end) == pytest.approx(3.5 * 3600)
    assert variance_seconds(noon + 3600 * SECOND, begin, end) == 0.0


def test_a_day_without_regular_hours_has_no_clock() -> None:
    assert math.isnan(variance_time(OPEN, 0, 0))
    assert math.isnan(variance_time_to_fixing(OPEN, 0, 0))


def test_an_average_of_thirty_seconds_ends_twenty_seconds_early() -> None:
    assert variance_time(OPEN, OPEN, CLOSE) - variance_time_to_fixing(OPEN, OPEN, CLOSE) == pytest.approx(20 / YEAR_S)
    assert variance_time_to_fixing(CLOSE - 5 * SECOND, OPEN, CLOSE) == 0.0
