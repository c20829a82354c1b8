"""How records travel: a few arrays in the vendor's layout and the order they arrived in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spymaster.market.kinds import Kind

Records = NDArray[Any]
"""MBP10 travels as writable C-contiguous ``int64[n, 46]``; every other kind as a structured array of its dtype."""


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Records of one or several kinds in arrival order.

    ``order[i]`` is the :class:`Kind` code of the i-th record; each kind's array is consumed front to back while
    ``order`` is walked, so ``count(order == k) == len(arrays[k])`` for every kind. ``first_seq`` is the journal number
    of the first record; the i-th has ``first_seq + i``. The arrays may be buffers that the source reuses: a batch is
    valid until the next one is asked for. ``key``: instrument id << 16 | publisher of all its records, where whoever
    read them saw that they are of one; so nobody has to look at them again, far from the core that has them at hand.
    """

    arrays: Mapping[Kind, Records]
    order: NDArray[np.uint8]
    first_seq: int = 0
    key: int | None = None

    def __len__(self) -> int:
        return len(self.order)

    @staticmethod
    def of(kind: Kind, records: Records, first_seq: int = 0) -> Batch:
        """A batch of a single kind."""
        return Batch({kind: records}, np.full(len(records), int(kind), dtype=np.uint8), first_seq)
