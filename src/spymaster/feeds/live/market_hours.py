"""What a market is doing at a time, for the watch over its live records."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spymaster.feeds.live.supervision import Hours
from spymaster.market.sessions import session_of


class MarketHours:
    """Hours by a calendar's sessions (SESSION records, oldest first). Behind the last of them silence is not judged.

    ``regular_only``: records come in the regular hours of stocks alone, as of listed options.
    """

    def __init__(self, sessions: NDArray[np.void], *, regular_only: bool = False) -> None:
        self._sessions = sessions
        self._regular_only = regular_only

    def __call__(self, ns: int) -> Hours:
        """What the market is doing at ``ns``."""
        place = session_of(self._sessions, ns)
        if place is None:
            return Hours.CLOSED
        session = self._sessions[place]
        if session["rth_open_ns"] <= ns < session["rth_close_ns"]:
            return Hours.REGULAR
        return Hours.CLOSED if self._regular_only else Hours.OPEN
