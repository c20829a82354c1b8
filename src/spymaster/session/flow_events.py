"""The flow ledger event by event: what each record added, withdrew or filled at which price.

The engine is stepped a record at a time and its open bucket compared with what it was before. So the events of a
bucket, side and price add up to the bucket's row of ``flows``, by construction and in every field.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from spymaster.journal.source import Source
from spymaster.market.frames import ConfigFrame
from spymaster.market.kinds import PRICE_SCALE
from spymaster.physics.engine import Engine
from spymaster.physics.memory.indices import ADD, BUY, FILL, HIDDEN, OFF_BOOK, PULL, SELL
from spymaster.signals.columns import Columns, Words

KINDS: Final = ("ADDED", "PULLED", "FILLED", "HIDDEN", "OFF_BOOK", "TRADED")
"""What an event is. FILLED includes HIDDEN, as in ``flows``; TRADED is the print, with the aggressor's side."""

_SIDES: Final = ("B", "A", "N")
_SIDE_FIELDS: Final = 4
_MEANINGS: Final[tuple[tuple[int, str, str], ...]] = (
    *(
        (side * _SIDE_FIELDS + field, name, letter)
        for side, letter in enumerate("BA")
        for field, name in ((ADD, "ADDED"), (PULL, "PULLED"), (FILL, "FILLED"), (HIDDEN, "HIDDEN"))
    ),
    (OFF_BOOK, "OFF_BOOK", "N"),
    (BUY, "TRADED", "B"),
    (SELL, "TRADED", "A"),
)
_FIELDS: Final = np.array([field for field, _, _ in _MEANINGS])
_ROWS_PER_PIECE: Final = 16_384

Cells = dict[int, NDArray[np.int64]]
"""Tick -> the fields of ``_MEANINGS``."""
Row = tuple[int, int, str, str, int, int]


def flow_events(source: Source, engine: Engine) -> Iterator[Columns]:
    """The events of a source, a piece at a time. The engine must be new and gather one snap a block.

    Columns: ``ts_event_ns``, time of the record; ``ts_bucket_ns``, the snap whose bucket it is counted in; ``event``,
    one of ``KINDS``; ``side``, B or A of the book (of a TRADED the aggressor's), N for off-book volume; ``price`` in
    points of the future; ``contracts``.
    """
    engine.records_per_step = 1
    watch = _Watch()
    rows: list[Row] = []
    tick_e9 = 0
    try:
        for frame in source.frames():
            if isinstance(frame, ConfigFrame):
                # the engine begins anew, and its bucket with it
                watch = _Watch()
            for _ in engine.feed(frame):
                rows += watch.look(engine)
            if engine.config is not None:
                tick_e9 = engine.config.instrument.tick_e9
                rows += watch.look(engine)
            if len(rows) >= _ROWS_PER_PIECE:
                yield _columns(rows, tick_e9)
                rows = []
        for _ in engine.finish():
            rows += watch.look(engine)
        yield _columns(rows, tick_e9)
    finally:
        source.close()


class _Watch:
    """What the open bucket held when it was last looked at."""

    def __init__(self) -> None:
        self._bucket = -1
        self._closed = -1
        self._t_ns = 0
        self._cells: Cells = {}

    def look(self, engine: Engine) -> Iterator[Row]:
        """What came into the bucket since, and into the one before it if that was closed meanwhile."""
        state = engine.state
        ledger, clock = state["ledger"][0], state["clock"][0]
        now_ns = int(clock["as_of_ns"])
        if self._closed >= 0 and int(ledger["buckets_closed"]) != self._closed:
            yield from self._changes(engine, now_ns)
            self._cells = {}
        self._bucket, self._closed = int(ledger["bucket"]), int(ledger["buckets_closed"])
        self._t_ns = int(clock["next_snap_ns"])
        yield from self._changes(engine, now_ns)

    def _changes(self, engine: Engine, now_ns: int) -> Iterator[Row]:
        cells = self._read(engine)
        for tick in sorted(cells):
            before = self._cells.get(tick)
            change = cells[tick] if before is None else cells[tick] - before
            for index in np.flatnonzero(change):
                _, name, side = _MEANINGS[index]
                yield now_ns, self._t_ns, name, side, tick, int(change[index])
        self._cells = cells

    def _read(self, engine: Engine) -> Cells:
        """The bucket's prices with any flow."""
        state = engine.state
        ledger = state["ledger"][0]
        low, high = ledger["touched"][self._bucket].tolist()
        if high < low:
            return {}
        flows = state["flow"][0, self._bucket, low : high + 1][:, _FIELDS].astype(np.int64)
        base = int(ledger["base"]) + low
        return {base + int(index): flows[index] for index in np.flatnonzero(flows.any(axis=1))}


def _columns(rows: list[Row], tick_e9: int) -> Columns:
    times, buckets, names, sides, ticks, contracts = zip(*rows, strict=True) if rows else ((),) * 6
    return {
        "ts_event_ns": np.array(times, np.int64),
        "ts_bucket_ns": np.array(buckets, np.int64),
        "event": Words(KINDS, np.array([KINDS.index(name) for name in names], np.int32)),
        "side": Words(_SIDES, np.array([_SIDES.index(side) for side in sides], np.int32)),
        "price": np.array(ticks, np.int64) * tick_e9 / PRICE_SCALE,
        "contracts": np.array(contracts, np.int64),
    }
