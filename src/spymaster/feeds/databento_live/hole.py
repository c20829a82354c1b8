"""What of a replay belongs into a hole: neither what was seen before it nor what was seen after it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from spymaster.feeds.databento_live.seen import DATA_KINDS, FirstSeen, Key, LastSeen, Moment, groups, times_of
from spymaster.market.batches import Batch, Records
from spymaster.market.kinds import NS_PER_S, Kind

EDGE_NS: Final = NS_PER_S
"""How long before the end of a hole an instrument that has not spoken since may still belong to what came after."""

_BEYOND_NS: Final = 5 * NS_PER_S


class Hole:
    """A time in which nothing was received, filled from a replay.

    ``before``: the last that was seen of each instrument when the connection broke. ``after``: the first that the next
    life sees of each; it grows while the hole is filled. ``ends_ns``: when that life began, by the vendor. ``keys``: of
    these instruments alone.

    True twins, two records that are the same byte for byte, are kept: what was seen is told by counting the records of
    the time at either edge, never by comparing them.
    """

    def __init__(
        self,
        before: Mapping[Key, Moment],
        after: FirstSeen,
        ends_ns: int,
        keys: Collection[Key] | None = None,
    ) -> None:
        self._keys = keys
        self._seen = LastSeen(before)
        self._after = after
        self.ends_ns = ends_ns
        self.filled = 0
        """Records put into it so far."""
        self._begin: dict[Key, Moment] = {}
        self._left: dict[Key, int] = {}
        self._held: dict[Key, list[Records]] = {}
        self._reached: set[Key] = set()
        self._latest_ns = 0
        self.restart()

    @property
    def start_ns(self) -> int:
        """Where a replay has to begin."""
        return self._seen.earliest_ns()

    @property
    def is_reached(self) -> bool:
        """Whether the replay has come to the first record of every instrument that lives after the hole."""
        return all(key in self._reached for key in self._after.moments)

    @property
    def is_passed(self) -> bool:
        """Whether the replay has gone well beyond the hole, whatever it met there."""
        return self._latest_ns > self.ends_ns + _BEYOND_NS

    def restart(self) -> None:
        """A new replay begins at ``start_ns``: it brings again what the one before brought."""
        self._begin = dict(self._seen.moments)
        self._left = {key: count for key, (_, count) in self._begin.items()}
        self._held.clear()
        self._reached.clear()
        self._latest_ns = 0

    def take(self, batch: Batch) -> Batch | None:
        """The records of a replay's batch that belong into the hole, as far as that is known already."""
        keep = np.zeros(len(batch), np.bool_)
        for kind, rows in batch.arrays.items():
            if kind in DATA_KINDS and len(rows):
                mine = np.zeros(len(rows), np.bool_)
                times = times_of(kind, rows)
                self._latest_ns = max(self._latest_ns, int(times.max()))
                for number, places in groups(kind, rows):
                    mine[self._inside((kind, number), rows, times, places)] = True
                keep[batch.order == kind] = mine
        return self._filled(only(batch, keep)) if keep.any() else None

    def finish(self) -> Batch | None:
        """What had to wait until the other edge was known. The replay is over."""
        arrays: dict[Kind, list[Records]] = {}
        for (kind, number), parts in self._held.items():
            rows = np.concatenate(parts)
            times = times_of(kind, rows)
            end = self._after.moments.get((kind, number))
            if end is None:
                keep = times < self.ends_ns
            else:
                keep = times < end[0]
                edge = np.flatnonzero(times == end[0])
                keep[edge[: max(len(edge) - end[1], 0)]] = True
            if keep.any():
                arrays.setdefault(kind, []).append(rows[keep])
        self._held.clear()
        if not arrays:
            return None
        joined = {kind: np.concatenate(parts) for kind, parts in arrays.items()}
        order = np.concatenate([np.full(len(rows), int(kind), np.uint8) for kind, rows in joined.items()])
        return self._filled(Batch(joined, order))

    def _filled(self, batch: Batch) -> Batch:
        self.filled += len(batch)
        self._seen.take(batch)
        return batch

    def _inside(self, key: Key, rows: Records, times: NDArray[np.int64], places: NDArray[np.intp]) -> NDArray[np.intp]:
        """The places of records that are behind the hole's beginning and before its end; those at the end are held."""
        if self._keys is not None and key not in self._keys:
            return places[:0]
        begin_ns = self._begin.get(key, (0, 0))[0]
        t = times[places]
        fresh = t > begin_ns
        edge = np.flatnonzero(t == begin_ns)
        seen = min(self._left.get(key, 0), len(edge))
        self._left[key] = self._left.get(key, 0) - seen
        fresh[edge[seen:]] = True
        end = self._after.moments.get(key)
        if end is not None and (t >= end[0]).any():
            self._reached.add(key)
        if end is None and key not in self._held:
            # nothing of it since: all that is well before the life began is of the hole, whatever comes
            self._hold(key, rows[places[fresh & (t >= self.ends_ns - EDGE_NS) & (t < self.ends_ns)]])
            return places[fresh & (t < self.ends_ns - EDGE_NS)]
        if end is None or key in self._held:
            self._hold(key, rows[places[fresh & (t < self.ends_ns if end is None else t <= end[0])]])
            return places[:0]
        self._hold(key, rows[places[fresh & (t == end[0])]])
        return places[fresh & (t < end[0])]

    def _hold(self, key: Key, rows: Records) -> None:
        if len(rows):
            self._held.setdefault(key, []).append(rows.copy())


def only(batch: Batch, keep: NDArray[np.bool_]) -> Batch:
    """The records of a batch that are to be kept, in their order."""
    if keep.all():
        return batch
    arrays: dict[Kind, Records] = {}
    for kind, rows in batch.arrays.items():
        mine = keep[batch.order == kind]
        if mine.any():
            arrays[kind] = rows[mine]
    return Batch(arrays, batch.order[keep])
