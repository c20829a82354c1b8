"""One account of what happened out of several: exact doubles taken out, in the order of event time.

Two records are doubles when every byte of them is the same and they come from different streams: two runs, or a run and
what was fetched later to fill its holes. Twins inside one stream are two records: a venue does print the same trade
twice. So a record stays as often as the stream that has it most often has it.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.market.kinds import UNDEF_TIMESTAMP, Kind

_BY_RECEIPT: Final = frozenset({Kind.BBO, Kind.CBBO})
"""Kinds whose ``ts_event`` is that of the last trade."""


def record_time(kind: Kind, rows: NDArray[Any]) -> NDArray[np.uint64]:
    """Event time of each record, ns: ``ts_event``, or ``ts_recv`` where that is of something else or absent."""
    event: NDArray[np.uint64] = rows["ts_event"]
    if "ts_recv" not in (rows.dtype.names or ()):
        return event
    if kind in _BY_RECEIPT:
        return np.asarray(rows["ts_recv"])
    return np.where(event == UNDEF_TIMESTAMP, rows["ts_recv"], event)


def in_event_order(
    kind: Kind, rows: NDArray[Any], stream: NDArray[np.int64], seq: NDArray[np.uint64]
) -> tuple[NDArray[np.intp], int]:
    """Which rows stay, in order, and how many doubles were left out.

    ``rows``: of ``raw_dtype``; ``stream``: which stream each is from, the most trusted lowest; ``seq``: its number
    there. The order is (event time, ``ts_recv``, venue's sequence); among equals that of the stream which has most of
    them, so that what a venue sent in one event stays in its order. Nothing depends on the order of the rows given.
    """
    order = np.lexsort((seq, stream))
    same = (np.diff(seq[order].astype(np.int64), prepend=-1) == 0) & (np.diff(stream[order], prepend=-1) == 0)
    order = order[~same]
    # one column after the other: a record is wide, and most of it has no part in this
    keys = [column[order] for column in _time_columns(kind, rows)]
    order = order[np.lexsort((seq[order], stream[order], *reversed(keys)))]
    if len(np.unique(stream)) > 1:
        order = _without_doubles(kind, rows, stream, seq, order)
    return order, len(rows) - len(order)


def _without_doubles(
    kind: Kind, rows: NDArray[Any], stream: NDArray[np.int64], seq: NDArray[np.uint64], order: NDArray[np.intp]
) -> NDArray[np.intp]:
    """The same order with doubles left out and each group of equals led by its fullest stream."""
    ordered = rows[order]
    group = _groups(kind, ordered)
    lane = stream[order]
    content = np.ascontiguousarray(ordered).view(f"V{rows.dtype.itemsize}").reshape(-1)
    identity = np.unique(content, return_inverse=True)[1].reshape(-1)
    copy = _running_count(group, lane, identity)
    span = int(lane.max()) + 1
    sizes = np.bincount(group * span + lane, minlength=(int(group[-1]) + 1) * span).reshape(-1, span)
    leads = sizes.argmax(axis=1)[group] != lane
    best = np.lexsort((seq[order], lane, leads, group))
    triple = np.stack((group, identity, copy))[:, best]
    turn = np.lexsort((np.arange(len(best)), *triple[::-1]))
    is_first = np.ones(len(best), np.bool_)
    is_first[1:] = (np.diff(triple[:, turn], axis=1) != 0).any(axis=0)
    kept = np.sort(turn[is_first])
    chosen: NDArray[np.intp] = order[best[kept]]
    return chosen


def _groups(kind: Kind, ordered: NDArray[Any]) -> NDArray[np.int64]:
    """A number for each run of records that share time, receipt and sequence."""
    new = np.zeros(len(ordered), np.bool_)
    for column in _time_columns(kind, ordered):
        new[1:] |= column[1:] != column[:-1]
    return np.cumsum(new)


def _time_columns(kind: Kind, rows: NDArray[Any]) -> list[NDArray[Any]]:
    """Event time, then whatever else tells when a record was, the strongest first."""
    names = rows.dtype.names or ()
    return [record_time(kind, rows), *(rows[name] for name in ("ts_recv", "sequence") if name in names)]


def _running_count(*keys: NDArray[Any]) -> NDArray[np.int64]:
    """How many rows before each have the same keys."""
    turn = np.lexsort((np.arange(len(keys[0])), *reversed(keys)))
    starts = np.ones(len(turn), np.bool_)
    starts[1:] = np.logical_or.reduce([key[turn][1:] != key[turn][:-1] for key in keys])
    indices = np.arange(len(turn))
    count = np.empty(len(turn), np.int64)
    count[turn] = indices - np.maximum.accumulate(np.where(starts, indices, 0))
    return count
