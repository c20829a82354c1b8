"""Steps of a setting."""

from __future__ import annotations

from collections.abc import Iterable


def neighbour(steps: Iterable[int], now: int, by: int) -> int:
    """The next step up or down of a list; from outside it (0) its first step."""
    places = list(steps)
    if now not in places:
        return places[0] if by < 0 else places[1]
    return places[min(max(places.index(now) + by, 0), len(places) - 1)]
