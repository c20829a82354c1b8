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
        return BarColumns(
            start_ns=self.start_ns[wanted],
            prices_e9=self.prices_e9[wanted],
            volume=self.volume[wanted],
            contract=None if self.contract is None else self.contract[wanted],
            instrument_id=None if self.instrument_id is None else self.instrument_id[wanted],
            as_utc_ns=None if self.as_utc_ns is None else self.as_utc_ns[wanted],
        )
