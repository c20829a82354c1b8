"""Choosing the options of the day out of everything the source holds: by their definitions, never by a root's name."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from spymaster.feeds.dbn.definitions import utc_date
from spymaster.feeds.dbn.files import DbnFile
from spymaster.market.kinds import NS_PER_S, UNDEF_PRICE, Kind
from spymaster.market.option_chain import ANY_PUBLISHER, CALL, CHAIN, MAX_CONTRACTS_OF_CHAIN, MAX_STRIKES, PUT
from spymaster.market.sessions import et_time
from spymaster.market.venues import AssetClass, asset_class, is_option

LISTED_MULTIPLIER: Final = 100
"""Shares an option on a share is for; their definitions do not say."""
LISTED_TICK_E9: Final = 10_000_000
FUTURES_TICK_E9: Final = 50_000_000
"""Least price step of options on index futures; their definitions give none, since it depends on the price."""

_UNDEF_I32: Final = 2**31 - 1
_DAY_NS: Final = 86_400 * NS_PER_S
_QUOTED: Final = frozenset({Kind.TRADE, Kind.MBP1, Kind.BBO, Kind.CMBP1, Kind.CBBO})
_CONSOLIDATED: Final = frozenset({Kind.CMBP1, Kind.CBBO})
_CLASSES: Final = (b"C", b"P")
_TERMS: Final = len("231226C00475000")
"""What follows the root in a symbol of listed options."""
_NAMES: Final = CHAIN.names or ()
_EXPIRY: Final = _NAMES.index("expiry_ns")
_MULTIPLIER: Final = _NAMES.index("multiplier")
ROOM: Final = f"{MAX_STRIKES} strikes and {MAX_CONTRACTS_OF_CHAIN} contracts fit"
"""How much of a day a chain has room for."""


class ChainQuery(msgspec.Struct, frozen=True):
    """What is asked for: options on ``underlying`` that expire on the day ``expires`` (yyyymmdd).

    ``on_future``: of a future's venue, else of the consolidated tape of listed options. ``close_ns``: when those expire
    whose definition gives only the day. ``near_e9``: a price in their unit; of too many strikes the nearest are kept.
    """

    underlying: str
    on_future: bool
    expires: int
    close_ns: int
    near_e9: int | None


class OptionChain(msgspec.Struct, frozen=True):
    """Contracts of one day (CHAIN[n]) and the files that hold their quotes, trades and statistics."""

    contracts: NDArray[np.void]
    files: tuple[DbnFile, ...]
    problems: tuple[str, ...]


def is_option_file(file: DbnFile) -> bool:
    """Whether a file holds quotes, trades or statistics of options alone."""
    known = {span.symbol for span in file.spans} or set(file.header.symbols)
    return asset_class(file.dataset, tuple(known)) is AssetClass.OPTIONS or (bool(known) and all(map(is_option, known)))


def choose_chain(files: Sequence[DbnFile], query: ChainQuery) -> OptionChain:
    """The contracts that fit the query, with the ids their quotes bear. Empty, with a reason, where there are none."""
    of_options = [file for file in files if file.kind in _QUOTED and is_option_file(file)]
    fitting = [file for file in of_options if (asset_of(file) is AssetClass.FUTURES) == query.on_future]
    if not fitting:
        unused = f"no options on {query.underlying} in it"
        return OptionChain(np.zeros(0, CHAIN), (), tuple(f"{file.path}: not used: {unused}" for file in of_options))
    problems = [
        f"{file.path}: not used: not options on {query.underlying}" for file in of_options if file not in fitting
    ]
    contracts, found = _contracts(files, fitting, query)
    problems += found
    if not len(contracts):
        day = f"{query.expires // 10_000}-{query.expires // 100 % 100:02}-{query.expires % 100:02}"
        why = f"no definition of an option on {query.underlying} that expires on {day}"
        return OptionChain(contracts, (), (*problems, *(f"{file.path}: not used: {why}" for file in fitting)))
    contracts, dropped = nearest(contracts, query.near_e9)
    if dropped:
        problems.append(f"{dropped} strikes far from price were left out; {ROOM}")
    datasets = {file.dataset for file in fitting}
    statistics = [f for f in files if f.kind is Kind.STAT and f.dataset in datasets and is_option_file(f)]
    return OptionChain(contracts, (*fitting, *statistics), tuple(problems))


def asset_of(file: DbnFile) -> AssetClass:
    """The class of the venue a file's options trade on: a future's, or that of listed options."""
    listed = asset_class(file.dataset) is AssetClass.OPTIONS
    return AssetClass.OPTIONS if listed else AssetClass.FUTURES


class _Option(NamedTuple):
    """A contract of the day: its series (the root of its symbol) and its CHAIN record's values."""

    series: str
    record: tuple[int, ...]

    @property
    def expiry_ns(self) -> int:
        return self.record[_EXPIRY]

    @property
    def multiplier(self) -> int:
        return self.record[_MULTIPLIER]


def _contracts(
    files: Sequence[DbnFile], quoted: Sequence[DbnFile], query: ChainQuery
) -> tuple[NDArray[np.void], list[str]]:
    """What :func:`contracts_of` finds in files, with the ids under which they are quoted."""
    day = dt.date(query.expires // 10_000, query.expires // 100 % 100, query.expires % 100)
    named = (file.symbols_by_id(day) or file.symbols_by_id() for file in quoted)
    ids = {symbol: number for by_id in named for number, symbol in by_id.items()}
    of_venue = (f for f in files if f.kind is Kind.DEF and (asset_of(f) is AssetClass.FUTURES) == query.on_future)
    rows = (batch.arrays[Kind.DEF] for file in of_venue for batch in file.chunks())
    return contracts_of(rows, ids, _publisher(quoted), query)


def contracts_of(
    definitions: Iterable[NDArray[np.void]], ids: Mapping[str, int], publisher: int, query: ChainQuery
) -> tuple[NDArray[np.void], list[str]]:
    """(CHAIN[n] of the definitions (rows of DEF) that fit the query, what is to be said of them, a line each).

    By strike, calls first, each symbol once, by its last definition. ``ids``: symbol -> the id that quotes bear, where
    that is another than the definition's.
    """
    found: dict[str, _Option] = {}
    for some in definitions:
        for row in _fitting(some, query):
            symbol = bytes(row["raw_symbol"]).decode("utf-8", "replace")
            number = ids.get(symbol, int(row["instrument_id"]))
            found[symbol] = _Option(_series(symbol), (publisher, number, *_terms(row, query)))
    problems: list[str] = []
    return _in_order(_of_one_size(list(found.values()), problems), problems), problems


def _series(symbol: str) -> str:
    """The root of an option's symbol: what stands before the space, or before the terms where there is none."""
    root, space, _ = symbol.partition(" ")
    return root if space else symbol[:-_TERMS] or symbol


def _of_one_size(options: list[_Option], problems: list[str]) -> list[_Option]:
    """The contracts of the multiplier that most have: exposures are summed, so that they must be of one size."""
    if not options:
        return options
    sizes = Counter(option.multiplier for option in options)
    usual = max(sorted(sizes), key=sizes.__getitem__)
    others = [option for option in options if option.multiplier != usual]
    if others:
        names = ", ".join(sorted({option.series for option in others}))
        problems.append(
            f"{len(others)} options of {names} left out: their multiplier is not {usual}, as the others' is"
        )
    return [option for option in options if option.multiplier == usual]


def _in_order(options: list[_Option], problems: list[str]) -> NDArray[np.void]:
    """CHAIN[n] by strike, calls first, of several series the one that ends last first, then the one with most."""
    counts = Counter((option.expiry_ns, option.series) for option in options)
    leading = sorted(counts, key=lambda series: (-series[0], -counts[series], series[1]))
    if len(leading) > 1:
        told = ", ".join(f"{name} until {et_time(ends_ns):%H:%M} ET" for ends_ns, name in leading)
        problems.append(f"{len(leading)} series of options end on this day ({told}); a strike's row is their sum")
    rank = {series: index for index, series in enumerate(leading)}
    strike, right = _NAMES.index("strike_e9"), _NAMES.index("right")
    options = sorted(
        options,
        key=lambda o: (o.record[strike], -o.record[right], rank[o.expiry_ns, o.series], o.record),
    )
    rows = np.array([option.record for option in options], dtype=np.int64).reshape(-1, len(_NAMES))
    chain = np.zeros(len(rows), CHAIN)
    for index, name in enumerate(_NAMES):
        chain[name] = rows[:, index]
    return chain


def _fitting(rows: NDArray[np.void], query: ChainQuery) -> NDArray[np.void]:
    """The definitions that fit: a call or a put, on the underlying, expiring on the day."""
    wanted = np.isin(rows["instrument_class"], _CLASSES) & (rows["underlying"] == query.underlying.encode())
    wanted &= (rows["strike_price"] > 0) & (rows["strike_price"] != UNDEF_PRICE)
    rows = rows[wanted]
    days = [utc_date(int(ns)) for ns in rows["expiration"].tolist() if ns < UNDEF_PRICE]
    same = [day.year * 10_000 + day.month * 100 + day.day == query.expires for day in days]
    return rows[rows["expiration"] < UNDEF_PRICE][np.array(same, dtype=np.bool_)]


def _terms(row: np.void, query: ChainQuery) -> tuple[int, ...]:
    """Strike, right, expiry, multiplier and tick of a definition."""
    expiry_ns = int(row["expiration"])
    stated = int(row["contract_multiplier"])
    quantity = int(row["unit_of_measure_qty"])
    multiplier = stated if 0 < stated < _UNDEF_I32 else quantity // NS_PER_S if 0 < quantity < UNDEF_PRICE else 0
    tick = int(row["min_price_increment"])
    usual_tick = FUTURES_TICK_E9 if query.on_future else LISTED_TICK_E9
    return (
        int(row["strike_price"]),
        CALL if bytes(row["instrument_class"]) == b"C" else PUT,
        # listed options bear the day alone; they stop with the regular session
        query.close_ns if expiry_ns % _DAY_NS == 0 else expiry_ns,
        multiplier or LISTED_MULTIPLIER,
        tick if 0 < tick < UNDEF_PRICE else usual_tick,
    )


def _publisher(quoted: Sequence[DbnFile]) -> int:
    """The publisher of the files' records; any where they are of a consolidated tape."""
    for file in quoted:
        for kind, rows in file.head.arrays.items():
            if kind in _CONSOLIDATED:
                return ANY_PUBLISHER
            if len(rows):
                return int(rows["publisher_id"][0])
    return ANY_PUBLISHER


def nearest(contracts: NDArray[np.void], near_e9: int | None) -> tuple[NDArray[np.void], int]:
    """(the contracts of the strikes nearest a price, how many strikes were left out)."""
    strikes, counts = np.unique(contracts["strike_e9"], return_counts=True)
    if len(strikes) <= MAX_STRIKES and len(contracts) <= MAX_CONTRACTS_OF_CHAIN:
        return contracts, 0
    near = strikes[len(strikes) // 2] if near_e9 is None else near_e9
    nearest = np.argsort(np.abs(strikes - near), kind="stable")[:MAX_STRIKES]
    fitting = nearest[np.cumsum(counts[nearest]) <= MAX_CONTRACTS_OF_CHAIN]
    return contracts[np.isin(contracts["strike_e9"], strikes[fitting])], len(strikes) - len(fitting)
