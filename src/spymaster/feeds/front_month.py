"""Choosing the one instrument a session is about, out of everything the source holds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from spymaster.feeds.dbn_files import DbnFile
from spymaster.feeds.definitions import (
    Definition,
    Definitions,
    cleared_volumes,
    read_definitions,
    session_date,
    utc_date,
)
from spymaster.feeds.errors import SourceError
from spymaster.market.batches import Batch
from spymaster.market.contract_months import contract_expiry
from spymaster.market.dtypes import by_name
from spymaster.market.instruments import (
    EQUITY_CALENDAR,
    FUTURES_CALENDAR,
    PRODUCTS,
    Instrument,
    TickSource,
    outright_root,
)
from spymaster.market.kinds import UNDEF_PRICE, UNDEF_TIMESTAMP, Kind
from spymaster.market.venues import AssetClass, asset_class, is_option

ROLL_DAYS: Final = 8
"""A contract is the front month while its expiry is more than this many days away."""

_EQUITY_TICK_E9: Final = 10_000_000
_FALLBACK_TICK_E9: Final = 10_000_000
_PRICE_SOURCES: Final = ((Kind.MBP10, None), (Kind.TRADE,), (Kind.MBP1, Kind.BBO))
"""Where to look for the instrument, best first; None is a file of mixed kinds."""
_SHARE_KINDS: Final = frozenset({Kind.TRADE, Kind.MBP1, Kind.BBO})
_MENTIONED: Final = 8


class _Candidate(msgspec.Struct, frozen=True):
    """An instrument with prices in the source."""

    symbol: str
    instrument_id: int
    file: DbnFile

    @property
    def asset(self) -> AssetClass:
        return asset_class(self.file.dataset)


def choose_instrument(files: Sequence[DbnFile], symbol: str | None = None) -> Instrument:
    """The instrument whose depth and trades are meant.

    ``symbol`` if given; else the sole outright; else the one with the largest cleared volume of the session before;
    else the nearest expiry more than ``ROLL_DAYS`` away. A future goes before any stock, whatever there is of the two.
    Spreads and options never. Its tick comes from a definition,
    else the product table, else the smallest step among the first prices. Raises :class:`SourceError` where nothing
    fits.
    """
    priced = [file for file in files if asset_class(file.dataset, file.header.symbols) is not AssetClass.OPTIONS]
    stocks: list[Instrument] = []
    for kinds in _PRICE_SOURCES:
        candidates = [c for file in priced if file.kind in kinds for c in _candidates(file)]
        definitions = read_definitions(priced, {c.symbol for c in candidates}, {c.instrument_id for c in candidates})
        outrights = {_symbol(c, definitions): c for c in candidates if _is_outright(c, definitions)}
        if symbol is not None:
            outrights = {name: c for name, c in outrights.items() if symbol.upper() in (name.upper(), c.symbol.upper())}
        futures = {name: c for name, c in outrights.items() if c.asset is AssetClass.FUTURES}
        if futures:
            name = next(iter(futures)) if len(futures) == 1 else _front(futures, definitions, priced)
            return _instrument(name, futures[name], definitions)
        if len(outrights) == 1:
            stocks += [_instrument(name, stock, definitions) for name, stock in outrights.items()]
    if stocks:
        return stocks[0]
    raise _nothing(files, priced, symbol)


class Share(msgspec.Struct, frozen=True):
    """A share in a source, and the files of trades and quotes that hold it under its one key."""

    instrument: Instrument
    files: tuple[DbnFile, ...]


def choose_share(files: Sequence[DbnFile], symbol: str) -> Share | None:
    """The share of that symbol among the stock files with trades or quotes (TRADE, MBP1, BBO); None without any.

    An engine knows a share by one (publisher, id). Of several datasets the one with quotes is taken, then the first by
    name; a file in which the share has another id (venues give them anew each day) is not among the files returned.
    """
    found: dict[str, list[_Candidate]] = {}
    for file in files:
        if file.kind in _SHARE_KINDS and asset_class(file.dataset, file.header.symbols) is AssetClass.EQUITY:
            own = [c for c in _candidates(file) if c.symbol.upper() == symbol.upper()]
            found.setdefault(file.dataset, []).extend(own)
    held = {dataset: candidates for dataset, candidates in found.items() if candidates}
    if not held:
        return None
    dataset = min(held, key=lambda name: (all(c.file.kind is Kind.TRADE for c in held[name]), name))
    first = min(held[dataset], key=lambda c: (c.file.first_ns, str(c.file.path)))
    definitions = read_definitions(files, {first.symbol}, {first.instrument_id})
    same = (c.file for c in held[dataset] if c.instrument_id == first.instrument_id)
    return Share(_instrument(first.symbol, first, definitions), tuple(same))


def first_record(files: Sequence[DbnFile], instrument: Instrument) -> tuple[int, int | None]:
    """(time of the instrument's first record, a price of it): read off the first few records of each file.

    The time is 0 and the price None where those tell none.
    """
    times: list[int] = []
    prices: list[int] = []
    for file in files:
        for kind, records in file.head.arrays.items():
            rows = by_name(kind, records)
            if kind not in _SHARE_KINDS | {Kind.MBP10}:
                continue
            own = rows[rows["instrument_id"] == instrument.instrument_id]
            moments = np.where(own["ts_event"] == UNDEF_TIMESTAMP, own["ts_recv"], own["ts_event"])
            times += [int(t) for t in moments[:1] if t != UNDEF_TIMESTAMP]
            prices += [int(price) for price in own["price"] if price not in (0, UNDEF_PRICE)]
    return min(times, default=0), sorted(prices)[len(prices) // 2] if prices else None


def _candidates(file: DbnFile) -> list[_Candidate]:
    """Every instrument the file may hold, by its header, its mapping records, or the ids of its first records."""
    known = file.symbols_by_id(utc_date(file.first_ns)) or file.symbols_by_id() or _mapped(file.head)
    if not known:
        ids = sorted({int(i) for kind, rows in file.head.arrays.items() for i in by_name(kind, rows)["instrument_id"]})
        named = file.header.symbols if len(file.header.symbols) == len(ids) == 1 else ()
        known = {i: named[0] if named else f"#{i}" for i in ids}
    return [_Candidate(symbol, number, file) for number, symbol in known.items() if not is_option(symbol)]


def _mapped(head: Batch) -> dict[int, str]:
    """Id -> symbol by the mapping records at the front of a mixed stream: the side that is not a number."""
    found = {}
    for row in head.arrays.get(Kind.MAPPING, ()):
        names = [bytes(row[side]).decode("utf-8", "replace") for side in ("stype_out_symbol", "stype_in_symbol")]
        found[int(row["instrument_id"])] = next((name for name in names if not name.isdecimal()), names[0])
    return found


def _symbol(candidate: _Candidate, definitions: Definitions) -> str:
    """The venue's own symbol, where the source only has an id or a continuous symbol for it and a definition knows."""
    definition = definitions.of(candidate.symbol, candidate.instrument_id)
    vague = candidate.symbol.startswith("#") or "." in candidate.symbol
    return definition.symbol if vague and definition else candidate.symbol


def _is_outright(candidate: _Candidate, definitions: Definitions) -> bool:
    if candidate.asset is AssetClass.EQUITY:
        return True
    definition = definitions.of(candidate.symbol, candidate.instrument_id)
    if definition is not None and definition.instrument_class:
        return definition.instrument_class == "F"
    return outright_root(candidate.symbol) is not None or candidate.symbol.startswith("#")


def _front(outrights: dict[str, _Candidate], definitions: Definitions, files: Sequence[DbnFile]) -> str:
    starts = [c.file.first_ns for c in outrights.values() if c.file.first_ns]
    session = session_date(min(starts, default=0))
    volumes = cleared_volumes(files, {c.instrument_id for c in outrights.values()}, session)
    if any(volumes.values()):
        return max(sorted(outrights), key=lambda name: volumes.get(outrights[name].instrument_id, 0))
    expiries = {name: _expiry(name, definitions.of(name, c.instrument_id), session) for name, c in outrights.items()}
    later = {name: day for name, day in expiries.items() if (day - session).days > ROLL_DAYS}
    if later:
        return min(sorted(later), key=later.__getitem__)
    return max(sorted(expiries), key=expiries.__getitem__)


def _expiry(name: str, definition: Definition | None, session: dt.date) -> dt.date:
    if definition is not None and definition.expiration_ns is not None:
        return utc_date(definition.expiration_ns)
    return contract_expiry(name, session) or session


def _instrument(name: str, candidate: _Candidate, definitions: Definitions) -> Instrument:
    definition = definitions.of(candidate.symbol, candidate.instrument_id)
    is_stock = candidate.asset is AssetClass.EQUITY
    product = None if is_stock else PRODUCTS.get(outright_root(name) or "")
    if definition is not None and definition.tick_e9 is not None:
        tick_e9, source = definition.tick_e9, TickSource.DEFINITION
    elif product is not None:
        tick_e9, source = product.tick_e9, TickSource.PRODUCT_TABLE
    else:
        tick_e9, source = _EQUITY_TICK_E9 if is_stock else _inferred_tick_e9(candidate), TickSource.INFERRED
    stated = definition.multiplier if definition is not None else None
    return Instrument(
        publisher_id=_publisher(candidate),
        instrument_id=candidate.instrument_id,
        symbol=name,
        tick_e9=tick_e9,
        multiplier=product.multiplier if product is not None else 1 if is_stock else stated or 1,
        tick_source=source,
        calendar=product.calendar if product is not None else EQUITY_CALENDAR if is_stock else FUTURES_CALENDAR,
    )


def _publisher(candidate: _Candidate) -> int:
    """The publisher of the candidate's first record, or of the file's first where that comes later than the head."""
    first = 0
    for kind, records in candidate.file.head.arrays.items():
        rows = by_name(kind, records)
        own = rows[rows["instrument_id"] == candidate.instrument_id]
        if len(own):
            return int(own["publisher_id"][0])
        first = first or int(rows["publisher_id"][0])
    return first


def _inferred_tick_e9(candidate: _Candidate) -> int:
    """The largest step that every price in the file's first chunk is a whole number of steps from every other."""
    chunks = candidate.file.chunks()
    batch = next(chunks, None)
    prices = np.unique(np.concatenate([*_prices(batch, candidate.instrument_id)])) if batch is not None else np.zeros(0)
    chunks.close()
    if len(prices) < 2:
        return _FALLBACK_TICK_E9
    return int(np.gcd.reduce(np.diff(prices)))


def _prices(batch: Batch, instrument_id: int) -> Iterable[NDArray[np.int64]]:
    """Every defined price of one instrument in a batch."""
    yield np.zeros(0, dtype=np.int64)
    for kind, records in batch.arrays.items():
        rows = by_name(kind, records)
        own = rows["instrument_id"] == instrument_id
        names = [name for name in rows.dtype.names or () if name == "price" or "_px_" in name]
        for name in names:
            column: NDArray[np.int64] = rows[name][own]
            yield column[column != UNDEF_PRICE]


def _nothing(files: Sequence[DbnFile], priced: Sequence[DbnFile], symbol: str | None) -> SourceError:
    held = sorted({name for file in priced for name in (*file.symbols_by_id().values(), *file.header.symbols)})
    names = ", ".join(held[:_MENTIONED]) + (f" and {len(held) - _MENTIONED} more" if len(held) > _MENTIONED else "")
    place = (priced or files)[0].path if files else "the source"
    if symbol is not None:
        remedy = f"pick another with --symbol; it holds: {names or 'nothing'}"
        return SourceError(place, f"no outright {symbol} with depth or trades in it", remedy)
    return SourceError(
        place,
        f"no futures contract and no single stock with depth or trades in it (it holds: {names or 'nothing'})",
        "add an mbp-10 or trades file, or pick one with --symbol",
    )
