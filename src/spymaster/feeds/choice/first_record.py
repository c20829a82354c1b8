"""When an instrument's records begin, and at about which price."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from spymaster.feeds.choice.candidates import PRICED_KINDS
from spymaster.feeds.dbn.files import DbnFile
from spymaster.market.batches import Batch
from spymaster.market.dtypes import by_name, recv_ns
from spymaster.market.instruments import Instrument
from spymaster.market.kinds import UNDEF_PRICE, UNDEF_TIMESTAMP

Found = tuple[int, int | None]


def first_record(files: Sequence[DbnFile], instruments: Sequence[Instrument], from_ns: int = 0) -> Found:
    """(time of the first record of any of the instruments that arrived at ``from_ns`` or later, a price of about then);
    the time is 0 and the price None without any.

    Each file is read as far as its first such record, and not at all where it begins later than one found.
    """
    found: list[Found] = []
    for file in sorted(files, key=lambda file: file.first_ns):
        if file.kind is not None and file.kind not in PRICED_KINDS:
            continue
        if found and file.first_ns > min(time for time, _ in found):
            break
        first = _first(file.head, instruments, from_ns) or _first_in_chunks(file, instruments, from_ns)
        found += [first] if first is not None else []
    times = [time for time, _ in found]
    prices = [price for _, price in found if price is not None]
    return min(times, default=0), sorted(prices)[len(prices) // 2] if prices else None


def first_in_head(file: DbnFile, instrument: Instrument) -> Found | None:
    """The same of the few records at the front of one file; None where there is none of the instrument."""
    return _first(file.head, (instrument,), 0)


def _first_in_chunks(file: DbnFile, instruments: Sequence[Instrument], from_ns: int) -> Found | None:
    chunks = file.chunks()
    try:
        return next((found for batch in chunks if (found := _first(batch, instruments, from_ns))), None)
    finally:
        chunks.close()


def _first(batch: Batch, instruments: Sequence[Instrument], from_ns: int) -> Found | None:
    keys = [one.instrument_id << 16 | one.publisher_id for one in instruments]
    times: list[int] = []
    prices: list[int] = []
    for kind, records in batch.arrays.items():
        if kind not in PRICED_KINDS:
            continue
        rows = by_name(kind, records)
        wanted = np.isin(rows["instrument_id"].astype(np.int64) << 16 | rows["publisher_id"], keys)
        if from_ns:
            arrived = recv_ns(kind, records)
            wanted &= (arrived >= from_ns) & (arrived != UNDEF_TIMESTAMP)
        own = rows[wanted]
        moments = np.where(own["ts_event"] == UNDEF_TIMESTAMP, own["ts_recv"], own["ts_event"])
        times += [int(t) for t in moments[:1] if t != UNDEF_TIMESTAMP]
        prices += own["price"][(own["price"] != 0) & (own["price"] != UNDEF_PRICE)].tolist()
    if not times:
        return None
    return min(times), sorted(prices)[len(prices) // 2] if prices else None
