"""The barrier heatmap: resting liquidity as ground, barrier states as ribbons, the path of the price and the trades.

The newest cell is written in the last band; when a band is full everything moves left by one band. The cells right of
the newest are the lead lane, which carries the lines of the levels to the rail.
"""

from __future__ import annotations

from collections.abc import Mapping

from spymaster.view.drawing.cells import Row, Rows, merged
from spymaster.view.drawing.glyphs import SETS
from spymaster.view.layout import BAND
from spymaster.view.market.heat_column import Column, HeatLook, lead_column, painted_column
from spymaster.view.market.heat_history import HeatHistory

Lines = Mapping[int, str]
"""Colour role of a level's line by row."""


def page_of(history: HeatHistory, seconds: int) -> int:
    """The page (of ``BAND`` cells) the newest column is written in."""
    return history.newest // seconds // BAND


class Band:
    """The band that shows ``page``, as long as the look stays: each column is painted until it is complete, and a row
    is put together anew where a column or a level's line changed. Narrower than ``BAND`` it shows the last cells."""

    def __init__(self, look: HeatLook, page: int, width: int) -> None:
        self._look = look
        self._first = (page + 1) * BAND - width
        self._columns: list[Column | None] = [None] * width
        self._complete = 0
        self._lines: Lines = {}
        self._made: list[Row] = [()] * look.axis.rows
        self._rows: Rows = tuple(self._made)
        self._lead = (lead_column(look, False), lead_column(look, True))

    def rows(self, history: HeatHistory, lines: Lines) -> Rows:
        """The rows as of now."""
        changed = self._paint(history)
        if lines != self._lines:
            moved = {row for row, _ in set(lines.items()) ^ set(self._lines.items())}
            changed |= {row for row in moved if 0 <= row < len(self._made)}
            self._lines = dict(lines)
        for row in changed:
            self._made[row] = self._merged(row)
        if changed:
            self._rows = tuple(self._made)
        return self._rows

    def _paint(self, history: HeatHistory) -> set[int]:
        """Bring the columns up to date; returns the rows that changed."""
        changed: set[int] = set()
        newest = history.newest // self._look.seconds
        for cell in range(self._complete, len(self._columns)):
            group = self._first + cell
            is_lead = group > newest
            column = self._lead[group == newest + 1] if is_lead else painted_column(history, self._look, group)
            old = self._columns[cell]
            if old is None:
                changed.update(range(len(self._made)))
            elif old is not column:
                changed.update(old.differs(column))
            self._columns[cell] = column
            if group < newest:
                self._complete = cell + 1
        return changed

    def _merged(self, row: int) -> Row:
        columns = [column for column in self._columns if column is not None]
        chars, names = [column.chars[row] for column in columns], [column.names[row] for column in columns]
        if (role := self._lines.get(row)) is not None:
            for cell, column in enumerate(columns):
                if column.free[row]:
                    chars[cell], names[cell] = SETS[self._look.glyphs].level_line, f"weak:{role}"
        return merged(chars, names)


def band_rows(history: HeatHistory, look: HeatLook, page: int, width: int, lines: Lines) -> Rows:
    """The rows of the band that shows ``page``, made from nothing."""
    return Band(look, page, width).rows(history, lines)
