"""Parquet files opened so that every byte read is counted, wherever they are kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from spymaster.lake.storage.files import Storage
from spymaster.lake.tables.parquet_file import reading


class Cost(msgspec.Struct):
    """What reading took. ``held``: bytes of the files that were asked; ``read``: of them read, footers included."""

    files: int = 0
    held: int = 0
    row_groups: int = 0
    read: int = 0

    def __str__(self) -> str:
        share = f" ({self.read / self.held:.1%})" if self.held else ""
        return f"read {self.read:,} of {self.held:,} bytes{share} in {self.files} files"


class _CountedFile:
    """A file for pyarrow: reads go to another, and how much they gave is added up."""

    def __init__(self, file: Any, cost: Cost) -> None:
        self._file = file
        self._cost = cost
        self.mode = "rb"

    @property
    def closed(self) -> bool:
        return bool(self._file.closed)

    def read(self, size: int = -1) -> bytes:
        data: bytes = self._file.read() if size < 0 else self._file.read(size)
        self._cost.read += len(data)
        return data

    def seek(self, place: int, whence: int = 0) -> int:
        return int(self._file.seek(place, whence))

    def tell(self) -> int:
        return int(self._file.tell())

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self._file.close()


@contextmanager
def opened_counted(storage: Storage, name: str, cost: Cost) -> Iterator[Any]:
    """A ``pyarrow.parquet.ParquetFile`` whose reads are added to ``cost``. Raises LakeError."""
    with reading(storage.url(name)):
        file = storage.open(name)
        try:
            counted = pa.PythonFile(_CountedFile(file, cost), mode="r")
            yield pq.ParquetFile(counted, page_checksum_verification=True, pre_buffer=storage.is_remote)
        finally:
            file.close()
