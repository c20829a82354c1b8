"""A stretch of minute bars as a file holds them: what every reader of bars makes, and every chooser picks from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class BarColumns:
    """A stretch of a file's bars as found, in the file's order.

    ``start_ns``: int64[n]. ``prices_e9``: int64[n, 4], open, high, low, close, ``UNDEF_PRICE`` where missing.
    ``volume``: int64[n], -1 where missing. ``contract``: object[n] of names, ``instrument_id``: int64[n] of the venue's
    ids (-1: none), None where the file does not tell. ``as_utc_ns``: int64[n], the start if the time, which bears no
    zone, were UTC (``NO_TIME``: it bears one); None where all bear one.
    """

    start_ns: NDArray[np.int64]
    prices_e9: NDArray[np.int64]
    volume: NDArray[np.int64]
    contract: NDArray[np.object_] | None = None
    instrument_id: NDArray[np.int64] | None = None
    as_utc_ns: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.start_ns)

    def only(self, wanted: NDArray[np.bool_]) -> BarColumns:
        """The bars picked out by a mask."""
        some = (self.contract, self.instrument_id, self.as_utc_ns)
        contract, instrument_id, as_utc_ns = (None if column is None else column[wanted] for column in some)
        return BarColumns(
            self.start_ns[wanted], self.prices_e9[wanted], self.volume[wanted], contract, instrument_id, as_utc_ns
        )
