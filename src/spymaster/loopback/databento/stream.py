"""Which records a connection is sent next: subscriptions, replay and pace, worked out batch by batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from spymaster.loopback.databento.reel import Reel, Wanted, Wire, chosen, event_ns, received_ns, wire_of
from spymaster.loopback.pace import Pace
from spymaster.market.batches import Batch

_LONG_S: Final = 3600.0


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """Bytes to send: ``ends`` of each record in ``data``, their record type bytes, and the time of the last."""

    data: NDArray[np.uint8]
    ends: NDArray[np.int64]
    rtypes: NDArray[np.uint8]
    until_ns: int


class Stream:
    """The records of one connection. ``wanted`` may grow while it runs: what is new counts from the next record on."""

    def __init__(self, reel: Reel, wanted: Sequence[Wanted], pace: Pace, *, ts_out: bool) -> None:
        self._wanted = wanted
        self._pace = pace
        self._ts_out = ts_out
        self._begin_ns = pace.begin_ns()
        self._batches: Iterator[Batch] = reel.batches()
        self._batch: Batch | None = None
        self._clock_ns = 0
        self._due: NDArray[np.int64] = np.zeros(0, np.int64)
        self._from = 0
        self._wire: Wire | None = None
        self._at = 0
        self._known = 0
        self._replaying = [want.schema for want in wanted if want.start_ns is not None]
        self._past = False
        self._is_over = False

    def completed(self) -> list[str]:
        """The schemas whose replay has just reached the present."""
        if not self._replaying or not self._past:
            return []
        done, self._replaying = self._replaying, []
        return done

    def wait_s(self) -> float:
        """How long until the next record is due."""
        if self._wire is None or self._at >= len(self._wire.ends):
            return _LONG_S
        return self._pace.seconds_until(int(self._wire.due_ns[self._at]))

    def next_piece(self, most_bytes: int, most_records: int | None) -> Piece | None:
        """What is to be sent now, or None where nothing is due."""
        until_ns = self._pace.due_ns()
        if (self._replaying and not self._past) or all(want.start_ns is not None for want in self._wanted):
            # a replay ends at the present, and without a subscription to what comes there is nothing behind it
            until_ns = min(until_ns, self._pace.now_ns())
        wire = self._current(until_ns)
        if wire is None:
            self._past = True
            return None
        end = int(np.searchsorted(wire.due_ns, until_ns, side="right"))
        if end <= self._at:
            self._past = True
            return None
        start_byte = int(wire.ends[self._at - 1]) if self._at else 0
        end = min(end, max(int(np.searchsorted(wire.ends, start_byte + most_bytes, side="right")), self._at + 1))
        if most_records is not None:
            end = min(end, self._at + most_records)
        piece = Piece(
            wire.data[start_byte : int(wire.ends[end - 1])],
            wire.ends[self._at : end] - start_byte,
            wire.schemas[self._at : end],
            int(wire.due_ns[end - 1]),
        )
        self._at = end
        return piece

    def _current(self, until_ns: int) -> Wire | None:
        """The records at hand: of the batch that is being sent, or of the next that has any up to this time."""
        if self._known != len(self._wanted) and self._batch is not None and self._wire is not None:
            # what was sent stays sent; the rest of the batch is chosen anew
            sent = self._wire.place[: self._at]
            self._from = int(sent[-1]) + 1 if len(sent) else self._from
            self._make()
        while self._wire is None or self._at >= len(self._wire.ends):
            if self._is_over or (len(self._due) and int(self._due[-1]) > until_ns):
                return None
            batch = next(self._batches, None)
            if batch is None:
                self._is_over = True
                return None
            self._batch, self._from = batch, 0
            self._due = np.maximum(np.maximum.accumulate(received_ns(batch)), self._clock_ns)
            self._clock_ns = int(self._due[-1]) if len(batch) else self._clock_ns
            self._make()
        return self._wire

    def _make(self) -> None:
        assert self._batch is not None
        self._known = len(self._wanted)
        events = event_ns(self._batch)
        live = self._due > self._begin_ns

        def times_of(want: Wanted) -> NDArray[np.bool_]:
            return live if want.start_ns is None else events >= want.start_ns

        keep = chosen(self._batch, self._wanted, times_of)
        keep[: self._from] = False
        self._wire, self._at = wire_of(self._batch, self._due, keep, ts_out=self._ts_out), 0
