"""What a live session trades in: which contract is the front month and which options expire today, by definition."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.feeds.choice.front_month import ROLL_DAYS
from spymaster.feeds.choice.option_chain import ROOM, ChainQuery, contracts_of, nearest
from spymaster.feeds.dbn.definitions import Definition, session_date, to_definition, utc_date
from spymaster.market.instruments import (
    EQUITY_CALENDAR,
    FUTURES_CALENDAR,
    PRODUCTS,
    SHARE_TICK_E9,
    Instrument,
    TickSource,
    futures_root,
)
from spymaster.market.kinds import UNDEF_PRICE, UNDEF_TIMESTAMP

_CLEARED_VOLUME: Final = 6
_FUTURE: Final = "F"


class Universe:
    """Everything a dataset has said of its instruments: definitions, cleared volumes, what symbols were mapped to.

    Nothing is ever taken out: a strike that was listed stays.
    """

    def __init__(self) -> None:
        self._rows: dict[str, NDArray[np.void]] = {}
        self._definitions: dict[str, Definition] = {}
        self._publishers: dict[str, int] = {}
        self._volumes: dict[tuple[int, int], int] = {}
        self.mapped: dict[str, tuple[str, int]] = {}
        """Symbol asked for -> (raw symbol, instrument id) it stands for now."""

    def __len__(self) -> int:
        return len(self._rows)

    def define(self, rows: NDArray[Any]) -> bool:
        """Take definitions (DEF) in; whether one of them was new."""
        before = len(self._rows)
        for at in range(len(rows)):
            row = rows[at : at + 1]
            definition = to_definition(row[0])
            self._rows[definition.symbol] = row.copy()
            self._definitions[definition.symbol] = definition
            self._publishers[definition.symbol] = int(row["publisher_id"][0])
        return len(self._rows) > before

    def measure(self, rows: NDArray[Any]) -> None:
        """Take statistics (STAT) in: the contracts cleared in a session, by its date."""
        mask = (rows["stat_type"] == _CLEARED_VOLUME) & (rows["quantity"] != UNDEF_PRICE)
        for row in rows[mask & (rows["ts_ref"] != UNDEF_TIMESTAMP)]:
            day = utc_date(int(row["ts_ref"])).toordinal()
            self._volumes[day, int(row["instrument_id"])] = int(row["quantity"])

    def map(self, asked: str, symbol: str, instrument_id: int) -> None:
        """The vendor says what a symbol stands for."""
        self.mapped[asked] = (symbol, instrument_id)

    def front_month(self, root: str, now_ns: int) -> Definition | None:
        """The outright of a root that is traded most: by the volume cleared in the session before, else the nearest
        whose expiry is more than eight days away. Spreads never; None without a definition of one."""
        today = session_date(now_ns)
        living = [
            found
            for found in self._definitions.values()
            if found.instrument_class == _FUTURE
            and futures_root(found.symbol) == root
            and (found.expiration_ns is None or found.expiration_ns > now_ns)
        ]
        if not living:
            return None
        days = [day for day, number in self._volumes if day < today.toordinal()]
        cleared = {number: n for (day, number), n in self._volumes.items() if day == max(days, default=0)}
        best = max(living, key=lambda found: (cleared.get(found.instrument_id, 0), found.symbol))
        if cleared.get(best.instrument_id, 0):
            return best
        dated = [found for found in living if found.expiration_ns is not None]
        later = [f for f in dated if (utc_date(f.expiration_ns or 0) - today).days > ROLL_DAYS]
        return min(later or dated or living, key=lambda found: (found.expiration_ns or 0, found.symbol))

    def named(self, symbol: str) -> Definition | None:
        """The definition of a raw symbol, or of what a continuous symbol stands for."""
        return self._definitions.get(self.mapped.get(symbol, (symbol, 0))[0])

    def instrument(self, definition: Definition) -> Instrument:
        """A future or a share as an engine is told of it."""
        product = PRODUCTS.get(futures_root(definition.symbol) or "")
        is_future = definition.instrument_class == _FUTURE
        product = product if is_future else None
        if definition.tick_e9 is not None:
            tick_e9, source = definition.tick_e9, TickSource.DEFINITION
        elif product is not None:
            tick_e9, source = product.tick_e9, TickSource.PRODUCT_TABLE
        else:
            tick_e9, source = SHARE_TICK_E9, TickSource.INFERRED
        usual = FUTURES_CALENDAR if is_future else EQUITY_CALENDAR
        return Instrument(
            publisher_id=self._publishers[definition.symbol],
            instrument_id=definition.instrument_id,
            symbol=definition.symbol,
            tick_e9=tick_e9,
            multiplier=product.multiplier if product is not None else definition.multiplier or 1,
            tick_source=source,
            calendar=product.calendar if product is not None else usual,
        )

    def chain(self, query: ChainQuery, publisher: int) -> tuple[NDArray[np.void], tuple[str, ...]]:
        """(CHAIN of the options that fit, what is to be said of them, a line each). Any root: the expiry decides."""
        contracts, problems = contracts_of(self._rows.values(), {}, publisher, query)
        contracts, too_far = nearest(contracts, query.near_e9)
        if too_far:
            problems.append(f"{too_far} strikes far from price were left out; {ROOM}")
        return contracts, tuple(problems)

    def symbols_of(self, contracts: NDArray[np.void]) -> tuple[str, ...]:
        """Raw symbols of contracts of a chain, in its order."""
        by_id: Mapping[int, str] = {d.instrument_id: name for name, d in self._definitions.items()}
        return tuple(by_id[number] for number in contracts["instrument_id"].tolist() if number in by_id)
