"""The text of a table of bars, plain or compressed with gzip or zstd: told by its content, not by its name."""

from __future__ import annotations

import gzip
import io
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO

from spymaster.feeds.streams.byte_stream import ByteStream
from spymaster.feeds.streams.zstd_frames import ZSTD_MAGIC

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

GZIP_MAGIC: Final = b"\x1f\x8b"
DAMAGED: Final = (EOFError, zlib.error, gzip.BadGzipFile)
"""What reading raises where compressed text is damaged or cut."""


def open_text(path: Path) -> TextIO:
    """The text of a file, UTF-8 with or without a mark. Raises OSError."""
    with path.open("rb") as file:
        start = file.read(len(ZSTD_MAGIC))
    if start.startswith(GZIP_MAGIC):
        return io.TextIOWrapper(gzip.open(path, "rb"), encoding="utf-8-sig", newline="")
    if start == ZSTD_MAGIC:
        return io.TextIOWrapper(io.BufferedReader(_Decompressed(path)), encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


class _Decompressed(io.RawIOBase):
    """The bytes inside a zstd file; where they are damaged or cut, reading raises EOFError with the reason."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._stream = ByteStream(path)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        count = self._stream.read_into(view)
        if count == 0 and len(view) and self._stream.damage:
            raise EOFError(self._stream.damage)
        return count

    def close(self) -> None:
        self._stream.close()
        super().close()
