"""What definition and statistics files say about a few instruments."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from spymaster.feeds.dbn.files import DbnFile
from spymaster.market.batches import Records
from spymaster.market.hours_table import FUTURES_DAY_BEGINS
from spymaster.market.kinds import NS_PER_S, UNDEF_PRICE, UNDEF_TIMESTAMP, Kind

_UNDEF_I32 = 2**31 - 1
_CLEARED_VOLUME = 6
_NEW_YORK = ZoneInfo("America/New_York")
_SESSION_STARTS_BEFORE_MIDNIGHT = dt.timedelta(hours=24 - FUTURES_DAY_BEGINS.hour)


class Definition(msgspec.Struct, frozen=True):
    """The part of an instrument definition that matters here; None where the venue gives no value.

    ``instrument_class``: the vendor's letter: F future, S future spread, C call, P put, T option spread, K stock.
    """

    symbol: str
    instrument_id: int
    instrument_class: str
    tick_e9: int | None
    multiplier: int | None
    expiration_ns: int | None


class Definitions:
    """Definitions by symbol and by id. Ids are used again on other days, so the symbol is asked first."""

    def __init__(self, found: Iterable[Definition]) -> None:
        self._by_symbol: dict[str, Definition] = {}
        self._by_id: dict[int, Definition] = {}
        for definition in found:
            self._by_symbol[definition.symbol] = definition
            self._by_id[definition.instrument_id] = definition

    def of(self, symbol: str, instrument_id: int) -> Definition | None:
        """The latest definition of the symbol, else of the id."""
        return self._by_symbol.get(symbol) or self._by_id.get(instrument_id)


def read_definitions(files: Iterable[DbnFile], symbols: Collection[str], ids: Collection[int]) -> Definitions:
    """The definitions of the given symbols and ids in the files that hold definitions."""
    wanted_symbols = np.array([symbol.encode() for symbol in symbols] or [b""], dtype="S71")
    wanted_ids = np.array(list(ids), dtype=np.uint32)
    found = []
    for file in files:
        if not _holds(file, Kind.DEF):
            continue
        for batch in file.chunks():
            rows = batch.arrays.get(Kind.DEF)
            if rows is not None:
                mask = np.isin(rows["raw_symbol"], wanted_symbols) | np.isin(rows["instrument_id"], wanted_ids)
                found += [to_definition(row) for row in rows[mask]]
    return Definitions(found)


Volumes = Mapping[dt.date, Mapping[int, int]]
"""Trade date -> instrument id -> contracts cleared."""


def cleared_volumes(files: Iterable[DbnFile], ids: Collection[int]) -> Volumes:
    """What the files that hold statistics say was cleared of some instruments."""
    found: dict[dt.date, dict[int, int]] = {}
    wanted = np.array(list(ids), dtype=np.uint32)
    for file in files:
        if not _holds(file, Kind.STAT):
            continue
        for batch in file.chunks():
            rows = batch.arrays.get(Kind.STAT)
            if rows is None:
                continue
            mask = (rows["stat_type"] == _CLEARED_VOLUME) & np.isin(rows["instrument_id"], wanted)
            mask &= (rows["quantity"] != UNDEF_PRICE) & (rows["ts_ref"] != UNDEF_TIMESTAMP)
            for row in rows[mask]:
                day = utc_date(int(row["ts_ref"]))
                found.setdefault(day, {})[int(row["instrument_id"])] = int(row["quantity"])
    return found


def volumes_before(volumes: Volumes, session: dt.date) -> Mapping[int, int]:
    """The figures of the last trade date before ``session`` for which there are any."""
    day = max((day for day in volumes if day < session), default=None)
    return volumes[day] if day is not None else {}


def _holds(file: DbnFile, kind: Kind) -> bool:
    return file.kind is kind or (file.kind is None and kind in file.survey.kinds)


def utc_date(ns: int) -> dt.date:
    """The UTC date of a time."""
    return dt.datetime.fromtimestamp(ns // NS_PER_S, tz=dt.UTC).date()


def session_date(ns: int) -> dt.date:
    """The trade date a time belongs to: from 18:00 New York time on, the next day's."""
    moment = dt.datetime.fromtimestamp(ns // NS_PER_S, tz=_NEW_YORK)
    return (moment + _SESSION_STARTS_BEFORE_MIDNIGHT).date()


def to_definition(row: Mapping[str, Records]) -> Definition:
    """A row of DEF."""
    return Definition(
        symbol=_text(row["raw_symbol"]),
        instrument_id=int(row["instrument_id"]),
        instrument_class=_text(row["instrument_class"]),
        tick_e9=_positive(int(row["min_price_increment"]), UNDEF_PRICE),
        multiplier=_multiplier(int(row["contract_multiplier"]), int(row["unit_of_measure_qty"])),
        expiration_ns=_positive(int(row["expiration"]), UNDEF_TIMESTAMP),
    )


def _text(value: bytes | Records) -> str:
    return bytes(value).rstrip(b"\0").decode("utf-8", "replace")


def _positive(value: int, undefined: int) -> int | None:
    return value if 0 < value != undefined else None


def _multiplier(contract_multiplier: int, unit_of_measure_qty: int) -> int | None:
    """Currency per point: stated, or the quantity of the underlying where that is a whole number."""
    if stated := _positive(contract_multiplier, _UNDEF_I32):
        return stated
    quantity = _positive(unit_of_measure_qty, UNDEF_PRICE)
    whole, rest = divmod(quantity or 0, NS_PER_S)
    return whole if whole and not rest else None
