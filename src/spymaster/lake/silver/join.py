"""Option trades with what was known of the option when they happened: the last quote strictly before each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from spymaster.lake.silver.order import record_time
from spymaster.lake.silver.source import EventSlices
from spymaster.market.kinds import PRICE_SCALE, Kind

NBBO_TOLERANCE_NS: Final = 30_000_000_000
"""A quote older than this is not joined to a trade: by then the options' light is BLIND."""

QUOTE_FIELDS: Final = tuple(
    pa.field(name, kind)
    for name, kind in (
        ("nbbo_ts_ns", pa.int64()),
        ("nbbo_bid_px", pa.int64()),
        ("nbbo_ask_px", pa.int64()),
        ("nbbo_bid_sz", pa.int64()),
        ("nbbo_ask_sz", pa.int64()),
    )
)
TRADES: Final = frozenset({"TRADE", "MBP1", "CMBP1", "XTRADE"})
_QUOTES: Final = {
    **dict.fromkeys(("BBO", "CBBO", "MBP1", "CMBP1"), ("bid_px_00", "ask_px_00", "bid_sz_00", "ask_sz_00")),
    "XQUOTE": ("bid_px", "ask_px", "bid_sz_e9", "ask_sz_e9"),
}
_OWN: Final = frozenset({"XTRADE", "XQUOTE"})
"""Kinds of the vendor that numbers instruments by first appearance; their ids mean nothing to the others."""

_KEYS: Final = ("id", "t", "recv")
_VALUES: Final = ("bid_px", "ask_px", "bid_sz", "ask_sz")
_QUOTE: Final = np.dtype([(name, "<i8") for name in (*_KEYS, *_VALUES)])


class QuoteJoin:
    """Finds the quote of each trade. ``quotes``: the readers of the option's quotes, one for each kind."""

    def __init__(self, quotes: Sequence[EventSlices], tolerance_ns: int = NBBO_TOLERANCE_NS) -> None:
        self._quotes = quotes
        self._tolerance_ns = tolerance_ns

    def columns(self, kind: Kind, trades: NDArray[Any], from_ns: int, until_ns: int) -> list[Any]:
        """The quote columns for trades whose event times lie in [from, until), as Arrow arrays with nulls."""
        quotes = self._known(kind, from_ns - self._tolerance_ns, until_ns)
        times = record_time(kind, trades).astype(np.int64)
        ids = trades["instrument_id"].astype(np.int64)
        index = last_before(quotes, ids, times)
        found = index >= 0
        index = np.maximum(index, 0)
        if len(quotes):
            found &= (quotes["id"][index] == ids) & (times - quotes["t"][index] <= self._tolerance_ns)
        nothing = np.zeros(len(trades), np.int64)
        columns = [quotes[name][index] if len(quotes) else nothing for name in ("t", *_VALUES)]
        return [pa.array(column, pa.int64(), mask=~found) for column in columns]

    def _known(self, kind: Kind, from_ns: int, until_ns: int) -> NDArray[Any]:
        """Quotes by instrument and time; among those of one moment an order that rests on their content alone."""
        parts = [np.zeros(0, _QUOTE)]
        for source in self._quotes:
            if (source.kind.name in _OWN) != (kind.name in _OWN):
                continue
            rows = source.between(from_ns, until_ns).records
            if not len(rows):
                continue
            part = np.zeros(len(rows), _QUOTE)
            part["id"], part["t"] = rows["instrument_id"], record_time(source.kind, rows)
            part["recv"] = rows["ts_recv"]
            for name, column in zip(_VALUES, _QUOTES[source.kind.name], strict=True):
                scale = PRICE_SCALE if column.endswith("_sz_e9") else 1
                part[name] = rows[column].astype(np.int64) // scale
            parts.append(part)
        quotes = np.concatenate(parts)
        return quotes[np.lexsort(tuple(quotes[name] for name in (*reversed(_VALUES), *reversed(_KEYS))))]


def last_before(quotes: NDArray[Any], ids: NDArray[np.int64], times: NDArray[np.int64]) -> NDArray[np.intp]:
    """Place of the last quote by (instrument, time) before each (instrument, time); -1 where there is none."""
    both_ids = np.concatenate((quotes["id"], ids))
    both_times = np.concatenate((quotes["t"], times))
    is_quote = np.concatenate((np.ones(len(quotes), np.int8), np.zeros(len(ids), np.int8)))
    # at one moment the trade comes first, so that only quotes strictly before it count
    order = np.lexsort((is_quote, both_times, both_ids))
    seen = np.cumsum(is_quote[order]) - 1
    index = np.empty(len(order), np.intp)
    index[order] = seen
    return index[len(quotes) :]


def is_quoted(kind: str) -> bool:
    """Whether records of a kind carry a quote."""
    return kind in _QUOTES
