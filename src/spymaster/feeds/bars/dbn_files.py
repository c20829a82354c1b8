"""Minute bars from DBN files: as the vendor made them, or put together from the trades of an earlier recording."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Generator, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from spymaster.feeds.bars.bars import MINUTE_NS, BarSpan
from spymaster.feeds.bars.table import BarColumns
from spymaster.feeds.dbn.files import DbnFile
from spymaster.market import dtypes as dt
from spymaster.market.batches import Batch, Records
from spymaster.market.instruments import Instrument, futures_root, outright_root
from spymaster.market.kinds import ACTION_TRADE, UNDEF_PRICE, UNDEF_TIMESTAMP, Kind

TRADED_KINDS: Final = (Kind.TRADE, Kind.MBP10, Kind.MBP1)
"""The kinds of file whose trades can be put together to bars, the better first."""


def ids_of(file: DbnFile, instrument: Instrument) -> frozenset[int]:
    """The ids under which a file holds an instrument; empty where it does not.

    Ids are given anew from day to day, so the symbol decides; a continuous symbol (``ES.c.0``) counts where its id is
    the instrument's own. A file that names no symbols is taken at the ids of its records.
    """
    symbol = instrument.symbol.upper()
    if file.spans:
        vague = (
            span for span in file.spans if "." in span.symbol and span.symbol.split(".")[0] == futures_root(symbol)
        )
        own = {span.instrument_id for span in vague if span.instrument_id == instrument.instrument_id}
        if futures_root(symbol) is None and (root := outright_root(instrument.symbol)) is not None:
            # at another time the same continuous symbol means another contract, whose prices are not the instrument's
            of_product = {span.instrument_id for span in file.spans if outright_root(span.symbol) == root}
            return frozenset(of_product & {instrument.instrument_id})
        return frozenset(own | {span.instrument_id for span in file.spans if span.symbol.upper() == symbol})
    ids = {seen.instrument_id for seen in file.survey.seen}
    named = {name.upper() for name in file.header.symbols}
    if named:
        return frozenset(ids) if named == {symbol} and len(ids) == 1 else frozenset()
    return frozenset(ids & {instrument.instrument_id})


def is_outside(file: DbnFile, span: BarSpan) -> bool:
    """Whether a file's own word on its times rules out that it holds a wanted bar."""
    end_ns = file.header.end_ns
    return (end_ns is not None and end_ns <= span.from_ns) or file.first_ns >= span.until_ns


def read_dbn_bars(file: DbnFile, ids: Collection[int]) -> Generator[BarColumns, None, None]:
    """The bars of an ohlcv-1m file of these instrument ids, stamped at their start as the vendor has them.

    Where several venues report bars of their own (a consolidated dataset), the venue stands for the contract.
    """
    publishers: set[int] = set()
    chunks = file.chunks()
    try:
        for batch in chunks:
            rows = batch.arrays.get(Kind.BAR)
            if rows is None:
                continue
            rows = rows[np.isin(rows["instrument_id"], list(ids))]
            publishers |= set(rows["publisher_id"].tolist())
            yield BarColumns(
                start_ns=rows["ts_event"].astype(np.int64),
                prices_e9=np.stack([rows[name] for name in ("open", "high", "low", "close")], axis=1).astype(np.int64),
                volume=rows["volume"].astype(np.int64),
                contract=np.array([f"venue {number}" for number in rows["publisher_id"]], dtype=object),
            )
    finally:
        chunks.close()


def aggregate_bars(file: DbnFile, ids: Collection[int], span: BarSpan) -> Generator[BarColumns, None, None]:
    """One-minute bars of the trades in a trades, MBP-10 or MBP-1 file; memory holds the bars and one chunk.

    Every print counts, whoever the aggressor was. The first and the last minute of a recording may be seen in part
    only: their extremes and volume are then those of the part.
    """
    minutes = Minutes()
    chunks = file.chunks()
    try:
        for times, price, size in itertools.chain.from_iterable(trades_in(batch, ids) for batch in chunks):
            if len(times) and int(times.min()) >= span.until_ns:
                break
            minutes.add(times, price, size)
    finally:
        chunks.close()
    yield minutes.bars()


def trades_in(
    batch: Batch, ids: Collection[int], kinds: Collection[Kind] = TRADED_KINDS
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], Records]]:
    """Times (ns), prices (1e-9) and sizes of the trades that a batch holds in records of some kinds."""
    for kind in kinds:
        if kind in batch.arrays:
            rows = dt.by_name(kind, batch.arrays[kind])
            wanted = (rows["action"] == bytes([ACTION_TRADE])) & np.isin(rows["instrument_id"], list(ids))
            rows = rows[wanted & (rows["price"] != UNDEF_PRICE)]
            times = np.where(rows["ts_event"] == UNDEF_TIMESTAMP, rows["ts_recv"], rows["ts_event"])
            yield times.astype(np.int64), rows["price"].astype(np.int64), rows["size"].astype(np.int64)


class Minutes:
    """Bars under construction, by minute: open, high, low, close, volume."""

    def __init__(self) -> None:
        self._by_minute: dict[int, tuple[int, int, int, int, int]] = {}

    def __len__(self) -> int:
        return len(self._by_minute)

    def add(self, times: NDArray[np.int64], price: NDArray[np.int64], size: NDArray[np.int64]) -> None:
        """Take trades in the order they came."""
        if not len(times):
            return
        minute = times // MINUTE_NS
        turn = np.argsort(minute, kind="stable")
        minute, price, size = minute[turn], price[turn], size[turn]
        first = np.flatnonzero(np.concatenate(([True], minute[1:] != minute[:-1])))
        last = np.append(first[1:], len(minute)) - 1
        parts = (
            *(minute[first], price[first], np.maximum.reduceat(price, first), np.minimum.reduceat(price, first)),
            *(price[last], np.add.reduceat(size, first)),
        )
        for number, opening, high, low, closing, volume in zip(*(part.tolist() for part in parts), strict=True):
            had = self._by_minute.get(number)
            if had is not None:
                opening, high, low, volume = had[0], max(had[1], high), min(had[2], low), had[4] + volume
            self._by_minute[number] = (opening, high, low, closing, volume)

    def bars(self) -> BarColumns:
        """Everything so far, oldest first."""
        minutes = sorted(self._by_minute)
        rows = np.array([self._by_minute[minute] for minute in minutes], dtype=np.int64).reshape(-1, 5)
        return BarColumns(np.array(minutes, dtype=np.int64) * MINUTE_NS, rows[:, :4], rows[:, 4])
