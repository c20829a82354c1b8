"""One stream out of many files: a k-way merge that never changes the order inside a file.

Among the files' next records the smallest key goes first: (running maximum of ``ts_recv``, rank of the kind, place of
the file by sorted base name). A key that falls within one file cannot overtake, so the merge equals a stable sort by
the running maximum of the key, which is done a stretch at a time: as far as every file's next record is known. Depth
with trades beside it is not copied: only the order is worked out.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from types import MappingProxyType
from typing import Final, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from spymaster.feeds.dbn.files import DbnFile
from spymaster.feeds.dbn.records import Mark
from spymaster.market.batches import Batch, Records
from spymaster.market.dtypes import recv_ns
from spymaster.market.kinds import Kind
from spymaster.market.venues import AssetClass, asset_class

_EQUITY_RANK: Final = 6
_OPTIONS_RANK: Final = 7
_RANKS: Final[Mapping[Kind, int]] = MappingProxyType(
    {
        Kind.DEF: 0,
        Kind.MAPPING: 1,
        Kind.STATUS: 2,
        Kind.STAT: 3,
        Kind.MBP10: 4,
        Kind.MBP1: 4,
        Kind.BBO: 4,
        Kind.TRADE: 5,
        Kind.CMBP1: _OPTIONS_RANK,
        Kind.CBBO: _OPTIONS_RANK,
        Kind.SYSTEM: 8,
        Kind.ERROR: 8,
    }
)
_PRICED: Final = frozenset({Kind.TRADE, Kind.MBP1, Kind.BBO, Kind.CMBP1, Kind.CBBO})


def kind_rank(kind: Kind, asset: AssetClass) -> int:
    """Which of two records of the same time goes first: definitions, states, futures depth, trades, equity, options."""
    if kind in _PRICED and asset is not AssetClass.FUTURES:
        return _EQUITY_RANK if asset is AssetClass.EQUITY else _OPTIONS_RANK
    return _RANKS[kind]


def sort_key(file: DbnFile) -> tuple[str, str]:
    """The place of a file among others: base name, then the whole path."""
    return file.path.name, str(file.path.resolve())


class LanePosition(msgspec.Struct, frozen=True):
    """How far one file was taken: ``mark`` of the chunk in hand, ``taken`` records of it, and the key and rank that the
    records before the chunk carry into it."""

    mark: Mark
    taken: int
    key: int = 0
    rank: int = 0


class MergePosition(msgspec.Struct, frozen=True):
    """How far a merge has come. ``lanes``: by the files' places; None for a file not opened yet. ``seq``: of the next
    record."""

    seq: int
    lanes: tuple[LanePosition | None, ...]


def merge(files: Sequence[DbnFile], records_per_chunk: int | None = None) -> Generator[Batch, None, None]:
    """All records of all files in one order, which depends on neither the order of ``files`` nor the chunk size.

    A single file passes through without a copy. Each batch is valid until the next is asked for; ``first_seq`` counts
    from 0. A file is opened when its first record comes near, so that a year of daily files needs no more than a day's.
    """
    yield from Merge(files, records_per_chunk).batches()


class Merge:
    """A merge that can say how far it has come, and begin there another time."""

    def __init__(
        self, files: Sequence[DbnFile], records_per_chunk: int | None = None, start: MergePosition | None = None
    ) -> None:
        self._files = sorted(files, key=sort_key)
        self._records_per_chunk = records_per_chunk
        self._start = start
        self._seq = start.seq if start is not None else 0
        self._lanes: list[_Lane] = []

    def batches(self) -> Generator[Batch, None, None]:
        """What is left of the records, as :func:`merge` gives them."""
        begun = self._start.lanes if self._start is not None else (None,) * len(self._files)
        self._lanes = [
            _Lane(file, file_index, self._records_per_chunk, begun[file_index])
            for file_index, file in enumerate(self._files)
        ]
        try:
            yield from self._through() if len(self._lanes) == 1 else self._merged()
        finally:
            for lane in self._lanes:
                lane.close()

    def position(self) -> MergePosition:
        """Where the records after the latest batch begin."""
        return MergePosition(self._seq, tuple(lane.position() for lane in self._lanes))

    def _through(self) -> Generator[Batch, None, None]:
        (lane,) = self._lanes
        while (batch := lane.rest_of_chunk()) is not None:
            self._seq = batch.first_seq + len(batch)
            yield batch

    def _merged(self) -> Generator[Batch, None, None]:
        begun = [lane for lane in self._lanes if lane.begun]
        waiting = [lane for lane in self._lanes if not lane.begun]
        waiting.sort(key=lambda lane: (lane.first_key, lane.file_index), reverse=True)
        for lane in begun:
            lane.refill()
        active = [lane for lane in begun if lane.left]
        while waiting or active:
            _open_due(waiting, active)
            if not active:
                continue
            bound = min(lane.last for lane in active)
            batch = _emit(active, bound, self._seq)
            self._seq += len(batch)
            yield batch
            for lane in active:
                lane.refill()
            active = [lane for lane in active if lane.left]


def _open_due(waiting: list[_Lane], active: list[_Lane]) -> None:
    """Open every file whose first record may come before the end of what is known of the open ones."""
    while waiting:
        known = min((lane.last[0] for lane in active), default=None)
        if known is not None and waiting[-1].first_key > known:
            return
        lane = waiting.pop()
        lane.refill()
        if lane.left:
            active.append(lane)


def _emit(lanes: Sequence[_Lane], bound: tuple[int, int, int], seq: int) -> Batch:
    """Everything up to the bound, merged. The bound is the last known record of one lane, so never nothing."""
    runs = [run for run in (lane.pop_until(bound) for lane in lanes) if len(run.order)]
    if len(runs) == 1:
        return Batch(runs[0].arrays, runs[0].order, seq)
    runs.sort(key=lambda run: (run.rank, run.file_index))
    lengths = [len(run.order) for run in runs]
    keys = np.concatenate([run.keys for run in runs])
    if all(run.ranks is None for run in runs):
        turn = np.argsort(keys, kind="stable")
    else:
        ranks = np.concatenate([run.all_ranks() for run in runs])
        turn = np.lexsort((np.repeat([run.file_index for run in runs], lengths), ranks, keys))
    order = np.concatenate([run.order for run in runs])
    arrays = {kind: _gather(kind, runs, order, turn) for kind in {kind for run in runs for kind in run.arrays}}
    return Batch(arrays, order[turn], seq)


def _gather(kind: Kind, runs: Sequence[_Run], order: NDArray[np.uint8], turn: NDArray[np.intp]) -> Records:
    """The records of one kind in merged order: as they stand where one file has them all, else copied together."""
    parts = [run.arrays[kind] for run in runs if kind in run.arrays]
    if len(parts) == 1:
        return parts[0]
    place_in_kind = np.cumsum(order == kind) - 1
    together: Records = np.concatenate(parts)[place_in_kind[turn[order[turn] == kind]]]
    return together


class _Run:
    """The stretch of one lane that goes into one batch. ``ranks`` is None where ``rank`` is that of every record."""

    def __init__(
        self,
        file_index: int,
        rank: int,
        ranks: NDArray[np.uint8] | None,
        keys: NDArray[np.uint64],
        order: NDArray[np.uint8],
        arrays: Mapping[Kind, Records],
    ) -> None:
        self.file_index = file_index
        self.rank = rank
        self.ranks = ranks
        self.keys = keys
        self.order = order
        self.arrays = arrays

    def all_ranks(self) -> NDArray[np.uint8]:
        """The rank of each record."""
        return self.ranks if self.ranks is not None else np.full(len(self.keys), self.rank, dtype=np.uint8)


class _Lane:
    """One file on its way through the merge: its present chunk, the keys of the chunk, and how far it was taken.

    Keys are ``ts_recv + 1`` so that an absent time (all ones) wraps to 0 and takes the time of the record before it.
    """

    def __init__(
        self, file: DbnFile, file_index: int, records_per_chunk: int | None, start: LanePosition | None
    ) -> None:
        self.file = file
        self.file_index = file_index
        self.begun = start is not None
        asset = asset_class(file.dataset, file.header.symbols)
        self._rank_of = np.array([kind_rank(kind, asset) if kind in _RANKS else 0 for kind in Kind], dtype=np.uint8)
        self._chunks = file.chunks_from(start.mark if start is not None else None, records_per_chunk)
        self._batch: Batch | None = None
        self._at = 0
        self._to_skip = start.taken if start is not None else 0
        self._taken: dict[Kind, int] = {}
        self._keys: NDArray[np.uint64] = np.zeros(0, dtype=np.uint64)
        self._ranks: NDArray[np.uint8] | None = None
        self._rank = 0
        self.last = (start.key, start.rank, file_index) if start is not None else (0, 0, file_index)
        self._carried = self.last
        self.first_key = file.first_ns + 1 if file.first_ns else 0

    @property
    def left(self) -> int:
        """Records of the present chunk not yet taken."""
        return len(self._keys) - self._at

    def position(self) -> LanePosition | None:
        """How far the file was taken; None before it was opened."""
        if not self.begun:
            return None
        key, rank, _ = self._carried
        return LanePosition(self._chunks.mark, self._at, key, rank)

    def refill(self) -> None:
        """Load the next chunk once the present one is used up; afterwards ``left`` is 0 only at the end of the file."""
        self.begun = True
        while not self.left:
            batch = next(self._chunks, None)
            if batch is None:
                return
            self._batch = batch
            self._taken = dict.fromkeys(batch.arrays, 0)
            self._carried = self.last
            self._key(batch)
            self._at = self._skipped(batch)

    def rest_of_chunk(self) -> Batch | None:
        """All that is left of the next chunk that was not wholly taken, without looking at keys; None at the end."""
        self.begun = True
        batch = next(self._chunks, None)
        while batch is not None and self._to_skip >= len(batch):
            self._to_skip -= len(batch)
            batch = next(self._chunks, None)
        if batch is None:
            return None
        skip = self._to_skip
        self._to_skip = 0
        self._at = len(batch)
        if not skip:
            return batch
        gone = batch.order[:skip]
        arrays = {kind: rows[int(np.count_nonzero(gone == kind)) :] for kind, rows in batch.arrays.items()}
        return Batch(arrays, batch.order[skip:], batch.first_seq + skip)

    def _skipped(self, batch: Batch) -> int:
        """How much of a chunk was taken before the position this lane began at."""
        count = min(self._to_skip, len(batch))
        self._to_skip -= count
        for kind in self._taken if count else ():
            self._taken[kind] = int(np.count_nonzero(batch.order[:count] == kind))
        return count

    def pop_until(self, bound: tuple[int, int, int]) -> _Run:
        """The records up to the bound (key, rank, place), included."""
        assert self._batch is not None
        upto = self._upto(bound)
        span = slice(self._at, upto)
        order = self._batch.order[span]
        arrays: dict[Kind, Records] = {}
        for kind, rows in self._batch.arrays.items():
            count = len(order) if len(self._batch.arrays) == 1 else int(np.count_nonzero(order == kind))
            if count:
                arrays[kind] = rows[self._taken[kind] : self._taken[kind] + count]
                self._taken[kind] += count
        self._at = upto
        ranks = None if self._ranks is None else self._ranks[span]
        return _Run(self.file_index, self._rank, ranks, self._keys[span], order, arrays)

    def close(self) -> None:
        """Stop reading."""
        self._chunks.close()

    def _upto(self, bound: tuple[int, int, int]) -> int:
        key, rank, file_index = bound
        rest = self._keys[self._at :]
        low = int(np.searchsorted(rest, np.uint64(key), "left"))
        high = int(np.searchsorted(rest, np.uint64(key), "right"))
        side: Literal["left", "right"] = "right" if self.file_index <= file_index else "left"
        if self._ranks is not None:
            ties = self._ranks[self._at + low : self._at + high]
            return self._at + low + int(np.searchsorted(ties, rank, side))
        return self._at + (high if (self._rank, self.file_index) <= (rank, file_index) else low)

    def _key(self, batch: Batch) -> None:
        """Work out the running keys of a chunk, carried on from the last of the one before."""
        last_key, last_rank, _ = self.last
        one = np.uint64(1)
        if len(batch.arrays) == 1:
            (kind, rows), *_ = batch.arrays.items()
            keys = recv_ns(kind, rows) + one
        else:
            keys = np.empty(len(batch), dtype=np.uint64)
            for kind, rows in batch.arrays.items():
                keys[batch.order == kind] = recv_ns(kind, rows) + one
        keys[0] = max(int(keys[0]), last_key)
        np.maximum.accumulate(keys, out=keys)
        self._keys = keys
        self._ranks = None
        self._rank = int(self._rank_of[batch.order[0]])
        if len(batch.arrays) > 1 or (self._rank < last_rank and int(keys[0]) == last_key):
            self._ranks = _running_ranks(keys, self._rank_of[batch.order], last_key, last_rank)
        self.last = (int(keys[-1]), self._rank if self._ranks is None else int(self._ranks[-1]), self.file_index)


def _running_ranks(
    keys: NDArray[np.uint64], ranks: NDArray[np.uint8], last_key: int, last_rank: int
) -> NDArray[np.uint8]:
    """The rank part of the running maximum of (key, rank): the highest rank so far among records of one key."""
    ranks = ranks.copy()
    if int(keys[0]) == last_key:
        ranks[0] = max(int(ranks[0]), last_rank)
    group = np.zeros(len(keys), dtype=np.int64)
    np.cumsum(keys[1:] != keys[:-1], out=group[1:])
    return (np.maximum.accumulate(group << 8 | ranks) & 0xFF).astype(np.uint8)
