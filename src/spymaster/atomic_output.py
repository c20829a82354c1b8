"""Files that appear under their name only when they are whole; what was there before stays until then."""

from __future__ import annotations

import contextlib
import os
import secrets
import weakref
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self

from spymaster.interrupts import held

PARTIAL: Final = ".partial"
"""Ends the name of a file that is still being written."""


class AtomicOutput:
    """A file on its way to ``place``. Use as a context manager: an error inside leaves everything as it was.

    Written beside its place under a name of its own, then made durable and renamed by ``commit``; through a symbolic
    link, beside what the link names. A device or pipe is written directly. Whatever ends the program short of a kill,
    nothing is left beside.

    ``path``: where it is written; ``also``: what a writer may append to that name for files of its own beside it.
    Raises OSError where the disk refuses.
    """

    def __init__(self, place: str | os.PathLike[str], *, also: tuple[str, ...] = ()) -> None:
        self.path = self.final = Path(place)
        self.is_regular = self.final.is_file() or not self.final.exists()
        if self.is_regular:
            self.final = self.final.resolve()
            self.path = self.final.with_name(f"{self.final.name}.{secrets.token_hex(4)}{PARTIAL}")
            self._clean = weakref.finalize(self, _remove, self.path, also)
        self.file: BinaryIO = self.path.open("wb")

    @property
    def is_open(self) -> bool:
        """Whether it was neither committed nor given up."""
        return not self.file.closed

    def commit(self) -> None:
        """Everything is written: make it durable, then visible."""
        with held():
            self.file.close()
            if self.is_regular:
                # by its name: a database has made a file of its own there
                _sync(self.path)
                self.path.replace(self.final)
                self._clean.detach()
                sync_folder(self.final.parent)

    def discard(self) -> None:
        """Give up: nothing is left, and what was there before is as it was. Does nothing after ``commit``."""
        with held():
            with contextlib.suppress(OSError):
                self.file.close()
            if self.is_regular:
                self._clean()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self.commit()
        finally:
            self.discard()


def write_whole(place: str | os.PathLike[str], data: bytes) -> None:
    """Write a file that is whole or as it was before. Raises OSError where the disk refuses."""
    with AtomicOutput(place) as output:
        output.file.write(data)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable. Raises OSError."""
    _sync(folder)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove(path: Path, also: tuple[str, ...]) -> None:
    for end in ("", *also):
        with contextlib.suppress(OSError):
            Path(f"{path}{end}").unlink()
