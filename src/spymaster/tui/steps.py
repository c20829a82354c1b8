"""Steps of a setting."""

from __future__ import annotations

from collections.abc import Iterable


def neighbour(steps: Iterable[int], now: int, by: int) -> int:
    """The next step up or down of a list; from outside it (0) its first step."""
    values = list(steps)
    if now not in values:
        return values[0] if by < 0 else values[1]
    return values[min(max(values.index(now) + by, 0), len(values) - 1)]
