"""Rows of Gold's ``levels.signals`` over days: only the columns and row groups that can hold what was asked for."""

from __future__ import annotations

import functools
import operator
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

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
_FORMER: Final = {new: old for old, new in LEVEL_COLUMNS.items()}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of the rows: ``columns`` in this order, ``kinds`` of levels (none: all), ``conditions`` that all
    hold; ``with_run``: a first column names the run of each row."""

    columns: tuple[str, ...]
    kinds: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    with_run: bool = False


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

    @property
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

    def _row_groups(self, metadata: Any, spans: Sequence[Span]) -> list[tuple[int, int, int]]:
        """(number, first and last time) of the row groups that may hold rows that are wanted."""
        places = {metadata.row_group(0).column(k).path_in_schema: k for k in range(metadata.num_columns)}
        found = []
        for number in range(metadata.num_row_groups):
            group = metadata.row_group(number)
            times, kinds = (group.column(places[name]).statistics for name in (TIME, "kind"))
            in_span = any(times.min < until and times.max >= begin for begin, until in spans)
            if in_span and (kinds is None or self._may_hold(kinds.min, kinds.max)):
                found.append((number, times.min, times.max))
        return found

    def _may_hold(self, least: str, most: str) -> bool:
        """Whether some kind that is wanted lies between these two by name."""
        return not self._wanted.kinds or any(least <= kind <= most for kind in self._wanted.kinds)

    def _chosen(self, table: Any, spans: Sequence[Span]) -> Any:
        """The rows that are wanted, by time."""
        time = pc.field(TIME)
        within = [(time >= begin) & (time < until) for begin, until in spans]
        terms = [functools.reduce(operator.or_, within), *(each.expression for each in self._wanted.conditions)]
        if self._wanted.kinds:
            terms.append(pc.field("kind").isin(list(self._wanted.kinds)))
        table = table.filter(functools.reduce(operator.and_, terms))
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


def _in_time(groups: Sequence[tuple[int, int, int]]) -> Iterator[list[int]]:
    """Row groups that overlap in time together, so that what comes after holds nothing of before."""
    firsts = np.array([first for _, first, _ in groups], np.int64)
    lasts = np.array([last for *_, last in groups], np.int64)
    if not len(groups):
        return
    upto = np.maximum.accumulate(lasts)
    after = np.minimum.accumulate(firsts[::-1])[::-1]
    cuts = np.flatnonzero(upto[:-1] <= after[1:]) + 1
    for piece in np.split(np.arange(len(groups)), cuts):
        yield [groups[index][0] for index in piece]


def _by_name(parquet: Any, groups: Sequence[int], names: Sequence[str]) -> Any:
    """Columns of row groups under the names of today, null where a file of before has them not."""
    known = signals_schema().arrow
    there = set(parquet.schema_arrow.names)
    stored = {name: name if name in there else _FORMER.get(name, name) for name in names}
    table = parquet.read_row_groups(groups, columns=[stored[name] for name in names if stored[name] in there])
    arrays = [
        table[stored[name]].cast(known.field(name).type)
        if stored[name] in there
        else pa.nulls(table.num_rows, known.field(name).type)
        for name in names
    ]
    return pa.table(arrays, names=list(names)).combine_chunks()
