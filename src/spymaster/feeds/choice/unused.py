"""What a source holds and nobody uses: counted by symbol and publisher, so that nothing goes unsaid."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from spymaster.feeds.choice.candidates import PRICED_KINDS
from spymaster.feeds.dbn.definitions import utc_date
from spymaster.feeds.dbn.files import DbnFile
from spymaster.feeds.dbn.publishers import PUBLISHERS, UnknownPublishers
from spymaster.market.batches import Batch, Records
from spymaster.market.dtypes import recv_ns
from spymaster.market.instruments import Instrument
from spymaster.market.kinds import UNDEF_TIMESTAMP, Kind
from spymaster.market.option_chain import ANY_PUBLISHER

_COUNTED: Final = PRICED_KINDS | {Kind.CMBP1, Kind.CBBO}
_ID_SHIFT: Final = np.uint64(16)
_MENTIONED: Final = 6
_NO_KEY: Final = -1


class UnusedRecords(NamedTuple):
    """Quotes, trades and depth of an instrument by one publisher that were read and not used."""

    symbol: str
    publisher: int
    records: int


class Unused:
    """Follows a source batch by batch. ``files``: where names come from."""

    def __init__(self, files: Sequence[DbnFile]) -> None:
        self._files = files
        self._names: dict[tuple[int, dt.date], str] = {}
        self._used = np.zeros(0, np.uint64)
        self._any_publisher = np.zeros(0, np.uint64)
        self._own_key = _NO_KEY
        self._counts: dict[tuple[str, int], int] = {}
        self._contract: Instrument | None = None
        self.unknown = UnknownPublishers()
        """Publishers that the vendor has numbered since this version was made."""

    def begin(self, used: Iterable[Instrument], option_keys: Collection[tuple[int, int]] = ()) -> None:
        """From here on these are used: instruments (the contract first) and (publisher, id) of options."""
        instruments = tuple(used)
        self._contract = instruments[0]
        keys = [(one.publisher_id, one.instrument_id) for one in instruments] + list(option_keys)
        self._used = np.array([number << 16 | one for one, number in keys if one != ANY_PUBLISHER], np.uint64)
        self._any_publisher = np.array([number for one, number in keys if one == ANY_PUBLISHER], np.uint64)
        publisher, number = keys[0]
        self._own_key = number << 16 | publisher if publisher in PUBLISHERS else _NO_KEY

    def on_batch(self, batch: Batch) -> None:
        """Count what is not used of a batch, and whose publishers nobody knows."""
        if (batch.key if batch.key is not None else _one_key(batch)) == self._own_key:
            return
        self.unknown.on_batch(batch)
        for kind, records in batch.arrays.items():
            if kind not in _COUNTED:
                continue
            keys = _keys(kind, records)
            others = keys != self._used[0]
            if others.any() and len(self._used) + len(self._any_publisher) > 1:
                others = ~(np.isin(keys, self._used) | np.isin(keys >> _ID_SHIFT, self._any_publisher))
            if others.any():
                self._count(keys[others], int(recv_ns(kind, records)[others.argmax()]))

    def counts(self) -> tuple[UnusedRecords, ...]:
        """Everything not used so far, most records first."""
        counts = (UnusedRecords(symbol, publisher, records) for (symbol, publisher), records in self._counts.items())
        return tuple(sorted(counts, key=lambda one: (-one.records, one.symbol, one.publisher)))

    def _count(self, keys: NDArray[np.uint64], at_ns: int) -> None:
        for key, count in zip(*(column.tolist() for column in np.unique(keys, return_counts=True)), strict=True):
            number, publisher = key >> 16, key & 0xFFFF
            name = self._name(number, utc_date(at_ns if at_ns != UNDEF_TIMESTAMP else 0))
            self._counts[name, publisher] = self._counts.get((name, publisher), 0) + count

    def _name(self, number: int, day: dt.date) -> str:
        if (number, day) not in self._names:
            symbol = next((by_id[number] for by_id in self._maps(day) if number in by_id), "")
            contract = self._contract
            own = contract is not None and symbol == contract.symbol and number != contract.instrument_id
            self._names[number, day] = f"{symbol or ''} #{number}".strip() if own or not symbol else symbol
        return self._names[number, day]

    def _maps(self, day: dt.date) -> Iterable[dict[int, str]]:
        for file in self._files:
            yield file.symbols_by_id(day)
        for file in self._files:
            if file.spans:
                yield file.symbols_by_id()
            elif file.kind is None:
                yield {naming.instrument_id: naming.symbol for naming in file.survey.namings}


def unused_line(unused: Sequence[UnusedRecords], contract: Instrument) -> str:
    """What was not used, in one line; empty where everything was."""
    if not unused:
        return ""
    told = [f"{one.records:,} of {one.symbol} by {_by(one.publisher)}" for one in unused[:_MENTIONED]]
    if len(unused) > _MENTIONED:
        told.append(f"{sum(one.records for one in unused[_MENTIONED:]):,} of {len(unused) - _MENTIONED} others")
    whole = sum(one.records for one in unused)
    line = f"{whole:,} record{'s' if whole > 1 else ''} not used: {', '.join(told)}"
    twin = any(one.symbol == contract.symbol for one in unused)
    way = f"{contract.symbol} is taken from publisher {contract.publisher_id}, --publisher chooses" if twin else ""
    return f"{line}; {way or f'{contract.symbol} was chosen, --symbol chooses'}"


def _by(publisher: int) -> str:
    return f"publisher {publisher}{'' if publisher in PUBLISHERS else ' (unknown)'}"


def _one_key(batch: Batch) -> int | None:
    """The one instrument and publisher where all records are depth of the same, which is the usual case; else None."""
    records = batch.arrays.get(Kind.MBP10)
    if records is None or len(batch.arrays) > 1 or records.dtype.names is not None:
        return None
    heads = records[:, 0].view(np.uint64)
    return int(heads[0] >> _ID_SHIFT) if (heads == heads[0]).all() else None


def _keys(kind: Kind, records: Records) -> NDArray[np.uint64]:
    """Instrument id and publisher of each record in one number, as the record's first word has them."""
    if kind is Kind.MBP10 and records.dtype.names is None:
        words: NDArray[np.uint64] = records[:, 0].view(np.uint64)
        return words >> _ID_SHIFT
    keys: NDArray[np.uint64] = records["instrument_id"].astype(np.uint64) << _ID_SHIFT | records["publisher_id"]
    return keys
