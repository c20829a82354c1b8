"""The sessions of a CONFIG and the hours beside them, by the calendar and by what the profile says of the day."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from spymaster.market.hours import hours_of, with_premarket
from spymaster.market.sessions import sessions_between

if TYPE_CHECKING:
    from spymaster.config.profiles import Profile


def config_hours(profile: Profile, calendar: str, first_ns: int, last_ns: int) -> tuple[bytes, bytes]:
    """(SESSION records, HOURS records, one for each) of a calendar from ``first_ns`` to ``last_ns``, packed.

    Raises UserError for times no calendar knows.
    """
    sessions = sessions_between(calendar, first_ns, last_ns)
    sessions = with_premarket(sessions, dt.time.fromisoformat(profile.premarket_open))
    return sessions.tobytes(), hours_of(sessions, profile.underlying_symbol).tobytes()
