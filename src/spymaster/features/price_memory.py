"""Where the price was a few seconds ago, by the snaps that were published since."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from spymaster.market.kinds import NS_PER_S

BACK_NS: Final = 5 * NS_PER_S
_LATE_NS: Final = NS_PER_S


class PriceMemory:
    """The microprices of the last five seconds, one a snap. What it holds enters a Session's checkpoints."""

    def __init__(self) -> None:
        self._held: list[tuple[int, float]] = []
        self._changes_ns: list[int] = []

    def add(self, t_ns: int, price: float) -> float:
        """Take in the microprice of a snap (points); returns how far it moved in five seconds.

        NaN where no snap was published five seconds ago, or within a second before that: after a start, a gap, a
        change of contract.
        """
        while self._changes_ns and t_ns >= self._changes_ns[0]:
            self._changes_ns.pop(0)
            self._held.clear()
        held = self._held
        before_ns = t_ns - BACK_NS
        held.append((t_ns, price))
        while len(held) > 1 and held[1][0] <= before_ns:
            held.pop(0)
        then_ns, then = held[0]
        return price - then if before_ns - _LATE_NS <= then_ns <= before_ns else float("nan")

    def forget(self, from_ns: int = 0) -> None:
        """Another contract begins: prices before the snap at ``from_ns`` are of another one, by default all so far.

        Whoever knows of the change before the last snaps of the old one were added names that moment; may be called
        from another thread.
        """
        if from_ns:
            self._changes_ns.append(from_ns)
        else:
            self._held.clear()

    def snapshot(self) -> bytes:
        """Everything, for ``restore``."""
        times = np.array([t_ns for t_ns, _ in self._held], np.int64)
        prices: NDArray[np.float64] = np.array([price for _, price in self._held], np.float64)
        return times.tobytes() + prices.tobytes()

    def restore(self, snapshot: bytes) -> None:
        """Go on from there. Raises ValueError for what is no snapshot."""
        if len(snapshot) % 16:
            raise ValueError(f"{len(snapshot)} bytes are no memory of prices")
        half = len(snapshot) // 2
        times = np.frombuffer(snapshot[:half], np.int64).tolist()
        self._held = list(zip(times, np.frombuffer(snapshot[half:], np.float64).tolist(), strict=True))
