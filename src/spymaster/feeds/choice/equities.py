"""The equity beside a future."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from spymaster.feeds.choice.candidates import Candidate, candidates
from spymaster.feeds.choice.front_month import instrument_of
from spymaster.feeds.dbn.definitions import read_definitions
from spymaster.feeds.dbn.files import DbnFile
from spymaster.market.instruments import Instrument
from spymaster.market.kinds import Kind
from spymaster.market.venues import AssetClass, asset_class

_EQUITY_KINDS: Final = frozenset({Kind.TRADE, Kind.MBP1, Kind.BBO})


class Equity(msgspec.Struct, frozen=True):
    """An equity in a source, and the files of trades and quotes that hold it under its one key."""

    instrument: Instrument
    files: tuple[DbnFile, ...]


def choose_equity(files: Sequence[DbnFile], symbol: str) -> Equity | None:
    """The equity of that symbol among the stock files with trades or quotes (TRADE, MBP1, BBO); None without any.

    An engine knows an equity by one (publisher, id). Of several datasets the one with quotes is taken, then the first
    by name; a file in which the equity has another id (venues give them anew each day) is not among the files returned.
    """
    found: dict[str, list[Candidate]] = {}
    for file in files:
        if file.kind in _EQUITY_KINDS and asset_class(file.dataset, file.header.symbols) is AssetClass.EQUITY:
            own = [c for c in candidates(file) if c.symbol.upper() == symbol.upper()]
            found.setdefault(file.dataset, []).extend(own)
    held = {dataset: candidates for dataset, candidates in found.items() if candidates}
    if not held:
        return None
    dataset = min(held, key=lambda name: (all(c.file.kind is Kind.TRADE for c in held[name]), name))
    first = min(held[dataset], key=lambda c: (c.file.first_ns, str(c.file.path)))
    definitions = read_definitions(files, {first.symbol}, {first.instrument_id})
    same = (c.file for c in held[dataset] if c.instrument_id == first.instrument_id)
    return Equity(instrument_of(first.symbol, first, definitions, None), tuple(same))
