"""A copy of a compressed file that can be entered anywhere: its bytes in blocks, each compressed by itself.

A zstd frame can only be read from its beginning, and a vendor's file is one frame of gigabytes. The copy grows as the
file is read for the first time and covers a prefix of it. It is a cache: a damaged one is forgotten, never an error.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import zstandard

BLOCK_BYTES: Final = 1024 * 1024
VERSION: Final = 1
_LEVEL: Final = 1
_SAVE_EVERY: Final = 64
"""Blocks between two writings of the index: what a killed process loses."""


class _Index(msgspec.Struct, frozen=True):
    """``ends``: where each block ends in the data file, u64. ``total``: bytes of the whole, None until it is known."""

    version: int
    block_bytes: int
    ends: bytes
    total: int | None
    damage: str | None


class SeekCopy:
    """The copy under ``path`` (an index lies beside it). ``limit_bytes``: what it may take of the disk.

    One process at a time lets a copy grow; another may read what was there when it opened it.
    """

    def __init__(self, path: Path, limit_bytes: int) -> None:
        self._path = path
        self._limit_bytes = limit_bytes
        self._file: int | None = None
        self._ends: list[int] = []
        self._unsaved = 0
        self._at_block = -1
        self._block = b""
        self._compressor = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True)
        self._decompressor = zstandard.ZstdDecompressor()
        self.total: int | None = None
        self.damage: str | None = None
        self.grows = False
        self._open()

    @property
    def covered(self) -> int:
        """Bytes of the original that can be read here."""
        return len(self._ends) * BLOCK_BYTES if self.total is None else self.total

    def append(self, block: bytes | bytearray) -> None:
        """Add the next block: ``BLOCK_BYTES``, or fewer where the original ends."""
        if not self.grows or self._file is None:
            return
        data = self._compressor.compress(block)
        end = self._ends[-1] if self._ends else 0
        if end + len(data) > self._limit_bytes:
            self.grows = False
            return
        try:
            os.pwrite(self._file, data, end)
        except OSError:
            self.grows = False
            return
        self._ends.append(end + len(data))
        self._unsaved += 1
        if self._unsaved >= _SAVE_EVERY:
            self.save()

    def finish(self, rest: bytes | bytearray, damage: str | None) -> None:
        """The original ends here, behind ``rest``."""
        if not self.grows:
            return
        total = self.covered + len(rest)
        if rest:
            self.append(rest)
        if self.grows:
            self.total, self.damage, self.grows = total, damage, False
            self.save()

    def read(self, offset: int, view: memoryview) -> int:
        """Fill ``view`` from ``offset`` on as far as its block goes; 0 where the copy does not reach or is damaged."""
        number, within = divmod(offset, BLOCK_BYTES)
        if offset >= self.covered or number >= len(self._ends):
            return 0
        if number != self._at_block and not self._load(number):
            return 0
        piece = self._block[within : within + len(view)]
        view[: len(piece)] = piece
        return len(piece)

    def save(self) -> None:
        """Write the index, so that the next process finds what is here."""
        self._unsaved = 0
        index = _Index(VERSION, BLOCK_BYTES, np.array(self._ends, "<u8").tobytes(), self.total, self.damage)
        fresh = self._index_path.with_suffix(".new")
        with contextlib.suppress(OSError):
            fresh.write_bytes(msgspec.msgpack.encode(index))
            fresh.replace(self._index_path)

    def close(self) -> None:
        """Keep what there is. Safe to call twice."""
        if self._file is None:
            return
        if self._unsaved:
            self.save()
        os.close(self._file)
        self._file = None
        self.grows = False

    @property
    def _index_path(self) -> Path:
        return self._path.with_suffix(".index")

    def _open(self) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            self._let_grow()
        except OSError:
            # where nothing can be written, what is there can still be read
            try:
                self._file = os.open(self._path, os.O_RDONLY)
            except OSError:
                return
        index = self._saved_index()
        if index is not None:
            self._ends = np.frombuffer(index.ends, "<u8").tolist()
            self.total, self.damage = index.total, index.damage
        self.grows = self.grows and self.total is None
        with contextlib.suppress(OSError):
            os.utime(self._path)

    def _let_grow(self) -> None:
        """Unless another process does, or the copy can only be read."""
        with contextlib.suppress(OSError):
            if self._file is not None and fcntl.fcntl(self._file, fcntl.F_GETFL) & os.O_RDWR:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self.grows = True

    def _saved_index(self) -> _Index | None:
        try:
            index = msgspec.msgpack.decode(self._index_path.read_bytes(), type=_Index)
        except (OSError, msgspec.DecodeError):
            return None
        if index.version != VERSION or index.block_bytes != BLOCK_BYTES or len(index.ends) % 8:
            return None
        ends = np.frombuffer(index.ends, "<u8").astype(np.int64)
        blocks = len(ends)
        fits = index.total is None or (blocks - 1) * BLOCK_BYTES < max(index.total, 1) <= max(blocks, 1) * BLOCK_BYTES
        size = self._path.stat().st_size
        sound = fits and not (np.diff(ends, prepend=0) <= 0).any() and (not blocks or int(ends[-1]) <= size)
        return index if sound else None

    def _load(self, number: int) -> bool:
        """Decompress a block; where it is damaged the copy ends before it, and grows again from there."""
        begin = self._ends[number - 1] if number else 0
        last = self.total is not None and number == len(self._ends) - 1
        size = (self.total or 0) - number * BLOCK_BYTES if last else BLOCK_BYTES
        try:
            data = os.pread(self._file, self._ends[number] - begin, begin) if self._file is not None else b""
            block = self._decompressor.decompress(data, max_output_size=BLOCK_BYTES)
        except (OSError, zstandard.ZstdError):
            block = b""
        if len(block) != size:
            self._cut(number)
            return False
        self._at_block, self._block = number, block
        return True

    def _cut(self, number: int) -> None:
        """Forget a block and all behind it."""
        del self._ends[number:]
        self.total = self.damage = None
        self._at_block = -1
        self._let_grow()
        self.save()
