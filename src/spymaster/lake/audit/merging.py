"""Streams of records of one kind each, merged by receipt."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from spymaster.lake.audit.accounts import Piece
from spymaster.market.batches import Batch, Records
from spymaster.market.dtypes import recv_ns
from spymaster.market.kinds import UNDEF_TIMESTAMP, Kind

_NONE: Final = np.zeros(0, np.int64)


class Lane:
    """Pieces of one kind in order, and which of their records are wanted."""

    def __init__(self, pieces: Iterator[Piece], wanted: Callable[[Piece], NDArray[np.bool_]]) -> None:
        self._pieces = pieces
        self._wanted = wanted
        self._reached_ns = 0
        self.kind: Kind | None = None
        self.keys_ns: NDArray[np.int64] = _NONE
        """When each record at hand was received; of one that was late, when the one before it was."""
        self._records: Records | None = None

    def refill(self) -> bool:
        """Take the next records in where there are none at hand; whether there are some."""
        while not len(self.keys_ns):
            piece = next(self._pieces, None)
            if piece is None:
                return False
            chosen = self._wanted(piece)
            if chosen.any():
                received = recv_ns(piece.kind, piece.records)[chosen]
                known = np.where(received == UNDEF_TIMESTAMP, 0, received).astype(np.int64)
                known[0] = max(int(known[0]), self._reached_ns)
                self.keys_ns = np.maximum.accumulate(known)
                self._reached_ns = int(self.keys_ns[-1])
                self.kind, self._records = piece.kind, piece.records[chosen]
        return True

    def take(self, until_ns: int) -> tuple[NDArray[np.int64], Records]:
        """The records received up to a time, that included; of the same time in their order."""
        assert self._records is not None
        count = int(np.searchsorted(self.keys_ns, until_ns, "right"))
        keys, records = self.keys_ns[:count], self._records[:count]
        self.keys_ns, self._records = self.keys_ns[count:], self._records[count:]
        return keys, records


def merged(lanes: Sequence[Lane]) -> Iterator[Batch]:
    """All records by receipt, bars of the past before everything else; of the same time as the lanes stand."""
    seq = 0
    active = [lane for lane in lanes if lane.refill()]
    for bars in [lane for lane in active if lane.kind is Kind.BAR]:
        while bars.refill():
            batch = Batch.of(Kind.BAR, bars.take(int(bars.keys_ns[-1]))[1], seq)
            yield batch
            seq += len(batch)
    active = sorted((lane for lane in active if lane.refill()), key=lambda lane: lane.kind or 0)
    while active:
        batch = _gathered(active, min(int(lane.keys_ns[-1]) for lane in active), seq)
        yield batch
        seq += len(batch)
        active = [lane for lane in active if lane.refill()]


def _gathered(lanes: Sequence[Lane], until_ns: int, seq: int) -> Batch:
    taken = [(lane.kind, *lane.take(until_ns)) for lane in lanes]
    keys = np.concatenate([keys for _, keys, _ in taken])
    kinds = np.repeat(np.array([kind for kind, *_ in taken], np.uint8), [len(keys) for _, keys, _ in taken])
    turn = np.argsort(keys, kind="stable")
    arrays: dict[Kind, Records] = {}
    for kind in sorted({kind for kind, own, _ in taken if kind is not None and len(own)}):
        own = [(keys, records) for of, keys, records in taken if of is kind and len(keys)]
        order = np.argsort(np.concatenate([keys for keys, _ in own]), kind="stable")
        arrays[kind] = np.concatenate([records for _, records in own])[order]
    return Batch(arrays, kinds[turn], seq)
