"""What a day's session asks of Databento, and the CONFIG that comes of what the feeds have chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from spymaster.feeds.databento_live.feed import DatabentoFeed
from spymaster.feeds.databento_live.lines_of_day import FuturesLine, ListedOptionsLine, OptionDay, ShareLine
from spymaster.feeds.databento_live.plan import Address
from spymaster.feeds.live.market_hours import MarketHours
from spymaster.feeds.live.source import LiveFeeds
from spymaster.feeds.live.supervision import Clock
from spymaster.market.frames import ConfigFrame, UserLevel
from spymaster.market.instruments import EQUITY_CALENDAR, FUTURES_CALENDAR
from spymaster.market.option_chain import CHAIN
from spymaster.market.sessions import session_at, sessions_between
from spymaster.session.live.config import live_config

if TYPE_CHECKING:
    from spymaster.config.profiles import Profile

_PATIENCE_S: Final = 20.0
"""How long the share and its options may keep a session from beginning without them, once the future is known."""


class DatabentoDay:
    """The feeds of a day: depth of the profile's future, and its options or the share's with the share itself.

    ``symbol``: a contract in place of the profile's product. ``equity_dataset``: where the share is quoted.
    """

    def __init__(
        self,
        profile: Profile,
        address: Address,
        clock: Clock,
        *,
        equity_dataset: str,
        symbol: str | None = None,
        user_levels: tuple[UserLevel, ...] = (),
    ) -> None:
        self._profile, self._clock, self._user_levels = profile, clock, user_levels
        now_ns = clock.wall_ns()
        sessions = sessions_between(FUTURES_CALENDAR, now_ns, now_ns)
        today = session_at(sessions, now_ns)
        day = OptionDay(int(today["session_date"]), int(today["rth_close_ns"]))
        share = profile.underlying_symbol
        self._future = FuturesLine(symbol or profile.product, clock, MarketHours(sessions), None if share else day)
        self._options: ListedOptionsLine | None = None
        self._share: ShareLine | None = None
        plans = [self._future.plan()]
        if share:
            of_share = sessions_between(EQUITY_CALENDAR, now_ns, now_ns)
            self._options = ListedOptionsLine(share, day, MarketHours(of_share, regular_only=True))
            self._share = ShareLine(share, equity_dataset, MarketHours(of_share))
            plans += [self._share.plan(), self._options.plan()]
        self.feeds = tuple(DatabentoFeed(plan, address, clock) for plan in plans)
        self._known_s: float | None = None

    def source(self, *, quiet_s: float) -> LiveFeeds:
        """All of them as one source. ``quiet_s``: after how long without a record a watermark moves the clock."""
        return LiveFeeds(self.feeds, self._configure, self._clock, skew_ns=self._skew_ns, quiet_s=quiet_s)

    @property
    def problems(self) -> tuple[str, ...]:
        """What is to be said of the choice of options and of symbols that mean nothing to the vendor, a line each."""
        said = self._options.problems if self._options is not None else self._future.problems
        return (*said, *(line for feed in self.feeds for line in feed.unresolved))

    def _skew_ns(self) -> int:
        return max((feed.lag_ns or 0 for feed in self.feeds), default=0)

    def _configure(self) -> ConfigFrame | None:
        """The CONFIG, once the future is known and the others are, or have had their time."""
        instrument = self._future.instrument
        if instrument is None:
            return None
        now_s = self._clock.monotonic_s()
        self._known_s = now_s if self._known_s is None else self._known_s
        options, share = self._options, self._share
        contracts = self._future.contracts if options is None else options.contracts
        waits = (options is not None and not len(contracts)) or (share is not None and share.instrument is None)
        if waits and now_s - self._known_s < _PATIENCE_S:
            return None
        return live_config(
            self._profile,
            instrument,
            self._clock.wall_ns(),
            contracts=contracts if len(contracts) else np.zeros(0, CHAIN),
            equity=None if share is None else share.instrument,
            user_levels=self._user_levels,
        )
