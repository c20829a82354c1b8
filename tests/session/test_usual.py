"""Today against the days a lake holds: volume so far, and liquidity displayed at this minute."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from spymaster.errors import UserError
from spymaster.lake.catalog import Lake
from spymaster.lake.run_manifest import RunInfo
from spymaster.lake.usual import MINUTE_NS, displayed, usual_day
from spymaster.market.instruments import FUTURES_CALENDAR
from spymaster.market.kinds import NO_TICK, Kind
from spymaster.market.sessions import session_at, sessions_between
from spymaster.session.usual import UsualDays
from spymaster.signals.chart.bars import CHART_BAR
from spymaster.signals.frame import Frame
from spymaster.signals.header_parts import Usual
from tests.support import frames
from tests.support.journals import T0_NS
from tests.support.lakes import RUN, Frames, es_depth, es_trades, lake_at, record

DAY_NS = 24 * 60 * MINUTE_NS
BEFORE = (T0_NS - DAY_NS, T0_NS - 2 * DAY_NS)
"""The same moment of the two sessions before."""


def run_of(number: int, began_ns: int) -> RunInfo:
    return msgspec.structs.replace(RUN, id=f"run-{number}", started_ns=began_ns)


def a_day(root: Path, number: int, began_ns: int, *, size: int, shown: int, minutes: int = 10) -> None:
    """A run with one trade of ``size`` a minute, and a book of ``shown`` contracts on each of twenty levels."""
    made = Frames()
    for minute in range(minutes):
        at_ns = began_ns + minute * MINUTE_NS
        sizes = {f"{side}_sz_{level:02}": shown for side in ("bid", "ask") for level in range(10)}
        made.records(Kind.MBP10, es_depth(30, at_ns, **sizes))
        made.records(Kind.TRADE, es_trades(1, at_ns, size=size))
    record(root, made.stored, run_of(number, began_ns))


def session_of(t_ns: int) -> np.void:
    return session_at(sessions_between(FUTURES_CALENDAR, t_ns, t_ns), t_ns)


def today(minutes: float, *, first_ns: int = T0_NS, shown: int = 10) -> Frame:
    """A frame so long after the first record, with a book of ``shown`` contracts on each of twenty levels."""
    frame = frames.frame()
    header = msgspec.structs.replace(frame.header, t_ns=round(first_ns + minutes * MINUTE_NS), first_ns=first_ns)
    book = np.zeros((2, 10, 2), np.int64)
    book[:, :, 1] = shown
    return dataclasses.replace(frame, header=header, book=book)


def bars(*volumes: float) -> NDArray[Any]:
    """Bars of a minute from the first record on."""
    rows = np.zeros(len(volumes), CHART_BAR)
    rows["t_ns"] = T0_NS + MINUTE_NS * np.arange(len(volumes))
    rows["volume"] = volumes
    return rows


Compared = Callable[..., Usual | None]


@pytest.fixture
def compared(tmp_path: Path) -> Compared:
    """Today compared with the lake in the folder, everything read."""
    days = UsualDays(lambda: lake_at(tmp_path), "ES", FUTURES_CALENDAR)

    def look(frame: Frame, chart: NDArray[Any]) -> Usual | None:
        for _ in range(3):
            found = days.look(frame, chart)
            days.wait()
        return found

    return look


def test_volume_is_that_of_the_days_before_up_to_this_minute(tmp_path: Path, compared: Compared) -> None:
    a_day(tmp_path, 1, BEFORE[0], size=30, shown=10)
    a_day(tmp_path, 2, BEFORE[1], size=10, shown=10)
    found = compared(today(4.0), bars(60.0, 60.0))
    assert found is not None
    assert found.days == 2
    assert found.volume == pytest.approx(120 / (4 * 20))


def test_liquidity_is_the_share_of_their_books_at_this_minute_that_showed_no_more(
    tmp_path: Path, compared: Compared
) -> None:
    a_day(tmp_path, 1, BEFORE[0], size=1, shown=5)
    a_day(tmp_path, 2, BEFORE[1], size=1, shown=20)
    for shown, share in ((4, 0.0), (10, 0.5), (20, 1.0)):
        found = compared(today(4.0, shown=shown), bars(1.0))
        assert found is not None
        assert found.liquidity == share


def test_without_days_nothing_is_told(compared: Compared) -> None:
    assert compared(today(4.0), bars(1.0)) is None


def test_a_day_that_ended_before_this_minute_is_not_counted(tmp_path: Path, compared: Compared) -> None:
    a_day(tmp_path, 1, BEFORE[0], size=1, shown=5, minutes=30)
    a_day(tmp_path, 2, BEFORE[1], size=1, shown=5, minutes=3)
    found = compared(today(20.0), bars(1.0))
    assert found is not None
    assert found.days == 1


def test_today_itself_is_no_day_before(tmp_path: Path, compared: Compared) -> None:
    a_day(tmp_path, 1, T0_NS, size=1, shown=5)
    assert compared(today(4.0), bars(1.0)) is None


def test_of_two_runs_of_a_day_the_one_that_traded_most_counts(tmp_path: Path) -> None:
    a_day(tmp_path, 1, BEFORE[0], size=5, shown=5)
    a_day(tmp_path, 2, BEFORE[0], size=7, shown=9)
    session = session_of(BEFORE[0])
    lake = lake_at(tmp_path)
    day = usual_day(lake, "ES", int(session["open_ns"]), int(session["close_ns"]))
    assert day is not None
    assert int(day.volume.sum()) == 10 * 7
    minute = (BEFORE[0] - day.open_ns) // MINUTE_NS
    assert set(displayed(lake, "ES", day, minute).tolist()) == {20 * 9}
    assert usual_day(lake, "NQ", int(session["open_ns"]), int(session["close_ns"])) is None


def test_a_book_of_nothing_has_no_share(tmp_path: Path, compared: Compared) -> None:
    a_day(tmp_path, 1, BEFORE[0], size=1, shown=5)
    frame = today(4.0)
    frame.book[:, :, 0] = NO_TICK
    found = compared(frame, bars(1.0))
    assert found is not None
    assert math.isnan(found.liquidity)


def test_a_lake_that_cannot_be_opened_is_logged_and_nothing_is_told(caplog: pytest.LogCaptureFixture) -> None:
    def refused() -> Lake:
        raise UserError("somewhere", "cannot be read", "name the root of a lake")

    days = UsualDays(refused, "ES", FUTURES_CALENDAR)
    for _ in range(3):
        assert days.look(today(4.0), bars(1.0)) is None
        days.wait()
    assert caplog.text.count("cannot be read") == 1
