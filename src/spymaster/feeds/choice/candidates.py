"""Who is in a source: every instrument with prices, the name it goes by, and when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from spymaster.feeds.dbn.files import DbnFile
from spymaster.feeds.dbn.survey import Naming
from spymaster.market.batches import Batch
from spymaster.market.dtypes import by_name
from spymaster.market.instruments import outright_root
from spymaster.market.kinds import NS_PER_S, UNDEF_PRICE, Kind
from spymaster.market.venues import AssetClass, asset_class, is_option

EVER_NS: Final = 2**63 - 1
"""Later than any record."""
PRICED_KINDS: Final = frozenset({Kind.MBP10, Kind.TRADE, Kind.MBP1, Kind.BBO})
_CHUNKS_LOOKED_AT: Final = 64
"""A file of mixed records may hold no quote of a share at all."""
_CONTINUOUS_RULES: Final = "vnc"
"""By volume, by open interest, by expiry: which of the vendor's continuous symbols is taken first."""


class Candidate(msgspec.Struct, frozen=True):
    """An instrument with prices in ``file``, called ``symbol`` from ``begin_ns`` up to, not including, ``end_ns``.

    ``asked``: the continuous symbol that means it then, empty where it was asked for by its own name.
    """

    symbol: str
    instrument_id: int
    file: DbnFile
    begin_ns: int = 0
    end_ns: int = EVER_NS
    asked: str = ""

    @property
    def asset(self) -> AssetClass:
        """What is traded."""
        return asset_class(self.file.dataset)

    @property
    def is_nameless(self) -> bool:
        """Whether nothing in the source says what the id stands for."""
        return self.symbol.startswith("#")

    @property
    def is_continuous(self) -> bool:
        """Whether it was asked for by a name that means another contract at another time (``ES.v.0``)."""
        return "." in (self.asked or self.symbol) and outright_root(self.asked or self.symbol) is not None

    @property
    def continuity(self) -> tuple[int, int]:
        """Of continuous symbols the smallest is the front."""
        _, rule, rank = (self.asked or self.symbol).split(".")
        return int(rank), _CONTINUOUS_RULES.index(rule)

    def is_there(self, begin_ns: int, end_ns: int) -> bool:
        """Whether name and file reach into a span of time."""
        if self.begin_ns >= end_ns or self.end_ns <= begin_ns:
            return False
        return self.file.first_ns < end_ns and self.file.end_ns > begin_ns


def candidates(file: DbnFile) -> list[Candidate]:
    """Every instrument a file may hold: by its header's mapping or the folder's, else by the mapping messages among its
    records, else by the ids of the records themselves."""
    if file.spans:
        return list(_mapped(file))
    survey = file.survey
    ids = sorted({seen.instrument_id for seen in survey.seen if seen.kind in PRICED_KINDS})
    named = [c for c in _named(file, survey.namings) if not is_option(c.symbol)]
    unknown = [number for number in ids if number not in {naming.instrument_id for naming in survey.namings}]
    sole = file.header.symbols[0] if len(file.header.symbols) == 1 == len(ids) else None
    named += [Candidate(sole or f"#{number}", number, file) for number in unknown]
    return [c for c in named if c.instrument_id in ids and not is_option(c.symbol)]


def _mapped(file: DbnFile) -> Iterator[Candidate]:
    spans = [span for span in file.spans if not is_option(span.symbol)]
    found = [
        Candidate(span.symbol, span.instrument_id, file, midnight_ns(span.start_date), midnight_ns(span.end_date))
        for span in spans
    ]
    there = [c for c in found if c.end_ns > file.first_ns]
    # a mapping that ends before the first record cannot be meant by date
    yield from there or (Candidate(c.symbol, c.instrument_id, file) for c in found)


def _named(file: DbnFile, namings: Sequence[Naming]) -> list[Candidate]:
    """Names that come and change among the records: the first holds from the beginning, each until the next."""
    begun: dict[str, tuple[int, int, Naming]] = {}
    holder: dict[int, str] = {}
    known: set[str] = set()
    found: list[Candidate] = []

    def end(key: str, at_ns: int) -> None:
        number, begin_ns, naming = begun.pop(key)
        del holder[number]
        found.append(Candidate(naming.symbol, number, file, begin_ns, at_ns, naming.asked))

    for naming in namings:
        key, number = naming.asked or naming.symbol, naming.instrument_id
        if key in begun and begun[key][0] == number:
            continue
        fresh = key not in known and number not in holder
        if key in begun:
            end(key, naming.from_ns)
        if number in holder:
            end(holder[number], naming.from_ns)
        begun[key] = (number, 0 if fresh else naming.from_ns, naming)
        holder[number] = key
        known.add(key)
    for key in tuple(begun):
        end(key, EVER_NS)
    return found


def midnight_ns(day: dt.date) -> int:
    """When a UTC day begins."""
    return int(dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC).timestamp()) * NS_PER_S


def publisher_of(candidate: Candidate) -> int:
    """The publisher of the candidate's first record; without one, of the file's first."""
    file, number = candidate.file, candidate.instrument_id
    for batch in (file.head, *(() if _has(file.head, number) else file.chunks())):
        for kind, records in batch.arrays.items():
            rows = by_name(kind, records)
            own = rows[rows["instrument_id"] == number]
            if kind in PRICED_KINDS and len(own):
                return int(own["publisher_id"][0])
    heads = [by_name(kind, records) for kind, records in file.head.arrays.items()]
    return int(heads[0]["publisher_id"][0]) if heads else 0


def _has(batch: Batch, number: int) -> bool:
    return any(
        kind in PRICED_KINDS and bool((by_name(kind, rows)["instrument_id"] == number).any())
        for kind, rows in batch.arrays.items()
    )


def step_e9(candidate: Candidate, otherwise: int, *, quotes: bool = False) -> int:
    """The largest step that every price in the first chunk with the candidate's records is a whole number of steps from
    every other. ``quotes``: of quotes alone, since shares are traded between the ticks too."""
    if quotes and candidate.file.kind is Kind.TRADE:
        return otherwise
    chunks = candidate.file.chunks()
    try:
        for batch in islice(chunks, _CHUNKS_LOOKED_AT if quotes else None):
            prices = np.unique(
                np.concatenate([np.zeros(0, np.int64), *_prices(batch, candidate.instrument_id, quotes)])
            )
            if len(prices) >= 2:
                return int(np.gcd.reduce(np.diff(prices)))
    finally:
        chunks.close()
    return otherwise


def _prices(batch: Batch, instrument_id: int, quotes: bool) -> Iterator[NDArray[np.int64]]:
    """Every defined price of one instrument in a batch; ``quotes``: those of quotes alone."""
    for kind, records in batch.arrays.items():
        rows = by_name(kind, records)
        own = rows["instrument_id"] == instrument_id
        for name in rows.dtype.names or ():
            if (name == "price" and not quotes) or "_px_" in name:
                column: NDArray[np.int64] = rows[name][own]
                yield column[column != UNDEF_PRICE]


def names_held(files: Collection[DbnFile]) -> list[str]:
    """The names of what the files hold, for people."""
    names = {c.symbol for file in files for c in candidates(file)}
    names |= {span.symbol for file in files for span in file.spans} | {s for file in files for s in file.header.symbols}
    return sorted(names)
