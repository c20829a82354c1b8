"""A price over time, and the spans in which nothing is known of it (docs/p-break.md 4)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

_NEVER: Final = np.iinfo(np.int64).min


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

    def known_until(self, t_ns: NDArray[np.int64]) -> NDArray[np.int64]:
        """Up to when the price is known without a hole from each moment on; the moment itself inside a hole, and after
        the end. A hole without a length parts what is before it from what is after, and hides neither."""
        order = np.argsort(self.holes[:, 0], kind="stable")
        begins, ends = self.holes[order, 0], np.maximum.accumulate(self.holes[order, 1])
        begun = np.searchsorted(begins, t_ns, side="right")
        inside = np.append(_NEVER, ends)[begun] > t_ns
        until = np.minimum(np.append(begins, self.end_ns)[begun], self.end_ns)
        known: NDArray[np.int64] = np.where(inside, t_ns, np.maximum(until, t_ns))
        return known
