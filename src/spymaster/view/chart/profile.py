"""The session's volume by price beside the candles: a bar for each row, point of control and value area marked.

A line at its left runs along the value area; the longest bar of all is the row with the most volume.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.market.levels import ProfilePart
from spymaster.view.chart.look import Look
from spymaster.view.drawing.cells import Line
from spymaster.view.market.candles import PriceScale

ROLE: Final = "level_average"


def put_profile(lines: Sequence[Line], profile: NDArray[Any], scale: PriceScale, look: Look) -> None:
    """Draw PROFILE_ROW rows into the cells between bars and price axis."""
    if look.profile < 4 or not len(profile):
        return
    volume, part = by_row(profile, scale)
    most = float(volume.max())
    if most <= 0.0:
        return
    x, room = look.plot + 1, look.profile - 2
    inside = np.flatnonzero(part > ProfilePart.REST)
    for row, line in enumerate(lines):
        is_point, is_value = part[row] == ProfilePart.POINT_OF_CONTROL, part[row] == ProfilePart.VALUE_AREA
        ink = ROLE if is_point else f"dim:{ROLE}" if is_value else "faint"
        line.put(x + 1, _bar(volume[row] / most, room, look), ink)
        if len(inside):
            line.put(x, _edge(row, int(inside[0]), int(inside[-1]), look), ROLE if is_point else "muted")


def by_row(profile: NDArray[Any], scale: PriceScale) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Volume of each row of the axis, and the foremost part of the profile in it; what lies beyond is left out.

    A row of several prices shows the one that traded most, so that the longest is the point of control whatever number
    of prices its row happens to hold. Where rows are lower than prices are apart, a price fills all rows it is nearest.
    """
    volume = np.zeros(scale.rows)
    part = np.zeros(scale.rows, np.int64)
    step = float(profile["price"][1] - profile["price"][0]) if len(profile) > 1 else 0.0
    height = (scale.top - scale.bottom) / scale.rows
    if step > height:
        middle = scale.top - (np.arange(scale.rows) + 0.5) * height
        nearest = np.rint((middle - profile["price"][0]) / step).astype(np.int64)
        there = (nearest >= 0) & (nearest < len(profile))
        volume[there], part[there] = profile["volume"][nearest[there]], profile["part"][nearest[there]]
        return volume, part
    held = profile[(profile["price"] >= scale.bottom) & (profile["price"] <= scale.top)]
    halves = ((scale.top - held["price"]) / (scale.top - scale.bottom) * scale.rows * 2).astype(np.int64)
    rows = np.clip(halves // 2, 0, scale.rows - 1)
    np.maximum.at(volume, rows, held["volume"])
    np.maximum.at(part, rows, held["part"])
    return volume, part


def area_prices(profile: NDArray[Any]) -> tuple[float, float, float] | None:
    """(upper end of the value area, point of control, lower end); None without a profile."""
    inside = profile[profile["part"] > ProfilePart.REST]
    if not len(inside):
        return None
    point = inside[inside["part"] == ProfilePart.POINT_OF_CONTROL]
    return float(inside["price"][-1]), float(point["price"][0]), float(inside["price"][0])


def _bar(share: float, room: int, look: Look) -> str:
    eighths = round(share * room * 8)
    if share > 0.0:
        eighths = max(eighths, 1)
    full, rest = divmod(eighths, 8)
    glyphs = look.glyphs
    return glyphs.eighths[8] * full + (glyphs.eighths[rest] if rest else "")


def _edge(row: int, top: int, bottom: int, look: Look) -> str:
    _, down_right, _, _, up_right, upright = tuple(look.glyphs.path)
    if top == bottom:
        return look.glyphs.axis if row == top else " "
    return down_right if row == top else up_right if row == bottom else upright if top < row < bottom else " "
