"""Minute bars from CSV files with a header, read a stretch at a time."""

from __future__ import annotations

import csv
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Final, TextIO

import numpy as np

from spymaster.feeds.bars.bars import MINUTE_NS, Stamped, prices_e9, whole_volume
from spymaster.feeds.bars.headings import NO_TIME, WANTED, Columns, Written, find_columns, parse_time, written_ns
from spymaster.feeds.bars.ids import NO_ID
from spymaster.feeds.bars.table import BarColumns
from spymaster.feeds.bars.text import DAMAGED, open_text
from spymaster.feeds.errors import SourceError

_ROWS: Final = 16384
_LONGEST_LINE: Final = 65536
_LONGEST_ID: Final = 10
_DELIMITERS: Final = ",;\t"
_STAMPED_AT_END: Final = ("#schema: ninjadataexport",)
"""First lines by which a file says that its bars carry the time of their end."""


def read_csv_bars(path: Path, stamped: Stamped) -> Generator[BarColumns, None, None]:
    """The bars of a CSV file with a header; lines that begin with # are remarks.

    ``stamped``: which end of its minute a time is, where the file does not say so itself. A time without a zone is New
    York's. Raises SourceError naming the line, for the first line that cannot be read.
    """
    try:
        with open_text(path) as file:
            yield from _Reader(path, file, stamped).pieces()
    except DAMAGED as error:
        raise SourceError(path, f"its compressed text is damaged or cut ({error})", "fetch the file again") from None
    except OSError as error:
        raise SourceError(path, f"cannot be read ({error.strerror})", "check the path and its permissions") from None
    except UnicodeDecodeError:
        raise SourceError(path, "is not UTF-8 text", "export it again as UTF-8") from None


class _Reader:
    """Reads one open file."""

    def __init__(self, path: Path, file: TextIO, stamped: Stamped) -> None:
        self._path = path
        self._file = file
        self._stamped = stamped
        self._line = 0

    def pieces(self) -> Iterator[BarColumns]:
        """The bars, a few thousand at a time."""
        lines = self._lines()
        head = next(lines, None)
        if head is None:
            raise SourceError(self._path, "holds no lines", WANTED)
        delimiter = max(_DELIMITERS, key=head.count)
        columns = find_columns(next(csv.reader([head], delimiter=delimiter)))
        if isinstance(columns, str):
            raise self._error(columns, WANTED)
        rows = csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_MINIMAL)
        piece = _Piece(columns)
        try:
            for row in rows:
                self._add(piece, row)
                if len(piece.times) == _ROWS:
                    yield piece.bars(self._stamped)
                    piece = _Piece(columns)
        except csv.Error as error:
            raise self._error(f"cannot be read ({error})", "export the file again") from None
        yield piece.bars(self._stamped)

    def _lines(self) -> Iterator[str]:
        """The lines that count, their number kept for messages."""
        while line := self._file.readline(_LONGEST_LINE):
            self._line += 1
            if len(line) == _LONGEST_LINE:
                raise self._error("is too long for a bar", "name a file of bars")
            text = line.strip()
            if text.startswith("#"):
                if self._line == 1 and text.lower().startswith(_STAMPED_AT_END):
                    self._stamped = Stamped.END
            elif text:
                yield line

    def _add(self, piece: _Piece, row: list[str]) -> None:
        try:
            piece.add(row)
        except IndexError:
            raise self._error(f"has {len(row)} columns, fewer than the header", "complete the line") from None
        except ValueError as error:
            raise self._error(str(error), "write times as 2024-01-05T09:30:00-05:00 and plain numbers") from None

    def _error(self, problem: str, remedy: str) -> SourceError:
        return SourceError(self._path, f"line {self._line}: {problem}", remedy)


class _Piece:
    """Rows on their way to columns."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._needed = 1 + max(
            column_index
            for column_index in (
                *(*columns.prices, columns.time, columns.clock, columns.volume, columns.contract, columns.instrument),
            )
            if column_index is not None
        )
        self.times: list[Written] = []
        self._numbers: list[tuple[float, ...]] = []
        self._contracts: list[str] = []
        self._ids: list[int] = []

    def add(self, row: list[str]) -> None:
        """Take a row. Raises IndexError where it is too short and ValueError for what is no number or no time."""
        where = self._columns
        if len(row) < self._needed:
            raise IndexError
        when = row[where.time] if where.clock is None else f"{row[where.time].strip()}T{row[where.clock].strip()}"
        contract = row[where.contract] if where.contract is not None else ""
        instrument_id = _id(row[where.instrument]) if where.instrument is not None else NO_ID
        numbers = tuple(_number(row[column_index]) for column_index in (*where.prices, where.volume))
        self.times.append(parse_time(when))
        self._numbers.append(numbers)
        self._contracts.append(contract)
        self._ids.append(instrument_id)

    def bars(self, stamped: Stamped) -> BarColumns:
        """Everything taken."""
        written, as_utc = written_ns(self.times)
        shift = MINUTE_NS if stamped is Stamped.END else 0
        numbers = np.array(self._numbers, dtype=np.float64).reshape(-1, 5)
        return BarColumns(
            start_ns=written - shift,
            prices_e9=prices_e9(numbers[:, :4]),
            volume=whole_volume(numbers[:, 4]),
            contract=np.array(self._contracts, dtype=object) if self._columns.contract is not None else None,
            instrument_id=np.array(self._ids, dtype=np.int64) if self._columns.instrument is not None else None,
            as_utc_ns=None if as_utc is None else np.where(as_utc == NO_TIME, NO_TIME, as_utc - shift),
        )


def _id(cell: str) -> int:
    """A venue's id, ``NO_ID`` where the cell is empty. Raises ValueError with words."""
    text = cell.strip()
    if not text:
        return NO_ID
    if not (text.isascii() and text.isdecimal() and len(text) <= _LONGEST_ID):
        raise ValueError(f"'{text[:40]}' is not an instrument_id")
    return int(text)


def _number(cell: str) -> float:
    """A cell as a number, NaN where it is empty. Raises ValueError with words."""
    text = cell.strip()
    if not text:
        return float("nan")
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"'{text[:40]}' is not a number") from None
