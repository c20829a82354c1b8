"""The seconds the heatmap remembers between frames: a ring of columns, filled from what each frame brings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from spymaster.signals.frame import HEAT_TICKS, UNSEEN, HeatColumns
from spymaster.view.drawing.axis import PriceAxis

CAPACITY: Final = 1024
"""Seconds kept: the widest heatmap at four seconds per cell."""

Dot = tuple[int, int, int]
"""Tick, contracts bought, contracts sold."""

Mark = tuple[int, int, float]
"""Tick, barrier state, confidence."""


@dataclass(slots=True)
class Second:
    """One remembered column."""

    number: int
    t_ns: int
    last: int
    bid: int
    ask: int
    gap_ns: int
    dots: list[Dot] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)


class HeatHistory:
    """Columns by number. ``newest`` is -1 while there is none; ``epoch`` changes when remembered ones were replaced."""

    def __init__(self) -> None:
        self.newest = -1
        self.epoch = 0
        self.holed = False
        self._depth: NDArray[np.int32] = np.full((CAPACITY, HEAT_TICKS), UNSEEN, dtype=np.int32)
        self._base = np.zeros(CAPACITY, dtype=np.int64)
        self._seconds: list[Second | None] = [None] * CAPACITY

    def merge(self, columns: HeatColumns) -> None:
        """Take over the columns that are new or may still have been filling. A picture that goes back in time makes it
        forget what went before; one that leaves out columns sets ``holed``."""
        count = len(columns)
        if not count:
            return
        first, last = columns.first, columns.first + count - 1
        if last < self.newest:
            self.clear()
        self.holed = self.holed or 0 <= self.newest < first - 1
        kept = range(max(first, last - CAPACITY + 1), last + 1)
        fresh = {number for number in kept if number >= self.newest or self.second(number) is None}
        if any(number < self.newest for number in fresh):
            self.epoch += 1
        for number in fresh:
            self._take(columns, number)
        self._attach(columns, fresh)
        self.newest = last

    def clear(self) -> None:
        """Forget everything."""
        self.newest = -1
        self.epoch += 1
        self.holed = False
        self._seconds = [None] * CAPACITY

    def _take(self, columns: HeatColumns, number: int) -> None:
        index, slot = number - columns.first, number % CAPACITY
        self._depth[slot] = columns.depth[index]
        self._base[slot] = columns.base[index]
        self._seconds[slot] = Second(
            number,
            int(columns.t_ns[index]),
            int(columns.last[index]),
            int(columns.bid[index]),
            int(columns.ask[index]),
            int(columns.gap_ns[index]),
        )

    def _attach(self, columns: HeatColumns, fresh: set[int]) -> None:
        for number, tick, buys, sells in columns.trades.tolist():
            if number in fresh and (second := self.second(number)) is not None:
                second.dots.append((tick, buys, sells))
        for number, tick, state, confidence in columns.marks.tolist():
            if number in fresh and (second := self.second(number)) is not None:
                second.marks.append((tick, state, confidence))

    def second(self, number: int) -> Second | None:
        """The column of that number, None where it is not remembered."""
        if number < 0:
            return None
        second = self._seconds[number % CAPACITY]
        return second if second is not None and second.number == number else None

    def group(self, group: int, seconds: int) -> list[Second]:
        """The columns that make up one cell of ``seconds`` seconds, oldest first."""
        numbers = range(group * seconds, (group + 1) * seconds)
        return [second for number in numbers if (second := self.second(number)) is not None]

    def traded(self, group: int, seconds: int, axis: PriceAxis) -> dict[int, tuple[int, int]]:
        """Contracts bought and sold in one cell of ``seconds`` seconds, by the rows of the axis that saw any."""
        sums: dict[int, tuple[int, int]] = {}
        for column in self.group(group, seconds):
            for tick, buys, sells in column.dots:
                row = axis.row_of(tick)
                if 0 <= row < axis.rows:
                    bought, sold = sums.get(row, (0, 0))
                    sums[row] = bought + buys, sold + sells
        return sums

    def depth(self, number: int, axis: PriceAxis, halves: bool) -> NDArray[np.int32]:
        """Contracts by row of the axis, from the top; ``halves``: two entries a row, upper prices first. ``UNSEEN``
        where no tick of the entry was in sight."""
        slot = number % CAPACITY
        ticks_each = axis.zoom // 2 if halves else axis.zoom
        count = axis.rows * axis.zoom
        ticks = axis.top - np.arange(count) - int(self._base[slot])
        inside = (ticks >= 0) & (ticks < HEAT_TICKS)
        values = np.where(inside, self._depth[slot][np.clip(ticks, 0, HEAT_TICKS - 1)], UNSEEN)
        if ticks_each == 1:
            return values.astype(np.int32)
        parts = values.reshape(-1, ticks_each)
        total = np.where(parts >= 0, parts, 0).sum(axis=1)
        return np.where((parts >= 0).any(axis=1), total, UNSEEN).astype(np.int32)
