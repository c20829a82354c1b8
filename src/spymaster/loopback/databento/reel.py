"""What a loopback gateway serves: a recorded or simulated session of one dataset, its symbols, and its bytes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from spymaster.feeds.choice.discover import discover
from spymaster.feeds.dbn.files import DbnFile
from spymaster.feeds.merge import merge
from spymaster.market.batches import Batch, Records
from spymaster.market.contract_months import contract_expiry
from spymaster.market.dtypes import DTYPES, SCHEMA_KINDS, by_name, recv_ns
from spymaster.market.instruments import futures_root
from spymaster.market.kinds import UNDEF_TIMESTAMP, Kind

_LENGTH_UNIT: Final = 4
_TS_OUT_BYTES: Final = 8
_CONTINUOUS: Final = re.compile(r"(?P<root>[A-Z0-9]+)\.[cnv]\.(?P<rank>\d+)")
_FUTURES_OPTION: Final = re.compile(r"(?P<root>[A-Z0-9]+?)[FGHJKMNQUVXZ]\d{1,2} [CP]\d")
_LISTED_OPTION: Final = re.compile(r"(?P<root>[A-Z]{1,6}) *\d{6}[CP]\d{8}")
_RECORDS_PER_CHUNK: Final = 4096
_BY_RECEIPT: Final = frozenset({Kind.BBO, Kind.CBBO})


class Reel(Protocol):
    """A session of one dataset, in the order in which its records reached the vendor."""

    @property
    def dataset(self) -> str:
        """The vendor's code for it."""
        ...

    @property
    def symbols(self) -> Mapping[int, str]:
        """Instrument id -> raw symbol."""
        ...

    @property
    def first_ns(self) -> int:
        """When the first record reached the vendor."""
        ...

    def batches(self) -> Iterator[Batch]:
        """All records, from the first on; asked for once by each connection."""
        ...


@dataclass(frozen=True)
class HeldReel:
    """A session in memory."""

    dataset: str
    symbols: Mapping[int, str]
    held: Sequence[Batch]

    @property
    def first_ns(self) -> int:
        """When the first record reached the vendor."""
        return int(received_ns(self.held[0])[0])

    def batches(self) -> Iterator[Batch]:
        """All records."""
        return iter(self.held)


class FileReel:
    """A session in DBN files of one dataset, read anew by each connection with flat memory."""

    def __init__(self, files: Sequence[DbnFile]) -> None:
        self._files = tuple(files)
        self.dataset = files[0].dataset
        self.symbols: dict[int, str] = {}
        for file in files:
            self.symbols.update(file.symbols_by_id())
        self.first_ns = min(file.first_ns for file in files if file.first_ns)

    @property
    def end_ns(self) -> int:
        """A time after which no record reached the vendor."""
        return max(file.end_ns for file in self._files)

    def batches(self) -> Iterator[Batch]:
        """All records, merged as a replay merges them."""
        return merge(self._files, _RECORDS_PER_CHUNK)


def reels_of(sources: Iterable[Path]) -> list[FileReel]:
    """A reel for each dataset among the recordings, folders and files named. Raises SourceError."""
    by_dataset: dict[str, list[DbnFile]] = {}
    for file in discover(sources).files:
        if file.kind is not Kind.BAR:
            by_dataset.setdefault(file.dataset, []).append(file)
    return [FileReel(files) for files in by_dataset.values()]


class Wanted(msgspec.Struct, frozen=True):
    """A subscription: one schema of some instruments. ``start_ns``: replay from there first, None for none."""

    schema: str
    ids: frozenset[int]
    start_ns: int | None = None


def resolve(reel: Reel, symbol: str, stype: str) -> Mapping[int, str]:
    """Instrument id -> raw symbol of everything that a symbol asks for; empty where nothing is meant by it."""
    known = reel.symbols
    if symbol == "ALL_SYMBOLS":
        return known
    if stype == "instrument_id":
        return {number: name for number, name in known.items() if str(number) == symbol}
    if stype == "parent":
        root, _, what = symbol.partition(".")
        return {number: name for number, name in known.items() if _is_child(name, root, what)}
    if stype == "continuous":
        match = _CONTINUOUS.fullmatch(symbol)
        return _continuous(reel, match["root"], int(match["rank"])) if match else {}
    return {number: name for number, name in known.items() if name == symbol}


def _is_child(name: str, root: str, what: str) -> bool:
    if what == "OPT":
        match = _FUTURES_OPTION.match(name) or _LISTED_OPTION.match(name)
        return match is not None and match["root"] == root
    return what == "FUT" and futures_root(name) == root


def _continuous(reel: Reel, root: str, rank: int) -> Mapping[int, str]:
    """The contract of that rank by expiry."""
    from spymaster.feeds.dbn.definitions import utc_date

    day = utc_date(reel.first_ns)
    dated = [(contract_expiry(name, day), n) for n, name in reel.symbols.items() if futures_root(name) == root]
    ranked = sorted((expiry, number) for expiry, number in dated if expiry is not None)
    if rank >= len(ranked):
        return {}
    number = ranked[rank][1]
    return {number: reel.symbols[number]}


def received_ns(batch: Batch) -> NDArray[np.int64]:
    """When each record of a batch reached the vendor, in their order, ns."""
    times = np.zeros(len(batch), np.int64)
    for kind, rows in batch.arrays.items():
        received = recv_ns(kind, rows)
        event = by_name(kind, rows)["ts_event"]
        times[batch.order == kind] = np.where(received == UNDEF_TIMESTAMP, event, received).view(np.int64)
    return times


def event_ns(batch: Batch) -> NDArray[np.int64]:
    """The time that a replay's ``start`` is compared with: ``ts_event``, of interval quotes ``ts_recv``."""
    times = np.zeros(len(batch), np.int64)
    for kind, rows in batch.arrays.items():
        fields = by_name(kind, rows)
        column = fields["ts_recv"] if kind in _BY_RECEIPT else fields["ts_event"]
        times[batch.order == kind] = column.view(np.int64)
    return times


@dataclass(frozen=True, slots=True, eq=False)
class Wire:
    """Records as they go out. ``data``: their bytes, record k from ``ends[k - 1]`` (0) to ``ends[k]``; ``due_ns``: when
    each is sent; ``place``: its place in the batch it was made of."""

    data: NDArray[np.uint8]
    ends: NDArray[np.int64]
    due_ns: NDArray[np.int64]
    place: NDArray[np.intp]
    schemas: NDArray[np.uint8]
    """Record type byte of each."""


def wire_of(
    batch: Batch, due_ns: NDArray[np.int64], keep: NDArray[np.bool_], *, ts_out: bool, sent_ns: int | None = None
) -> Wire:
    """The records to be kept as bytes in their order. ``sent_ns``: for their ``ts_out``; None for when each is due."""
    place = np.flatnonzero(keep)
    order, due = batch.order[place], due_ns[place]
    sizes = np.zeros(256, np.int64)
    for kind in batch.arrays:
        sizes[int(kind)] = DTYPES[kind].itemsize + _TS_OUT_BYTES * ts_out
    lengths = sizes[order]
    ends = np.cumsum(lengths)
    starts = ends - lengths
    data = np.zeros(int(ends[-1]) if len(ends) else 0, np.uint8)
    for kind, rows in batch.arrays.items():
        mine = order == kind
        if mine.any():
            own = _rows_to_send(kind, rows[keep[batch.order == kind]], due[mine], ts_out=ts_out, sent_ns=sent_ns)
            size = own.shape[1]
            spots = np.ndarray((len(data) - size + 1,), f"V{size}", data.data, strides=(1,))
            spots[starts[mine]] = own.view(f"V{size}").reshape(-1)
    return Wire(data, ends, due, place, data[starts + 1] if len(starts) else np.zeros(0, np.uint8))


def _rows_to_send(
    kind: Kind, rows: Records, due_ns: NDArray[np.int64], *, ts_out: bool, sent_ns: int | None
) -> NDArray[np.uint8]:
    size = DTYPES[kind].itemsize
    raw = np.ascontiguousarray(rows).view(np.uint8).reshape(len(rows), size)
    out = np.empty((len(raw), size + _TS_OUT_BYTES * ts_out), np.uint8)
    out[:, :size] = raw
    out[:, 0] = out.shape[1] // _LENGTH_UNIT
    if ts_out:
        sent = due_ns if sent_ns is None else np.full(len(raw), sent_ns, np.int64)
        out[:, size:] = np.ascontiguousarray(sent).view(np.uint8).reshape(-1, _TS_OUT_BYTES)
    return out


def chosen(batch: Batch, wanted: Iterable[Wanted], pick: Callable[[Wanted], NDArray[np.bool_]]) -> NDArray[np.bool_]:
    """Which records of a batch some subscription asks for; ``pick``: of which times, by subscription."""
    keep = np.zeros(len(batch), np.bool_)
    for want in wanted:
        kind = SCHEMA_KINDS.get(want.schema)
        if kind is None or kind not in batch.arrays:
            continue
        own = np.isin(by_name(kind, batch.arrays[kind])["instrument_id"], list(want.ids))
        mask = np.zeros(len(batch), np.bool_)
        mask[batch.order == kind] = own
        keep |= mask & pick(want)
    return keep
