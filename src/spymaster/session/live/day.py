"""One trade date's session: the feeds it asks for, of one vendor or two, and the CONFIG that comes of their choice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np

from spymaster.errors import UserError
from spymaster.feeds.databento_live.feed import DatabentoFeed
from spymaster.feeds.databento_live.lines_of_day import FuturesLine, ListedOptionsLine, OptionDay, ShareLine
from spymaster.feeds.databento_live.plan import BREATH_S, Address, LinePlan
from spymaster.feeds.databento_live.seen import LastSeen
from spymaster.feeds.live.market_hours import ListedOptionHours, MarketHours, ShareHours
from spymaster.feeds.live.source import REST_S, LiveFeeds
from spymaster.feeds.live.supervision import Clock, Limits, LiveFeed
from spymaster.feeds.massive_live.day import MassiveBefore, MassiveDay
from spymaster.feeds.massive_live.plan import MassiveAddress
from spymaster.feeds.massive_rest.feed import PERIOD_S
from spymaster.feeds.massive_rest.greeks import GreeksDifference
from spymaster.feeds.massive_rest.trades_fetched import SETTLE_S
from spymaster.journal.source import Arrival
from spymaster.market.frames import (
    DEPTH_FEED,
    NO_FEED_ID,
    ConfigFrame,
    FeedState,
    FeedStatusFrame,
    TapeFrom,
    UserLevel,
)
from spymaster.market.instruments import EQUITY_CALENDAR, FUTURES_CALENDAR, PRODUCTS, Instrument, TickSource
from spymaster.market.option_chain import CHAIN
from spymaster.market.sessions import session_at, sessions_between
from spymaster.session.live.config import live_config
from spymaster.session.live.days_before import DaysBefore, Wanted
from spymaster.session.live.keys import refusal
from spymaster.session.live.own_greeks import OwnGreeksReader
from spymaster.session.live.vendors import WITHOUT_DEPTH, Accounts, Roles, Vendor
from spymaster.session.sources.trade_day import day_ns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spymaster.config.profiles import Profile

UNWATCHED_S: Final = 0.01
"""How long what arrives may gather where nothing is computed of it: a tenth of what it waits for the disk."""
_PATIENCE_S: Final = 20.0
"""How long the share and its options may keep a session from beginning without them, once the future is known."""
_NO_FUTURE_ID: Final = NO_FEED_ID - 1
"""Of a future that nobody gives: another id than that of a share without a feed."""
_LEAD_NS: Final = 60_000_000_000
"""How long before the next session opens its trade date begins here: its contracts are known by the opening."""


class DayPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of a session.

    ``symbol``: a contract in place of the profile's product. ``equity_dataset``: Databento's, where the share is
    quoted. ``pace``: how much faster than the market the vendor's own time runs, for what is done now and then.
    ``gather_s``: how long what arrives may gather before it is journalled; None: as short as is worth it.
    """

    profile: Profile
    roles: Roles
    accounts: Accounts
    equity_dataset: str
    symbol: str | None = None
    user_levels: tuple[UserLevel, ...] = ()
    wanted: Wanted = Wanted()
    limits: Limits | None = None
    pace: float = 1.0
    gather_s: float | None = None


class Before(msgspec.Struct, frozen=True):
    """How far the session of the day before had come when it ended (``at_ns``); what came since is fetched."""

    at_ns: int = 0
    databento: Mapping[str, LastSeen] = {}
    massive: MassiveBefore | None = None


class LiveDay:
    """The feeds of a day: depth of the profile's future, and its options, or a share with the share's."""

    def __init__(self, plan: DayPlan, clock: Clock, before: Before | None = None) -> None:
        self._plan, self._clock = plan, clock
        self._before = before or Before()
        now_ns = clock.wall_ns()
        self._sessions = sessions_between(FUTURES_CALENDAR, now_ns, now_ns + _LEAD_NS)
        today = session_at(self._sessions, now_ns)
        self.date = int(today["session_date"])
        """The trade date, yyyymmdd."""
        self.ends_ns = day_ns(self.date)[1] - _LEAD_NS
        """When the next trade date takes over."""
        self.own_greeks = OwnGreeksReader()
        """To be shown the engine that computes the options."""
        self._future: FuturesLine | None = None
        self._options: ListedOptionsLine | None = None
        self._share: ShareLine | None = None
        self._massive: MassiveDay | None = None
        self._lines: list[DatabentoFeed] = []
        self._plan_feeds(now_ns, OptionDay(self.date, int(today["rth_close_ns"]) or int(today["close_ns"])))
        self.feeds: tuple[LiveFeed, ...] = self._all_feeds()
        self._history = DaysBefore(plan.profile, plan.wanted, is_strict=before is None)
        self._known_s: float | None = None

    def source(self, *, quiet_s: float) -> LiveFeeds:
        """All of them as one source. ``quiet_s``: after how long without a record a watermark moves the clock."""
        return LiveFeeds(
            self.feeds,
            self._configure,
            self._clock,
            skew_ns=self._skew_ns,
            quiet_s=quiet_s,
            opening=self._opening,
            is_self_timed=self._future is None,
            rest_s=self._plan.gather_s or REST_S,
        )

    @property
    def is_over(self) -> bool:
        """Whether the next trade date has begun."""
        return self._clock.wall_ns() >= self.ends_ns

    @property
    def before(self) -> Before:
        """How far it has come, for the day that goes on with it. To be asked once its feeds are closed."""
        lines = {feed.plan.dataset: feed.seen for feed in self._lines}
        now_ns = self._clock.wall_ns()
        return Before(now_ns, lines, None if self._massive is None else self._massive.seen(now_ns))

    @property
    def difference(self) -> GreeksDifference | None:
        """The vendor's greeks against our own, as of its latest snapshot."""
        return None if self._massive is None else self._massive.difference

    @property
    def problems(self) -> tuple[str, ...]:
        """What is to be said of the choice of options, of bars of the days before, of symbols that the vendor does not
        know, and of publishers that this program does not know, a line each."""
        said = [*(self._options.problems if self._options else self._future.problems if self._future else ())]
        if self._massive is not None and self._massive.snapshots is not None and not len(self._massive.contracts):
            said.append(f"no options of the day from {self._massive.snapshots.name}: {self._massive.snapshots.problem}")
        of_lines = [line for feed in self._lines for line in (*feed.unresolved, *feed.unknown_publishers)]
        return (*said, *self._history.problems, *of_lines)

    def refusal(self, problem: str) -> UserError:
        """Why nothing was recorded, with what to do: of the feed that stopped for good if one did."""
        stopped = [feed for feed in self.feeds if feed.is_over and feed.problem]
        for feed in stopped[:1]:
            vendor = Vendor.DATABENTO if isinstance(feed, DatabentoFeed) else Vendor.MASSIVE
            words = f"{feed.name}: {feed.problem}".removesuffix("; stopped")
            return refusal(words, self._plan.accounts.name_of(vendor))
        return refusal(problem, " or ".join(self._plan.accounts.names.values()) or "the environment")

    def _all_feeds(self) -> tuple[LiveFeed, ...]:
        return (*self._lines, *(self._massive.feeds if self._massive is not None else ()))

    def _plan_feeds(self, now_ns: int, day: OptionDay) -> None:
        plan = self._plan
        roles, share = plan.roles, plan.profile.underlying_symbol
        of_equities = sessions_between(EQUITY_CALENDAR, now_ns, now_ns + _LEAD_NS)
        of_share, of_options = ShareHours(of_equities), ListedOptionHours(of_equities, share)
        address = plan.accounts.databento
        if roles.depth is Vendor.DATABENTO and address is not None:
            hours = MarketHours(self._sessions)
            symbol = plan.symbol or plan.profile.product
            self._future = FuturesLine(symbol, _Ahead(self._clock), hours, None if share else day)
            self._add(self._future.plan(), address)
        if share and roles.share is Vendor.DATABENTO and address is not None:
            self._share = ShareLine(share, plan.equity_dataset, of_share)
            self._add(self._share.plan(), address)
        if share and roles.options is Vendor.DATABENTO and address is not None:
            self._options = ListedOptionsLine(share, day, of_options)
            self._add(self._options.plan(), address)
        if plan.accounts.massive is not None and Vendor.MASSIVE in roles.vendors:
            self._massive = self._day_of_massive(plan.accounts.massive, day, of_share, of_options)

    def _day_of_massive(
        self, address: MassiveAddress, day: OptionDay, of_share: ShareHours, of_options: ListedOptionHours
    ) -> MassiveDay:
        plan = self._plan
        return MassiveDay(
            address,
            self._clock,
            underlying=plan.profile.underlying_symbol,
            expires=day.expires,
            close_ns=day.close_ns,
            share_hours=of_share,
            option_hours=of_options,
            limits=plan.limits,
            own=self.own_greeks,
            period_s=PERIOD_S / plan.pace,
            settle_s=SETTLE_S / plan.pace,
            with_share=plan.roles.share is Vendor.MASSIVE,
            with_options=plan.roles.options is Vendor.MASSIVE,
            before=self._before.massive,
        )

    def _add(self, line: LinePlan, address: Address) -> None:
        before = self._before
        seen, until_ns = before.databento.get(line.dataset), before.at_ns
        feed = DatabentoFeed(
            line,
            address,
            self._clock,
            self._plan.limits,
            seen=seen,
            seen_until_ns=until_ns,
            breath_s=self._plan.gather_s or BREATH_S,
        )
        self._lines.append(feed)

    def _skew_ns(self) -> int:
        lags = [feed.lag_ns or 0 for feed in self._lines]
        return max([*lags, self._massive.skew_ns() if self._massive is not None else 0], default=0)

    def _configure(self) -> ConfigFrame | None:
        """The CONFIG, once the future is known and the others are, or have had their time. Raises UserError where the
        future will never be known, or the bars of the days before cannot be used."""
        instrument = self._instrument()
        if instrument is None or all(feed.is_over for feed in self.feeds):
            return None
        now_s = self._clock.monotonic_s()
        self._known_s = now_s if self._known_s is None else self._known_s
        contracts, equity = self._contracts(), self._equity()
        if not self._is_settled(contracts, equity) and now_s - self._known_s < _PATIENCE_S:
            return None
        now_ns = self._clock.wall_ns()
        history = self._history.load(instrument, equity, now_ns)
        if history is None:
            return None
        return live_config(
            self._plan.profile,
            instrument,
            now_ns,
            contracts=contracts if len(contracts) else np.zeros(0, CHAIN),
            equity=equity or history.equity,
            user_levels=self._plan.user_levels,
            history_from_ns=history.first_ns,
            tape_from=TapeFrom.TRADES if self._future is None else TapeFrom.DEPTH,
        )

    def _instrument(self) -> Instrument | None:
        """The future; where nobody gives it, what stands for it and of which no record ever comes."""
        if self._future is None:
            return _without_feed(self._plan.profile.product)
        if self._future.instrument is None and self._lines[0].is_over:
            raise self.refusal(self._lines[0].problem)
        return self._future.instrument

    def _contracts(self) -> NDArray[np.void]:
        if self._massive is not None and self._massive.options is not None:
            return self._massive.contracts
        if self._options is not None:
            return self._options.contracts
        return self._future.contracts if self._future is not None else np.zeros(0, CHAIN)

    def _equity(self) -> Instrument | None:
        massive = self._massive
        if massive is not None and massive.stocks is not None:
            # a share of which it is known that it never comes is better left to the parity of its options
            return None if massive.stocks.is_over and not massive.has_share else massive.share
        return None if self._share is None else self._share.instrument

    def _is_settled(self, contracts: NDArray[np.void], equity: Instrument | None) -> bool:
        massive = self._massive
        if massive is not None and not massive.is_settled:
            return False
        if massive is not None and massive.stocks is not None and not (massive.has_share or massive.stocks.is_over):
            return False
        return not (self._options is not None and not len(contracts)) and not (self._share and equity is None)

    def _opening(self) -> Iterator[Arrival]:
        """What comes right after CONFIG: the bars of the days before, and that nobody gives the depth."""
        yield from self._history.arrivals()
        if self._future is None:
            profile = self._plan.profile
            variable = self._plan.accounts.name_of(Vendor.DATABENTO)
            words = WITHOUT_DEPTH.format(
                product=profile.product, variable=variable, share=profile.underlying_symbol or "nothing"
            )
            yield Arrival(FeedStatusFrame(DEPTH_FEED, FeedState.DOWN, self._clock.wall_ns(), words))


class _Ahead:
    """A clock by which the trade date that is about to begin has begun: its front month is to be chosen."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def wall_ns(self) -> int:
        """When the next session opens, if that is next."""
        return self._clock.wall_ns() + _LEAD_NS

    def monotonic_s(self) -> float:
        """Seconds that only grow."""
        return self._clock.monotonic_s()


def _without_feed(product: str) -> Instrument:
    known = PRODUCTS.get(product, PRODUCTS["ES"])
    return Instrument(
        publisher_id=0,
        instrument_id=_NO_FUTURE_ID,
        symbol=product,
        tick_e9=known.tick_e9,
        multiplier=known.multiplier,
        tick_source=TickSource.PRODUCT_TABLE,
        calendar=known.calendar,
    )
