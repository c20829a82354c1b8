"""How much may be on its way to a terminal at once: so much that it takes a twentieth of a second to arrive.

What waits in buffers between the program and the terminal cannot be overtaken by the answer to a key. Therefore little
is put there, and a question behind each piece tells when it has arrived. Everything here takes the time as an argument.
"""

from __future__ import annotations

from collections import deque
from typing import Final

TARGET_S: Final = 0.05
FIRST_BYTES: Final = 1024
LEAST_BYTES: Final = 48
MOST_BYTES: Final = 131_072
_TELLING: Final = 3
"""One piece may have waited for a busy machine."""

_FASTEST_S: Final = 0.0002


class SendWindow:
    """The bytes under way, in pieces of half the limit, so that the link never stands idle between two of them.

    The rate is what arrived between two replies, or between the earliest moment a reply could have come and its coming.
    """

    def __init__(self) -> None:
        self._out: deque[tuple[float, int, int]] = deque()
        self._limit = float(FIRST_BYTES)
        self._base_s = 0.0
        self._acked_at = float("-inf")
        self._recent: deque[tuple[int, float]] = deque(maxlen=8)

    @property
    def outstanding(self) -> int:
        """Bytes whose arrival is not yet known."""
        return sum(size for _, size, _ in self._out)

    @property
    def rate(self) -> float | None:
        """Bytes per second of the last pieces, None before there are enough to tell."""
        if len(self._recent) < _TELLING:
            return None
        return sum(size for size, _ in self._recent) / sum(took_s for _, took_s in self._recent)

    @property
    def piece(self) -> int:
        """Bytes of the next piece; 0 while there is no room for one."""
        # What the link holds by its own length delays nobody; without it a long link would stand idle.
        held = (self.rate or 0.0) * self._base_s
        size = max(int(self._limit / 2), LEAST_BYTES // 2)
        return size if not self._out or self.outstanding + size <= self._limit + held else 0

    def sent(self, size: int, now: float) -> None:
        """A piece of ``size`` bytes, its question included, is handed over."""
        self._out.append((now, size, self.outstanding + size))

    def acked(self, now: float) -> None:
        """The oldest piece has arrived."""
        if not self._out:
            return
        sent_at, size, queue = self._out.popleft()
        trip = max(now - sent_at, 0.0)
        took_s = now - max(self._acked_at, sent_at + self._base_s)
        self._recent.append((size, max(took_s, _FASTEST_S)))
        self._acked_at = now
        rate = self.rate
        if rate is None:
            wanted = self._limit * (0.5 if trip > TARGET_S + self._base_s else 2.0)
        else:
            # A busy machine may have answered the first question late: what is not explained by bytes is the link's.
            self._base_s = min(self._base_s, max(trip - queue / rate, 0.0))
            wanted = min(rate * TARGET_S, self._limit * 4.0)
        self._limit = min(max(wanted, LEAST_BYTES), MOST_BYTES)

    def measured(self, trip_s: float) -> None:
        """The link's own time, from a question with nothing before it."""
        self._base_s = trip_s

    def overdue(self, now: float, patience_s: float) -> bool:
        """Forget pieces whose arrival should long have been told; True if there were any."""
        if not self._out or now - self._out[-1][0] < patience_s:
            return False
        self._out.clear()
        return True
