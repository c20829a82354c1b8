"""The score's meter and the bar of the three components."""

from __future__ import annotations

import math
from typing import Final

from spymaster.view.drawing.cells import Line
from spymaster.view.drawing.glyphs import Glyphs

FULL_POINTS: Final = 36.0
"""Points of score that fill one side of the components bar."""

_MARKS: Final = (20, 50, 80)


def put_meter(line: Line, x: int, width: int, score: float, ink: str, glyphs: Glyphs, bold: bool = False) -> None:
    """Draw a score, 0 to 100, as a run from 50; an absent score draws the bare track."""

    def cell_of(points: float) -> float:
        return points / 100 * (width - 1) + 0.5

    for at in range(width):
        line.put(x + at, glyphs.track, "rule")
    for mark in _MARKS:
        line.put(x + int(cell_of(mark)), glyphs.cross, "rule")
    if math.isnan(score):
        return
    middle = int(cell_of(50)) * 2 + 1
    end = round(cell_of(min(max(score, 0.0), 100.0)) * 2)
    first, last = min(middle, end), max(middle, end)
    for at in range(width):
        left, right = first <= at * 2 < last, first <= at * 2 + 1 < last
        if left or right:
            glyph = glyphs.value if left and right else glyphs.value_left if left else glyphs.value_right
            line.put(x + at, glyph, ink, bold=bold)


def put_components(
    line: Line, x: int, width: int, components: tuple[float, float, float], ground: str, glyphs: Glyphs
) -> None:
    """Draw barrier, fuel and tape in points of score, as runs of their letters from the middle outwards: towards BREAK
    on the right, towards REJECT on the left. Absent components draw nothing."""
    half = width // 2
    line.put(x + half, glyphs.axis, "rule")
    per_cell = FULL_POINTS / half
    ink = "text" if ground == "ground" else "bright"
    reach = {1: 0, -1: 0}
    for letter, role, points in zip("BFT", ("force_b", "force_f", "force_t"), components, strict=True):
        if math.isnan(points):
            continue
        side = 1 if points > 0 else -1
        for _ in range(round(abs(points) / per_cell)):
            if reach[side] >= half:
                break
            reach[side] += 1
            line.put(x + half + side * reach[side], letter, ink, ground=f"force:{role}:{ground}")
