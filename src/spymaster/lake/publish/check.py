"""Whether a file reads back through a catalog as it is: its rows, and the nulls of every column.

A type that a table cannot hold, or a column that only a folder's name holds, becomes null without a word.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import pyarrow.parquet as pq

from spymaster.lake.errors import LakeError

_CELLS_AT_ONCE: Final = 8_000_000
"""A scan of pyiceberg holds what it reads of a file at once, so of a large file it is given a few columns at a time."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows of a file, and nulls in each column."""

    rows: int
    nulls: dict[str, int]


def check_reads_back(metadata: Any, io: Any, data_file: Any) -> None:
    """Compare a file that a table is about to have with itself. Raises LakeError where a count differs.

    ``metadata``: of the table, with the file's schema in it.
    """
    with io.new_input(data_file.file_path).open() as stream:
        stored = counts_of_file(pq.ParquetFile(stream))
    read = counts_in_table(metadata, io, data_file)
    wanted = {name: stored.nulls.get(name, stored.rows) for name in read.nulls}
    differing = [name for name, nulls in read.nulls.items() if nulls != wanted[name]]
    lost = sorted(set(stored.nulls) - set(read.nulls))
    if lost or differing or not read.rows == stored.rows == data_file.record_count:
        where = f"column {(lost or differing)[0]}" if lost or differing else f"{read.rows} of {stored.rows} rows"
        problem = f"does not read back through the catalog as it is ({where}), so it was not registered"
        raise LakeError(data_file.file_path, problem, "update pyiceberg, or report it")


def counts_of_file(parquet: Any) -> Counts:
    """By the footer; columns of whose nulls it says nothing are read."""
    footer = parquet.metadata
    names = parquet.schema_arrow.names
    groups = [footer.row_group(index) for index in range(footer.num_row_groups)]
    nulls: dict[str, int] = {}
    silent = []
    for place, name in enumerate(names):
        statistics = [group.column(place).statistics for group in groups]
        if all(found is not None and found.has_null_count for found in statistics):
            nulls[name] = sum(found.null_count for found in statistics)
        else:
            silent.append(name)
    nulls |= dict.fromkeys(silent, 0)
    _add(nulls, parquet.iter_batches(columns=silent) if silent else ())
    return Counts(footer.num_rows, nulls)


def counts_in_table(metadata: Any, io: Any, data_file: Any) -> Counts:
    """As the table's readers see the file."""
    from pyiceberg.expressions import AlwaysTrue
    from pyiceberg.io.pyarrow import ArrowScan
    from pyiceberg.table import FileScanTask

    # what reads a file's manifest sets it, and readers ask for it
    data_file.spec_id = metadata.default_spec_id
    schema = metadata.schema()
    nulls = dict.fromkeys(schema.column_names, 0)
    rows = set()
    at_once = max(_CELLS_AT_ONCE // max(data_file.record_count, 1), 1)
    for start in range(0, len(nulls), at_once):
        some = schema.select(*schema.column_names[start : start + at_once])
        batches = ArrowScan(metadata, io, some, AlwaysTrue()).to_record_batches([FileScanTask(data_file)])
        rows.add(_add(nulls, batches))
    return Counts(rows.pop() if len(rows) == 1 else -1, nulls)


def _add(nulls: dict[str, int], batches: Iterable[Any]) -> int:
    rows = 0
    for batch in batches:
        rows += batch.num_rows
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            nulls[name] += column.null_count
    return rows
