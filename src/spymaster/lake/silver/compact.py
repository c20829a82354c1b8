"""Silver: Bronze of every run as one account, by event time, without doubles, holes filled, option trades with quotes.

The same Bronze gives the same bytes, whatever its files are called and however it was parted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec
import pyarrow as pa

from spymaster.lake.catalog import BRONZE, SILVER, Lake, date_of_file, table_of_file
from spymaster.lake.silver.greeks import GREEKS_FIELDS, GREEKS_TOLERANCE_NS, GreeksJoin
from spymaster.lake.silver.join import NBBO_TOLERANCE_NS, QUOTE_FIELDS, TRADES, QuoteJoin, is_quoted
from spymaster.lake.silver.order import in_event_order
from spymaster.lake.silver.source import EventSlices, slices_of
from spymaster.lake.storage.files import Storage
from spymaster.lake.tables.arrow_records import column_array
from spymaster.lake.tables.lanes import GROUP_ROWS
from spymaster.lake.tables.part import Part
from spymaster.lake.tables.routing import TableKey, folder_of
from spymaster.lake.tables.schema import TableSchema, bronze_schema
from spymaster.market.kinds import Kind

SILVER_VERSION: Final = 2
TOLERANCE_KEY: Final = b"spymaster.nbbo_tolerance_ns"
GREEKS_TOLERANCE_KEY: Final = b"spymaster.greeks_tolerance_ns"
_OPTION_TRADES: Final = "options/trades"
_OPTION_QUOTES: Final = "options/nbbo"
_OPTION_GREEKS: Final = "options/greeks_snapshots"
_NOT_COMPACTED: Final = frozenset({Kind.SYSTEM, Kind.ERROR, Kind.MAPPING, Kind.RAW})
"""What a feed says of itself, and frames as they came: of one run, and in no order but its own."""


_Joins = tuple[QuoteJoin, GreeksJoin]


class Compacted(msgspec.Struct, frozen=True):
    """One Silver file. ``doubles``: records left out because they are there already."""

    path: str
    records: int
    doubles: int


class SilverSchema(TableSchema):
    """Silver of a record kind."""

    @property
    def label(self) -> str:
        """What a file of it says it is."""
        return f"silver/{self.kind}/{self.version}"


def compact(lake: Lake, date: str | None = None, step: Callable[[str], None] | None = None) -> Iterator[Compacted]:
    """Write Silver anew, of one UTC date of event time or of all; files of it that no longer have a reason go.

    ``step`` is told the folder of each hour. Raises LakeError where Bronze cannot be read, and OSError.
    """
    storage = lake.storage
    sources = _sources(lake)
    wanted: set[str] = set()
    for (table_key, kind), files in sources.items():
        slices = EventSlices(storage, kind, files)
        join = _join(storage, table_key, sources) if _is_joined(table_key, kind) else None
        for hour in slices.hours:
            folder = folder_of(SILVER, table_key, hour)
            if date is not None and f"/date={date}/" not in f"{folder}/":
                continue
            if step is not None:
                step(folder)
            done = _HourWriter(storage, folder, slices, join).write(hour)
            if done is not None:
                wanted.add(done.path)
                yield done
    for name in storage.names(SILVER):
        if name not in wanted and date in (None, date_of_file(name)):
            storage.remove(name)


class _HourWriter:
    """Writes the file of one kind and hour, slice by slice."""

    def __init__(self, storage: Storage, folder: str, slices: EventSlices, join: _Joins | None) -> None:
        self._storage = storage
        self._folder = folder
        self._slices = slices
        self._kind = slices.kind
        self._join = join
        self._schema = silver_schema(slices.kind, quoted=join is not None)
        self._part: Part | None = None
        self._tables: list[Any] = []
        self._held = 0
        self._doubles = 0

    def write(self, hour: int) -> Compacted | None:
        """The file of an hour, or None where nothing happened in it."""
        try:
            for from_ns, until_ns in slices_of(hour):
                self._take(from_ns, until_ns)
            self._flush(everything=True)
            file = None if self._part is None else self._part.commit()
        except BaseException:
            if self._part is not None:
                self._part.discard()
            raise
        return None if file is None else Compacted(file.path, file.records, self._doubles)

    def _take(self, from_ns: int, until_ns: int) -> None:
        rows = self._slices.between(from_ns, until_ns)
        if not len(rows):
            return
        order, doubles = in_event_order(self._kind, rows.records, rows.stream, rows.seq)
        self._doubles += doubles
        records = rows.records
        if self._part is None:
            first = int(rows.t_ns[order[0]])
            tolerances = {TOLERANCE_KEY: str(NBBO_TOLERANCE_NS), GREEKS_TOLERANCE_KEY: str(GREEKS_TOLERANCE_NS)}
            about = {} if self._join is None else tolerances
            name = f"{self._folder}/part-{first:020}-{self._kind.name.lower()}.parquet"
            self._part = Part(self._storage, name, self._schema, about, tells_content=True)
        arrays = [column_array(records[name][order]) for name in records.dtype.names or ()]
        if self._join is not None:
            for join in self._join:
                arrays += join.columns(self._kind, records[order], from_ns, until_ns)
        self._tables.append(pa.Table.from_arrays(arrays, schema=self._schema.arrow))
        self._held += len(order)
        self._flush(everything=False)

    def _flush(self, *, everything: bool) -> None:
        """Write full row groups, and at the end what is left."""
        if not self._held or (not everything and self._held < GROUP_ROWS):
            return
        assert self._part is not None
        table = pa.concat_tables(self._tables)
        at = 0
        while len(table) - at >= GROUP_ROWS or (everything and at < len(table)):
            self._part.write(table.slice(at, GROUP_ROWS))
            at += GROUP_ROWS
        rest = table.slice(at)
        self._tables = [rest] if len(rest) else []
        self._held = len(rest)


def silver_schema(kind: Kind, *, quoted: bool) -> SilverSchema:
    """Every field of the record, without the number it arrived under; ``quoted``: with quote and greeks before it."""
    bronze = bronze_schema(kind)
    fields = list(bronze.arrow)[2:] + ([*QUOTE_FIELDS, *GREEKS_FIELDS] if quoted else [])
    encodings = {name: how for name, how in bronze.encodings.items() if name in {field.name for field in fields}}
    encodings |= dict.fromkeys(("nbbo_ts_ns", "greeks_ts_ns"), "DELTA_BINARY_PACKED") if quoted else {}
    return SilverSchema(kind.name, SILVER_VERSION, pa.schema(fields), encodings, ("ts_event",))


def _sources(lake: Lake) -> dict[tuple[TableKey, Kind], list[tuple[str, int]]]:
    """The files of each place and kind, with the rank of their run by its id."""
    ranks = {run_id: rank for rank, run_id in enumerate(sorted(run.run.id for run in lake.runs))}
    found: dict[tuple[TableKey, Kind], list[tuple[str, int]]] = {}
    for run in lake.runs:
        for file in run.files(BRONZE):
            if file.kind in Kind.__members__ and Kind[file.kind] not in _NOT_COMPACTED:
                partition = next(part for part in file.path.split("/") if "=" in part)
                key = TableKey(table_of_file(file.path), partition), Kind[file.kind]
                found.setdefault(key, []).append((file.path, ranks[run.run.id]))
    return dict(sorted(found.items()))


def _is_joined(table_key: TableKey, kind: Kind) -> bool:
    return table_key.table == _OPTION_TRADES and kind.name in TRADES


def _join(storage: Storage, table_key: TableKey, sources: dict[tuple[TableKey, Kind], list[tuple[str, int]]]) -> _Joins:
    quotes = TableKey(_OPTION_QUOTES, table_key.partition)
    mine = {kind: files for (where, kind), files in sources.items() if where == quotes and is_quoted(kind.name)}
    snapshots = sources.get((TableKey(_OPTION_GREEKS, table_key.partition), Kind.GREEKS), [])
    greeks = GreeksJoin(EventSlices(storage, Kind.GREEKS, snapshots))
    return QuoteJoin([EventSlices(storage, kind, files) for kind, files in mine.items()]), greeks
