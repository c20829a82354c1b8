"""A source as periods under one CONFIG each: the contract in force, with the equity and the options of the day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from spymaster.config.profiles import Profile
from spymaster.feeds.choice.candidates import candidates
from spymaster.feeds.choice.equities import Equity, choose_equity
from spymaster.feeds.choice.first_record import first_in_head, first_record
from spymaster.feeds.choice.front_month import InForce
from spymaster.feeds.choice.option_chain import ChainQuery, OptionChain, choose_chain, is_option_file
from spymaster.feeds.dbn.definitions import session_date
from spymaster.feeds.dbn.files import DbnFile
from spymaster.feeds.errors import NothingOnDateError, SourceError
from spymaster.market.calendar_table import date_of
from spymaster.market.instruments import EQUITY_CALENDAR, Instrument, futures_root
from spymaster.market.kinds import NS_PER_S, Kind
from spymaster.market.sessions import et_stamp, session_at, sessions_between
from spymaster.market.venues import AssetClass, asset_class
from spymaster.session.sources.trade_day import day_ns

_PRICED: Final = frozenset({Kind.MBP10, Kind.TRADE, Kind.MBP1, Kind.BBO})
_QUOTED: Final = _PRICED | {Kind.CMBP1, Kind.CBBO}
_DEFINED_BEFORE_NS: Final = 7 * 86_400_000_000_000
"""How long before a day definitions of its options may have been given."""


class ContractPeriod(msgspec.Struct, frozen=True):
    """From ``begin_ns`` (arrival; 0 for the first) to the next period's beginning. ``follows``: the contract before,
    where that had another id. ``near_e9``: a price of about then, None where none is known."""

    begin_ns: int
    instrument: Instrument
    equity: Equity | None
    chain: OptionChain
    near_e9: int | None
    follows: Instrument | None = None

    @property
    def is_another(self) -> bool:
        """Whether the contract before is another one, not the same under another id."""
        return self.follows is not None and (
            self.follows.symbol != self.instrument.symbol or futures_root(self.instrument.symbol) is None
        )


class Span(msgspec.Struct, frozen=True):
    """Earliest and latest time the files may hold, when the records of a contract begin, and a price at first."""

    first_ns: int
    begins_ns: int
    last_ns: int
    near_e9: int | None


def span_of(
    contracts: Sequence[InForce], files: Sequence[DbnFile], merged: Sequence[DbnFile], date: int | None
) -> Span:
    """The span of files, on a trade date (yyyymmdd) if given; ``merged``: those with the contracts' records. Raises
    SourceError where there are none, or none on that date."""
    starts = [t for file in files for t in (file.first_ns, file.header.start_ns) if t > 0]
    if not starts:
        raise SourceError(files[0].path, "holds no records with a time", "name files that hold records")
    first_ns, last_ns = min(starts), max(*(file.end_ns for file in files), *starts)
    from_ns, until_ns = day_ns(date) if date is not None else (0, last_ns + 1)
    begins_ns, near_e9 = first_record(merged, [one.instrument for one in contracts], from_ns)
    if date is not None and not from_ns <= begins_ns < until_ns:
        held = f"there is some of {et_stamp(first_ns)} to {et_stamp(last_ns)}"
        name = contracts[0].instrument.symbol
        raise NothingOnDateError(files[0].path.parent, f"no record of {name} on {date_of(date)}", held)
    return Span(max(first_ns, from_ns), begins_ns or first_ns, min(last_ns, until_ns), near_e9)


def plan_periods(
    contracts: Sequence[InForce], files: Sequence[DbnFile], profile: Profile, span: Span
) -> tuple[ContractPeriod, ...]:
    """The periods of a source, at least one.

    A change of contract begins a period. So does every trade date where the files hold options, whose chain is of one
    day, or an equity whose id changes from day to day.
    """
    is_future = contracts[0].instrument.calendar != EQUITY_CALENDAR
    underlying = profile.underlying_symbol if is_future else ""
    daily = is_future and (any(file.kind in _QUOTED and is_option_file(file) for file in files))
    equity = choose_equity(files, underlying) if underlying else None
    equity_varies = equity is not None and _ids_vary(files, underlying)
    periods: list[ContractPeriod] = []
    near_e9 = span.near_e9
    for begin_ns, end_ns, instrument in _stretches(contracts, span, daily or equity_varies):
        at_ns = max(begin_ns, span.begins_ns)
        there = [file for file in files if _reaches(file, at_ns, end_ns)]
        near_e9 = near_e9 if not periods else _price(there, instrument, at_ns) or near_e9
        if equity_varies and periods:
            equity = choose_equity(there, underlying)
        query = _query(profile, instrument, at_ns, near_e9)
        chain = choose_chain(files if not daily or not periods else there, query)
        before = periods[-1].instrument if periods else instrument
        follows = before if before.instrument_id != instrument.instrument_id else None
        periods.append(ContractPeriod(begin_ns, instrument, equity, chain, near_e9, follows))
    return tuple(periods)


def change_line(period: ContractPeriod) -> str:
    """What is said where the contract changes."""
    assert period.follows is not None
    when = dt.datetime.fromtimestamp(period.begin_ns // NS_PER_S, dt.UTC)
    new, old = (f"{one.symbol} (id {one.instrument_id})" for one in (period.instrument, period.follows))
    if not period.is_another:
        return f"{when:%Y-%m-%d %H:%M:%S} UTC: {old} is {new} from here on: the engine begins anew"
    return (
        f"{when:%Y-%m-%d %H:%M:%S} UTC: the contract changes from {old} to {new}: the engine begins anew, levels that "
        f"rest on the other's prices are left out"
    )


def chain_problems(periods: Sequence[ContractPeriod]) -> list[str]:
    """What is said of options, a line each; a file that some period uses is no file that is not used."""
    used = {str(file.path) for period in periods for file in period.chain.files}
    lines = dict.fromkeys(line for period in periods for line in period.chain.problems)
    return [line for line in lines if line.split(": not used: ")[0] not in used]


def _stretches(contracts: Sequence[InForce], span: Span, daily: bool) -> Iterator[tuple[int, int, Instrument]]:
    """(beginning, end, contract) of each period that is played, the first from 0 on."""
    transitions = {one.begin_ns for one in contracts}
    day = session_date(span.begins_ns)
    while daily and day_ns(_yyyymmdd(day))[1] < span.last_ns:
        transitions.add(day_ns(_yyyymmdd(day))[1])
        day += dt.timedelta(days=1)
    begins = [transition for transition in sorted(transitions) if span.begins_ns < transition < span.last_ns]
    for begin_ns, end_ns in zip([0, *begins], [*begins, max(span.last_ns, span.begins_ns + 1)], strict=True):
        at_ns = max(begin_ns, span.begins_ns)
        in_force = [contracts[0], *(one for one in contracts if one.begin_ns <= at_ns)][-1]
        yield begin_ns, end_ns, in_force.instrument


def _reaches(file: DbnFile, begin_ns: int, end_ns: int) -> bool:
    from_ns = begin_ns - _DEFINED_BEFORE_NS if file.kind is Kind.DEF else begin_ns
    return (file.first_ns or file.header.start_ns) < end_ns and file.end_ns > from_ns


def _price(files: Sequence[DbnFile], instrument: Instrument, at_ns: int) -> int | None:
    """A price of the contract at the front of a file that begins about then."""
    begin_ns, _ = day_ns(_yyyymmdd(session_date(at_ns)))
    heads = (first_in_head(file, instrument) for file in files if file.first_ns >= begin_ns)
    return next((found[1] for found in heads if found is not None), None)


def _ids_vary(files: Sequence[DbnFile], symbol: str) -> bool:
    of_stocks = (file for file in files if asset_class(file.dataset, file.header.symbols) is AssetClass.EQUITY)
    ids = {
        (file.dataset, c.instrument_id)
        for file in of_stocks
        for c in candidates(file)
        if c.symbol.upper() == symbol.upper()
    }
    return len(ids) > len({dataset for dataset, _ in ids})


def _query(profile: Profile, instrument: Instrument, at_ns: int, near_e9: int | None) -> ChainQuery:
    """The options of a period's first day: on the future itself, or on the equity that prices convert to."""
    session = session_at(sessions_between(instrument.calendar, at_ns, at_ns), at_ns)
    return ChainQuery(
        underlying=profile.underlying_symbol or instrument.symbol,
        on_future=not profile.underlying_symbol,
        expires=int(session["session_date"]),
        close_ns=int(session["rth_close_ns"]) or int(session["close_ns"]),
        near_e9=None if near_e9 is None else round(near_e9 / profile.usual_ratio),
    )


def _yyyymmdd(day: dt.date) -> int:
    return day.year * 10_000 + day.month * 100 + day.day
