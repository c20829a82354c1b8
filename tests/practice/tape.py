"""Depth records written by hand: what each says, and the book after it. Prices are ticks, times milliseconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from spymaster.market.dtypes import ACTION_SHIFT, FLAGS_SHIFT, SIDE_SHIFT
from spymaster.market.kinds import F_LAST, MBP10_WORDS, NS_PER_MS, UNDEF_PRICE
from spymaster.practice.engine import PracticeEngine
from spymaster.practice.standing import Bracket, PracticeRules, PracticeTrade

TICK_E9: Final = 250_000_000
MIRROR: Final = 200
"""A mirrored market has bids where asks were: tick t becomes MIRROR - t."""
START_MS: Final = 1_000

Book = tuple[Sequence[tuple[int, int]], Sequence[tuple[int, int]]]
"""Bids and asks, best first: (tick, contracts)."""


@dataclass(frozen=True)
class Said:
    """One record: a time, the book after it, and for a trade who was the aggressor, where and how much."""

    ms: int
    book: Book
    aggressor: int = 0
    tick: int = 0
    size: int = 0
    last: bool = True


def book(bids: str, asks: str) -> Book:
    """``"100:50 99:60", "101:40"``: bids and asks, best first."""
    return _side(bids), _side(asks)


def _side(text: str) -> list[tuple[int, int]]:
    return [(int(tick), int(size)) for tick, _, size in (part.partition(":") for part in text.split())]


def words(records: Sequence[Said], side: int = 1) -> NDArray[np.int64]:
    """The records as int64[n, 46]; ``side`` -1 mirrors them."""
    made = np.zeros((len(records), MBP10_WORDS), np.int64)
    for row, said in zip(made, records, strict=True):
        aggressor = said.aggressor * side
        action, letter = (ord("T"), ord("B") if aggressor > 0 else ord("A")) if aggressor else (ord("M"), ord("N"))
        flags = F_LAST if said.last else 0
        row[1] = row[4] = said.ms * NS_PER_MS
        row[2] = _price(said.tick, side) if aggressor else UNDEF_PRICE
        row[3] = said.size | action << ACTION_SHIFT | letter << SIDE_SHIFT | flags << FLAGS_SHIFT
        bids, asks = said.book if side > 0 else (said.book[1], said.book[0])
        levels = row[6:].reshape(10, 4)
        levels[:, :2] = UNDEF_PRICE
        for place, (tick, size) in enumerate(bids):
            levels[place, 0], levels[place, 2] = _price(tick, side), levels[place, 2] | size
        for place, (tick, size) in enumerate(asks):
            levels[place, 1], levels[place, 2] = _price(tick, side), levels[place, 2] | size << 32
    return made


def _price(tick: int, side: int) -> int:
    return (tick if side > 0 else MIRROR - tick) * TICK_E9


class Bench:
    """An engine over such records; everything is said as of a buyer, and mirrored for a seller."""

    def __init__(self, side: int = 1, latency_ms: float = 0.0, cancels_ahead: float = 0.0) -> None:
        self.side = side
        self.engine = PracticeEngine(TICK_E9, PracticeRules(latency_ms, cancels_ahead))

    def play(self, *records: Said, cut: int = 0) -> Bench:
        """Let the records happen, and the moment after them be shown; ``cut``: so many records at a time."""
        made = words(records, self.side)
        for at in range(0, len(made), cut or len(made)):
            self.engine.take(made[at : at + (cut or len(made))])
        self.engine.advance((records[-1].ms + 1) * NS_PER_MS)
        return self

    def buy(self, kind: str, tick: int, size: int = 1, stop: int = 8, target: int = 8) -> Bench:
        """Place a bracket now."""
        at = tick if self.side > 0 else MIRROR - tick
        self.engine.place(Bracket(self.side, kind, at, size, stop, target))  # type: ignore[arg-type]
        return self

    @property
    def trade(self) -> PracticeTrade:
        """The newest bracket."""
        return self.engine.standing(is_on=True).trades[0]

    @property
    def entry(self) -> float:
        """Its average entry, as of a buyer."""
        return self.trade.entry if self.side > 0 else MIRROR - self.trade.entry

    @property
    def exit(self) -> float:
        """Its average exit, as of a buyer."""
        return self.trade.exit if self.side > 0 else MIRROR - self.trade.exit

    def ahead(self, role: str = "entry") -> float | None:
        """Contracts before the first order of a role."""
        return next(order.ahead for order in self.engine.standing(is_on=True).orders if order.role == role)
