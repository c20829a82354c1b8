"""The bytes inside a file, plain or zstd, read into the caller's buffer; damage is told, not raised."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Final, Protocol

import zstandard

from spymaster.feeds.errors import SourceError
from spymaster.feeds.streams.zstd_frames import SKIPPABLE_MAGICS, ZSTD_MAGIC, FrameTracker

_PIECE_BYTES: Final = 1024 * 1024
"""One decompressor call; what a damaged block can hide from the fast path, and then has to be salvaged."""
_SALVAGE_BYTES: Final = 8
_UNENDED: Final = "the file ends inside a compressed frame: it was cut, or is still being written"
_MAX_WINDOW_BYTES: Final = 128 * 1024 * 1024
"""The largest zstd window accepted (``zstd --long=27``): bounds memory against a hostile frame header."""


class RecordBytes(Protocol):
    """What records are read from: the bytes inside a file, front to back."""

    @property
    def position(self) -> int:
        """How many bytes have gone by since the beginning of the file."""
        ...

    @property
    def damage(self) -> str | None:
        """Why the bytes ended before their time, once they have; None for a clean end."""
        ...

    def read_into(self, view: memoryview) -> int:
        """Fill ``view``; returns how much was filled, less than asked only at the end."""
        ...

    def close(self) -> None:
        """Stop reading. Safe to call twice."""
        ...


class ByteStream:
    """Reads one file front to back through :meth:`read_into`.

    Opening raises :class:`SourceError` for a path that is no readable, non-empty regular file. ``damage`` says, once
    the stream has ended, why it ended before its time, and is None for a clean end.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self.damage: str | None = None
        self._ended = False
        self._position = 0
        self._file = _open(self.path)
        self.start = self._file.read(16)
        self._file.seek(0)
        if not self.start:
            self._file.close()
            raise SourceError(self.path, "the file is empty", "fetch or record it again")
        self.is_zstd = self.start[:4] == ZSTD_MAGIC or int.from_bytes(self.start[:4], "little") in SKIPPABLE_MAGICS
        self._tracked = _TrackedFile(self._file)
        self._reader: _Reader = _decompressor(self._tracked) if self.is_zstd else self._file

    def read_into(self, view: memoryview) -> int:
        """Fill ``view`` (bytes) from the stream; returns how much was filled, less than asked only at the end."""
        filled = 0
        while filled < len(view) and not self._ended:
            filled += self._read_piece(view[filled : filled + _PIECE_BYTES])
        return filled

    @property
    def position(self) -> int:
        """How many bytes have gone by, decompressed."""
        return self._position

    def skip(self, count: int) -> None:
        """Leave out bytes: for nothing in a plain file, at the price of decompressing them in a compressed one."""
        if not self.is_zstd:
            self._file.seek(count, os.SEEK_CUR)
            self._position += count
            return
        scratch = memoryview(bytearray(min(count, _PIECE_BYTES)))
        while count > 0 and not self._ended:
            count -= self.read_into(scratch[: min(count, _PIECE_BYTES)])

    def close(self) -> None:
        """Close the file. Safe to call twice."""
        self._file.close()

    def _read_piece(self, piece: memoryview) -> int:
        try:
            count = self._reader.readinto(piece) or 0
        except zstandard.ZstdError as error:
            self._end(f"the compressed data are damaged ({_reason(error)})")
            count = self._salvage(piece)
        except OSError as error:
            self._end(f"the file cannot be read any further ({error.strerror})")
            count = 0
        if count == 0 and not self._ended:
            cut = self.is_zstd and not self._tracked.tracker.at_frame_end
            self._end(_UNENDED if cut else None)
        self._position += count
        return count

    def _end(self, damage: str | None) -> None:
        self._ended = True
        self.damage = damage

    def _salvage(self, piece: memoryview) -> int:
        """Decompress again up to the damage, the last stretch in small steps: a failing call loses all it had."""
        count = 0
        with _open(self.path) as file:
            reader = _decompressor(file)
            try:
                _discard(reader, self._position)
                while count < len(piece):
                    step = reader.readinto(piece[count : count + _SALVAGE_BYTES])
                    if not step:
                        break
                    count += step
            except zstandard.ZstdError:
                return count
        return count


_Reader = io.FileIO | zstandard.ZstdDecompressionReader


class _TrackedFile:
    """The compressed file as the decompressor reads it, with the frame structure followed on the way.

    The decompressor takes its input's end for the end of its output: what it has decompressed by then and not handed
    over is lost. In a frame that was flushed and not ended (a recording under way) that is up to a whole block. So one
    byte is put behind the last whole block, the first of the three that a next one would begin with: it lies there
    unread until everything before it was handed over, and means nothing without the other two.
    """

    def __init__(self, file: io.FileIO) -> None:
        self._file = file
        self._ended = False
        self.tracker = FrameTracker()

    def read(self, size: int) -> bytes:
        # an end that was told once stays the end, though the file may go on growing
        data = b"" if self._ended else self._file.read(size)
        self.tracker.feed(data)
        if data or self._ended:
            return data
        self._ended = True
        return b"\0" if self.tracker.at_block_end else b""


def _open(path: Path) -> io.FileIO:
    try:
        if path.is_dir():
            raise SourceError(path, "this is a folder, not a DBN file", "name a file in it")
        if path.exists() and not path.is_file():
            raise SourceError(path, "this is not a regular file", "name a .dbn or .dbn.zst file")
        return io.FileIO(path, "r")
    except FileNotFoundError:
        raise SourceError(path, "no such file", "check the path") from None
    except (OSError, ValueError) as error:
        raise SourceError(path, f"cannot be opened ({_reason(error)})", "check the path and its permissions") from None


def _decompressor(file: io.FileIO | _TrackedFile) -> zstandard.ZstdDecompressionReader:
    decompressor = zstandard.ZstdDecompressor(max_window_size=_MAX_WINDOW_BYTES)
    return decompressor.stream_reader(file, read_across_frames=True)  # type: ignore[arg-type]


def _discard(reader: zstandard.ZstdDecompressionReader, count: int) -> None:
    scratch = memoryview(bytearray(_PIECE_BYTES))
    while count > 0:
        step = reader.readinto(scratch[: min(count, _PIECE_BYTES)])
        if not step:
            return
        count -= step


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error).removeprefix("zstd decompress error: ")
