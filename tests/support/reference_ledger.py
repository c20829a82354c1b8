"""The flow ledger once more: slow, plain and on dictionaries, written from the definition of the decomposition alone.

It reads the same MBP-10 records and answers, for each bucket, side and price, what was added, pulled and filled. It
knows nothing of windows, ticks in arrays or rings, and shares no code with the engine.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spymaster.market.dtypes import MBP10_DTYPE

NO_PRICE = 2**63 - 1
Side = dict[int, int]
Cell = tuple[int, int | None, int]


@dataclass
class ReferenceLedger:
    """Feed it records in order, then read ``cells``: (T, side, tick) -> added, pulled, filled, hidden, off_book."""

    tick_e9: int
    interval_ns: int
    cells: dict[Cell, dict[str, int]] = field(default_factory=dict)
    entered: dict[tuple[int, int, int], int] = field(default_factory=lambda: defaultdict(int))
    left: dict[tuple[int, int, int], int] = field(default_factory=lambda: defaultdict(int))
    book: list[Side] = field(default_factory=lambda: [{}, {}])
    state: str = "unknown"
    waiting: dict[tuple[int, int], int] = field(default_factory=lambda: defaultdict(int))
    clock: int = 0
    event: int | None = None
    traded: int = 0

    def feed(self, words: NDArray[np.int64]) -> ReferenceLedger:
        """Take records (int64[n, 46])."""
        for row in words.view(MBP10_DTYPE)[:, 0]:
            self._one(row)
        return self

    def finish(self) -> ReferenceLedger:
        """The source has ended: the open event is closed."""
        self._close_event()
        return self

    def bucket(self) -> int:
        """T of the open bucket: the first grid point after the clock."""
        return (self.clock // self.interval_ns + 1) * self.interval_ns

    def _one(self, row: Any) -> None:
        time = int(row["ts_event"])
        if self.clock and (max(time, self.clock) // self.interval_ns) != self.clock // self.interval_ns:
            self._close_event()  # a grid point lies between: the snap there closes the event first
        self.clock = max(self.clock, time)
        if self.event is not None and self.event != time:
            self._close_event()
        self.event = time
        flags, action = int(row["flags"]), row["action"]
        if action == b"R":
            self._forget()
        else:
            self._apply(row, flags, action)
        if flags & 128:
            self._close_event()

    def _apply(self, row: Any, flags: int, action: bytes) -> None:
        new = [self._side(row, "bid"), self._side(row, "ask")]
        if flags & 4:
            self._forget()
        if action == b"T":
            self._trade(row)
            if new == self.book or self.state != "valid":
                return  # a trade shows the book before it: no place to begin one
        if flags & 4:
            return
        if flags & 32 and self.state == "valid":
            self._forget()
        if self.state == "valid":
            for side in (0, 1):
                self._difference(side, self.book[side], new[side])
        else:
            self.state = "loading"
        self.book = new

    def _trade(self, row: Any) -> None:
        tick, size = int(row["price"]) // self.tick_e9, int(row["size"])
        self.traded += size
        passive = {b"B": 1, b"A": 0}.get(row["side"])
        if passive is None:
            if self.book[1] and tick >= min(self.book[1]):
                passive = 1
            elif self.book[0] and tick <= max(self.book[0]):
                passive = 0
        if passive is None or self.state != "valid":
            self._note("off_book", None, tick, size)
        else:
            self.waiting[passive, tick] += size

    def _difference(self, side: int, old: Side, new: Side) -> None:
        worst = max if side == 1 else min
        ends = [worst(levels) for levels in (old, new) if len(levels) == 10]
        limit = (min(ends) if side == 1 else max(ends)) if ends else None
        for tick in sorted(set(old) | set(new)):
            before, after = old.get(tick, 0), new.get(tick, 0)
            if limit is not None and (tick > limit if side == 1 else tick < limit):
                if after and not before:
                    self.entered[self.bucket(), side, tick] += after
                elif before and not after:
                    self.left[self.bucket(), side, tick] += before
                continue
            if after > before:
                self._note("added", side, tick, after - before)
            elif after < before:
                filled = min(before - after, self.waiting[side, tick])
                self.waiting[side, tick] -= filled
                self._note("filled", side, tick, filled)
                self._note("pulled", side, tick, before - after - filled)

    def _close_event(self) -> None:
        for (side, tick), rest in self.waiting.items():
            if rest == 0:
                continue
            if self.state == "valid" and self._visible(side, tick):
                for name in ("filled", "added", "hidden"):
                    self._note(name, side, tick, rest)
            else:
                self._note("off_book", None, tick, rest)
        self.waiting.clear()
        if self.state == "loading" and self.event is not None:
            self.state = "valid"
        self.event = None

    def _forget(self) -> None:
        self.state = "unknown"
        self.book = [{}, {}]
        for (_, tick), rest in self.waiting.items():
            self._note("off_book", None, tick, rest)
        self.waiting.clear()

    def _visible(self, side: int, tick: int) -> bool:
        levels = self.book[side]
        if len(levels) < 10:
            return True
        return tick <= max(levels) if side == 1 else tick >= min(levels)

    def _side(self, row: Any, name: str) -> Side:
        prices = [int(row[f"{name}_px_{k:02}"]) for k in range(10)]
        sizes = [int(row[f"{name}_sz_{k:02}"]) for k in range(10)]
        return {price // self.tick_e9: size for price, size in zip(prices, sizes, strict=True) if price != NO_PRICE}

    def _note(self, name: str, side: int | None, tick: int, contracts: int) -> None:
        if contracts:
            cell = self.cells.setdefault(
                (self.bucket(), side, tick), dict.fromkeys(("added", "pulled", "filled", "hidden", "off_book"), 0)
            )
            cell[name] += contracts


def brute_zone(cells: dict[Cell, dict[str, int]], times: list[int], side: int, low: int, high: int) -> dict[str, int]:
    """Bucket-netted flows of a zone over the buckets ``times``: entering, leaving, fills, gross and hidden."""
    total = dict.fromkeys(("added", "pulled", "filled", "gross", "hidden"), 0)
    for time in times:
        net = 0
        for tick in range(low, high + 1):
            cell = cells.get((time, side, tick))
            if cell is None:
                continue
            net += cell["added"] - cell["pulled"]
            total["gross"] += cell["added"] + cell["pulled"]
            total["filled"] += cell["filled"]
            total["hidden"] += cell["hidden"]
        total["added" if net > 0 else "pulled"] += abs(net)
    return total


def same_ledger(cells: dict[Cell, dict[str, int]], expected: dict[Cell, dict[str, int]]) -> list[str]:
    """What differs between an engine's flow cells and the reference's, in words."""
    names = ("added", "pulled", "filled", "hidden", "off_book")
    faults = []
    for key in sorted(set(cells) | set(expected), key=str):
        mine = tuple(cells[key][n] for n in names) if key in cells else None
        theirs = tuple(expected[key][n] for n in names) if key in expected else None
        if mine != theirs:
            faults.append(f"{key}: engine {mine}, reference {theirs}")
    return faults
