"""Volume of the session by price: its point of control and the value area around it (docs/physics.md 6.10).

A row is one tick of the future in points, five cents in dollars. Everything is the same seen upside down.
"""

from __future__ import annotations

import math
from typing import Any, Final

from spymaster.market.jit import kernel
from spymaster.physics.memory.indices import PROFILE_ROWS
from spymaster.physics.memory.state import State

ROWS_PER_DOLLAR: Final = 20.0
"""In profile ``spy``: a row is as high as two ticks of the future."""
_WHOLE: Final = 10.0
_VALUE: Final = 7.0
"""The value area holds so many tenths of the volume: whole numbers, so that contracts are compared exactly."""


@kernel
def clear_profile(s: State) -> None:
    """A session begins."""
    profile = s.volume_profile
    if profile.total > 0.0:
        for i in range(profile.low, profile.high + 1):
            profile.volume[i] = 0.0
    profile.total = 0.0
    profile.beyond = 0


@kernel
def row_at(profile: Any, price: float) -> int:
    """Number of the row a price lies in, halves up."""
    return int(math.floor(price * profile.per_unit + 0.5))


@kernel
def row_price(profile: Any, row: int) -> float:
    """The price in the middle of a row, which is given as a place in ``volume``."""
    return float((profile.base + row) / profile.per_unit)


@kernel
def add_volume(s: State, low: float, high: float, close: float, volume: float) -> None:
    """Volume traded between two prices, spread evenly over their rows; of a single trade they are one."""
    profile = s.volume_profile
    if volume <= 0.0:
        return
    last = row_at(profile, close)
    if profile.total == 0.0:
        profile.base = last - PROFILE_ROWS // 2
    first, end, last = row_at(profile, low) - profile.base, row_at(profile, high) - profile.base, last - profile.base
    if first < 0 or end >= PROFILE_ROWS:
        profile.beyond = 1
        return
    if profile.total == 0.0:
        profile.low = profile.high = profile.point = last
    each = volume / (end - first + 1)
    for i in range(first, end + 1):
        profile.volume[i] += each
    profile.total += volume
    profile.low = min(profile.low, first)
    profile.high = max(profile.high, end)
    profile.point = highest_row(profile, first, end, last)


@kernel
def highest_row(profile: Any, first: int, end: int, close: int) -> int:
    """The point of control after the rows from ``first`` to ``end`` grew: of equal ones that which got there first.

    Of those that got there with one bar it is the one nearest its close, and then nearest the point of control before.
    (Two are never as near to both: that one would lie between them and have grown with them.)
    """
    point = profile.point
    best = point
    for i in range(first, end + 1):
        if profile.volume[i] > profile.volume[best]:
            best = i
        elif best != point and profile.volume[i] == profile.volume[best]:
            nearer = abs(i - close) - abs(best - close)
            if nearer < 0 or (nearer == 0 and abs(i - point) < abs(best - point)):
                best = i
    return int(best)


@kernel
def value_area(profile: Any) -> tuple[int, int]:
    """Lowest and highest row of the value area: from the point of control on, the larger of the next two rows above and
    the next two below, until 70 % of the volume is inside; both where they are equal.
    """
    low = high = profile.point
    inside = profile.volume[profile.point]
    while _WHOLE * inside < _VALUE * profile.total and (low > profile.low or high < profile.high):
        above = next_two(profile, high, 1, profile.high - high)
        below = next_two(profile, low, -1, low - profile.low)
        if above >= below:
            high = min(high + 2, profile.high)
            inside += above
        if below >= above:
            low = max(low - 2, profile.low)
            inside += below
    return int(low), int(high)


@kernel
def next_two(profile: Any, edge: int, way: int, left: int) -> float:
    """What the next two rows beyond an edge hold, or the last one; less than nothing where none is left."""
    if left <= 0:
        return -1.0
    near = profile.volume[edge + way]
    return float(near + profile.volume[edge + 2 * way] if left > 1 else near)
