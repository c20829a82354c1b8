"""Which options of the day are followed: those near the share's price, moving with it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from spymaster.feeds.choice.option_chain import LISTED_TICK_E9, nearest
from spymaster.feeds.massive_live.instruments import PUBLISHER, InstrumentBook
from spymaster.feeds.massive_live.plan import MOST_QUOTES
from spymaster.market.batches import Batch
from spymaster.market.kinds import UNDEF_PRICE, Kind
from spymaster.market.option_chain import CHAIN

STRIKES_EACH_SIDE: Final = 20
STEP_E9: Final = 500_000_000
"""How far the share moves before other strikes are chosen: 0.50."""


class Listed(msgspec.Struct, frozen=True):
    """A contract the vendor lists. ``right``: ``option_chain.CALL`` or ``PUT``; ``multiplier``: shares it is for."""

    symbol: str
    strike_e9: int
    right: int
    expires: str
    multiplier: int


class Spot:
    """The share's latest price: middle of its best quote."""

    def __init__(self, symbol: str, book: InstrumentBook) -> None:
        self._symbol = symbol
        self._book = book
        self.price_e9: int | None = None

    def take(self, batch: Batch) -> None:
        """See a batch of the share's records."""
        rows = batch.arrays.get(Kind.XQUOTE)
        if rows is None:
            return
        own = rows[rows["instrument_id"] == (self._book.known(self._symbol) or 0)]
        own = own[(own["bid_px"] != UNDEF_PRICE) & (own["ask_px"] != UNDEF_PRICE)]
        if len(own):
            self.price_e9 = (int(own["bid_px"][-1]) + int(own["ask_px"][-1])) // 2


class DayChain:
    """The contracts that expire on one day, as the vendor lists them. Contracts are only added."""

    def __init__(self, book: InstrumentBook, close_ns: int) -> None:
        self._book = book
        self._close_ns = close_ns
        self._listed: dict[str, Listed] = {}
        self.version = 0
        """Rises with every contract that is added."""
        self.underlying_e9: int | None = None
        """The share's price as the list had it; for as long as nothing better is known."""

    def __len__(self) -> int:
        return len(self._listed)

    def add(self, contracts: Iterable[Listed]) -> None:
        """Learn of contracts; those that are known stay as they are."""
        for contract in contracts:
            if contract.symbol not in self._listed and self._book.id_of(contract.symbol):
                self._listed[contract.symbol] = contract
                self.version += 1

    def strikes_e9(self) -> list[int]:
        """All strikes, rising."""
        return sorted({contract.strike_e9 for contract in self._listed.values()})

    def symbols_at(self, strikes_e9: Iterable[int]) -> list[str]:
        """The contracts of some strikes."""
        wanted = set(strikes_e9)
        return [contract.symbol for contract in self._listed.values() if contract.strike_e9 in wanted]

    def contracts(self) -> NDArray[np.void]:
        """CHAIN[n] of all of them, by strike, calls first: what a CONFIG frame carries."""
        rows = np.zeros(len(self._listed), CHAIN)
        for row, one in zip(rows, self._listed.values(), strict=True):
            row["publisher_id"], row["instrument_id"] = PUBLISHER, self._book.id_of(one.symbol)
            row["strike_e9"], row["right"], row["multiplier"] = one.strike_e9, one.right, one.multiplier
            row["expiry_ns"], row["tick_e9"] = self._close_ns, LISTED_TICK_E9
        rows = rows[np.lexsort((rows["instrument_id"], -rows["right"], rows["strike_e9"]))]
        return nearest(rows, self.underlying_e9)[0]


class StrikeWindow:
    """Topics of the options near the price: trades and quotes of ``each_side`` strikes below and above the nearest.

    They are chosen anew once the price has moved by ``step_e9`` since they were chosen, or when contracts are added.
    """

    def __init__(
        self,
        chain: DayChain,
        spot: Spot,
        *,
        each_side: int = STRIKES_EACH_SIDE,
        step_e9: int = STEP_E9,
        most_quotes: int = MOST_QUOTES,
    ) -> None:
        self._chain, self._spot = chain, spot
        # two contracts a strike
        self._each_side = min(each_side, (most_quotes // 2 - 1) // 2)
        self._step_e9 = step_e9
        self._centre_e9: int | None = None
        self._version = 0
        self._topics: tuple[str, ...] = ()

    @property
    def centre_e9(self) -> int | None:
        """The price that the strikes were chosen around."""
        return self._centre_e9

    def topics(self) -> tuple[str, ...]:
        """What to subscribe now; the same object as long as nothing changes."""
        price_e9 = self._spot.price_e9 if self._spot.price_e9 is not None else self._chain.underlying_e9
        if price_e9 is None or not len(self._chain):
            return self._topics
        moved = self._centre_e9 is None or abs(price_e9 - self._centre_e9) >= self._step_e9
        if moved or self._version != self._chain.version:
            self._centre_e9, self._version = price_e9, self._chain.version
            symbols = sorted(self._chain.symbols_at(self._near(price_e9)))
            self._topics = tuple(f"{channel}.{symbol}" for symbol in symbols for channel in ("T", "Q"))
        return self._topics

    def _near(self, price_e9: int) -> list[int]:
        strikes = self._chain.strikes_e9()
        middle = min(range(len(strikes)), key=lambda place: (abs(strikes[place] - price_e9), place))
        return strikes[max(0, middle - self._each_side) : middle + self._each_side + 1]
