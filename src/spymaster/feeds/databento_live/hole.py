"""What of a replay belongs into a hole: neither what was seen before it nor what was seen after it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from spymaster.feeds.databento_live.seen import DATA_KINDS, FirstSeen, Key, LastSeen, Moment, groups, times_of
from spymaster.market.batches import Batch, Records
from spymaster.market.kinds import NS_PER_S, Kind

EDGE_NS: Final = NS_PER_S
"""How long before the end of a hole an instrument that has not spoken since may still belong to what came after."""

_BEYOND_NS: Final = 5 * NS_PER_S
_ALL: Final = 2**62


class Hole:
    """A time in which nothing was received, filled from a replay.

    ``before``: the last that was seen of each instrument when the connection broke. ``after``: the first that the next
    life sees of each; it grows while the hole is filled. ``ends_ns``: when that life began, by the vendor. ``keys``: of
    these instruments alone.

    True twins, two records that are the same byte for byte, are kept: what was seen is told by counting the records of
    the time at either edge, never by comparing them. What is put into it keeps the replay's order: from the first
    record on of which it is not known yet whether it belongs there, all that may belong waits for the replay's end.
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
        self._held: list[Batch] = []
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
        may = np.zeros(len(batch), np.bool_)
        sure = np.zeros(len(batch), np.bool_)
        for kind, rows in batch.arrays.items():
            if kind in DATA_KINDS and len(rows):
                times = times_of(kind, rows)
                self._latest_ns = max(self._latest_ns, int(times.max()))
                both = np.zeros((2, len(rows)), np.bool_)
                for number, places in groups(kind, rows):
                    both[:, places] = self._inside((kind, number), times[places])
                may[batch.order == kind], sure[batch.order == kind] = both
        unsure = np.flatnonzero(may & ~sure)
        waits_from = 0 if self._held else int(unsure[0]) if len(unsure) else len(batch)
        behind = np.arange(len(batch)) >= waits_from
        if (may & behind).any():
            self._held.append(_copied(only(batch, may & behind)))
        return self._filled(only(batch, may & ~behind)) if (may & ~behind).any() else None

    def finish(self) -> list[Batch]:
        """What had to wait until the other edge was known. The replay is over."""
        held, self._held = self._held, []
        at_edge: dict[Key, int] = {}
        for batch in held:
            for key, times, _ in _instruments(batch):
                at_edge[key] = at_edge.get(key, 0) + int(np.count_nonzero(times == self._end_of(key)[0]))
        # of the records at the edge those that were seen after it are the last
        missed = {key: count - self._end_of(key)[1] for key, count in at_edge.items()}
        found = []
        for batch in held:
            keep = np.zeros(len(batch), np.bool_)
            for key, times, places in _instruments(batch):
                end_ns, _ = self._end_of(key)
                edge = np.flatnonzero(times == end_ns)[: max(missed[key], 0)]
                missed[key] -= len(edge)
                keep[places[times < end_ns]] = keep[places[edge]] = True
            if keep.any():
                found.append(self._filled(only(batch, keep)))
        return found

    def _end_of(self, key: Key) -> Moment:
        """The first time after the hole and the records of it; of what has not spoken since, when the life began."""
        # at that very time nothing is missing: it was asked for from then on
        return self._after.moments.get(key, (self.ends_ns, _ALL))

    def _filled(self, batch: Batch) -> Batch:
        self.filled += len(batch)
        self._seen.take(batch)
        return batch

    def _inside(self, key: Key, times: NDArray[np.int64]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Which records of an instrument may belong into the hole, and which surely do."""
        if self._keys is not None and key not in self._keys:
            none = np.zeros(len(times), np.bool_)
            return none, none
        begin_ns = self._begin.get(key, (0, 0))[0]
        fresh = times > begin_ns
        edge = np.flatnonzero(times == begin_ns)
        seen = min(self._left.get(key, 0), len(edge))
        self._left[key] = self._left.get(key, 0) - seen
        fresh[edge[seen:]] = True
        end = self._after.moments.get(key)
        if end is None:
            # nothing of it since: all that is well before the life began is of the hole, whatever comes
            return fresh & (times < self.ends_ns), fresh & (times < self.ends_ns - EDGE_NS)
        if (times >= end[0]).any():
            self._reached.add(key)
        return fresh & (times <= end[0]), fresh & (times < end[0])


def _instruments(batch: Batch) -> Iterator[tuple[Key, NDArray[np.int64], NDArray[np.intp]]]:
    """Each instrument of a batch: its key, the times of its records, and their places in the batch."""
    for kind, rows in batch.arrays.items():
        times, places = times_of(kind, rows), np.flatnonzero(batch.order == kind)
        for number, own in groups(kind, rows):
            yield (kind, number), times[own], places[own]


def _copied(batch: Batch) -> Batch:
    """The same in arrays of its own: those of a feed are valid until it is asked again."""
    return Batch({kind: rows.copy() for kind, rows in batch.arrays.items()}, batch.order.copy())


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
