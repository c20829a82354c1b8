"""Trades come once: with depth present a separate trades file only checks the tape inside the depth stream.

Both streams print every trade. They are matched as multisets of (ts_event, sequence, price, size, side): what the
trades file has alone is *missing* from the depth, what the depth has alone is *extra*.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from spymaster.feeds.dbn.files import DbnFile
from spymaster.feeds.merge import merge
from spymaster.market import dtypes as dt
from spymaster.market.batches import Batch, Records
from spymaster.market.instruments import Instrument
from spymaster.market.kinds import ACTION_TRADE, Kind

_TRADE_WORDS: Final = 6
_SIZE_AND_SIDE: Final = 0x0000_FF00_FFFF_FFFF
_ACTION_BYTE: Final = dt.W_SIZE * 8 + dt.ACTION_SHIFT // 8
_SETTLE_EVERY: Final = 4096
"""Trades held back before they are matched, at least; more while many are unmatched, so that matching stays linear."""

Words = NDArray[np.int64]


class TradesOnce:
    """Counts the trades of one instrument that only one of the two streams has.

    Fed in any pieces and any relative order. Memory holds what one stream is ahead of the other and what found no
    match: a few kilobytes where the streams agree.
    """

    def __init__(self, publisher_id: int, instrument_id: int) -> None:
        header = instrument_id << dt.INSTRUMENT_SHIFT | publisher_id << dt.PUBLISHER_SHIFT
        self._instrument = np.uint64(header).astype(np.int64) >> dt.PUBLISHER_SHIFT
        self._depth = _Held()
        self._trades = _Held()
        self._unmatched = 0

    def feed_depth(self, records: Words) -> None:
        """Take MBP-10 records (``int64[n, 46]``) of any action and instrument; what is no trade costs little."""
        self._depth.add(self._keys(records))
        self._settle_if_due()

    def feed_trades(self, records: Records) -> None:
        """Take records of the trades stream (dtype of ``Kind.TRADE``)."""
        words = np.ascontiguousarray(records).view(np.int64).reshape(-1, _TRADE_WORDS)
        self._trades.add(self._keys(words))
        self._settle_if_due()

    @property
    def held(self) -> int:
        """Trades of either stream not yet matched or known to have no match."""
        return self._depth.count + self._trades.count

    @property
    def missing(self) -> int:
        """Trades of the trades stream, so far fed, that are not among the trades of the depth stream."""
        self._settle()
        return self._trades.count

    @property
    def extra(self) -> int:
        """Trades of the depth stream, so far fed, that the trades stream has not."""
        self._settle()
        return self._depth.count

    def _keys(self, words: Words) -> Words:
        """The instrument's trades, blanked but for what identifies them: ts_event, price, size, side, sequence."""
        actions = words.view(np.uint8)[:, _ACTION_BYTE]
        trades = words[np.flatnonzero(actions == ACTION_TRADE), :_TRADE_WORDS]
        mine = trades[:, dt.W_HEADER] >> dt.PUBLISHER_SHIFT == self._instrument
        if not mine.all():
            trades = trades[mine]
        trades[:, dt.W_HEADER] = 0
        trades[:, dt.W_SIZE] &= _SIZE_AND_SIDE
        trades[:, dt.W_TS_RECV] = 0
        trades[:, dt.W_SEQUENCE] >>= dt.SEQUENCE_SHIFT
        return trades

    def _settle_if_due(self) -> None:
        if self.held - self._unmatched >= max(_SETTLE_EVERY, self._unmatched):
            self._settle()

    def _settle(self) -> None:
        """Strike out what both have; what is left stays held."""
        depth, trades = self._depth.all(), self._trades.all()
        both = min(len(depth), len(trades))
        if np.array_equal(depth[:both], trades[:both]):
            depth, trades = depth[both:].copy(), trades[both:].copy()
        else:
            depth, trades = _without_common(depth, trades)
        self._depth.hold(depth)
        self._trades.hold(trades)
        self._unmatched = len(depth) + len(trades)


def split_trades(files: Sequence[DbnFile], instruments: Sequence[Instrument]) -> tuple[list[DbnFile], list[DbnFile]]:
    """(files for the merge, trades files to read beside it).

    The second are trades files of an instrument of which there is depth; without depth they are the tape, and stay.
    """
    deep = [one for one in instruments if any(file.kind is Kind.MBP10 and _holds(file, one) for file in files)]
    beside = [file for file in files if file.kind is Kind.TRADE and any(_holds(file, one) for one in deep)]
    return [file for file in files if file not in beside], beside


def _holds(file: DbnFile, instrument: Instrument) -> bool:
    """Whether a file has records of the instrument: by the first few where they can say, else by all of them."""
    kind = file.kind
    if kind is None or kind not in file.head.arrays:
        return False
    named = dt.by_name(kind, file.head.arrays[kind])
    ids = {span.instrument_id for span in file.spans}
    if ids and instrument.instrument_id not in ids:
        return False
    own = named[named["publisher_id"] == instrument.publisher_id]
    if len(own) and instrument.instrument_id in ids | set(own["instrument_id"].tolist()):
        return True
    return instrument.publisher_id in file.survey.publishers(instrument.instrument_id)


class TradesBeside:
    """Reads trades files alongside a depth stream, only as far as the depth has come, and compares the two.

    ``on_read`` is given every batch of them.
    """

    def __init__(
        self,
        files: Sequence[DbnFile],
        instruments: Sequence[Instrument],
        on_read: Callable[[Batch], None] = lambda batch: None,
    ) -> None:
        self._on_read = on_read
        keys = {(one.publisher_id, one.instrument_id) for one in instruments}
        self._checks = [TradesOnce(*key) for key in sorted(keys)]
        self._batches = merge(files)
        self._reached_ns = -1
        self._ended = False

    def follow(self, batch: Batch) -> None:
        """Take a batch of the stream that holds the depth."""
        if Kind.MBP10 in batch.arrays:
            self.follow_depth(batch.arrays[Kind.MBP10])

    def follow_depth(self, depth: Words) -> None:
        """Take MBP-10 records, and as much of the trades files as had arrived by then."""
        if len(depth) == 0:
            return
        for check in self._checks:
            check.feed_depth(depth)
        self._read_to(int(depth[-1, dt.W_TS_RECV]))

    def finish(self) -> tuple[int, int]:
        """Read the trades files to their end; returns (missing, extra)."""
        while not self._ended:
            self._read_next()
        return self.counts

    @property
    def counts(self) -> tuple[int, int]:
        """(missing, extra) among what was read so far."""
        return sum(check.missing for check in self._checks), sum(check.extra for check in self._checks)

    def close(self) -> None:
        """Stop reading. Safe to call twice."""
        self._batches.close()

    def _read_to(self, recv_ns: int) -> None:
        while not self._ended and self._reached_ns < recv_ns:
            self._read_next()

    def _read_next(self) -> None:
        batch = next(self._batches, None)
        if batch is None:
            self._ended = True
            return
        self._on_read(batch)
        trades = batch.arrays.get(Kind.TRADE)
        if trades is not None and len(trades):
            for check in self._checks:
                check.feed_trades(trades)
            self._reached_ns = int(trades["ts_recv"][-1])


class _Held:
    """Keys not yet matched, in the order they came."""

    def __init__(self) -> None:
        self._pieces: list[Words] = []
        self.count = 0

    def add(self, keys: Words) -> None:
        if len(keys):
            self._pieces.append(keys)
            self.count += len(keys)

    def hold(self, keys: Words) -> None:
        """Replace everything held."""
        self._pieces = [keys]
        self.count = len(keys)

    def all(self) -> Words:
        return np.concatenate(self._pieces) if self._pieces else np.empty((0, _TRADE_WORDS), dtype=np.int64)


def _without_common(left: Words, right: Words) -> tuple[Words, Words]:
    """Both multisets less their intersection. Which of equal keys stay is immaterial; their number is exact."""
    keys = np.concatenate((left, right))
    weight = np.repeat(np.array([1, -1]), (len(left), len(right)))
    turn = np.lexsort(keys.T)
    keys, weight = keys[turn], weight[turn]
    first = np.flatnonzero(np.concatenate(([True], (keys[1:] != keys[:-1]).any(axis=1))))
    surplus = np.add.reduceat(weight, first)
    keys = keys[first]
    return np.repeat(keys, np.maximum(surplus, 0), axis=0), np.repeat(keys, np.maximum(-surplus, 0), axis=0)
