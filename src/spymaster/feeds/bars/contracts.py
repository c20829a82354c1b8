"""Whose bars a file with several contracts is about: the instrument's own, else the front contract of each session."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from spymaster.feeds.bars.table import BarColumns
from spymaster.feeds.dbn.definitions import utc_date
from spymaster.feeds.errors import SourceError
from spymaster.market.contract_months import contract_expiry
from spymaster.market.instruments import FUTURES_CALENDAR, PRODUCTS, futures_root

_MENTIONED: Final = 4


class ContractChoice:
    """Picks one contract's bars out of a file that names a contract (or symbol) for each.

    The instrument's own name settles it: ``ESH4``, or its delivery month written ``202403``. Where it does not occur,
    each session is told by the contract with the largest volume in it: what was the front month that day, at its own
    prices, so that a level of a day before a roll lies where that contract traded. ``sessions``: SESSION records.
    """

    def __init__(self, symbol: str, sessions: NDArray[np.void]) -> None:
        self._symbol = symbol.upper()
        self._root = futures_root(self._symbol)
        self._sessions = sessions

    def pick(self, path: Path, bars: BarColumns, problems: list[str]) -> BarColumns:
        """The bars of one contract a session; what was chosen is added to ``problems``. Raises SourceError."""
        if bars.contract is None:
            return bars
        names = np.array([str(name).strip().upper() for name in bars.contract], dtype=object)
        held = sorted(set(names))
        own = {self._symbol, *self._month_names(int(bars.start_ns[0]))} & set(held)
        if own:
            return bars if len(own) == len(held) else bars.only(np.isin(names, list(own)))
        self._refuse_others(path, held)
        if len(held) == 1:
            return bars
        return self.front_of_each_session(path, bars, names, problems)

    def _month_names(self, near_ns: int) -> set[str]:
        """The delivery month as vendors of bars write it, where the symbol tells it exactly."""
        product = PRODUCTS.get(self._root or "")
        if product is None or product.calendar != FUTURES_CALENDAR:
            return set()
        expiry = contract_expiry(self._symbol, utc_date(near_ns))
        return set() if expiry is None else {f"{expiry:%Y%m}"}

    def _refuse_others(self, path: Path, held: list[str]) -> None:
        """Raise where every name is plainly that of another product or another share."""
        if all(self._is_another(name) for name in held):
            names = ", ".join(held[:_MENTIONED]) + (" and others" if len(held) > _MENTIONED else "")
            remedy = f"name bars of {self._symbol}, or say whose they are: --warmup SPY=FILE for a share"
            raise SourceError(path, f"holds bars of {names}, not of {self._symbol}", remedy)

    def _is_another(self, name: str) -> bool:
        root = futures_root(name)
        if self._root is None:
            return name.isalpha() or root is not None
        if root is not None:
            return root != self._root
        return name.isalpha() and name != self._root

    def front_of_each_session(
        self, path: Path, bars: BarColumns, names: NDArray[np.object_], problems: list[str]
    ) -> BarColumns:
        """Of each session the bars under the name with the largest volume; says so in ``problems``."""
        session = np.searchsorted(self._sessions["close_ns"], bars.start_ns, side="right")
        kept = np.zeros(len(bars), dtype=np.bool_)
        days: Counter[str] = Counter()
        for index in np.unique(session):
            inside = session == index
            volumes: Counter[str] = Counter()
            for name, volume in zip(names[inside], bars.volume[inside], strict=True):
                volumes[name] += max(int(volume), 0)
            front = max(sorted(volumes), key=volumes.__getitem__)
            days[front] += 1
            kept |= inside & (names == front)
        told = ", ".join(f"{name} in {count} session{'s' if count > 1 else ''}" for name, count in days.items())
        problems.append(f"{path}: several contracts; of each session the one with the largest volume was used: {told}")
        return bars.only(kept)
