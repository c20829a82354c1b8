"""Rows of Gold's ``levels.signals`` over days: only the columns and row groups that can hold what was asked for."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spymaster.lake.catalog import GOLD, LakeRun, check_version, hour_of_file, table_of_file
from spymaster.lake.days.choice import Portion, Span
from spymaster.lake.days.conditions import Condition
from spymaster.lake.days.counted import Cost, opened_counted
from spymaster.lake.gold.schema import GOLD_VERSION, signals_schema
from spymaster.lake.storage.files import Storage
from spymaster.lake.tables.routing import HOUR_NS, SIGNALS_TABLE
from spymaster.market.manifest import RecordingFile
from spymaster.signals.renamed import LEVEL_COLUMNS

TIME: Final = "ts_event_ns"
RUN: Final = "run"
"""The column that tells runs apart where rows of several are given."""
_FIRST: Final = re.compile(r"/part-(\d{20})[^/]*$")
_FEW: Final = 16
_ROWS_TOGETHER: Final = 65_536
_FORMER: Final = {new: old for old, new in LEVEL_COLUMNS.items()}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of the rows: ``columns`` in this order, ``kinds`` of levels (none: all), ``conditions`` that all
    hold; ``with_run``: a first column names the run of each row."""

    columns: tuple[str, ...]
    kinds: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    with_run: bool = False


class _Group(NamedTuple):
    """A row group: its number in the file, its rows, the first and the last of its times."""

    number: int
    rows: int
    first_ns: int
    last_ns: int


class SignalRows:
    """Reads what counts of runs. Rows come by time; those of one snap by kind and level; run after run.

    ``cost`` grows while it is read. Raises LakeError for a file that is damaged, missing, or of a newer program.
    """

    def __init__(self, storage: Storage, portions: Sequence[Portion], wanted: Wanted) -> None:
        self._storage = storage
        self._portions = portions
        self._wanted = wanted
        asked = {TIME, *wanted.columns, *(condition.column for condition in wanted.conditions)}
        asked |= {"kind"} if wanted.kinds else set()
        self._read = [name for name in signals_schema().arrow.names if name in asked]
        self.cost = Cost()

    @functools.cached_property
    def schema(self) -> Any:
        """The columns that every table has."""
        known = signals_schema().arrow
        fields = [known.field(name) for name in self._wanted.columns]
        return pa.schema([*([pa.field(RUN, pa.string())] if self._wanted.with_run else []), *fields])

    def tables(self) -> Iterator[Any]:
        """The rows, a ``pyarrow.Table`` of at least one at a time."""
        for portion in self._portions:
            for file, spans in files_of(portion):
                self.cost.files += 1
                self.cost.held += file.bytes or self._storage.size(file.path)
                yield from self._of_file(portion.run, file, spans)

    def _of_file(self, run: LakeRun, file: RecordingFile, spans: Sequence[Span]) -> Iterator[Any]:
        with opened_counted(self._storage, file.path, self.cost) as parquet:
            check_version(self._storage.url(file.path), parquet.metadata, GOLD, GOLD_VERSION)
            for groups in _in_time(self._row_groups(parquet.metadata, spans)):
                self.cost.row_groups += len(groups)
                table = self._chosen(_by_name(parquet, groups, self._read), spans)
                if table.num_rows:
                    own = [pa.repeat(run.run.id, table.num_rows)] if self._wanted.with_run else []
                    columns = [table[name] for name in self._wanted.columns]
                    yield pa.Table.from_arrays([*own, *columns], schema=self.schema)

    def _row_groups(self, metadata: Any, spans: Sequence[Span]) -> list[_Group]:
        """The row groups that may hold rows that are wanted."""
        places = {metadata.row_group(0).column(k).path_in_schema: k for k in range(metadata.num_columns)}
        found = []
        for number in range(metadata.num_row_groups):
            group = metadata.row_group(number)
            times, kinds = (group.column(places[name]).statistics for name in (TIME, "kind"))
            in_span = any(times.min < until and times.max >= begin for begin, until in spans)
            if in_span and (kinds is None or self._may_hold(kinds.min, kinds.max)):
                found.append(_Group(number, group.num_rows, times.min, times.max))
        return found

    def _may_hold(self, least: str, most: str) -> bool:
        """Whether some kind that is wanted lies between these two by name."""
        return not self._wanted.kinds or any(least <= kind <= most for kind in self._wanted.kinds)

    def _chosen(self, table: Any, spans: Sequence[Span]) -> Any:
        """The rows that are wanted, by time."""
        times = table[TIME].to_numpy()
        within = np.zeros(len(times), np.bool_)
        for begin, until in spans:
            within |= (times >= begin) & (times < until)
        terms = [] if within.all() else [pa.array(within)]
        if self._wanted.kinds:
            terms.append(pc.is_in(table["kind"], pa.array(self._wanted.kinds)))
        terms += [each.met(table[each.column]) for each in self._wanted.conditions]
        if terms:
            table = table.filter(functools.reduce(pc.and_, terms))
            times = table[TIME].to_numpy()
        if (times[1:] < times[:-1]).any():
            return table.take(pa.array(np.argsort(times, kind="stable")))
        return table


def files_of(portion: Portion) -> Iterator[tuple[RecordingFile, tuple[Span, ...]]]:
    """The files of signals that may hold what counts of a run, by hour, each with the spans of time that count in it.

    A snap is written when the next record comes, so one that ends an hour may lie in the file of a later one; the name
    of a file tells its first.
    """
    files = [file for file in portion.run.files(GOLD) if table_of_file(file.path) == SIGNALS_TABLE]
    for file in sorted(files, key=lambda file: (hour_of_file(file.path) or 0, file.path)):
        hour, first = hour_of_file(file.path), _FIRST.search(file.path)
        if hour is not None and first is not None:
            spans = tuple(s for s in portion.spans if int(first[1]) < s[1] and (hour + 1) * HOUR_NS > s[0])
            if spans:
                yield file, spans


def _in_time(groups: Sequence[_Group]) -> Iterator[list[int]]:
    """Row groups to be read together, so that what comes after holds nothing of before: those that overlap in time, and
    with them the next, as long as they are few rows."""
    if not groups:
        return
    upto = np.maximum.accumulate([group.last_ns for group in groups])
    after = np.minimum.accumulate([group.first_ns for group in reversed(groups)])[::-1]
    together: list[int] = []
    rows = 0
    for place, group in enumerate(groups):
        if together and rows + group.rows > _ROWS_TOGETHER and upto[place - 1] <= after[place]:
            yield together
            together, rows = [], 0
        together.append(group.number)
        rows += group.rows
    yield together


def _by_name(parquet: Any, groups: Sequence[int], names: Sequence[str]) -> Any:
    """Columns of row groups under the names of today, null where a file of before has them not."""
    known = signals_schema().arrow
    there = set(parquet.schema_arrow.names)
    stored = {name: name if name in there else _FORMER.get(name, name) for name in names}
    columns = [stored[name] for name in names if stored[name] in there]
    # few columns are read before a second thread has begun
    table = parquet.read_row_groups(groups, columns=columns, use_threads=len(columns) > _FEW)
    table = table.combine_chunks()

    def column(name: str) -> Any:
        kind = known.field(name).type
        return table[stored[name]].cast(kind) if stored[name] in there else pa.nulls(table.num_rows, kind)

    return pa.table([column(name) for name in names], names=list(names))
