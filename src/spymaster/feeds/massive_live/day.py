"""A share and its options of the day from Massive: up to three feeds that share ids, price and list of contracts."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec
import numpy as np
from numpy.typing import NDArray

from spymaster.feeds.live.supervision import Clock, Hours, Limits, LiveFeed
from spymaster.feeds.massive_live.feed import MassiveFeed, SeenBefore
from spymaster.feeds.massive_live.instruments import PUBLISHER, InstrumentBook
from spymaster.feeds.massive_live.plan import Cluster, ClusterPlan, MassiveAddress, trades_in_regular_hours
from spymaster.feeds.massive_live.strikes import DayChain, Spot, StrikeWindow
from spymaster.feeds.massive_rest.feed import MOST_MISSED, PERIOD_S, ChainFeed, ChainPlan
from spymaster.feeds.massive_rest.greeks import GreeksDifference, OwnGreeks
from spymaster.feeds.massive_rest.rest_client import RestLimits
from spymaster.feeds.massive_rest.trades_fetched import SETTLE_S, TradesFetched
from spymaster.market.calendar_table import date_of
from spymaster.market.frames import EQUITY_FEED, OPTIONS_FEED
from spymaster.market.instruments import EQUITY_CALENDAR, SHARE_TICK_E9, Instrument, TickSource


class MassiveBefore(msgspec.Struct, frozen=True):
    """How far the feeds of a day have come, for the day that goes on with them."""

    share: SeenBefore | None = None
    options: SeenBefore | None = None


class MassiveDay:
    """Puts the feeds of one day together. ``feeds`` go into ``LiveFeeds``; ``share`` and ``contracts`` into CONFIG.

    ``expires``: yyyymmdd, the day whose options are followed, and ``close_ns``: when they stop. ``share_hours``,
    ``option_hours``: of the two markets. ``own``: our greeks by instrument id. ``period_s``: between two snapshots.
    ``with_share``, ``with_options``: without the share the strikes follow its price as the snapshots have it.
    ``before``: what the day before had seen. ``settle_s``: how long after a reconnect missed trades are fetched.
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
        settle_s: float = SETTLE_S,
        with_share: bool = True,
        with_options: bool = True,
        before: MassiveBefore | None = None,
    ) -> None:
        self.underlying = underlying
        self._book = InstrumentBook()
        self.spot = Spot(underlying, self._book)
        self.chain = DayChain(self._book, close_ns)
        self.window = StrikeWindow(self.chain, self.spot)
        before = before or MassiveBefore()

        def feed_of(plan: ClusterPlan, seen: SeenBefore | None) -> MassiveFeed:
            filler = TradesFetched(address, self._book, rest_limits, settle_s)
            return MassiveFeed(plan, address, clock, self._book, limits, filler=filler, before=seen)

        self.stocks: MassiveFeed | None = None
        self.options: MassiveFeed | None = None
        self.snapshots: ChainFeed | None = None
        if with_share:
            self.stocks = feed_of(self._plan_of_share(share_hours), before.share)
        if with_options:
            self.options = feed_of(self._plan_of_options(option_hours), before.options)
            plan = ChainPlan(
                underlying=underlying,
                expires=date_of(expires).isoformat(),
                period_s=period_s,
                own=own,
                use_conditions=self.options.use_conditions,
                skew_ns=self.skew_ns,
            )
            self.snapshots = ChainFeed(plan, address, clock, self._book, self.chain, rest_limits)
        self.share = Instrument(
            publisher_id=PUBLISHER,
            instrument_id=self._book.id_of(underlying),
            symbol=underlying,
            tick_e9=SHARE_TICK_E9,
            multiplier=1,
            tick_source=TickSource.PRODUCT_TABLE,
            calendar=EQUITY_CALENDAR,
        )

    @property
    def feeds(self) -> tuple[LiveFeed, ...]:
        """All of them, the list of contracts first."""
        return tuple(feed for feed in (self.snapshots, self.stocks, self.options) if feed is not None)

    @property
    def contracts(self) -> NDArray[np.void]:
        """CHAIN of the options of the day, as far as they are known."""
        return self.chain.contracts()

    @property
    def is_settled(self) -> bool:
        """Whether the options of the day are known, or it is known that they cannot be had now."""
        snapshots = self.snapshots
        if snapshots is None or len(self.chain) > 0:
            return True
        return snapshots.is_over or snapshots.missed >= MOST_MISSED

    @property
    def has_share(self) -> bool:
        """Whether the share's price is known."""
        return self.spot.price_e9 is not None

    @property
    def difference(self) -> GreeksDifference | None:
        """The latest snapshot against our own greeks."""
        return None if self.snapshots is None else self.snapshots.difference

    def seen(self, now_ns: int) -> MassiveBefore:
        """How far it has come by now, for the day that goes on with it."""
        stocks, options = self.stocks, self.options
        return MassiveBefore(
            None if stocks is None else stocks.seen(now_ns), None if options is None else options.seen(now_ns)
        )

    def skew_ns(self) -> int:
        """How far this clock is ahead of the vendor's, the way included, by the feed that knows it best."""
        return next((feed.skew_ns for feed in (self.stocks, self.options) if feed is not None and feed.skew_ns), 0)

    def _plan_of_share(self, hours: Callable[[int], Hours]) -> ClusterPlan:
        return ClusterPlan(
            cluster=Cluster.STOCKS,
            feeds=(EQUITY_FEED,),
            topics=lambda: (f"T.{self.underlying}", f"Q.{self.underlying}"),
            hours=hours,
            trade_hours=trades_in_regular_hours(hours),
            observe=self.spot.take,
        )

    def _plan_of_options(self, hours: Callable[[int], Hours]) -> ClusterPlan:
        return ClusterPlan(
            cluster=Cluster.OPTIONS,
            feeds=(OPTIONS_FEED,),
            topics=self.window.topics,
            hours=hours,
            trade_hours=trades_in_regular_hours(hours, Hours.OPEN),
            waits_for=self._waits_for,
            is_hopeless=lambda: self.snapshots is not None and self.snapshots.is_over and not len(self.chain),
        )

    def _waits_for(self) -> str:
        words = f"waits for the list of {self.underlying} options"
        return words if self.snapshots is None else self.snapshots.problem or words
