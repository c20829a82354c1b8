"""How far this machine's clock is from the vendor's, the way included, by the records themselves."""

from __future__ import annotations

from collections import deque
from typing import Final

from spymaster.market.kinds import NS_PER_S

_BUCKET_NS: Final = NS_PER_S
_BUCKETS: Final = 60


class SkewMeter:
    """Receive time less event time of the fastest record of each second; the lower quartile of the last minute of them.

    The fastest records show the way alone; the quartile keeps a second in which one record bore a wrong time, or in
    which all came late, from moving it. Event times are of whole milliseconds, so it may be one too large.
    """

    def __init__(self) -> None:
        self._least: deque[int] = deque(maxlen=_BUCKETS)
        self._bucket = -1
        self._of_bucket = 0
        self._latest_ns = 0
        self.skew_ns = 0
        """Subtract it from a receive time to have it in the vendor's time. 0 until a record came."""

    def take(self, recv_ns: int, event_ns: int) -> None:
        """A frame arrived whose newest event bears this time."""
        difference, bucket = recv_ns - event_ns, recv_ns // _BUCKET_NS
        if bucket == self._bucket:
            if difference < self._of_bucket:
                self._of_bucket = difference
                self._least[-1] = difference
                self._settle()
            return
        self._bucket, self._of_bucket = bucket, difference
        self._least.append(difference)
        self._settle()

    def corrected_ns(self, recv_ns: int) -> int:
        """A receive time in the vendor's time; never earlier than the one before."""
        self._latest_ns = max(self._latest_ns, recv_ns - self.skew_ns)
        return self._latest_ns

    def _settle(self) -> None:
        self.skew_ns = sorted(self._least)[len(self._least) // 4]
