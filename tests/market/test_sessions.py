"""Sessions come from the venue's calendar in New York time, whatever the season or the holiday."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from spymaster.errors import UserError
from spymaster.market import calendar_table
from spymaster.market.instruments import EQUITY_CALENDAR, FUTURES_CALENDAR
from spymaster.market.sessions import (
    SESSION,
    TimeFormatError,
    et_stamp,
    et_time,
    parse_time,
    session_at,
    session_of,
    session_on,
    sessions_between,
)

GLOBEX = "CME Globex Equity"


def at(text: str) -> int:
    """An ISO time with zone as ns UTC."""
    return int(datetime.fromisoformat(text).timestamp()) * 1_000_000_000


def clock(ns: int) -> str:
    """A session field as New York wall-clock time."""
    return f"{et_time(ns):%Y-%m-%d %H:%M}"


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("calendar")


def globex(cache: Path, first: str, last: str) -> NDArray[np.void]:
    return sessions_between(GLOBEX, at(first), at(last), cache_folder=cache)


def test_a_session_is_56_packed_bytes_of_int64() -> None:
    assert SESSION.itemsize == 56
    assert {SESSION[name].str for name in SESSION.names or ()} == {"<i8"}


def test_a_regular_globex_day_runs_from_the_evening_before_to_1700(cache: Path) -> None:
    session = session_on(globex(cache, "2024-05-09T10:00-04:00", "2024-05-09T11:00-04:00"), 20240509)
    assert clock(session["open_ns"]) == "2024-05-08 18:00"
    assert clock(session["close_ns"]) == "2024-05-09 17:00"
    assert clock(session["premarket_open_ns"]) == "2024-05-09 04:00"
    assert clock(session["rth_open_ns"]) == "2024-05-09 09:30"
    assert clock(session["or_end_ns"]) == "2024-05-09 09:45"
    assert clock(session["rth_close_ns"]) == "2024-05-09 16:00"


def test_the_span_is_covered_with_one_session_on_either_side(cache: Path) -> None:
    sessions = globex(cache, "2024-05-08T12:00-04:00", "2024-05-09T12:00-04:00")
    assert sessions["session_date"].tolist() == [20240507, 20240508, 20240509, 20240510]


def test_christmas_evening_belongs_to_the_26th(cache: Path) -> None:
    sessions = globex(cache, "2023-12-25T23:00+00:00", "2023-12-25T23:30+00:00")
    assert sessions["session_date"].tolist() == [20231222, 20231226, 20231227]
    assert session_of(sessions, at("2023-12-25T18:00-05:00")) == 1
    assert clock(sessions["open_ns"][1]) == "2023-12-25 18:00"


def test_no_session_is_open_in_the_daily_break_or_at_the_weekend(cache: Path) -> None:
    sessions = globex(cache, "2024-05-09T12:00-04:00", "2024-05-13T12:00-04:00")
    assert session_of(sessions, at("2024-05-09T17:30-04:00")) is None
    assert session_of(sessions, at("2024-05-11T12:00-04:00")) is None
    assert session_of(sessions, at("2024-05-12T17:59:59-04:00")) is None


def test_a_session_includes_its_opening_and_excludes_its_close(cache: Path) -> None:
    sessions = globex(cache, "2024-05-09T12:00-04:00", "2024-05-09T12:00-04:00")
    today = sessions["session_date"].tolist().index(20240509)
    assert session_of(sessions, at("2024-05-08T18:00-04:00")) == today
    assert session_of(sessions, at("2024-05-09T17:00-04:00") - 1) == today
    assert session_of(sessions, at("2024-05-09T17:00-04:00")) is None


def test_a_span_inside_a_weekend_has_the_friday_and_the_monday(cache: Path) -> None:
    sessions = globex(cache, "2024-05-11T00:00-04:00", "2024-05-11T23:00-04:00")
    assert sessions["session_date"].tolist() == [20240510, 20240513]


@pytest.mark.parametrize(
    ("date", "open_utc", "rth_utc"),
    [
        pytest.param(20240308, 23, 1430, id="Friday before the clocks go forward"),
        pytest.param(20240311, 22, 1330, id="Monday after"),
        pytest.param(20241101, 22, 1330, id="Friday before the clocks go back"),
        pytest.param(20241104, 23, 1430, id="Monday after that"),
    ],
)
def test_utc_hours_move_with_daylight_saving(cache: Path, date: int, open_utc: int, rth_utc: int) -> None:
    noon = at(f"{date // 10000}-{date // 100 % 100:02d}-{date % 100:02d}T12:00-05:00")
    session = session_on(sessions_between(GLOBEX, noon, noon, cache_folder=cache), date)
    seconds_of_day = int(session["open_ns"]) // 1_000_000_000 % 86_400
    assert seconds_of_day == open_utc * 3600
    assert int(session["rth_open_ns"]) // 60_000_000_000 % 1440 == rth_utc // 100 * 60 + rth_utc % 100
    assert clock(session["rth_open_ns"])[-5:] == "09:30"


@pytest.mark.parametrize(
    ("date", "globex_close", "stock_close"),
    [
        (20240703, "2024-07-03 13:15", "2024-07-03 13:00"),
        (20240704, "2024-07-04 13:00", None),
        (20241128, "2024-11-28 13:00", None),
        (20241129, "2024-11-29 13:15", "2024-11-29 13:00"),
        (20240329, "2024-03-29 09:15", None),
        (20250109, "2025-01-09 17:00", None),
    ],
)
def test_early_closes_and_holidays(cache: Path, date: int, globex_close: str, stock_close: str | None) -> None:
    noon = at(f"{date // 10000}-{date // 100 % 100:02d}-{date % 100:02d}T12:00-05:00")
    session = session_on(sessions_between(GLOBEX, noon, noon, cache_folder=cache), date)
    assert clock(session["close_ns"]) == globex_close
    if stock_close is None:
        absent = ("rth_open_ns", "rth_close_ns", "premarket_open_ns", "or_end_ns")
        assert [int(session[name]) for name in absent] == [0, 0, 0, 0]
    else:
        assert clock(session["rth_close_ns"]) == stock_close


def test_the_stock_market_trades_from_0400_to_2000_and_to_1700_after_an_early_close(cache: Path) -> None:
    span = at("2024-11-27T12:00-05:00"), at("2024-11-29T12:00-05:00")
    sessions = sessions_between("NASDAQ", *span, cache_folder=cache)
    assert sessions["session_date"].tolist() == [20241126, 20241127, 20241129, 20241202]
    assert clock(sessions["open_ns"][1]) == "2024-11-27 04:00"
    assert clock(sessions["close_ns"][1]) == "2024-11-27 20:00"
    assert clock(sessions["rth_close_ns"][2]) == "2024-11-29 13:00"
    assert clock(sessions["close_ns"][2]) == "2024-11-29 17:00"


def test_a_commodity_has_no_stock_market_hours(cache: Path) -> None:
    noon = at("2024-05-09T12:00-04:00")
    session = session_on(sessions_between("CMEGlobex_CL", noon, noon, cache_folder=cache), 20240509)
    assert clock(session["open_ns"]) == "2024-05-08 18:00"
    assert int(session["rth_open_ns"]) == int(session["or_end_ns"]) == 0


def test_sessions_of_new_year_come_from_both_years(cache: Path) -> None:
    sessions = globex(cache, "2024-01-01T19:00-05:00", "2024-01-01T20:00-05:00")
    assert sessions["session_date"].tolist() == [20231229, 20240102, 20240103]


def test_every_session_of_30_years_lies_after_the_one_before_it(cache: Path) -> None:
    sessions = globex(cache, "1995-01-03T12:00-05:00", "2025-01-03T12:00-05:00")
    assert len(sessions) > 7500
    assert (sessions["open_ns"] < sessions["close_ns"]).all()
    assert (sessions["close_ns"][:-1] <= sessions["open_ns"][1:]).all()
    regular = sessions[sessions["rth_open_ns"] > 0]
    assert (regular["premarket_open_ns"] < regular["rth_open_ns"]).all()
    assert (regular["rth_open_ns"] < regular["or_end_ns"]).all()
    assert (regular["or_end_ns"] < regular["rth_close_ns"]).all()


# --- the kept table ---------------------------------------------------------------------------------------------------


def test_the_second_call_reads_the_kept_table_and_not_the_calendar(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noon = at("2024-05-09T12:00-04:00")
    made = sessions_between(GLOBEX, noon, noon, cache_folder=tmp_path)
    monkeypatch.setattr(calendar_table, "_schedule", None)
    for year in (2023, 2024, 2025):
        near = at(f"{year}-06-12T12:00-04:00")
        assert len(sessions_between(GLOBEX, near, near, cache_folder=tmp_path)) == 3
    assert (sessions_between(GLOBEX, noon, noon, cache_folder=tmp_path) == made).all()


@pytest.mark.parametrize("damage", [b"", b"1234", b"garbage that is not a table at all"])
def test_a_damaged_table_is_made_again(tmp_path: Path, damage: bytes) -> None:
    noon = at("2024-05-09T12:00-04:00")
    made = sessions_between(GLOBEX, noon, noon, cache_folder=tmp_path)
    [kept] = tmp_path.glob("*-2024-*")
    whole = kept.read_bytes()
    kept.write_bytes(damage)
    assert (sessions_between(GLOBEX, noon, noon, cache_folder=tmp_path) == made).all()
    assert kept.read_bytes() == whole


def test_one_wrong_byte_in_the_table_is_noticed(tmp_path: Path) -> None:
    noon = at("2024-05-09T12:00-04:00")
    made = sessions_between(GLOBEX, noon, noon, cache_folder=tmp_path)
    [kept] = tmp_path.glob("*-2024-*")
    content = bytearray(kept.read_bytes())
    content[4 + 100 * SESSION.itemsize] ^= 1
    kept.write_bytes(content)
    assert (sessions_between(GLOBEX, noon, noon, cache_folder=tmp_path) == made).all()


def test_a_cache_folder_that_cannot_be_written_changes_nothing(tmp_path: Path, cache: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    noon = at("2024-05-09T12:00-04:00")
    assert (
        sessions_between(GLOBEX, noon, noon, cache_folder=blocked / "calendar")
        == sessions_between(GLOBEX, noon, noon, cache_folder=cache)
    ).all()


def test_without_the_cache_nothing_is_written(tmp_path: Path) -> None:
    noon = at("2024-05-09T12:00-04:00")
    assert len(sessions_between(GLOBEX, noon, noon, cache_folder=tmp_path, use_cache=False)) == 3
    assert list(tmp_path.iterdir()) == []


def test_nothing_half_written_stays_behind(tmp_path: Path) -> None:
    noon = at("2024-05-09T12:00-04:00")
    sessions_between(GLOBEX, noon, noon, cache_folder=tmp_path)
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".sessions"] * 3


def test_a_kept_table_needs_no_pandas(tmp_path: Path) -> None:
    noon = at("2024-05-09T12:00-04:00")
    sessions_between(GLOBEX, noon, noon, cache_folder=tmp_path)
    code = (
        "import sys; from pathlib import Path; from spymaster.market.sessions import sessions_between\n"
        f"assert len(sessions_between({GLOBEX!r}, {noon}, {noon}, cache_folder=Path({str(tmp_path)!r}))) == 3\n"
        "print([m for m in ('pandas', 'pandas_market_calendars') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# --- what cannot be had -----------------------------------------------------------------------------------------------


def test_an_unknown_calendar_is_named_with_the_nearest_known_one(tmp_path: Path) -> None:
    noon = at("2024-05-09T12:00-04:00")
    with pytest.raises(UserError, match='calendar "CME Globex Equty": is not known; did you mean "CME Globex Equity"'):
        sessions_between("CME Globex Equty", noon, noon, cache_folder=tmp_path)


@pytest.mark.parametrize("year", [1800, 1960, 2250, 2300])
def test_years_without_holiday_rules_are_refused(tmp_path: Path, year: int) -> None:
    noon = at(f"{year}-05-09T12:00+00:00")
    with pytest.raises(UserError, match=f"known from 1990 to 2199, not for {year}"):
        sessions_between(GLOBEX, noon, noon, cache_folder=tmp_path)


def test_a_span_that_ends_before_it_begins_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot end"):
        sessions_between(GLOBEX, at("2024-05-09T12:00Z"), at("2024-05-08T12:00Z"), cache_folder=tmp_path)


def test_a_date_without_a_session_is_named(cache: Path) -> None:
    sessions = globex(cache, "2023-12-25T23:00Z", "2023-12-25T23:30Z")
    with pytest.raises(UserError, match="2023-12-25 is no trading day; choose a day"):
        session_on(sessions, 20231225)


# --- times people write and read --------------------------------------------------------------------------------------


@pytest.fixture
def boxing_day(cache: Path) -> np.void:
    return session_on(globex(cache, "2023-12-26T12:00-05:00", "2023-12-26T12:00-05:00"), 20231226)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("09:30", "2023-12-26T09:30:00-05:00"),
        ("09:30:15", "2023-12-26T09:30:15-05:00"),
        ("00:00", "2023-12-26T00:00:00-05:00"),
        ("16:59:59", "2023-12-26T16:59:59-05:00"),
        ("18:00", "2023-12-25T18:00:00-05:00"),
        ("23:59:59", "2023-12-25T23:59:59-05:00"),
        ("2023-12-25T23:10:00Z", "2023-12-25T18:10:00-05:00"),
        ("2023-12-25 18:10:00-05:00", "2023-12-25T18:10:00-05:00"),
        ("20231225T231000+0000", "2023-12-25T18:10:00-05:00"),
    ],
)
def test_a_time_is_read_in_new_york_on_the_session_date(boxing_day: np.void, text: str, expected: str) -> None:
    assert parse_time(text, boxing_day) == at(expected)


def test_the_evening_of_a_stock_session_is_its_own(cache: Path) -> None:
    noon = at("2024-05-09T12:00-04:00")
    session = session_on(sessions_between("NASDAQ", noon, noon, cache_folder=cache), 20240509)
    assert parse_time("19:00", session) == at("2024-05-09T19:00-04:00")


def test_nanoseconds_are_kept(boxing_day: np.void) -> None:
    assert parse_time("2023-12-25T23:10:00.123456789Z", boxing_day) == at("2023-12-25T23:10:00Z") + 123_456_789


@pytest.mark.parametrize(
    "text",
    [
        "",
        "24:00",
        "9:30",
        "09:60",
        "noon",
        "2023-12-25",
        "2023-12-25T10:00",
        "2023-13-25T10:00Z",
        "2023-12-25T25:00Z",
        "9999-01-01T00:00Z",
        "09:30Z",
    ],
)
def test_other_times_are_refused_with_the_forms_that_work(boxing_day: np.void, text: str) -> None:
    with pytest.raises(TimeFormatError, match=f'^"{text}": is not a time; write HH:MM'):
        parse_time(text, boxing_day)


def test_a_moment_is_shown_with_the_zone_of_its_season() -> None:
    assert et_stamp(at("2024-01-05T14:30:00Z") + 250_999_999) == "2024-01-05 09:30:00.250 EST"
    assert et_stamp(at("2024-07-05T13:30:00Z")) == "2024-07-05 09:30:00.000 EDT"


def test_a_moment_before_1970_keeps_its_fraction() -> None:
    assert et_time(-1_000).microsecond == 999_999


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2024-01-04T10:00:00-05:00", 20240104),
        ("2024-01-04T17:30:00-05:00", 20240105),
        ("2024-01-06T12:00:00-05:00", 20240108),
        ("2034-01-06T12:00:00-05:00", 20240109),
    ],
    ids=["open", "in the break", "on a saturday", "behind the last"],
)
def test_the_session_at_a_moment_is_the_open_one_or_the_one_about_to_open(moment: str, day: int) -> None:
    first, last = (
        int(datetime.fromisoformat(text).timestamp()) * 10**9 for text in ("2024-01-04T10Z", "2024-01-08T10Z")
    )
    sessions = sessions_between("CME Globex Equity", first, last)
    assert session_at(sessions, int(datetime.fromisoformat(moment).timestamp()) * 10**9)["session_date"] == day


def test_on_good_friday_2026_stocks_rest_and_futures_close_after_the_jobs_report(cache: Path) -> None:
    around = (at("2026-04-02T16:00+00:00"), at("2026-04-06T16:00+00:00"))
    stocks, futures = (
        sessions_between(name, *around, cache_folder=cache) for name in (EQUITY_CALENDAR, FUTURES_CALENDAR)
    )
    assert 20260403 not in stocks["session_date"]
    friday = session_on(futures, 20260403)
    assert clock(int(friday["close_ns"])) == "2026-04-03 09:15"
    assert friday["rth_open_ns"] == friday["rth_close_ns"]
