"""The one price axis that heatmap, rail and ladder share, and how it follows the price."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

HOLD_S: Final = 2.0
"""After a jump the axis rests at least this long."""


@dataclass(frozen=True, slots=True)
class PriceAxis:
    """``rows`` rows of ``zoom`` ticks each; the row ``r`` holds the ticks ``low(r)`` to ``low(r) + zoom - 1``.

    Rows begin on multiples of ``zoom``, so that a price keeps its row mates when the axis moves.
    """

    first_low: int
    rows: int
    zoom: int

    @classmethod
    def centred(cls, tick: int, rows: int, zoom: int) -> PriceAxis:
        """The axis with ``tick`` in its middle row."""
        return cls((tick // zoom + rows // 2) * zoom, rows, zoom)

    def low(self, row: int) -> int:
        """The lowest tick of a row."""
        return self.first_low - row * self.zoom

    def row_of(self, tick: int) -> int:
        """The row of a tick; outside 0 to ``rows`` - 1 where it is off the screen."""
        return (self.first_low + self.zoom - 1 - tick) // self.zoom

    def holds(self, tick: int) -> bool:
        """Whether the tick is on the screen."""
        return 0 <= self.row_of(tick) < self.rows

    @property
    def top(self) -> int:
        """The highest tick on the screen."""
        return self.first_low + self.zoom - 1

    @property
    def bottom(self) -> int:
        """The lowest tick on the screen."""
        return self.low(self.rows - 1)


@dataclass(frozen=True, slots=True)
class Centring:
    """Where the axis stands and since when. A new one is made for each frame by ``follow``."""

    tick: int = 0
    moved_s: float = -HOLD_S
    recentre: int = 0
    placed: bool = False

    def follow(self, tick: int | None, half_band: int, recentre: int, pinned: int | None, now_s: float) -> Centring:
        """The next state: jumps when ``tick`` (the last price) is more than ``half_band`` ticks from the middle, never
        twice within ``HOLD_S``; at once when ``recentre`` changed, when ``pinned``, and the first time."""
        if pinned is not None:
            return self if self.placed and self.tick == pinned else Centring(pinned, now_s, recentre, True)
        if tick is None:
            return self
        asked = recentre != self.recentre or not self.placed
        strayed = abs(tick - self.tick) > half_band and now_s - self.moved_s >= HOLD_S
        return Centring(tick, now_s, recentre, True) if asked or strayed else self
