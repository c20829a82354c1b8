"""Option trades with the vendor's greeks of the option as they were known: the last snapshot that had arrived."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from spymaster.lake.silver.join import last_before
from spymaster.lake.silver.order import record_time
from spymaster.lake.silver.source import EventSlices
from spymaster.market.kinds import Kind

GREEKS_TOLERANCE_NS: Final = 150_000_000_000
"""A snapshot that arrived longer ago is not joined: snapshots come each minute, and two polls missed are a fault."""

_VALUES: Final = ("implied_vol", "delta", "gamma", "theta", "vega")
GREEKS_FIELDS: Final = (
    pa.field("greeks_ts_ns", pa.int64()),
    *(pa.field(f"vendor_{name}", pa.float64()) for name in _VALUES),
    pa.field("vendor_open_interest", pa.int64()),
)
_GREEKS: Final = np.dtype([("id", "<i8"), ("t", "<i8"), *((name, "<f8") for name in _VALUES), ("open_interest", "<i8")])
_MARGIN_NS: Final = 600_000_000_000
"""How much older than its arrival what a snapshot rests on may be: slices are read by that."""


class GreeksJoin:
    """Finds the snapshot of each trade: of the same vendor's ids, by the time it arrived, strictly before the trade."""

    def __init__(self, snapshots: EventSlices, tolerance_ns: int = GREEKS_TOLERANCE_NS) -> None:
        self._snapshots = snapshots
        self._tolerance_ns = tolerance_ns

    def columns(self, kind: Kind, trades: NDArray[Any], from_ns: int, until_ns: int) -> list[Any]:
        """The greeks columns for trades whose event times lie in [from, until), as Arrow arrays with nulls."""
        known = self._known(from_ns - self._tolerance_ns - _MARGIN_NS, until_ns) if kind is Kind.XTRADE else None
        if known is None or not len(known):
            return [pa.nulls(len(trades), field.type) for field in GREEKS_FIELDS]
        times = record_time(kind, trades).astype(np.int64)
        ids = trades["instrument_id"].astype(np.int64)
        place = last_before(known, ids, times)
        found = place >= 0
        mine = known[np.maximum(place, 0)]
        found &= (mine["id"] == ids) & (times - mine["t"] <= self._tolerance_ns)
        columns = [pa.array(mine["t"], pa.int64(), mask=~found)]
        for name in _VALUES:
            columns.append(pa.array(mine[name], pa.float64(), mask=~found | np.isnan(mine[name])))
        interest = mine["open_interest"]
        return [*columns, pa.array(interest, pa.int64(), mask=~found | (interest < 0))]

    def _known(self, from_ns: int, until_ns: int) -> NDArray[Any]:
        """Snapshots by instrument and arrival; among those of one moment an order that rests on their content alone."""
        rows = self._snapshots.between(from_ns, until_ns).records
        known = np.zeros(len(rows), _GREEKS)
        if len(rows):
            known["id"], known["t"] = rows["instrument_id"], rows["ts_recv"]
            for name in (*_VALUES, "open_interest"):
                known[name] = rows[name]
        return known[np.lexsort(tuple(known[name] for name in reversed(_GREEKS.names or ())))]
