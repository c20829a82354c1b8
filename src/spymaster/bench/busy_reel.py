"""A market far busier than it ever is: a recording's records without end, at a pace of our own with bursts in it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from spymaster.loopback.databento.reel import FileReel, reels_of
from spymaster.market.batches import Batch
from spymaster.market.dtypes import by_name
from spymaster.market.kinds import NS_PER_S, Kind

PER_S: Final = 10_000
BURST_PER_S: Final = 50_000
_STEADY_S: Final = 9.5
_BURST_S: Final = 0.5
_STEADY: Final = round(_STEADY_S * PER_S)
_PERIOD: Final = _STEADY + round(_BURST_S * BURST_PER_S)
_ONCE: Final = frozenset({Kind.DEF, Kind.STAT, Kind.STATUS})
"""Said once at the beginning, however often the rest comes round."""


class BusyReel:
    """The futures and their options of a recording, ``seconds`` long (a ``loopback.databento.Reel``).

    Ten thousand records a second, and for half a second of each ten fifty thousand. Prices and sizes are the
    recording's, over and over; the times are new.
    """

    def __init__(self, recording: Path, seconds: float) -> None:
        (self._files,) = (reel for reel in reels_of([recording]) if reel.dataset == "GLBX.MDP3")
        self.records = records_until(seconds)
        self.held = list(_copies(self._files))

    @property
    def dataset(self) -> str:
        """The vendor's code for it."""
        return self._files.dataset

    @property
    def symbols(self) -> Mapping[int, str]:
        """Instrument id -> raw symbol."""
        return self._files.symbols

    @property
    def first_ns(self) -> int:
        """When the first record reaches the vendor."""
        return self._files.first_ns

    def batches(self) -> Iterator[Batch]:
        """All of it."""
        given = 0
        for turn in itertools.count():
            for batch in self.held:
                if turn and not _ONCE.isdisjoint(batch.arrays):
                    continue
                if given >= self.records:
                    return
                yield _retimed(batch, self.first_ns + moments(given, len(batch)))
                given += len(batch)


def moments(first: int, count: int) -> NDArray[np.int64]:
    """When so many records from the one at place ``first`` on are sent, ns from the beginning."""
    place = np.arange(first, first + count)
    turns, within = place // _PERIOD, place % _PERIOD
    steady = within / PER_S
    burst = _STEADY_S + (within - _STEADY) / BURST_PER_S
    seconds = turns * (_STEADY_S + _BURST_S) + np.where(within < _STEADY, steady, burst)
    whole: NDArray[np.int64] = np.rint(seconds * NS_PER_S).astype(np.int64)
    return whole


def records_until(seconds: float) -> int:
    """Records sent in the first so many seconds."""
    turns, rest_s = divmod(seconds, _STEADY_S + _BURST_S)
    within = rest_s * PER_S if rest_s <= _STEADY_S else _STEADY + (rest_s - _STEADY_S) * BURST_PER_S
    return round(turns * _PERIOD + within)


def _copies(reel: FileReel) -> Iterator[Batch]:
    """A recording's batches, those kinds apart that come once."""
    for batch in reel.batches():
        once = np.isin(batch.order, [int(kind) for kind in _ONCE])
        for keep in (once, ~once):
            arrays = {kind: rows[keep[batch.order == kind]].copy() for kind, rows in batch.arrays.items()}
            order = batch.order[keep].copy()
            if len(order):
                yield Batch({kind: rows for kind, rows in arrays.items() if len(rows)}, order)


def _retimed(batch: Batch, times_ns: NDArray[np.int64]) -> Batch:
    arrays = {kind: rows.copy() for kind, rows in batch.arrays.items()}
    for kind, rows in arrays.items():
        fields = by_name(kind, rows)
        fields["ts_event"] = fields["ts_recv"] = times_ns[batch.order == kind]
    return Batch(arrays, batch.order)
