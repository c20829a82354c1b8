"""What a market is doing at a time, for the watch over its live records."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spymaster.feeds.live.supervision import Hours
from spymaster.market.hours import hours_of
from spymaster.market.sessions import session_of


class MarketHours:
    """Hours by a calendar's sessions (SESSION records, oldest first). Behind the last of them silence is not judged."""

    def __init__(self, sessions: NDArray[np.void]) -> None:
        self._sessions = sessions

    def __call__(self, ns: int) -> Hours:
        """What the market is doing at ``ns``."""
        place = session_of(self._sessions, ns)
        if place is None:
            return Hours.CLOSED
        session = self._sessions[place]
        return Hours.REGULAR if session["rth_open_ns"] <= ns < session["rth_close_ns"] else Hours.OPEN


class ShareHours:
    """The same for a share. At night it counts as closed: not every dataset has that session, and where it is quoted it
    may be still for long, so that its silence is no reason to connect anew."""

    def __init__(self, sessions: NDArray[np.void]) -> None:
        self._market = MarketHours(sessions)
        self._hours = hours_of(sessions, "")

    def __call__(self, ns: int) -> Hours:
        """What the share is doing at ``ns``."""
        by_day = (self._hours["share_day_ns"] <= ns) & (ns < self._hours["share_close_ns"])
        return self._market(ns) if by_day.any() else Hours.CLOSED


class ListedOptionHours:
    """The same for listed options on ``underlying``: regular hours, and until they close some minutes later."""

    def __init__(self, sessions: NDArray[np.void], underlying: str) -> None:
        self._market = MarketHours(sessions)
        self._hours = hours_of(sessions, underlying)

    def __call__(self, ns: int) -> Hours:
        """What the options are doing at ``ns``."""
        owe = (self._hours["options_open_ns"] <= ns) & (ns < self._hours["options_close_ns"])
        return self._market(ns) if owe.any() else Hours.CLOSED
