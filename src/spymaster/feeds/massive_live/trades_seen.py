"""The latest trades of each symbol, so that none is taken twice: sent again, or fetched later."""

from __future__ import annotations

from collections import deque
from typing import Final

_REMEMBERED: Final = 1024


class TradesSeen:
    """Of each instrument the latest trades, by exchange, sequence and time in ms; without a sequence none is known."""

    def __init__(self) -> None:
        self._seen: dict[int, tuple[set[tuple[int, int, int]], deque[tuple[int, int, int]]]] = {}

    def has(self, instrument: int, exchange: int, sequence: int, time_ms: int) -> bool:
        """Whether this very trade was among the latest."""
        known = self._seen.get(instrument)
        return known is not None and (exchange, sequence, time_ms) in known[0]

    def take(self, instrument: int, exchange: int, sequence: int, time_ms: int) -> bool:
        """Note a trade; whether it was there already."""
        if sequence == 0:
            return False
        key = (exchange, sequence, time_ms)
        known = self._seen.get(instrument)
        if known is None:
            known = self._seen[instrument] = (set(), deque())
        keys, latest = known
        if key in keys:
            return True
        keys.add(key)
        latest.append(key)
        if len(latest) > _REMEMBERED:
            keys.discard(latest.popleft())
        return False
