"""Where an export goes: a file that appears under its name only when it is whole, a device, or standard output."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from spymaster.errors import UserError
from spymaster.lake.export_errors import refused

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

STDOUT: Final = "-"
_WAL: Final = ".wal"
"""What DuckDB appends to a database's name for the log beside it."""


class OutStream(io.RawIOBase):
    """Writes through to a stream and never closes it. Once cut it swallows everything.

    Writers of formats with a footer write it when they are thrown away, which would make half an export look whole.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._is_cut = False
        self._written = 0

    def write(self, data: ReadableBuffer, /) -> int:
        """Write all of it."""
        size = memoryview(data).nbytes
        if not self._is_cut:
            self._stream.write(data)
            self._written += size
        return size

    def writable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """How much was written; also where the stream itself cannot say."""
        return self._written

    def flush(self) -> None:
        """Hand on what is buffered."""
        if not self._is_cut:
            self._stream.flush()

    def isatty(self) -> bool:
        """Whether a terminal is at the other end."""
        return self._stream.isatty()

    def cut(self) -> None:
        """Let nothing more through."""
        self._is_cut = True


class Target:
    """An open export. ``commit`` makes it visible, ``discard`` leaves nothing behind.

    A regular file is written beside its place as ``NAME.partial``, made durable, then renamed over it; through a
    symbolic link, beside what the link names. A device or pipe is written directly, as is standard output, which stays
    open.
    Raises UserError when the place cannot be written.
    """

    def __init__(self, place: str | os.PathLike[str], stdout: BinaryIO | None = None) -> None:
        self.name = os.fspath(place)
        self.is_stdout = self.name == STDOUT
        self.is_regular = False
        self.final = self.written = Path(self.name)
        if self.is_stdout:
            self.name = "standard output"
            self._raw = sys.stdout.buffer if stdout is None else stdout
        else:
            self._raw = self._open()
        self.stream = OutStream(self._raw)

    def commit(self) -> None:
        """Everything is written: make it durable and visible. Raises OSError where the disk refuses."""
        self._raw.flush()
        self.cut()
        if self.is_stdout:
            return
        self._raw.close()
        if self.is_regular:
            _sync(self.written)
            self.written.replace(self.final)
            _sync(self.final.parent)

    def cut(self) -> None:
        """Let nothing more through."""
        self.stream.cut()

    def discard(self) -> None:
        """Give up: no file is left, and one that was there before is as it was."""
        self.cut()
        if self.is_stdout:
            return
        with contextlib.suppress(OSError):
            self._raw.close()
        if self.is_regular:
            self.written.unlink(missing_ok=True)
            Path(f"{self.written}{_WAL}").unlink(missing_ok=True)

    def _open(self) -> BinaryIO:
        self.final = self.written = self.final.resolve()
        if self.final.is_dir():
            raise UserError(self.name, "is a folder", "name a file in it")
        if not self.final.parent.is_dir():
            raise UserError(self.name, f"there is no folder {self.final.parent}", "make it or choose another --out")
        if self.final.is_file() or not self.final.exists():
            self.is_regular = True
            self.written = self.final.with_name(self.final.name + ".partial")
        try:
            return self.written.open("wb")
        except OSError as error:
            raise refused(self.name, error) from error


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
