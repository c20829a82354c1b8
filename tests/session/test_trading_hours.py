"""The sessions and hours of a CONFIG: by the calendar, and by what the profile says of the day."""

from __future__ import annotations

import numpy as np
import pytest

from spymaster.config import load_config
from spymaster.market.hours import HOURS
from spymaster.market.instruments import FUTURES_CALENDAR, Instrument, TickSource
from spymaster.market.option_chain import CHAIN
from spymaster.market.sessions import SESSION, et_time, session_on, sessions_between
from spymaster.session.live.config import live_config
from spymaster.session.sources.trading_hours import config_hours
from tests.support.prices import at

NOON = at("2026-12-09T12:00:00-05:00")
ES = Instrument(1, 17077, "ESH7", 250_000_000, 50, TickSource.DEFINITION, FUTURES_CALENDAR)


def clock(ns: int) -> str:
    return f"{et_time(int(ns)):%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("opens", "told"), [("04:00", "12-09 04:00"), ("07:30", "12-09 07:30"), ("21:00", "12-08 21:00")]
)
def test_the_premarket_of_the_sessions_is_the_profiles(opens: str, told: str) -> None:
    profile = load_config(overrides={"profile.spy.premarket_open": f'"{opens}"'}).profile("spy")
    sessions = np.frombuffer(config_hours(profile, FUTURES_CALENDAR, NOON, NOON)[0], SESSION)
    assert clock(session_on(sessions, 20261209)["premarket_open_ns"]) == told


@pytest.mark.parametrize(("name", "closes"), [("spy", "12-09 16:15"), ("es", "12-09 17:00")])
def test_a_live_configuration_says_when_quotes_are_owed(name: str, closes: str) -> None:
    frame = live_config(load_config().profile(name), ES, NOON, contracts=np.zeros(0, CHAIN))
    sessions, hours = np.frombuffer(frame.sessions, SESSION), np.frombuffer(frame.hours, HOURS)
    assert len(hours) == len(sessions)
    (row,) = hours[sessions["session_date"] == 20261209]
    assert clock(row["options_close_ns"]) == closes
    assert (clock(row["share_open_ns"]), clock(row["share_close_ns"])) == ("12-08 21:00", "12-09 20:00")


def test_with_the_default_premarket_sessions_are_the_calendars() -> None:
    profile = load_config().profile("spy")
    assert config_hours(profile, FUTURES_CALENDAR, NOON, NOON)[0] == (
        sessions_between(FUTURES_CALENDAR, NOON, NOON).tobytes()
    )
