"""A price over time, and the spans in which nothing is known of it (docs/p-break.md 4)."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


def no_holes() -> NDArray[np.int64]:
    """Everything was seen."""
    return np.zeros((0, 2), np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class PricePath:
    """A price that holds from each of its times until the next: the mid, or the microprice, after each venue event.

    ``t_ns`` int64[n], never falling; ``price`` float64[n] in points of the future; ``end_ns``: up to where it is known,
    the session's end. ``holes`` int64[m, 2]: spans in which it is not: gaps of the feed, inputs that were BLIND.
    Raises ValueError for times that fall, or columns of different length.
    """

    t_ns: NDArray[np.int64]
    price: NDArray[np.float64]
    end_ns: int
    holes: NDArray[np.int64] = field(default_factory=no_holes)

    def __post_init__(self) -> None:
        if len(self.t_ns) != len(self.price):
            raise ValueError(f"{len(self.t_ns)} times and {len(self.price)} prices are no path")
        if (np.diff(self.t_ns) < 0).any():
            raise ValueError("the times of a path fall")

    def known_until(self, t_ns: int) -> int:
        """Up to when the price is known without a hole from ``t_ns`` on; ``t_ns`` itself inside a hole."""
        within = (self.holes[:, 0] <= t_ns) & (self.holes[:, 1] > t_ns)
        if within.any() or t_ns > self.end_ns:
            return t_ns
        later = self.holes[self.holes[:, 0] > t_ns, 0]
        return int(min(self.end_ns, later.min())) if len(later) else self.end_ns
