"""Choosing the one contract a session is about, trade date by trade date, out of everything the source holds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from spymaster.feeds.choice.candidates import Candidate, candidates, names_held, publisher_of, step_e9
from spymaster.feeds.dbn.definitions import (
    Definition,
    Definitions,
    Volumes,
    cleared_volumes,
    read_definitions,
    session_date,
    utc_date,
    volumes_before,
)
from spymaster.feeds.dbn.files import DbnFile
from spymaster.feeds.errors import NothingOnDateError, SourceError
from spymaster.market.calendar_table import et_ns
from spymaster.market.contract_months import contract_expiry
from spymaster.market.hours_table import FUTURES_DAY_BEGINS
from spymaster.market.instruments import (
    CENT_E9,
    EQUITY_CALENDAR,
    FUTURES_CALENDAR,
    PRODUCTS,
    Instrument,
    TickSource,
    outright_root,
    share_tick_e9,
)
from spymaster.market.kinds import Kind
from spymaster.market.venues import AssetClass, asset_class

ROLL_DAYS: Final = 8
"""A contract is the front month while its expiry is more than this many days away."""

_FALLBACK_TICK_E9: Final = 10_000_000
_PRICE_SOURCES: Final = ((Kind.MBP10, None), (Kind.TRADE,), (Kind.MBP1, Kind.BBO))
"""Where to look for the instrument, best first; None is a file of mixed kinds."""
_MENTIONED: Final = 8
_ONE_DAY: Final = dt.timedelta(days=1)


class ContractQuery(msgspec.Struct, frozen=True):
    """What was asked for. ``symbol``: a contract by name or id; ``product``: the root to choose from without it, None
    for any; ``equity``: the stock that will do where there is no such future; ``publisher_id``: whose records of it;
    ``date``: the only trade date of interest."""

    symbol: str | None = None
    product: str | None = None
    publisher_id: int | None = None
    date: dt.date | None = None
    equity: str = ""


class InForce(msgspec.Struct, frozen=True):
    """The contract from ``begin_ns`` (arrival) on, until the next one's beginning."""

    begin_ns: int
    instrument: Instrument


class _Named(msgspec.Struct, frozen=True):
    """A candidate under the venue's own symbol, where that is known."""

    name: str
    candidate: Candidate


def choose_contracts(files: Sequence[DbnFile], query: ContractQuery) -> tuple[InForce, ...]:
    """The instrument whose depth and trades are meant, at every time of the source; the first from its beginning.

    Of the contracts wanted: where a continuous symbol was asked for, the one it means at the time; else one a trade
    date: the sole one, else the one with the largest cleared volume of the session before, else the nearest expiry more
    than ``ROLL_DAYS`` away. A future goes before any stock, whatever there is of the two. Spreads and options never.
    Its tick comes from a definition, else the product table, else the smallest step among its first prices. Raises
    SourceError where nothing fits, or nothing says which of several is meant.
    """
    priced = [file for file in files if asset_class(file.dataset, file.header.symbols) is not AssetClass.OPTIONS]
    stocks: list[tuple[Sequence[_Named], Definitions]] = []
    for kinds in _PRICE_SOURCES:
        held = [c for file in priced if file.kind in kinds for c in candidates(file)]
        definitions = read_definitions(priced, {c.symbol for c in held}, {c.instrument_id for c in held})
        outrights = [_Named(_name(c, definitions), c) for c in held if _is_outright(c, definitions)]
        wanted = [each for each in outrights if _is_wanted(each, query)]
        futures = [each for each in wanted if each.candidate.asset is AssetClass.FUTURES]
        if futures and _are_told_apart(futures, query):
            return tuple(_in_force(futures, definitions, files, query))
        if wanted and not futures and len({each.name for each in wanted}) == 1:
            stocks.append((wanted, definitions))
    if stocks:
        return tuple(_in_force(*stocks[0], files, query))
    raise _nothing(files, priced, query)


def choose_instrument(files: Sequence[DbnFile], symbol: str | None = None, product: str | None = None) -> Instrument:
    """The contract at the beginning, as ``choose_contracts`` has it."""
    return choose_contracts(files, ContractQuery(symbol, product))[0].instrument


def instrument_of(name: str, candidate: Candidate, definitions: Definitions, publisher_id: int | None) -> Instrument:
    """A candidate as an instrument. Raises SourceError where its file has no records of it by that publisher."""
    definition = definitions.of(candidate.symbol, candidate.instrument_id)
    is_stock = candidate.asset is AssetClass.EQUITY
    product = None if is_stock else PRODUCTS.get(outright_root(name) or "")
    stated_e9 = definition.tick_e9 if definition is not None else None
    if is_stock:
        tick_e9 = share_tick_e9(stated_e9, step_e9(candidate, CENT_E9, quotes=True), utc_date(candidate.file.first_ns))
        source = TickSource.DEFINITION if tick_e9 == stated_e9 else TickSource.INFERRED
    elif stated_e9 is not None:
        tick_e9, source = stated_e9, TickSource.DEFINITION
    elif product is not None:
        tick_e9, source = product.tick_e9, TickSource.PRODUCT_TABLE
    else:
        tick_e9, source = step_e9(candidate, _FALLBACK_TICK_E9), TickSource.INFERRED
    stated = definition.multiplier if definition is not None else None
    return Instrument(
        publisher_id=_publisher(name, candidate, publisher_id),
        instrument_id=candidate.instrument_id,
        symbol=name,
        tick_e9=tick_e9,
        multiplier=product.multiplier if product is not None else 1 if is_stock else stated or 1,
        tick_source=source,
        calendar=product.calendar if product is not None else EQUITY_CALENDAR if is_stock else FUTURES_CALENDAR,
    )


def _publisher(name: str, candidate: Candidate, wanted: int | None) -> int:
    if wanted is None:
        return publisher_of(candidate)
    held = candidate.file.survey.publishers(candidate.instrument_id)
    if held and wanted not in held:
        there = ", ".join(f"{publisher} ({count:,} records)" for publisher, count in sorted(held.items()))
        raise SourceError(candidate.file.path, f"no records of {name} by publisher {wanted}", f"it holds {there}")
    return wanted


def _name(candidate: Candidate, definitions: Definitions) -> str:
    """The venue's own symbol, where the source only has an id or a continuous symbol for it and a definition knows."""
    definition = definitions.of(candidate.symbol, candidate.instrument_id)
    vague = candidate.is_nameless or "." in candidate.symbol
    return definition.symbol if vague and definition else candidate.symbol


def _is_outright(candidate: Candidate, definitions: Definitions) -> bool:
    if candidate.asset is AssetClass.EQUITY:
        return True
    definition = definitions.of(candidate.symbol, candidate.instrument_id)
    if definition is not None and definition.instrument_class:
        return definition.instrument_class == "F"
    return outright_root(candidate.symbol) is not None or candidate.is_nameless


def _is_wanted(each: _Named, query: ContractQuery) -> bool:
    candidate = each.candidate
    if query.symbol is not None:
        known = (each.name, candidate.symbol, candidate.asked, str(candidate.instrument_id))
        return query.symbol.upper().removeprefix("#") in (name.upper().removeprefix("#") for name in known if name)
    if query.product is None:
        return True
    if candidate.asset is AssetClass.EQUITY:
        return each.name.upper() == query.equity
    return outright_root(each.name) == query.product or (
        candidate.is_nameless and candidate.asset is AssetClass.FUTURES and each.name == candidate.symbol
    )


def _are_told_apart(futures: Sequence[_Named], query: ContractQuery) -> bool:
    """Whether something says which is which: ids without a name say nothing once there are several."""
    nameless = {each.name for each in futures if each.name.startswith("#")}
    return not nameless or len({each.name for each in futures}) == 1 or query.symbol is not None


def _in_force(
    wanted: Sequence[_Named], definitions: Definitions, files: Sequence[DbnFile], query: ContractQuery
) -> Iterator[InForce]:
    last: tuple[str, int] | None = None
    for begin_ns, each in _timeline(wanted, definitions, files, query):
        key = each.name, each.candidate.instrument_id
        if key != last:
            instrument = instrument_of(each.name, each.candidate, definitions, query.publisher_id)
            yield InForce(begin_ns if last is not None else 0, instrument)
        last = key


def _timeline(
    wanted: Sequence[_Named], definitions: Definitions, files: Sequence[DbnFile], query: ContractQuery
) -> Iterator[tuple[int, _Named]]:
    """(time, who is in force from then on), the same one perhaps several times; never nothing."""
    if len({(each.name, each.candidate.instrument_id) for each in wanted}) == 1:
        yield 0, wanted[0]
        return
    plain = {each.candidate.instrument_id for each in wanted if not each.candidate.is_continuous}
    volumes = cleared_volumes(files, plain) if len(plain) > 1 else {}
    said = False
    for day in _trade_dates(wanted, query):
        begin_ns, end_ns = et_ns(day - _ONE_DAY, FUTURES_DAY_BEGINS), et_ns(day, FUTURES_DAY_BEGINS)
        there = [each for each in wanted if each.candidate.is_there(begin_ns, end_ns)]
        if not there:
            continue
        front = _front([each for each in there if not each.candidate.is_continuous], definitions, volumes, day)
        turns = {turn for each in there for turn in (each.candidate.begin_ns, each.candidate.end_ns)}
        for at_ns in (begin_ns, *sorted(turn for turn in turns if begin_ns < turn < end_ns)):
            meant = [each for each in there if each.candidate.is_continuous and _names_at(each.candidate, at_ns)]
            # an id may be given anew in the middle of a day
            same = [each for each in there if front is not None and each.name == front.name]
            called = next((each for each in same if _names_at(each.candidate, at_ns)), front)
            best = min(meant, key=lambda each: each.candidate.continuity, default=called)
            if best is not None:
                said = True
                yield at_ns, best
    if not said:
        yield 0, wanted[0]


def _names_at(candidate: Candidate, at_ns: int) -> bool:
    return candidate.begin_ns <= at_ns < candidate.end_ns


def _trade_dates(wanted: Sequence[_Named], query: ContractQuery) -> Iterator[dt.date]:
    files = {each.candidate.file.path: each.candidate.file for each in wanted}.values()
    starts = [file.first_ns for file in files if file.first_ns]
    day, last = session_date(min(starts, default=0)), session_date(max(file.end_ns for file in files))
    if query.date is not None:
        day = last = query.date
    while day <= last:
        yield day
        day += _ONE_DAY


def _front(outrights: Sequence[_Named], definitions: Definitions, volumes: Volumes, session: dt.date) -> _Named | None:
    """The front month of a trade date among the outrights that are there by their own names."""
    by_name = {each.name: each for each in outrights}
    if len(by_name) < 2:
        return next(iter(by_name.values()), None)
    cleared = volumes_before(volumes, session)
    if any(cleared.get(each.candidate.instrument_id) for each in outrights):
        largest = max(sorted(by_name), key=lambda name: cleared.get(by_name[name].candidate.instrument_id, 0))
        return by_name[largest]
    expiries = {name: _expiry(each, definitions, session) for name, each in by_name.items()}
    later = {name: day for name, day in expiries.items() if (day - session).days > ROLL_DAYS}
    if later:
        return by_name[min(sorted(later), key=later.__getitem__)]
    return by_name[max(sorted(expiries), key=expiries.__getitem__)]


def _expiry(each: _Named, definitions: Definitions, session: dt.date) -> dt.date:
    definition: Definition | None = definitions.of(each.name, each.candidate.instrument_id)
    if definition is not None and definition.expiration_ns is not None:
        return utc_date(definition.expiration_ns)
    return contract_expiry(each.name, session) or session


def _nothing(files: Sequence[DbnFile], priced: Sequence[DbnFile], query: ContractQuery) -> SourceError:
    held = names_held(priced)
    names = ", ".join(held[:_MENTIONED]) + (f" and {len(held) - _MENTIONED} more" if len(held) > _MENTIONED else "")
    where = (priced or files)[0].path if files else "the source"
    kind = SourceError if query.date is None else NothingOnDateError
    if query.symbol is not None:
        remedy = f"pick another with --symbol; it holds: {names or 'nothing'}"
        return kind(where, f"no outright {query.symbol} with depth or trades in it", remedy)
    what = "futures contract" if query.product is None else f"{query.product} contract"
    stock = " and no single stock" if query.product is None else ""
    return kind(
        where,
        f"no {what}{stock} with depth or trades in it (it holds: {names or 'nothing'})",
        "add an mbp-10 or trades file, or pick one with --symbol",
    )
