"""One bar of the price chart as a candle, in half rows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from spymaster.view.drawing.cells import Line
from spymaster.view.drawing.glyphs import Glyphs


@dataclass(frozen=True, slots=True)
class PriceScale:
    """Prices to half rows: 0 is the upper half of the first row."""

    top: float
    bottom: float
    rows: int

    def half_of(self, value: float) -> int:
        share = (self.top - value) / (self.top - self.bottom)
        return min(max(int(share * self.rows * 2), 0), self.rows * 2 - 1)

    def row_of(self, value: float) -> int:
        return self.half_of(value) // 2

    def third_of(self, value: float) -> int:
        """Place within the row: 2 the top, 0 the foot."""
        share = (self.top - value) / (self.top - self.bottom) * self.rows
        return 2 - min(int((share - math.floor(share)) * 3), 2)

    def holds(self, value: float) -> bool:
        return self.bottom <= value <= self.top


def put_candle(lines: Sequence[Line], x: int, bar: Any, scale: PriceScale, cells: int, glyphs: Glyphs) -> None:
    """A thin body rises, a full one falls; half rows are drawn with half blocks."""
    opened, closed = float(bar["open"]), float(bar["close"])
    if math.isnan(opened) or math.isnan(closed):
        return
    rising = closed >= opened
    top, bottom = scale.half_of(max(opened, closed)), scale.half_of(min(opened, closed))
    high, low = scale.half_of(float(bar["high"])), scale.half_of(float(bar["low"]))
    wide = max(cells - 1, 1)
    role = "bid" if rising else "ask"
    shapes = glyphs.rising if rising and wide == 1 else glyphs.falling
    for row in range(high // 2, low // 2 + 1):
        halves = tuple(_part(half, high, top, bottom, low) for half in (row * 2, row * 2 + 1))
        middle = x + (wide - 1) // 2
        glyph = _glyph(halves, shapes)
        lines[row].put(middle, glyph, role)
        if wide > 1 and 2 in halves:
            _put_body(lines[row], x, wide, halves, rising, role, glyphs, row * 2 <= top, bottom <= row * 2 + 1)


def _part(half: int, high: int, top: int, bottom: int, low: int) -> int:
    """What is in a half row: 2 body, 1 wick, 0 nothing."""
    if top <= half <= bottom:
        return 2
    return 1 if high <= half <= low else 0


def _glyph(halves: tuple[int, ...], shapes: str) -> str:
    """Of the upper and the lower half of a cell."""
    wick, body, body_below, body_above, lower_wick, upper_wick, lower_body, upper_body = tuple(shapes)
    return {
        (1, 1): wick,
        (2, 2): body,
        (1, 2): body_below,
        (2, 1): body_above,
        (0, 1): lower_wick,
        (1, 0): upper_wick,
        (0, 2): lower_body,
        (2, 0): upper_body,
    }.get((halves[0], halves[1]), " ")


def _put_body(
    line: Line,
    x: int,
    wide: int,
    halves: tuple[int, ...],
    rising: bool,
    role: str,
    glyphs: Glyphs,
    first: bool,
    last: bool,
) -> None:
    """A body of several cells: an outline where it rises, full where it falls."""
    straight, down_right, down_left, up_left, up_right, upright = tuple(glyphs.path)
    if not rising:
        full = glyphs.falling[1] if halves == (2, 2) else glyphs.falling[7] if halves[0] == 2 else glyphs.falling[6]
        line.put(x, full * wide, role)
        return
    if first and last:
        line.put(x, straight * wide, role)
        return
    left, right = (down_right, down_left) if first else (up_right, up_left) if last else (upright, upright)
    inner = straight if first or last else " "
    line.put(x, left + inner * (wide - 2) + right, role)
