"""The connections of a day: futures with their own options, listed options, a share; what each asks for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from spymaster.feeds.choice.option_chain import ChainQuery
from spymaster.feeds.databento_live.plan import STATUS, WITHOUT_STATUS, LinePlan, Subscription
from spymaster.feeds.databento_live.universe import Universe
from spymaster.feeds.live.supervision import Clock, Hours
from spymaster.market.frames import DEPTH_FEED, EQUITY_FEED, OPTIONS_FEED
from spymaster.market.instruments import Instrument, outright_root
from spymaster.market.option_chain import ANY_PUBLISHER, CHAIN

FUTURES_DATASET: Final = "GLBX.MDP3"
LISTED_OPTIONS_DATASET: Final = "OPRA.PILLAR"

ES_OPTION_ROOTS: Final = (
    "ES",
    "EW",
    *(f"EW{week}" for week in range(1, 5)),
    *(f"E{week}{day}" for week in range(1, 6) for day in "ABCD"),
)
"""Families under which options on the future are listed: quarterly, end of month, Friday weeklies, the other weekdays.

They are only where to look; an option is taken by the expiry in its definition."""

_DEPTH_SCHEMAS: Final = ("mbp-10", "trades", STATUS, "statistics")
_FUTURES_OPTION_SCHEMAS: Final = ("tbbo", "bbo-1s", "statistics", STATUS)
_LISTED_OPTION_SCHEMAS: Final = ("tcbbo", "cbbo-1s", "statistics", STATUS)


class OptionDay(msgspec.Struct, frozen=True):
    """Which options are those of the day: expiry as yyyymmdd, and when those expire that bear the day alone."""

    expires: int
    close_ns: int


class FuturesLine:
    """Depth and trades of the front month, and with ``day`` the options on it that expire on that day.

    ``symbol``: a root (``ES``: the front month is chosen by the volume cleared in the session before), an outright, or
    a continuous symbol (``ES.v.0``), which is followed to the contract it stands for.
    """

    def __init__(
        self,
        symbol: str,
        clock: Clock,
        hours: Callable[[int], Hours],
        day: OptionDay | None = None,
        option_roots: Sequence[str] = ES_OPTION_ROOTS,
        dataset: str = FUTURES_DATASET,
    ) -> None:
        self._symbol = symbol.upper() if "." not in symbol else symbol
        self._root = outright_root(self._symbol) or self._symbol
        self._clock, self._hours, self._day = clock, hours, day
        self._option_roots = tuple(option_roots)
        self._dataset = dataset
        self.instrument: Instrument | None = None
        """The contract, once it is known."""
        self.contracts: NDArray[np.void] = np.zeros(0, CHAIN)
        """The options of the day, once they are known."""
        self.problems: tuple[str, ...] = ()
        """What is to be said of the choice of options: what was left out and why, a line each."""

    def plan(self) -> LinePlan:
        """What to ask for."""
        families: tuple[Subscription, ...] = (Subscription("definition", (f"{self._root}.FUT",), "parent"),)
        volumes: tuple[Subscription, ...] = (Subscription("statistics", (f"{self._root}.FUT",), "parent"),)
        if "." in self._symbol:
            families += (Subscription("definition", (self._symbol,), "continuous"),)
        if self._day is not None:
            symbols = tuple(f"{root}.OPT" for root in self._option_roots)
            families += (Subscription("definition", symbols, "parent", is_optional=True),)
            # open interest is told once a day: who comes later has to ask for what was said
            volumes += (Subscription("statistics", symbols, "parent", is_optional=True),)
        feeds = (DEPTH_FEED, OPTIONS_FEED) if self._day is not None else (DEPTH_FEED,)
        return LinePlan(
            dataset=self._dataset,
            feeds=feeds,
            reference=(*families, *volumes),
            choose=self.choose,
            hours=self._hours,
            hours_of={"bbo-1s": self._hours_of_options},
        )

    def _hours_of_options(self, ns: int) -> Hours:
        """What has expired owes no quote."""
        return Hours.CLOSED if self._day is not None and ns >= self._day.close_ns else self._hours(ns)

    def choose(self, universe: Universe) -> Sequence[Subscription]:
        """What to subscribe by what is known now. The contract stays once it is chosen."""
        if self.instrument is None:
            named = self._symbol != self._root
            found = universe.named(self._symbol) if named else universe.front_month(self._root, self._clock.wall_ns())
            if found is None:
                return ()
            self.instrument = universe.instrument(found)
        wanted = [Subscription(schema, (self.instrument.symbol,)) for schema in _DEPTH_SCHEMAS]
        if self._day is not None:
            query = ChainQuery(self.instrument.symbol, True, self._day.expires, self._day.close_ns, None)
            self.contracts, self.problems = universe.chain(query, self.instrument.publisher_id)
            symbols = universe.symbols_of(self.contracts)
            wanted += [Subscription(schema, symbols) for schema in _FUTURES_OPTION_SCHEMAS if symbols]
        return wanted


class ListedOptionsLine:
    """The options of the day on a share, from the consolidated tape."""

    def __init__(
        self,
        underlying: str,
        day: OptionDay,
        hours: Callable[[int], Hours],
        dataset: str = LISTED_OPTIONS_DATASET,
    ) -> None:
        self._underlying, self._day, self._hours, self._dataset = underlying, day, hours, dataset
        self.contracts: NDArray[np.void] = np.zeros(0, CHAIN)
        """The options of the day, once they are known."""
        self.problems: tuple[str, ...] = ()
        """What is to be said of the choice of options: what was left out and why, a line each."""

    def plan(self) -> LinePlan:
        """What to ask for."""
        return LinePlan(
            dataset=self._dataset,
            feeds=(OPTIONS_FEED,),
            reference=tuple(
                Subscription(schema, (f"{self._underlying}.OPT",), "parent") for schema in ("definition", "statistics")
            ),
            choose=self.choose,
            hours=self._hours,
        )

    def choose(self, universe: Universe) -> Sequence[Subscription]:
        """What to subscribe by what is known now."""
        query = ChainQuery(self._underlying, False, self._day.expires, self._day.close_ns, None)
        self.contracts, self.problems = universe.chain(query, ANY_PUBLISHER)
        symbols = universe.symbols_of(self.contracts)
        return [Subscription(schema, symbols) for schema in _LISTED_OPTION_SCHEMAS if symbols]


class ShareLine:
    """Quotes and trades of a share from the equities dataset that the configuration names."""

    def __init__(self, symbol: str, dataset: str, hours: Callable[[int], Hours]) -> None:
        self._symbol, self._dataset, self._hours = symbol, dataset, hours
        self.instrument: Instrument | None = None
        """The share, once it is known."""

    def plan(self) -> LinePlan:
        """What to ask for."""
        return LinePlan(
            dataset=self._dataset,
            feeds=(EQUITY_FEED,),
            reference=(Subscription("definition", (self._symbol,)),),
            choose=self.choose,
            hours=self._hours,
        )

    def choose(self, universe: Universe) -> Sequence[Subscription]:
        """What to subscribe by what is known now: ``mbp-1`` holds every trade, which ``trades`` would repeat."""
        found = universe.named(self._symbol)
        if found is None:
            return ()
        self.instrument = universe.instrument(found)
        schemas = ("mbp-1",) if self._dataset in WITHOUT_STATUS else ("mbp-1", STATUS)
        return [Subscription(schema, (self._symbol,)) for schema in schemas]
