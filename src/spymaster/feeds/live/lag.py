"""How late records are: what part of it is the two clocks and the way, and what is waiting."""

from __future__ import annotations


class LeastLag:
    """The shortest time from a vendor's sending to our looking, of the last half to whole minute.

    It holds the difference of the two clocks and the way; what is more than this is waiting. ``now_s``: monotonic.
    """

    def __init__(self, half_s: float = 30.0) -> None:
        self._half_s = half_s
        self._begun_s = 0.0
        self._least: int | None = None
        self._before: int | None = None

    def take(self, lag_ns: int, now_s: float) -> None:
        """One measurement."""
        if now_s - self._begun_s > self._half_s:
            self._begun_s, self._before, self._least = now_s, self._least, None
        self._least = lag_ns if self._least is None else min(self._least, lag_ns)

    @property
    def ns(self) -> int | None:
        """The shortest, None before the first; negative where the vendor's clock is ahead of ours."""
        known = [lag for lag in (self._least, self._before) if lag is not None]
        return min(known) if known else None
