"""Exports: columns in, a file or a stream of rows out, in flat memory."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, BinaryIO, Final, Self

import pyarrow as pa

from spymaster.errors import ExitCode, UserError
from spymaster.lake.export.errors import refused
from spymaster.lake.export.table import Column, arrow_table
from spymaster.lake.export.target import Target
from spymaster.lake.export.writers import TEXTS, ExportFormat, Writer, batch_bytes, new_writer

__all__ = ["Column", "ExportFormat", "TableSink", "UserError", "format_of"]


_ENDINGS: Final[Mapping[str, ExportFormat]] = MappingProxyType(
    {
        **{f".{name}": name for name in ExportFormat},
        ".ndjson": ExportFormat.JSONL,
        ".feather": ExportFormat.ARROW,
        ".pq": ExportFormat.PARQUET,
        ".db": ExportFormat.DUCKDB,
    }
)
_TABLE_ROWS: Final = 16_384
_NAMES: Final = ", ".join(ExportFormat)


def format_of(path: str | os.PathLike[str], wanted: str | None = None) -> ExportFormat:
    """The format of an export: what was asked for, else what the file's ending says. Raises UserError."""
    if wanted is not None:
        if wanted not in list(ExportFormat):
            raise UserError(
                f"--format {wanted}", "there is no such format", f"use one of {_NAMES}", code=ExitCode.USAGE
            )
        return ExportFormat(wanted)
    ending = Path(path).suffix.lower()
    if ending in _ENDINGS:
        return _ENDINGS[ending]
    what = "no file ending says which format is meant" if not ending else f"{ending} is not the ending of a format"
    raise UserError(os.fspath(path), what, f"add --format with one of {_NAMES}", code=ExitCode.USAGE)


class TableSink:
    """Writes one table piece by piece. Use as a context manager: an error inside leaves no file behind.

    ``place``: a file, or ``-`` for standard output. ``format``: by default as the ending of ``place`` says. ``table``:
    the table's name inside a DuckDB file. ``stdout``: what ``-`` means instead of the process's standard output.

    The first piece decides the columns and their types; without any the file is empty but valid. A column given as an
    array must not be changed afterwards. Floats are written so that they read back exactly; NaN is absent: empty in
    csv, null elsewhere. Raises UserError where the place or the format does not work, BrokenPipeError where nobody
    reads standard output any more, and ValueError for pieces that do not fit together or hold an infinity.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        format: str | None = None,  # noqa: A002  (the option's own name)
        *,
        table: str = "rows",
        stdout: BinaryIO | None = None,
    ) -> None:
        self.format = format_of(path, format)
        self.rows = 0
        self._name = os.fspath(path)
        self._table = table
        self._schema: Any = None
        self._pieces: list[Any] = []
        self._bytes = 0
        self._writer: Writer | None = None
        if self.format is ExportFormat.DUCKDB and importlib.util.find_spec("duckdb") is None:
            raise UserError(self._name, "DuckDB is not installed", "pip install duckdb, or choose another --format")
        self._target = Target(path, stdout)
        self._check_place()

    def write(self, columns: Mapping[str, Column]) -> None:
        """Append rows: column name -> values, all of one length."""
        piece = arrow_table(columns, self._schema)
        self._schema = piece.schema
        self._pieces.append(piece)
        self._bytes += piece.nbytes
        self.rows += len(piece)
        if self._bytes >= batch_bytes(self.format):
            self._guard(self._flush)

    def write_table(self, table: Any) -> None:
        """Append rows that are a ``pyarrow.Table`` already."""
        if self._schema is not None and table.schema != self._schema:
            raise ValueError(f"columns {table.schema.names} where there were {self._schema.names}")
        self._schema = table.schema
        for batch in table.to_batches(max_chunksize=_TABLE_ROWS):
            piece = pa.Table.from_batches([batch])
            self._pieces.append(piece)
            self._bytes += piece.nbytes
            self.rows += len(piece)
            if self._bytes >= batch_bytes(self.format):
                self._guard(self._flush)

    def close(self) -> None:
        """Write the rest and make the file visible under its name."""
        if self._schema is None:
            self.write({})
        self._guard(self._finish)

    def discard(self) -> None:
        """Give up: no file is left, and one that was there before is as it was. Standard output just ends."""
        self._target.cut()
        self._writer = None
        self._pieces.clear()
        self._target.discard()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        is_whole = False
        try:
            if kind is None:
                self.close()
                is_whole = True
        finally:
            if not is_whole:
                self.discard()

    def _check_place(self) -> None:
        target = self._target
        if self.format is ExportFormat.DUCKDB and not target.is_regular:
            target.discard()
            raise UserError(target.name, "a DuckDB export is a database file", "give --out FILE")
        if target.is_stdout and self.format not in TEXTS and target.stream.isatty():
            raise UserError(
                target.name, f"{self.format} is not for a terminal", "give --out FILE or send it into a pipe"
            )

    def _flush(self) -> None:
        if self._writer is None:
            self._writer = new_writer(self.format, self._schema, self._target, self._table)
        if self._pieces:
            self._writer.write(pa.concat_tables(self._pieces).combine_chunks())
        self._pieces.clear()
        self._bytes = 0

    def _finish(self) -> None:
        self._flush()
        if self._writer is not None:
            self._writer.close()
        self._target.commit()

    def _guard(self, step: Callable[[], None]) -> None:
        """Do a step that may meet a full or vanished disk; then nothing is left behind."""
        try:
            step()
        except BrokenPipeError:
            raise
        except OSError as error:
            self.discard()
            raise refused(self._target.name, error) from error
