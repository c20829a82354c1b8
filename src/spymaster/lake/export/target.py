"""Where an export goes: a file that appears under its name only when it is whole, a device, or standard output."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from spymaster.atomic_output import AtomicOutput
from spymaster.errors import UserError
from spymaster.lake.export.errors import refused

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

    A file is an ``AtomicOutput``; standard output is written directly and stays open. ``written``: the file that is
    written, None for standard output. Raises UserError when the place cannot be written.
    """

    def __init__(self, resolved: str | os.PathLike[str], stdout: BinaryIO | None = None) -> None:
        self.name = os.fspath(resolved)
        self.is_stdout = self.name == STDOUT
        self._output: AtomicOutput | None = None
        if self.is_stdout:
            self.name = "standard output"
            raw = sys.stdout.buffer if stdout is None else stdout
        else:
            self._output = self._open()
            raw = self._output.file
        self.stream = OutStream(raw)

    @property
    def is_regular(self) -> bool:
        """Whether it is a file, not a stream or a device."""
        return self._output is not None and self._output.is_regular

    @property
    def written(self) -> Path | None:
        """The file that is written."""
        return None if self._output is None else self._output.path

    def commit(self) -> None:
        """Everything is written: make it durable and visible. Raises OSError where the disk refuses."""
        self.stream.flush()
        self.cut()
        if self._output is not None:
            self._output.commit()

    def cut(self) -> None:
        """Let nothing more through."""
        self.stream.cut()

    def discard(self) -> None:
        """Give up: no file is left, and one that was there before is as it was."""
        self.cut()
        if self._output is not None:
            self._output.discard()

    def _open(self) -> AtomicOutput:
        resolved = Path(self.name).resolve()
        if resolved.is_dir():
            raise UserError(self.name, "is a folder", "name a file in it")
        if not Path(self.name).exists() and not resolved.parent.is_dir():
            raise UserError(self.name, f"there is no folder {resolved.parent}", "make it or choose another --out")
        try:
            return AtomicOutput(self.name, also=(_WAL,))
        except OSError as error:
            raise refused(self.name, error) from error
