"""Prices drawn as lines between points, with levels beside them, as blocks of snaps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spymaster.ledger.follow import LevelTests
from spymaster.market.kinds import NS_PER_MS, NS_PER_S
from spymaster.market.levels import LevelKind
from spymaster.market.rows import LEVEL_ROW, SNAP

BEGIN_NS = 1_773_754_200 * NS_PER_S
SNAP_NS = 250 * NS_PER_MS
LEVEL = 5000.0
DATE = 20260317


@dataclass(frozen=True, slots=True)
class FakeBlock:
    """What ``LevelTests`` needs of a block."""

    snaps: NDArray[Any]
    numbers: NDArray[np.float64]


@dataclass
class Market:
    """Snaps 250 ms apart. ``price``: points from ``LEVEL``; ``level``: the same of one level, a price or a path."""

    price: NDArray[np.float64]
    level: NDArray[np.float64] | float = 0.0
    kind: LevelKind = LevelKind.USER
    sigma: float = 1.0
    columns: dict[str, Any] = field(default_factory=dict)

    @staticmethod
    def through(*points: tuple[float, float], **more: Any) -> Market:
        """Straight from one (second, points from the level) to the next."""
        seconds, prices = zip(*points, strict=True)
        times = np.arange(0.0, seconds[-1] + 0.25, 0.25)
        return Market(np.interp(times, seconds, prices), **more)

    def __post_init__(self) -> None:
        n = len(self.price)
        self.snaps = np.zeros(n, SNAP)
        self.snaps["t_ns"] = BEGIN_NS + SNAP_NS * np.arange(n)
        self.snaps["session_date"] = DATE
        self.snaps["levels"] = 1
        self.snaps["microprice"] = LEVEL + self.price
        self.snaps["sigma_1m"] = self.sigma
        self.rows = np.zeros((n, 1), LEVEL_ROW)
        self.rows["kind"] = self.kind
        self.rows["user_index"] = 0 if self.kind is LevelKind.USER else -1
        self.rows["dynamic"] = self.kind.dynamic
        self.rows["price"][:, 0] = LEVEL + self.level
        self.rows["tick"][:, 0] = np.rint((LEVEL + self.level) * 4)
        self.rows["ratio"] = 1.0
        for name, values in self.columns.items():
            self.rows[name][:, 0] = values

    def blocks(self, snaps: int = 64) -> Iterator[FakeBlock]:
        """The snaps, so many at a time."""
        numbers = self.rows.view("<f8").reshape(len(self.snaps), 1, -1)
        for first in range(0, len(self.snaps), snaps):
            yield FakeBlock(self.snaps[first : first + snaps], numbers[first : first + snaps])

    def tests(self, snaps: int = 64, *, placebos: bool = False) -> NDArray[Any]:
        """The tests of the level, or those of other prices; open ones at the end are UNKNOWN."""
        follower = LevelTests(0.25)
        found = [follower.on_block(block) for block in self.blocks(snaps)]
        whole = np.concatenate([*found, follower.finish()])
        found_kinds: NDArray[Any] = whole[(whole["kind"] < 0) == placebos]
        return found_kinds


def seconds(values: NDArray[np.int64]) -> list[float]:
    """Times as seconds from the first snap."""
    found: list[float] = ((values - BEGIN_NS) / NS_PER_S).tolist()
    return found


def words(codes: Sequence[int], enum: Any) -> list[str]:
    """Codes by name."""
    return [enum(int(code)).name for code in codes]
