"""From a path named for minute bars to the files meant: DBN, CSV and Parquet, told by their content."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from spymaster.feeds.bars.bars import Stamped
from spymaster.feeds.bars.csv_files import read_csv_bars
from spymaster.feeds.bars.parquet_files import PARQUET_MAGIC, read_parquet_bars
from spymaster.feeds.bars.table import BarColumns
from spymaster.feeds.choice.discover import DBN_ENDINGS, discover
from spymaster.feeds.dbn.files import DbnFile
from spymaster.feeds.errors import SourceError
from spymaster.feeds.streams.byte_stream import ByteStream
from spymaster.feeds.streams.zstd_frames import ZSTD_MAGIC

DBN_MAGIC: Final = b"DBN"
TABLE_ENDINGS: Final = (".csv", ".csv.gz", ".csv.zst", ".parquet")
_REMEDY: Final = "name an ohlcv-1m, trades or mbp-10 file (DBN), a CSV or a Parquet file of minute bars"


@dataclass(frozen=True, slots=True)
class BarFiles:
    """What may hold bars: DBN files, tables (CSV and Parquet), and a line for each file of a folder passed over."""

    files: tuple[DbnFile, ...]
    tables: tuple[Path, ...]
    skipped: tuple[str, ...]


def find_bar_files(path: Path) -> BarFiles:
    """The files under a path. Raises SourceError for one that is missing, empty or of another format."""
    if path.is_dir():
        return _in_folder(path)
    if _is_dbn(path):
        return BarFiles((DbnFile.open(path),), (), ())
    return BarFiles((), (path,), ())


def read_table(path: Path, stamped: Stamped) -> Iterable[BarColumns]:
    """The bars of a CSV or Parquet file. Raises SourceError."""
    return read_parquet_bars(path, stamped) if _start(path) == PARQUET_MAGIC else read_csv_bars(path, stamped)


def _in_folder(folder: Path) -> BarFiles:
    tables = tuple(sorted(path for path in folder.iterdir() if path.name.lower().endswith(TABLE_ENDINGS)))
    try:
        found = discover([folder])
    except SourceError as error:
        if not tables:
            raise
        return BarFiles((), tables, (str(error),) if error.place != str(folder) else ())
    return BarFiles(found.files, tables, found.skipped)


def _is_dbn(path: Path) -> bool:
    start = _start(path)
    if start == ZSTD_MAGIC:
        inside = bytearray(len(DBN_MAGIC))
        with closing(ByteStream(path)) as stream:
            stream.read_into(memoryview(inside))
        start = bytes(inside)
    return start.startswith(DBN_MAGIC) or path.name.endswith(DBN_ENDINGS)


def _start(path: Path) -> bytes:
    try:
        if path.exists() and not path.is_file():
            raise SourceError(path, "this is not a regular file", _REMEDY)
        with path.open("rb") as file:
            start = file.read(4)
    except FileNotFoundError:
        raise SourceError(path, "no such file", _REMEDY) from None
    except OSError as error:
        raise SourceError(path, f"cannot be read ({error.strerror})", "check the path and its permissions") from None
    if not start:
        raise SourceError(path, "the file is empty", _REMEDY)
    return start
