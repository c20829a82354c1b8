"""One writer per format: given a schema and a stream, tables go in one after the other."""

from __future__ import annotations

import enum
from itertools import starmap
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from spymaster.interrupts import held
from spymaster.lake.export.target import OutStream, Target

_QUOTED: Final = '[",\r\n]'
_TEXT_BYTES: Final = 512 * 1024
"""Little, so that whoever reads the other end of a pipe soon sees something."""
_DATABASE_MEMORY: Final = "64MB"
"""Enough to append; with more DuckDB keeps what it has written."""
_BINARY_BYTES: Final = 16 * 1024 * 1024
"""Much, so that a row group holds tens of thousands of rows."""


class ExportFormat(enum.StrEnum):
    """The formats of an export."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"
    ARROW = "arrow"
    DUCKDB = "duckdb"


TEXTS: Final = frozenset({ExportFormat.CSV, ExportFormat.JSONL})
"""The formats that a terminal can show."""


class Writer(Protocol):
    """Takes tables of one schema."""

    def write(self, table: Any) -> None:
        """Append a table."""
        ...

    def close(self) -> None:
        """Write what belongs at the end; the stream stays open."""
        ...


class CsvWriter:
    """Comma-separated values, RFC 4180 with bare newlines: a header, floats that read back exactly, absent is empty."""

    def __init__(self, schema: Any, stream: OutStream) -> None:
        self._stream = stream
        self._texts = [index for index, kind in enumerate(schema.types) if pa.types.is_string(kind)]
        if schema.names:
            stream.write((",".join(schema.names) + "\n").encode())

    def write(self, table: Any) -> None:
        """Append a table."""
        needs_quotes = any(pc.any(pc.match_substring_regex(table[i], _QUOTED)).as_py() for i in self._texts)
        options = pa_csv.WriteOptions(include_header=False, quoting_style="needed" if needs_quotes else "none")
        pa_csv.write_csv(table, self._stream, options)

    def close(self) -> None:
        """Nothing belongs at the end."""


class JsonLinesWriter:
    """One JSON object per line, absent is null."""

    def __init__(self, schema: Any, stream: OutStream) -> None:
        self._stream = stream
        self._row = msgspec.defstruct("Row", schema.names, gc=False)
        self._json = msgspec.json.Encoder()

    def write(self, table: Any) -> None:
        """Append a table."""
        rows = starmap(self._row, zip(*(column.to_pylist() for column in table.columns), strict=True))
        self._stream.write(self._json.encode_lines(rows))

    def close(self) -> None:
        """Nothing belongs at the end."""


class ParquetWriter:
    """Parquet with Zstandard; text columns with a dictionary, numbers without."""

    def __init__(self, schema: Any, stream: OutStream) -> None:
        texts = [field.name for field in schema if pa.types.is_string(field.type)]
        self._writer = pq.ParquetWriter(stream, schema, compression="zstd", compression_level=3, use_dictionary=texts)

    def write(self, table: Any) -> None:
        """Append a table as one row group."""
        self._writer.write_table(table, row_group_size=max(len(table), 1))

    def close(self) -> None:
        """Write the footer."""
        self._writer.close()


class ArrowWriter:
    """Arrow IPC: the file format in a file, the streaming format where the reader cannot seek."""

    def __init__(self, schema: Any, stream: OutStream, *, seekable: bool) -> None:
        begin = pa.ipc.new_file if seekable else pa.ipc.new_stream
        self._writer = begin(stream, schema)

    def write(self, table: Any) -> None:
        """Append a table."""
        self._writer.write_table(table)

    def close(self) -> None:
        """Write the footer or the end mark."""
        self._writer.close()


class DuckDbWriter:
    """A table in a new DuckDB database file at ``path``. Raises OSError where the disk refuses."""

    def __init__(self, schema: Any, path: Path, table: str) -> None:
        import duckdb

        self._refusals = duckdb.OperationalError
        path.unlink(missing_ok=True)
        # an interruption inside would become an error of the database's own
        with held():
            self._open(duckdb, schema, path, table)

    def _open(self, duckdb: Any, schema: Any, path: Path, table: str) -> None:
        self._name = '"' + table.replace('"', '""') + '"'
        self._database = duckdb.connect(str(path), config={"threads": 1, "memory_limit": _DATABASE_MEMORY})
        if schema.names:
            self._execute(f"CREATE TABLE {self._name} AS SELECT * FROM batch", schema.empty_table())

    def write(self, table: Any) -> None:
        """Append a table."""
        if table.num_columns:
            self._execute(f"INSERT INTO {self._name} SELECT * FROM batch", table)

    def close(self) -> None:
        """Put everything into the database file."""
        self._execute("CHECKPOINT")
        with held():
            self._database.close()

    def _execute(self, statement: str, batch: Any = None) -> None:
        try:
            with held():
                if batch is not None:
                    self._database.register("batch", batch)
                self._database.execute(statement)
        except self._refusals as error:
            raise OSError(str(error).splitlines()[0]) from error


def batch_bytes(format: ExportFormat) -> int:  # noqa: A002
    """How much to gather before a writer is given it."""
    return _TEXT_BYTES if format in TEXTS else _BINARY_BYTES


def new_writer(format: ExportFormat, schema: Any, target: Target, table: str) -> Writer:  # noqa: A002
    """The writer of a format on an open target. ``table``: the table's name where a format has names."""
    if format is ExportFormat.CSV:
        return CsvWriter(schema, target.stream)
    if format is ExportFormat.JSONL:
        return JsonLinesWriter(schema, target.stream)
    if format is ExportFormat.PARQUET:
        return ParquetWriter(schema, target.stream)
    if format is ExportFormat.ARROW:
        return ArrowWriter(schema, target.stream, seekable=target.is_regular)
    assert target.written is not None
    return DuckDbWriter(schema, target.written, table)
