"""How tables of bars are headed and how their times are written: what CSV and Parquet files have in common."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from spymaster.market.calendar_table import ET
from spymaster.market.kinds import NS_PER_S

TIME_NAMES: Final = ("timestamp", "datetime", "ts", "ts_event", "time", "date", "window_start", "t")
PRICE_NAMES: Final = (("open", "o"), ("high", "h"), ("low", "l"), ("close", "c"))
VOLUME_NAMES: Final = ("volume", "vol", "v")
CONTRACT_NAMES: Final = ("contract", "symbol", "ticker", "raw_symbol")
ID_NAMES: Final = ("instrument_id",)
WANTED: Final = "name the columns time, open, high, low, close and volume in its header"

NO_TIME: Final = np.iinfo(np.int64).min
"""Stands for a time that is missing; earlier than any that is wanted."""

_EPOCH: Final = dt.datetime(1970, 1, 1)
_EPOCH_UTC: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_HOUR_NS: Final = 3600 * NS_PER_S
_YEARS: Final = range(1971, 2200)
_EARLIEST_S: Final = 31_536_000
_LATEST_S: Final = 7_258_118_400
"""1971 to 2200: outside it a number is no time of a bar."""
_EPOCH_UNITS: Final = ((10**11, NS_PER_S), (10**14, 10**6), (10**17, 10**3), (2**63, 1))
"""A count of seconds, milliseconds, microseconds or nanoseconds is told by its size: it is below the first of each."""


class Columns(NamedTuple):
    """Where in a header each thing stands. ``clock`` is the column of the time of day where ``time`` is only a date,
    ``instrument`` that of the venue's id."""

    time: int
    clock: int | None
    prices: tuple[int, int, int, int]
    volume: int
    contract: int | None
    instrument: int | None


class Written(NamedTuple):
    """A time as written: ns since 1970, in UTC or (``local``) on New York's clock."""

    ns: int
    local: bool


def find_columns(header: Sequence[str]) -> Columns | str:
    """The columns of a header, by name in any case; or the words for what is missing."""
    indices: dict[str, int] = {}
    for column_index, name in enumerate(header):
        indices.setdefault(name.strip().strip("\"'").strip().lower(), column_index)

    def place_of(names: Iterable[str]) -> int | None:
        return next((indices[name] for name in names if name in indices), None)

    time, volume = place_of(TIME_NAMES), place_of(VOLUME_NAMES)
    prices = [place_of(names) for names in PRICE_NAMES]
    told = {"time": time, **dict(zip(("open", "high", "low", "close"), prices, strict=True)), "volume": volume}
    missing = [name for name, column_index in told.items() if column_index is None]
    if missing or time is None or volume is None:
        return f"has no column for {', '.join(missing)}"
    date_and_time = "date" in indices and "time" in indices and time == indices["time"]
    first, high, low, last = (column_index for column_index in prices if column_index is not None)
    return Columns(
        time=indices["date"] if date_and_time else time,
        clock=indices["time"] if date_and_time else None,
        prices=(first, high, low, last),
        volume=volume,
        contract=place_of(CONTRACT_NAMES),
        instrument=place_of(ID_NAMES),
    )


def parse_time(text: str) -> Written:
    """A time as ISO 8601, with a zone or without one (New York), or as a count since 1970.

    Raises ValueError with words for what is wrong.
    """
    text = text.strip()
    if not text:
        raise ValueError("the time is missing")
    if text.lstrip("-").isascii() and text.lstrip("-").replace(".", "", 1).isdigit():
        return Written(epoch_ns(int(text.partition(".")[0] or "0")), local=False)
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"'{_short(text)}' is not a time") from None
    if ":" not in text and not any(mark in text[8:] for mark in " T"):
        raise ValueError(f"'{_short(text)}' has no time of day")
    if moment.year not in _YEARS:
        raise ValueError(f"'{_short(text)}' is not a time of a bar")
    since = moment - (_EPOCH if moment.tzinfo is None else _EPOCH_UTC)
    return Written((since.days * 86_400 + since.seconds) * NS_PER_S + since.microseconds * 1000, moment.tzinfo is None)


def epoch_ns(count: int) -> int:
    """A count of seconds, ms, us or ns since 1970 in ns, told apart by size. Raises ValueError for no time of a bar."""
    unit = next((unit for below, unit in _EPOCH_UNITS if count < below), 0)
    ns = count * unit
    if not _EARLIEST_S * NS_PER_S <= ns < _LATEST_S * NS_PER_S:
        raise ValueError(f"{count} is not a time of a bar")
    return ns


def epochs_ns(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """The same for a column; what is no time of a bar becomes ``NO_TIME``."""
    ns = np.full(len(counts), NO_TIME, dtype=np.int64)
    above = 0
    for below, unit in _EPOCH_UNITS:
        mine = (counts >= max(above, -(-_EARLIEST_S * NS_PER_S // unit))) & (counts < min(below, 2**63 - 1))
        mine &= counts < _LATEST_S * NS_PER_S // unit
        ns[mine] = counts[mine] * unit
        above = below
    return ns


def new_york_to_utc(local_ns: NDArray[np.int64]) -> NDArray[np.int64]:
    """Times on New York's clock as ns UTC. An hour that comes twice in autumn is taken the first time.

    The offset is looked up once an hour of the clock: it changes on whole hours only.
    """
    given = local_ns != NO_TIME
    hours, back = np.unique(local_ns[given] // _HOUR_NS, return_inverse=True)
    offsets = np.array([_offset_ns(int(hour)) for hour in hours], dtype=np.int64)
    utc = local_ns.astype(np.int64)
    utc[given] -= offsets[back] if len(hours) else 0
    return utc


def written_ns(times: Sequence[Written]) -> tuple[NDArray[np.int64], NDArray[np.int64] | None]:
    """(ns UTC; what times without a zone would be as UTC, ``NO_TIME`` for the others, None where there is none)."""
    ns = np.array([time.ns for time in times], dtype=np.int64)
    local = np.array([time.local for time in times], dtype=np.bool_)
    as_utc = np.where(local, ns, NO_TIME) if local.any() else None
    ns[local] = new_york_to_utc(ns[local])
    return ns, as_utc


def _offset_ns(hour: int) -> int:
    moment = (_EPOCH + dt.timedelta(hours=hour)).replace(tzinfo=ET)
    offset = moment.utcoffset()
    assert offset is not None
    return int(offset.total_seconds()) * NS_PER_S


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:37]}..."
