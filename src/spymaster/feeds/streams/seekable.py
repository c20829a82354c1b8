"""A compressed file that is read front to back once and from anywhere after that."""

from __future__ import annotations

import threading
from pathlib import Path

from spymaster.feeds.streams.byte_stream import ByteStream
from spymaster.feeds.streams.seek_copy import BLOCK_BYTES, SeekCopy


class SeekableFile:
    """A file with a copy that can be entered: what the copy covers comes from there, the rest from the file itself,
    growing the copy on the way. Between two readings the place reached in the file is kept."""

    def __init__(self, path: Path, copy: SeekCopy) -> None:
        self._path = path
        self._copy = copy
        self._lock = threading.Lock()
        self._original: ByteStream | None = None
        # read from the file and not yet a whole block of the copy
        self._fresh = bytearray()

    def open_at(self, offset: int) -> SeekableBytes:
        """The bytes from an offset on. Several may be open; they share one place in the file."""
        return SeekableBytes(self, offset)

    def close(self) -> None:
        """Let go of the file and keep the copy. Safe to call twice."""
        with self._lock:
            self._copy.close()
            self._forget()

    def read(self, offset: int, view: memoryview) -> tuple[int, str | None]:
        """Fill ``view`` from ``offset`` on; returns how much was filled and, at the end, what was wrong with it."""
        filled = 0
        with self._lock:
            while filled < len(view):
                count = self._piece(offset + filled, view[filled:])
                if not count:
                    return filled, self._damage()
                filled += count
        return filled, None

    def _piece(self, offset: int, view: memoryview) -> int:
        if offset < self._copy.covered:
            count = self._copy.read(offset, view)
            if count:
                return count
            # the copy was damaged there and now ends earlier: what is fresh no longer follows it
            self._fresh.clear()
        if self._copy.total is not None and offset >= self._copy.total:
            return 0
        fresh_at = self._copy.covered
        if self._copy.grows and fresh_at <= offset < fresh_at + len(self._fresh):
            piece = self._fresh[offset - fresh_at : offset - fresh_at + len(view)]
            view[: len(piece)] = piece
            return len(piece)
        return self._from_file(offset, view)

    def _from_file(self, offset: int, view: memoryview) -> int:
        """Read on in the file itself, from its beginning where the place asked for has gone by."""
        file = self._original
        if file is None or file.position > offset or (self._copy.grows and file.position > self._frontier):
            self._forget()
            file = self._original = ByteStream(self._path)
        if self._copy.grows and file.position < self._frontier:
            file.skip(self._frontier - file.position)
        while file.position < offset:
            scratch = memoryview(bytearray(min(offset - file.position, BLOCK_BYTES)))
            if not self._take(file, scratch):
                return 0
        return self._take(file, view[:BLOCK_BYTES])

    @property
    def _frontier(self) -> int:
        """Up to where the copy and what is fresh go."""
        return self._copy.covered + len(self._fresh)

    def _take(self, file: ByteStream, view: memoryview) -> int:
        grows = self._copy.grows and file.position == self._frontier
        count = file.read_into(view)
        if grows:
            self._fresh += view[:count]
            if len(self._fresh) >= BLOCK_BYTES:
                self._copy.append(self._fresh[:BLOCK_BYTES])
                del self._fresh[:BLOCK_BYTES]
            if count < len(view):
                self._copy.finish(self._fresh, file.damage)
            if not self._copy.grows:
                self._fresh.clear()
        return count

    def _damage(self) -> str | None:
        if self._copy.total is not None:
            return self._copy.damage
        return self._original.damage if self._original is not None else None

    def _forget(self) -> None:
        if self._original is not None:
            self._original.close()
        self._original = None
        self._fresh.clear()


class SeekableBytes:
    """The bytes of a file from somewhere on, in order."""

    def __init__(self, file: SeekableFile, offset: int) -> None:
        self._file = file
        self.position = offset
        self.damage: str | None = None

    def read_into(self, view: memoryview) -> int:
        """Fill ``view``; returns how much was filled, less than asked only at the end."""
        count, damage = self._file.read(self.position, view)
        self.position += count
        if count < len(view):
            self.damage = damage
        return count

    def close(self) -> None:
        """Nothing to let go of: the file's place is kept for who reads next."""
