"""Why a watched kind has no level: the input that is missing, and what would give it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

from spymaster.config.loader import load_config
from spymaster.market.hours import with_premarket
from spymaster.market.instruments import FUTURES_CALENDAR
from spymaster.market.levels import LevelKind
from spymaster.market.sessions import session_on, sessions_between
from spymaster.session.levels.reasons import Moment, why_unpublished
from tests.support.bars import FLAT, MINUTE, at, bar_records

FRIDAY = at("2024-01-05T08:00:00-05:00")
UNKNOWN = "not known from what was seen by this moment"


def moment(at_et: str = "10:30", *, begins: str = "10:00", bars: int = 0, profile: str = "es", **others: Any) -> Moment:
    """A moment of Friday 5 January 2024, with ``bars`` minute bars up to the recording's beginning."""
    begins_ns = at(f"2024-01-05T{begins}:00-05:00")
    sessions = sessions_between(FUTURES_CALENDAR, FRIDAY, FRIDAY)
    about: dict[str, Any] = {
        "t_ns": at(f"2024-01-05T{at_et}:00-05:00"),
        "begins_ns": begins_ns,
        "session": session_on(sessions, 20240105),
        "profile": load_config().profile(profile),
        "bars": bar_records([FLAT] * bars, start_ns=begins_ns - bars * MINUTE),
        "has_options": False,
        "published": 10,
    }
    return Moment(**{**about, **others})


@pytest.mark.parametrize(
    ("kind", "now", "reason"),
    [
        (LevelKind.USER, moment(), "none was asked for; --level PRICE or --levels NAME|FILE adds some"),
        (LevelKind.ROUND, moment(), "none lies within 50 of the price"),
        (LevelKind.CALL_WALL, moment(), "needs option trades and quotes; the source holds none"),
        (LevelKind.STRIKE, moment(profile="spy"), "needs option trades and quotes; the source holds none"),
        (LevelKind.VWAP, moment("09:00", begins="08:00"), "begins at 09:30 ET"),
        (LevelKind.PM_HIGH, moment("03:00", begins="02:00"), "made of 04:00 to 09:30 ET, which is still to come"),
        (LevelKind.OR_LOW, moment("09:40", begins="08:00"), "made of 09:30 to 09:45 ET, which is still to come"),
        (
            LevelKind.PM_LOW,
            moment(),
            "nothing was seen of 04:00 to 09:30 ET; --warmup PATH gives minute bars of it",
        ),
        (
            LevelKind.ON_HIGH,
            moment(bars=20),
            "nothing was seen of 18:00 to 09:30 ET; --warmup PATH gives minute bars of it",
        ),
        (
            LevelKind.PD_CLOSE,
            moment(bars=60),
            "nothing was seen of the session before; --warmup PATH gives minute bars of it",
        ),
        (
            LevelKind.SMA_400,
            moment(bars=600),
            "needs 400 closed two-minute bars; 630 minutes were seen, 600 of them bars given before the recording; "
            "--warmup PATH gives more",
        ),
        (LevelKind.SESSION_HIGH, moment("09:00", begins="08:00", profile="spy"), "begins at 09:30 ET"),
    ],
)
def test_the_missing_input_is_named(kind: LevelKind, now: Moment, reason: str) -> None:
    assert why_unpublished(kind, now) == reason


def test_the_premarket_is_told_as_it_was_configured() -> None:
    sessions = with_premarket(sessions_between(FUTURES_CALENDAR, FRIDAY, FRIDAY), dt.time(21))
    now = moment(session=session_on(sessions, 20240105))
    assert why_unpublished(LevelKind.PM_HIGH, now).startswith("nothing was seen of 21:00 to 09:30 ET")


@pytest.mark.parametrize("kind", [LevelKind.PM_HIGH, LevelKind.OR_HIGH, LevelKind.PD_HIGH, LevelKind.SMA_200])
def test_with_bars_of_the_time_the_input_is_not_called_missing(kind: LevelKind) -> None:
    assert why_unpublished(kind, moment(bars=2 * 24 * 60)) == UNKNOWN


def test_on_a_date_without_regular_hours_there_is_no_pre_market() -> None:
    closed = moment().session.copy()
    for name in ("rth_open_ns", "rth_close_ns", "premarket_open_ns", "or_end_ns"):
        closed[name] = 0
    assert why_unpublished(LevelKind.PM_HIGH, moment(session=closed)) == "this date has no regular hours"


def test_a_level_may_be_farther_than_the_published_ones() -> None:
    reason = why_unpublished(LevelKind.PM_HIGH, moment(bars=600, published=64))
    assert reason.startswith("farther away than the 64 nearest levels")


def test_every_kind_has_a_reason_in_words() -> None:
    assert all(len(why_unpublished(kind, moment()).split()) > 3 for kind in LevelKind)


def test_bars_reach_into_a_span_by_their_start() -> None:
    now = moment(bars=1)
    start = int(now.bars["ts_event"][0])
    assert now.saw(start, start + 1)
    assert not now.saw(start - MINUTE, start)
    assert np.count_nonzero(now.bars["volume"]) == 1
