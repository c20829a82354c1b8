"""What has been seen of each instrument, to the record: where a hole begins, and where it ends."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from spymaster.market.batches import Batch, Records
from spymaster.market.dtypes import W_HEADER, W_TS_EVENT, W_TS_RECV
from spymaster.market.kinds import Kind

DATA_KINDS: Final = frozenset(
    {Kind.DEF, Kind.STATUS, Kind.STAT, Kind.MBP10, Kind.TRADE, Kind.MBP1, Kind.CMBP1, Kind.BBO, Kind.CBBO}
)
"""Kinds that hold market data: a hole in these is fetched."""

Key = tuple[Kind, int]
"""A kind and the (publisher, instrument) of its records, packed."""
Moment = tuple[int, int]
"""A time (ns), and how many records with that time were seen."""

_BY_RECEIPT: Final = frozenset({Kind.BBO, Kind.CBBO})
_MOST_WAITING: Final = 512
"""Records that are looked at together. All that arrives waits meanwhile, so that they must not be many."""
_KEY_SHIFT: Final = 16
_KEY_MASK: Final = 2**48 - 1


def keys_of(kind: Kind, rows: Records) -> NDArray[np.int64]:
    """The (publisher, instrument) of each record, packed into one number."""
    if kind is Kind.MBP10:
        packed: NDArray[np.int64] = rows[:, W_HEADER] >> _KEY_SHIFT & _KEY_MASK
        return packed
    publisher, instrument = rows["publisher_id"].astype(np.int64), rows["instrument_id"].astype(np.int64)
    return np.asarray(publisher | instrument << _KEY_SHIFT)


def times_of(kind: Kind, rows: Records) -> NDArray[np.int64]:
    """The time by which the vendor replays: ``ts_event``; of interval quotes, and where it is absent, ``ts_recv``."""
    if kind is Kind.MBP10:
        event, received = rows[:, W_TS_EVENT], rows[:, W_TS_RECV]
    else:
        event, received = rows["ts_event"].view(np.int64), rows["ts_recv"].view(np.int64)
    return received if kind in _BY_RECEIPT else np.where(event < 0, received, event)


def groups(kind: Kind, rows: Records) -> Iterator[tuple[int, NDArray[np.intp]]]:
    """The places of each instrument's records, in their order."""
    return grouped(keys_of(kind, rows))


def grouped(keys: NDArray[np.int64]) -> Iterator[tuple[int, NDArray[np.intp]]]:
    """The places of each key, in their order."""
    if (keys == keys[0]).all():
        yield int(keys[0]), np.arange(len(keys))
        return
    order = np.argsort(keys, kind="stable")
    cuts = np.flatnonzero(np.diff(keys[order])) + 1
    for places in np.split(order, cuts):
        yield int(keys[places[0]]), places


class LastSeen:
    """The latest time of each instrument's records, and how many there were of it.

    Batches are only kept at first, and looked at together now and then: their arrays must stay as they are.
    """

    def __init__(self, known: Mapping[Key, Moment] | None = None) -> None:
        self._moments: dict[Key, Moment] = dict(known or {})
        self._waiting: dict[Kind, list[Records]] = {}
        self._records = 0

    @property
    def moments(self) -> dict[Key, Moment]:
        """Kind and instrument -> the latest time, and the records of it."""
        self._settle()
        return self._moments

    def take(self, batch: Batch) -> None:
        """Note the records of a batch."""
        for kind, rows in batch.arrays.items():
            if kind in DATA_KINDS and len(rows):
                self._waiting.setdefault(kind, []).append(rows)
                self._records += len(rows)
        if self._records >= _MOST_WAITING:
            self._settle()

    def _settle(self) -> None:
        waiting, self._waiting, self._records = self._waiting, {}, 0
        for kind, parts in waiting.items():
            keys = np.concatenate([keys_of(kind, rows) for rows in parts])
            times = np.concatenate([times_of(kind, rows) for rows in parts])
            order = np.argsort(keys, kind="stable")
            keys, times = keys[order], times[order]
            starts = np.concatenate(([0], np.flatnonzero(np.diff(keys)) + 1))
            latest = np.maximum.reduceat(times, starts)
            is_latest = times == np.repeat(latest, np.diff(starts, append=len(times)))
            counts = np.add.reduceat(is_latest, starts, dtype=np.int64)
            for key, latest_ns, count in zip(keys[starts].tolist(), latest.tolist(), counts.tolist(), strict=True):
                self._note((kind, key), latest_ns, count)

    def _note(self, key: Key, latest: int, count: int) -> None:
        before = self._moments.get(key, (0, 0))
        if latest > before[0]:
            self._moments[key] = (latest, count)
        elif latest == before[0]:
            self._moments[key] = (latest, before[1] + count)

    def latest_ns(self, kinds: Collection[Kind] = DATA_KINDS) -> int:
        """The latest time of the records of some kinds; 0 before the first record."""
        return max((moment[0] for (kind, _), moment in self.moments.items() if kind in kinds), default=0)

    def earliest_ns(self) -> int:
        """From when on a replay holds everything that came after the latest record of each instrument.

        Records of the last hour count alone: an option without a quote since the morning is no reason to fetch the day.
        """
        latest_ns = self.latest_ns()
        return min((t for t, _ in self.moments.values() if t > latest_ns - _HOUR_NS), default=latest_ns)


_HOUR_NS: Final = 3600 * 10**9


class FirstSeen:
    """The first time of each instrument's records in a life, and how many there were of it."""

    def __init__(self) -> None:
        self.moments: dict[Key, Moment] = {}
        self._settled: set[Key] = set()

    def take(self, batch: Batch) -> None:
        """Note the records of a batch."""
        for kind, rows in batch.arrays.items():
            if kind in DATA_KINDS and len(rows):
                self._take(kind, rows)

    def _take(self, kind: Kind, rows: Records) -> None:
        keys = keys_of(kind, rows)
        if (keys == keys[0]).all() and (kind, int(keys[0])) in self._settled:
            return
        times = times_of(kind, rows)
        for number, places in groups(kind, rows):
            key = (kind, number)
            if key not in self._settled:
                self._note(key, times[places])

    def _note(self, key: Key, times: NDArray[np.int64]) -> None:
        first_ns, count = self.moments.get(key, (int(times[0]), 0))
        self.moments[key] = (first_ns, count + int(np.count_nonzero(times == first_ns)))
        if int(times.max()) > first_ns:
            self._settled.add(key)
