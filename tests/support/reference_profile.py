"""A session's volume by price, its point of control and value area a second time, from the definitions alone.

Volumes are fractions and prices are counted in rows, so that nothing is rounded; the area grows by looking at the whole
list of volumes anew at each step.
"""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction


class Profile:
    """Volume by row. ``per_unit``: rows per unit of price."""

    def __init__(self, per_unit: int) -> None:
        self._per_unit = per_unit
        self.volume: dict[int, Fraction] = defaultdict(Fraction)
        self._point: int | None = None

    def _row(self, price: float) -> int:
        return (2 * Fraction(price) * self._per_unit + 1).__floor__() // 2

    def trade(self, price: float, size: int) -> None:
        """A trade."""
        self.bar(price, price, price, size)

    def bar(self, low: float, high: float, close: float, volume: int) -> None:
        """A bar, whose volume is spread evenly from its low to its high."""
        if not volume:
            return
        rows = range(self._row(low), self._row(high) + 1)
        for row in rows:
            self.volume[row] += Fraction(volume, len(rows))
        most = max(self.volume.values())
        leading = [row for row, held in self.volume.items() if held == most]
        before = self._point
        if before not in leading:
            near = self._row(close)
            self._point = min(
                leading, key=lambda row: (abs(row - near), abs(row - (near if before is None else before)))
            )

    def prices(self) -> tuple[float, float, float]:
        """Lowest price of the value area, point of control, highest price of the value area."""
        assert self._point is not None
        low, high = min(self.volume), max(self.volume)
        inside = {self._point}
        whole = sum(self.volume.values())
        while sum(self.volume.get(row, Fraction(0)) for row in inside) < Fraction(7, 10) * whole:
            above = [row for row in (max(inside) + 1, max(inside) + 2) if row <= high]
            below = [row for row in (min(inside) - 1, min(inside) - 2) if row >= low]
            more = {
                side: sum((self.volume.get(row, Fraction(0)) for row in rows), Fraction(0))
                for side, rows in (("above", above), ("below", below))
                if rows
            }
            for side, rows in (("above", above), ("below", below)):
                if side in more and more[side] == max(more.values()):
                    inside |= set(rows)
        return min(inside) / self._per_unit, self._point / self._per_unit, max(inside) / self._per_unit
