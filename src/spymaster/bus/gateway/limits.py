"""Limits that keep one client from being felt by the others, and what is said of those who meet them."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable
from typing import Final

_SAY_EVERY_S: Final = 10.0
_FORGET_S: Final = 60.0
_MOST_WRONG: Final = 20
_MOST_PEERS: Final = 1024

_log = logging.getLogger(__name__)


class RateLimit:
    """A bucket that holds ``burst`` and gains ``per_s`` a second. ``now_s``: a monotonic clock."""

    def __init__(self, per_s: float, burst: float, now_s: Callable[[], float] = time.monotonic) -> None:
        self._per_s, self._burst, self._now_s = per_s, burst, now_s
        self._held, self._at_s = burst, now_s()

    def take(self) -> float:
        """Take one out: 0 if there was one, else the seconds until there will be."""
        now_s = self._now_s()
        self._held = min(self._burst, self._held + (now_s - self._at_s) * self._per_s)
        self._at_s = now_s
        if self._held >= 1.0:
            self._held -= 1.0
            return 0.0
        return (1.0 - self._held) / self._per_s


class Complaints:
    """Refusals by kind: all are counted, of one kind at most one in ten seconds is said."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._said_s: dict[str, float] = {}
        self._kept_back: Counter[str] = Counter()
        self.counts: Counter[str] = Counter()
        """How many there were of each kind."""

    def add(self, kind: str, peer: str) -> None:
        """``kind``: in words, nothing of what a client sent. ``peer``: its address."""
        self.counts[kind] += 1
        now_s = self._now_s()
        if now_s - self._said_s.get(kind, -_SAY_EVERY_S) < _SAY_EVERY_S:
            self._kept_back[kind] += 1
            return
        self._said_s[kind] = now_s
        before = self._kept_back.pop(kind, 0)
        _log.warning("gateway: %s: refused: %s%s", peer, kind, f" ({before} more before)" if before else "")


class WrongTokens:
    """Who has guessed too often lately. Remembers a thousand addresses."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._tries: dict[str, tuple[int, float]] = {}

    def add(self, peer: str) -> None:
        """A wrong token came from there."""
        tries, _ = self._tries.pop(peer, (0, 0.0)) if not self._is_over(peer) else (0, 0.0)
        self._tries[peer] = (tries + 1, self._now_s())
        while len(self._tries) > _MOST_PEERS:
            del self._tries[next(iter(self._tries))]

    def too_many(self, peer: str) -> bool:
        """Whether nothing from there is looked at for now."""
        return not self._is_over(peer) and self._tries.get(peer, (0, 0.0))[0] >= _MOST_WRONG

    def _is_over(self, peer: str) -> bool:
        known = self._tries.get(peer)
        if known is not None and self._now_s() - known[1] >= _FORGET_S:
            del self._tries[peer]
            return True
        return known is None
