"""A share and its options of the day from Massive: three feeds that share ids, price and list of contracts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from spymaster.feeds.live.supervision import Clock, Hours, Limits, LiveFeed
from spymaster.feeds.massive_live.feed import MassiveFeed
from spymaster.feeds.massive_live.instruments import PUBLISHER, InstrumentBook
from spymaster.feeds.massive_live.plan import Cluster, ClusterPlan, MassiveAddress, trades_in_regular_hours
from spymaster.feeds.massive_live.strikes import DayChain, Spot, StrikeWindow
from spymaster.feeds.massive_rest.feed import MOST_MISSED, PERIOD_S, ChainFeed, ChainPlan
from spymaster.feeds.massive_rest.greeks import OwnGreeks
from spymaster.feeds.massive_rest.rest_client import RestLimits
from spymaster.market.calendar_table import date_of
from spymaster.market.instruments import EQUITY_CALENDAR, Instrument, TickSource

EQUITY_FEED: Final = "equity"
OPTIONS_FEED: Final = "options"
_SHARE_TICK_E9: Final = 10_000_000


class MassiveDay:
    """Puts the feeds of one day together. ``feeds`` go into ``LiveFeeds``; ``share`` and ``contracts`` into CONFIG.

    ``expires``: yyyymmdd, the day whose options are followed, and ``close_ns``: when they stop. ``share_hours``,
    ``option_hours``: of the two markets. ``own``: our greeks by instrument id. ``period_s``: between two snapshots.
    """

    def __init__(
        self,
        address: MassiveAddress,
        clock: Clock,
        *,
        underlying: str,
        expires: int,
        close_ns: int,
        share_hours: Callable[[int], Hours],
        option_hours: Callable[[int], Hours],
        limits: Limits | None = None,
        rest_limits: RestLimits | None = None,
        own: Callable[[], Mapping[int, OwnGreeks]] | None = None,
        period_s: float = PERIOD_S,
    ) -> None:
        self.underlying = underlying
        self._book = InstrumentBook()
        self.spot = Spot(underlying, self._book)
        self.chain = DayChain(self._book, close_ns)
        self.window = StrikeWindow(self.chain, self.spot)
        stocks = ClusterPlan(
            cluster=Cluster.STOCKS,
            feeds=(EQUITY_FEED,),
            topics=lambda: (f"T.{underlying}", f"Q.{underlying}"),
            hours=share_hours,
            trade_hours=trades_in_regular_hours(share_hours),
            observe=self.spot.take,
        )
        options = ClusterPlan(
            cluster=Cluster.OPTIONS,
            feeds=(OPTIONS_FEED,),
            topics=self.window.topics,
            hours=option_hours,
            trade_hours=trades_in_regular_hours(option_hours, Hours.OPEN),
            waits_for=self._waits_for,
        )
        self.stocks = MassiveFeed(stocks, address, clock, self._book, limits)
        self.options = MassiveFeed(options, address, clock, self._book, limits)
        chain = ChainPlan(
            underlying=underlying,
            expires=date_of(expires).isoformat(),
            period_s=period_s,
            own=own,
            use_conditions=self.options.use_conditions,
            skew_ns=self.skew_ns,
        )
        self.snapshots = ChainFeed(chain, address, clock, self._book, self.chain, rest_limits)
        self.share = Instrument(
            publisher_id=PUBLISHER,
            instrument_id=self._book.id_of(underlying),
            symbol=underlying,
            tick_e9=_SHARE_TICK_E9,
            multiplier=1,
            tick_source=TickSource.PRODUCT_TABLE,
            calendar=EQUITY_CALENDAR,
        )

    @property
    def feeds(self) -> tuple[LiveFeed, ...]:
        """All of them, the list of contracts first."""
        return self.snapshots, self.stocks, self.options

    @property
    def contracts(self) -> NDArray[np.void]:
        """CHAIN of the options of the day, as far as they are known."""
        return self.chain.contracts()

    @property
    def is_settled(self) -> bool:
        """Whether the options of the day are known, or it is known that they cannot be had now."""
        return len(self.chain) > 0 or self.snapshots.is_over or self.snapshots.missed >= MOST_MISSED

    def skew_ns(self) -> int:
        """How far this clock is ahead of the vendor's, the way included, by the feed that knows it best."""
        return self.stocks.skew_ns or self.options.skew_ns

    def _waits_for(self) -> str:
        return self.snapshots.problem or f"waits for the list of {self.underlying} options"
