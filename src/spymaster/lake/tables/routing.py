"""Which table and partition of the lake a record belongs to: by its kind and by what its instrument is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from spymaster.market.batches import Records
from spymaster.market.dtypes import by_name
from spymaster.market.frames import ConfigFrame, MappingFrame
from spymaster.market.instruments import EQUITY_CALENDAR, Instrument, outright_root
from spymaster.market.kinds import ACTION_TRADE, NS_PER_S, Kind
from spymaster.market.venues import AssetClass, is_option

HOUR_NS: Final = 3600 * NS_PER_S
CONTROL_TABLE: Final = "control"
SIGNALS_TABLE: Final = "levels/signals"
ALERTS_TABLE: Final = "alerts"

_PRICED: Final = {
    AssetClass.FUTURES: {"depth": "futures/mbp10", "trade": "futures/trades", "quote": "futures/quotes"},
    AssetClass.EQUITY: {"depth": "stocks/mbp10", "trade": "stocks/trades", "quote": "stocks/quotes"},
    AssetClass.OPTIONS: {"depth": "options/mbp10", "trade": "options/trades", "quote": "options/nbbo"},
}
_FORMS: Final = {
    "MBP10": "depth",
    "TRADE": "trade",
    "XTRADE": "trade",
    "MBP1": "quote",
    "CMBP1": "quote",
    "BBO": "quote",
    "CBBO": "quote",
    "XQUOTE": "quote",
}
_OTHERS: Final = {
    "DEF": "definitions",
    "STAT": "statistics",
    "STATUS": "status",
    "MAPPING": "mappings",
    "SYSTEM": "system",
    "ERROR": "errors",
    "BAR": "bars",
    "RAW": "raw",
    "GREEKS": "options/greeks_snapshots",
}
_WITH_TRADES: Final = frozenset({Kind.MBP1, Kind.CMBP1})
"""Kinds whose records of options are trades with the quote beside them, or quotes: the action tells which."""
_ALWAYS_OPTIONS: Final = frozenset({Kind.CMBP1, Kind.CBBO, Kind.GREEKS})
_LISTED: Final = re.compile(r"^(?:O:)?([A-Z]{1,6}) *\d{6}[CP]\d")
_UNDERLYINGS_OWN: Final = frozenset({Kind.GREEKS})
"""Kinds of options alone whose tables are parted by underlying."""
_WITHOUT_INSTRUMENT: Final = frozenset({Kind.MAPPING, Kind.SYSTEM, Kind.ERROR, Kind.RAW})


class TableKey(NamedTuple):
    """A table below ``bronze/`` and the value of its first partition: ``("futures/mbp10", "symbol=ES")``."""

    table: str
    partition: str


class Owner(NamedTuple):
    """What an instrument is: its class, and the symbol that all its contracts share."""

    asset: AssetClass
    root: str


class RouterState(NamedTuple):
    """Everything a router has learned. ``owners``: key of an instrument, its class, its root."""

    own: str
    own_publisher: int | None
    own_asset: str
    equity: str
    owners: tuple[tuple[int, str, str], ...]


class TableRouter:
    """Knows instruments by what the run was told of them: CONFIG, mappings and definitions."""

    def __init__(self, symbol: str) -> None:
        self._own = outright_root(symbol) or symbol
        self._own_publisher: int | None = None
        self._own_asset = AssetClass.FUTURES if outright_root(symbol) else AssetClass.EQUITY
        self._equity = self._own
        self._owners: dict[int, Owner] = {}

    @property
    def control(self) -> TableKey:
        """Where the frames between records go."""
        return TableKey(CONTROL_TABLE, f"symbol={_safe(self._own)}")

    def configure(self, frame: ConfigFrame) -> None:
        """Learn the run's own instrument and the share beside it."""
        instrument = frame.instrument
        is_equity = instrument.calendar == EQUITY_CALENDAR
        self._own_asset = AssetClass.EQUITY if is_equity else AssetClass.FUTURES
        self._own = self._equity = outright_root(instrument.symbol) or instrument.symbol
        self._own_publisher = instrument.publisher_id
        self._owners[_key_of(instrument)] = Owner(self._own_asset, self._own)
        if frame.equity is not None:
            self._equity = frame.equity.symbol
            self._owners[_key_of(frame.equity)] = Owner(AssetClass.EQUITY, frame.equity.symbol)

    def snapshot(self) -> RouterState:
        """Everything, for ``restore``."""
        owners = tuple((key, owner.asset.value, owner.root) for key, owner in self._owners.items())
        return RouterState(self._own, self._own_publisher, self._own_asset.value, self._equity, owners)

    def restore(self, state: RouterState) -> None:
        """Go on from what another one had learned."""
        self._own, self._own_publisher, self._equity = state.own, state.own_publisher, state.equity
        self._own_asset = AssetClass(state.own_asset)
        self._owners = {key: Owner(AssetClass(asset), root) for key, asset, root in state.owners}

    def learn(self, frame: MappingFrame) -> None:
        """Learn a symbol. What is known of an instrument by its definition stays."""
        key = frame.instrument_id << 16 | frame.publisher_id
        self._owners.setdefault(key, self._named(frame.symbol, frame.publisher_id, ""))

    def define(self, definitions: Records) -> None:
        """Learn from definition records."""
        columns = ("publisher_id", "instrument_id", "raw_symbol", "underlying", "instrument_class")
        rows = zip(*(definitions[name].tolist() for name in columns), strict=True)
        for publisher, instrument, symbol, underlying, letter in rows:
            asset = {b"C": AssetClass.OPTIONS, b"P": AssetClass.OPTIONS, b"K": AssetClass.EQUITY}.get(letter)
            owner = self._named(symbol.decode("utf-8", "replace"), publisher, underlying.decode("utf-8", "replace"))
            self._owners[instrument << 16 | publisher] = Owner(asset or owner.asset, owner.root)

    def split(self, kind: Kind, records: Records) -> Iterator[tuple[TableKey, NDArray[np.bool_] | None]]:
        """The places the records belong to, each with the mask of its records; None where it is all of them."""
        rows = by_name(kind, records)
        if kind in _WITHOUT_INSTRUMENT:
            yield TableKey(_OTHERS[kind.name], f"symbol={_safe(self._own)}"), None
            return
        keys = rows["instrument_id"].astype(np.int64) << 16 | rows["publisher_id"]
        groups: dict[TableKey, NDArray[np.bool_]] = {}
        for key in keys[:1] if (keys == keys[0]).all() else np.unique(keys):
            mine = keys == key
            for table_key, mask in self._of_instrument(kind, int(key), rows, mine):
                groups[table_key] = groups[table_key] | mask if table_key in groups else mask
        for table_key, mask in groups.items():
            yield table_key, None if mask.all() else mask

    def _of_instrument(
        self, kind: Kind, key: int, rows: Records, mine: NDArray[np.bool_]
    ) -> Iterator[tuple[TableKey, NDArray[np.bool_]]]:
        owner = self._owners.get(key) or self._unknown(kind, key)
        if kind.name in _OTHERS:
            name = "underlying" if kind in _UNDERLYINGS_OWN else "symbol"
            yield TableKey(_OTHERS[kind.name], f"{name}={_safe(owner.root)}"), mine
            return
        tables = _PRICED[owner.asset]
        is_option = owner.asset is AssetClass.OPTIONS
        partition = f"{'underlying' if is_option else 'symbol'}={_safe(owner.root)}"
        if not (is_option and kind in _WITH_TRADES):
            yield TableKey(tables[_FORMS[kind.name]], partition), mine
            return
        traded = rows["action"] == bytes([ACTION_TRADE])
        for form, mask in (("trade", mine & traded), ("quote", mine & ~traded)):
            if mask.any():
                yield TableKey(tables[form], partition), mask

    def _named(self, symbol: str, publisher: int, underlying: str) -> Owner:
        if is_option(symbol):
            return Owner(AssetClass.OPTIONS, self._underlying(symbol, publisher, underlying))
        root = outright_root(symbol.replace(":", "-").split("-")[0])
        if root is not None:
            return Owner(AssetClass.FUTURES, root)
        is_of_own_venue = self._is_own(publisher) and self._own_asset is AssetClass.FUTURES
        return Owner(AssetClass.FUTURES, self._own) if is_of_own_venue else Owner(AssetClass.EQUITY, symbol)

    def _underlying(self, symbol: str, publisher: int, underlying: str) -> str:
        """What an option is on: as its definition says, else by its name or the run's own future of the same venue."""
        if underlying:
            return outright_root(underlying) or underlying
        listed = _LISTED.match(symbol)
        if listed:
            return listed[1]
        return self._own if self._is_own(publisher) else symbol.split(" ")[0].split(".")[0]

    def _unknown(self, kind: Kind, key: int) -> Owner:
        """A record that came before anything was said of its instrument."""
        publisher = key & 0xFFFF
        is_own_venue = self._is_own(publisher)
        if kind in _ALWAYS_OPTIONS:
            return Owner(AssetClass.OPTIONS, self._own if is_own_venue else self._equity)
        if is_own_venue:
            return Owner(self._own_asset, self._own)
        return Owner(AssetClass.EQUITY, f"id-{key >> 16}")

    def _is_own(self, publisher: int) -> bool:
        """Whether a publisher is that of the run's instrument; before CONFIG nothing else is expected."""
        return self._own_publisher is None or publisher == self._own_publisher


def hour_of(clock_ns: int) -> int:
    """The number of the UTC hour."""
    return clock_ns // HOUR_NS


def folder_of(tier: str, table_key: TableKey, hour: int) -> str:
    """``bronze/futures/mbp10/symbol=ES/date=2024-01-05/hour=14``."""
    moment = np.datetime64(hour, "h")
    date = np.datetime_as_string(moment, "D")
    return f"{tier}/{table_key.table}/{table_key.partition}/date={date}/hour={hour % 24:02}"


def _key_of(instrument: Instrument) -> int:
    return instrument.instrument_id << 16 | instrument.publisher_id


def _safe(text: str) -> str:
    return quote(text.strip(), safe="") or "none"
