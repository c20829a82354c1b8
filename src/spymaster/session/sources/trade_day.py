"""One trade date out of many: which files hold some of it, and where its records begin and end."""

from __future__ import annotations

import datetime as dt
from collections.abc import Generator, Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from spymaster.feeds.dbn.files import DbnFile
from spymaster.feeds.errors import SourceError
from spymaster.lake.days.trade_dates import day_ns as day_ns
from spymaster.market.batches import Batch
from spymaster.market.calendar_table import date_of
from spymaster.market.dtypes import recv_ns
from spymaster.market.kinds import UNDEF_TIMESTAMP, Kind

_ALWAYS: Final = frozenset({Kind.DEF, Kind.STAT, Kind.MAPPING})
"""What tells about instruments is of use from any day."""


def files_of_day(files: Sequence[DbnFile], date: int) -> list[DbnFile]:
    """The files that may hold records of a trade date, and all that tell about instruments. Raises SourceError."""
    begin_ns, end_ns = day_ns(date)
    kept = [file for file in files if file.kind in _ALWAYS or _overlaps(file, begin_ns, end_ns)]
    if any(file.kind not in _ALWAYS for file in kept):
        return kept
    days = sorted({dt.datetime.fromtimestamp(_start_ns(file) / 1e9, dt.UTC).date() for file in files})
    held = f"{', '.join(map(str, days[:6]))}{' and later' if len(days) > 6 else ''} (UTC)"
    remedy = f"name another --date; they begin on {held}"
    raise SourceError(files[0].path.parent, f"no file holds records of {date_of(date)}", remedy)


def within(batches: Iterable[Batch], begin_ns: int, end_ns: int) -> Generator[Batch, None, None]:
    """The records that reached the vendor in [begin, end); those without a time go with what stands before them."""
    reached_ns = 0
    for batch in batches:
        times = arrivals(batch, reached_ns)
        reached_ns = int(times[-1])
        first, last = np.searchsorted(times, (begin_ns, end_ns), "left").tolist()
        if first < last:
            yield batch if last - first == len(batch) else cut(batch, first, last)
        if last < len(batch):
            return


def arrivals(batch: Batch, reached_ns: int = 0) -> NDArray[np.int64]:
    """The running maximum of the time of arrival, ``reached_ns`` before the first record."""
    times = np.zeros(len(batch), np.int64)
    for kind, rows in batch.arrays.items():
        arrived = recv_ns(kind, rows)
        times[batch.order == kind] = np.where(arrived == UNDEF_TIMESTAMP, 0, arrived).astype(np.int64)
    times[0] = max(int(times[0]), reached_ns)
    return np.maximum.accumulate(times)


def cut(batch: Batch, first: int, last: int) -> Batch:
    """The records of a batch from one place up to, not including, another."""
    before, order = batch.order[:first], batch.order[first:last]
    arrays = {}
    for kind, rows in batch.arrays.items():
        begin, count = int(np.count_nonzero(before == kind)), int(np.count_nonzero(order == kind))
        if count:
            arrays[kind] = rows[begin : begin + count]
    return Batch(arrays, order, batch.first_seq + first)


def latest_arrival(batch: Batch) -> int:
    """The latest time of arrival in a batch, 0 where none of its records has one."""
    latest = 0
    for kind, rows in batch.arrays.items():
        arrived = recv_ns(kind, rows)
        known = arrived[arrived != UNDEF_TIMESTAMP]
        latest = max(latest, int(known.max())) if len(known) else latest
    return latest


def _start_ns(file: DbnFile) -> int:
    return file.first_ns or file.header.start_ns


def _overlaps(file: DbnFile, begin_ns: int, end_ns: int) -> bool:
    return _start_ns(file) < end_ns and file.end_ns > begin_ns
