"""A stretch of minute bars as a file holds them: what every reader of bars makes, and every chooser picks from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class BarColumns:
    """A stretch of a file's bars as found, in the file's order.

    ``start_ns``: int64[n]. ``prices_e9``: int64[n, 4], open, high, low, close, ``UNDEF_PRICE`` where missing.
    ``volume``: int64[n], -1 where missing. ``contract``: object[n] of names, None where the file does not tell.
    """

    start_ns: NDArray[np.int64]
    prices_e9: NDArray[np.int64]
    volume: NDArray[np.int64]
    contract: NDArray[np.object_] | None = None

    def __len__(self) -> int:
        return len(self.start_ns)

    def only(self, wanted: NDArray[np.bool_]) -> BarColumns:
        """The bars picked out by a mask."""
        contract = None if self.contract is None else self.contract[wanted]
        return BarColumns(self.start_ns[wanted], self.prices_e9[wanted], self.volume[wanted], contract)
