"""What a journal asks of the operating system, in one place, so that tests can stand in its way."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from spymaster.journal.format import Buffer

_FILE_MODE = 0o644


class Files(Protocol):
    """The calls that change files. Every one raises OSError as the system does."""

    def open_to_append(self, path: Path) -> int:
        """A file to write to, made where there is none; a descriptor."""
        ...

    def write(self, descriptor: int, buffers: Sequence[Buffer], offset: int) -> int:
        """Write at an offset; how many bytes were taken, which may be fewer than given."""
        ...

    def truncate(self, descriptor: int, length: int) -> None:
        """Shorten to ``length`` bytes."""
        ...

    def sync(self, descriptor: int) -> None:
        """Wait until what was written is on the disk."""
        ...

    def close(self, descriptor: int) -> None:
        """Let go of a file."""
        ...

    def replace(self, source: Path, target: Path) -> None:
        """Give a file another name, in the place of whatever has it, and wait until the folder knows."""
        ...

    def remove(self, path: Path) -> None:
        """Delete a file."""
        ...


class OsFiles:
    """The operating system itself."""

    def open_to_append(self, path: Path) -> int:
        """A file to write to."""
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, _FILE_MODE)

    def write(self, descriptor: int, buffers: Sequence[Buffer], offset: int) -> int:
        """Write at an offset."""
        return os.pwritev(descriptor, buffers, offset)

    def truncate(self, descriptor: int, length: int) -> None:
        """Shorten."""
        os.ftruncate(descriptor, length)

    def sync(self, descriptor: int) -> None:
        """Wait for the disk."""
        os.fsync(descriptor)

    def close(self, descriptor: int) -> None:
        """Let go."""
        os.close(descriptor)

    def replace(self, source: Path, target: Path) -> None:
        """Rename, durably."""
        os.replace(source, target)
        folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            self.sync(folder)
        finally:
            os.close(folder)

    def remove(self, path: Path) -> None:
        """Delete."""
        path.unlink(missing_ok=True)


def write_all(files: Files, descriptor: int, buffers: Sequence[Buffer], offset: int) -> int:
    """Write every byte of the buffers from an offset on; the offset behind them."""
    left = [memoryview(buffer).cast("B") for buffer in buffers if len(buffer)]
    while left:
        taken = files.write(descriptor, left, offset)
        offset += taken
        while left and taken >= len(left[0]):
            taken -= len(left[0])
            del left[0]
        if taken:
            left[0] = left[0][taken:]
    return offset


def replace_file(files: Files, path: Path, data: bytes) -> None:
    """Put a small file in place so that after a crash there is the old one or the new one, whole."""
    temporary = path.with_name(f"{path.name}.tmp")
    descriptor = files.open_to_append(temporary)
    try:
        files.truncate(descriptor, 0)
        write_all(files, descriptor, [data], 0)
        files.sync(descriptor)
    finally:
        files.close(descriptor)
    files.replace(temporary, path)
