"""The journal's clock: the running maximum of record time, and where a batch has to be cut at an hour."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from spymaster.market.batches import Batch, Records
from spymaster.market.dtypes import FLAGS_SHIFT, W_SIZE, W_TS_EVENT, W_TS_RECV
from spymaster.market.kinds import F_BAD_TS_RECV, NS_PER_S, Kind

HOUR_NS: Final = 3600 * NS_PER_S
NO_LIMIT: Final = 2**63 - 1
_AHEAD_NS: Final = NS_PER_S
"""A record that says it happened further than this after it was received is wrong about the time."""

_BY_RECEIPT: Final = frozenset({Kind.BBO, Kind.CBBO})
"""Kinds whose ``ts_event`` is that of the last trade."""
_TIMELESS: Final = frozenset(
    {Kind.BAR, Kind.DEF, Kind.MAPPING, Kind.SYSTEM, Kind.ERROR, Kind.RAW, Kind.GREEKS},
)
"""Kinds that do not move the clock."""


def hour_of(clock_ns: int) -> int:
    """Hours since 1970, UTC."""
    return clock_ns // HOUR_NS


def split_at_hours(batch: Batch, clock_ns: int, limit_ns: int = NO_LIMIT) -> Iterator[tuple[Batch, int]]:
    """The batch, or its pieces where the clock's hour changes within it, each with the clock behind it.

    ``clock_ns``: the clock before the batch; ``limit_ns``: no record can be later than this. So a frame belongs to
    exactly one hour: that of its own clock.
    """
    times = {kind: _times(kind, rows, limit_ns) for kind, rows in batch.arrays.items()}
    latest = max((int(of_kind.max()) for of_kind in times.values() if len(of_kind)), default=0)
    if latest <= clock_ns or hour_of(latest) == hour_of(clock_ns):
        yield batch, max(latest, clock_ns)
        return
    clocks = _running(batch.order, times, clock_ns)
    hours = clocks // HOUR_NS
    cuts = [0, *(np.flatnonzero(np.diff(hours)) + 1).tolist(), len(clocks)]
    for start, end in itertools.pairwise(cuts):
        yield piece_of(batch, start, end), int(clocks[end - 1])


def _running(order: NDArray[np.uint8], times: Mapping[Kind, NDArray[np.int64]], clock_ns: int) -> NDArray[np.int64]:
    """The clock behind each record."""
    clocks = np.full(len(order), clock_ns, np.int64)
    for kind, of_kind in times.items():
        clocks[order == kind] = of_kind
    clocks[0] = max(int(clocks[0]), clock_ns)
    return np.maximum.accumulate(clocks, out=clocks)


def piece_of(batch: Batch, start: int, end: int) -> Batch:
    """The records from ``start`` up to, not including, ``end``: views."""
    arrays: dict[Kind, Records] = {}
    for kind, rows in batch.arrays.items():
        before = int(np.count_nonzero(batch.order[:start] == kind))
        count = int(np.count_nonzero(batch.order[start:end] == kind))
        if count:
            arrays[kind] = rows[before : before + count]
    return Batch(arrays, batch.order[start:end], batch.first_seq + start)


def _times(kind: Kind, rows: Records, limit_ns: int) -> NDArray[np.int64]:
    """When each record was, ns; 0 where it does not say or cannot be right."""
    if kind in _TIMELESS:
        return np.zeros(len(rows), np.int64)
    if kind is Kind.MBP10:
        event, received = rows[:, W_TS_EVENT], rows[:, W_TS_RECV]
        flags = rows[:, W_SIZE] >> FLAGS_SHIFT
    else:
        event, received = rows["ts_event"].view(np.int64), rows["ts_recv"].view(np.int64)
        flags = rows["flags"] if "flags" in (rows.dtype.names or ()) else np.zeros(len(rows), np.uint8)
    if kind in _BY_RECEIPT:
        event = received
    # a time that is not given is all ones, which is negative here
    times = np.where(event < 0, received, event)
    wrong = (times - received > _AHEAD_NS) & (flags & F_BAD_TS_RECV == 0)
    times[wrong | (times < 0) | (times > limit_ns)] = 0
    return times
