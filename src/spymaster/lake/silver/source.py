"""Bronze of one kind and partition by slices of event time, whichever files and runs it lies in, in flat memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.lake.catalog import BRONZE, check_version
from spymaster.lake.silver.order import record_time
from spymaster.lake.storage.files import Storage
from spymaster.lake.tables.arrow_records import raw_rows, records_of
from spymaster.lake.tables.parquet_file import opened, reading
from spymaster.lake.tables.routing import HOUR_NS
from spymaster.lake.tables.schema import BACKFILL, BRONZE_VERSION, SEQ, TIMES
from spymaster.market.kinds import NS_PER_S, UNDEF_TIMESTAMP, Kind

SLICE_NS: Final = 60 * NS_PER_S


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Records and where they come from: ``records`` of ``raw_dtype``, event time, ``stream`` and ``seq`` of each."""

    records: NDArray[Any]
    t_ns: NDArray[np.uint64]
    stream: NDArray[np.int64]
    seq: NDArray[np.uint64]

    @property
    def columns(self) -> tuple[NDArray[Any], ...]:
        """All of it, in this order."""
        return self.records, self.t_ns, self.stream, self.seq

    def __len__(self) -> int:
        return len(self.seq)


@dataclass(frozen=True, slots=True)
class _Group:
    """One row group: the event times it may hold, both ends included."""

    file: str
    group_index: int
    stream: int
    first_ns: int
    last_ns: int


class EventSlices:
    """Reads the files of one kind by event time. ``files``: (name, rank of its run), in any order. Raises LakeError."""

    def __init__(self, storage: Storage, kind: Kind, files: Iterable[tuple[str, int]]) -> None:
        self.kind = kind
        self._storage = storage
        self._groups = [group for name, rank in sorted(files) for group in _row_groups(storage, name, rank)]
        self._held: dict[_Group, Rows] = {}

    @property
    def hours(self) -> list[int]:
        """The UTC hours of event time that may hold records, by number."""
        hours: set[int] = set()
        for group in self._groups:
            hours.update(range(group.first_ns // HOUR_NS, group.last_ns // HOUR_NS + 1))
        return sorted(hours)

    def between(self, from_ns: int, until_ns: int) -> Rows:
        """Every record with an event time in [from, until). Ask for ascending times: what lies before is let go."""
        parts = []
        for group in self._groups:
            if group.last_ns < from_ns:
                self._held.pop(group, None)
            elif group.first_ns < until_ns:
                rows = self._held.get(group) or self._load(group)
                self._held[group] = rows
                inside = np.flatnonzero((rows.t_ns >= np.uint64(from_ns)) & (rows.t_ns < np.uint64(until_ns)))
                parts.append(Rows(*(column[inside] for column in rows.columns)))
        return _joined(parts)

    def _load(self, group: _Group) -> Rows:
        with opened(self._storage, group.file) as parquet, reading(self._storage.url(group.file)):
            table = parquet.read_row_group(group.group_index)
        records = raw_rows(self.kind, records_of(self.kind, table))
        backfill = np.asarray(table[BACKFILL].to_numpy(), np.int64)
        seqs = table[SEQ].to_numpy().astype(np.uint64)
        return Rows(records, record_time(self.kind, records), group.stream + backfill, seqs)


def slices_of(hour: int) -> Iterator[tuple[int, int]]:
    """The slices of an hour: [from, until) in ns."""
    for from_ns in range(hour * HOUR_NS, (hour + 1) * HOUR_NS, SLICE_NS):
        yield from_ns, from_ns + SLICE_NS


def _joined(parts: Sequence[Rows]) -> Rows:
    if len(parts) == 1:
        return parts[0]
    if not parts:
        nothing = np.zeros(0, np.uint64)
        return Rows(np.zeros(0, np.dtype([("ts_event", "<u8")])), nothing, np.zeros(0, np.int64), nothing)
    return Rows(*map(np.concatenate, zip(*(part.columns for part in parts), strict=True)))


def _row_groups(storage: Storage, name: str, rank: int) -> Iterator[_Group]:
    """What the footer says of each row group. A stream is a run's live records, or those fetched later."""
    with opened(storage, name) as parquet:
        check_version(storage.url(name), parquet.metadata, BRONZE, BRONZE_VERSION)
        names = parquet.schema_arrow.names
        columns = [names.index(time) for time in TIMES if time in names]
        for group_index in range(parquet.metadata.num_row_groups):
            stats = [parquet.metadata.row_group(group_index).column(column).statistics for column in columns]
            lows = [int(stat.min) for stat in stats]
            highs = [int(stat.max) for stat in stats]
            known = [ns for ns in (*lows, *highs) if ns != UNDEF_TIMESTAMP]
            if known:
                yield _Group(name, group_index, 2 * rank, min(known), max(known))
