"""When an instrument's records begin, and at about which price."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from spymaster.feeds.candidates import PRICED_KINDS
from spymaster.feeds.dbn_files import DbnFile
from spymaster.market.batches import Batch
from spymaster.market.dtypes import by_name
from spymaster.market.instruments import Instrument
from spymaster.market.kinds import UNDEF_PRICE, UNDEF_TIMESTAMP

Found = tuple[int, int | None]


def first_record(files: Sequence[DbnFile], instrument: Instrument) -> Found:
    """(time of the instrument's first record, a price of about then); the time is 0 and the price None without any.

    Each file is read as far as its first record of the instrument, and not at all where it begins later than one found.
    """
    found: list[Found] = []
    for file in sorted(files, key=lambda file: file.first_ns):
        if file.kind is not None and file.kind not in PRICED_KINDS:
            continue
        if found and file.first_ns > min(time for time, _ in found):
            break
        first = first_in_head(file, instrument) or _first_in_chunks(file, instrument)
        found += [first] if first is not None else []
    times = [time for time, _ in found]
    prices = [price for _, price in found if price is not None]
    return min(times, default=0), sorted(prices)[len(prices) // 2] if prices else None


def first_in_head(file: DbnFile, instrument: Instrument) -> Found | None:
    """The same of the few records at the front of one file; None where there is none of the instrument."""
    return _first(file.head, instrument)


def _first_in_chunks(file: DbnFile, instrument: Instrument) -> Found | None:
    chunks = file.chunks()
    try:
        return next(filter(None, map(_first, chunks, itertools.repeat(instrument))), None)
    finally:
        chunks.close()


def _first(batch: Batch, instrument: Instrument) -> Found | None:
    times: list[int] = []
    prices: list[int] = []
    for kind, records in batch.arrays.items():
        if kind not in PRICED_KINDS:
            continue
        rows = by_name(kind, records)
        same = rows["instrument_id"] == instrument.instrument_id
        own = rows[same & (rows["publisher_id"] == instrument.publisher_id)]
        moments = np.where(own["ts_event"] == UNDEF_TIMESTAMP, own["ts_recv"], own["ts_event"])
        times += [int(t) for t in moments[:1] if t != UNDEF_TIMESTAMP]
        prices += own["price"][(own["price"] != 0) & (own["price"] != UNDEF_PRICE)].tolist()
    if not times:
        return None
    return min(times), sorted(prices)[len(prices) // 2] if prices else None
