"""Files that kill the process at a chosen moment: what a crash matrix is made of."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NoReturn

from spymaster.journal.files import OsFiles
from spymaster.journal.format import Buffer
from spymaster.lake.storage.files import LocalStorage, Upload

Moment = Literal["before", "half", "after"]
"""Of a call: before it, with half of the bytes written, or just after it."""


def kill_self() -> NoReturn:
    """What kill -9 does."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("a killed process went on")


class Fuse:
    """Counts calls from any thread and says which one is the last. ``at``: its number, negative for never."""

    def __init__(self, at: int, moment: Moment) -> None:
        self._left = at
        self._moment = moment
        self._lock = threading.Lock()

    def burn(self) -> Moment | None:
        """Count a call; when to die in it, None for not at all."""
        with self._lock:
            self._left -= 1
            return self._moment if self._left == -1 else None


class KillingFiles(OsFiles):
    """The operating system's files until the fuse is burnt."""

    def __init__(self, fuse: Fuse) -> None:
        self._fuse = fuse

    def write(self, descriptor: int, buffers: Sequence[Buffer], offset: int) -> int:
        """Write, or die with some of it written."""
        moment = self._fuse.burn()
        if moment == "before":
            kill_self()
        if moment == "half":
            data = b"".join(buffers)
            super().write(descriptor, [data[: len(data) // 2]], offset)
            kill_self()
        taken = super().write(descriptor, buffers, offset)
        if moment == "after":
            kill_self()
        return taken

    def truncate(self, descriptor: int, length: int) -> None:
        """Shorten."""
        moment = self._die_before()
        super().truncate(descriptor, length)
        _die_after(moment)

    def sync(self, descriptor: int) -> None:
        """Wait for the disk."""
        moment = self._die_before()
        super().sync(descriptor)
        _die_after(moment)

    def replace(self, source: Path, target: Path) -> None:
        """Rename."""
        moment = self._die_before()
        super().replace(source, target)
        _die_after(moment)

    def remove(self, path: Path) -> None:
        """Delete."""
        moment = self._die_before()
        super().remove(path)
        _die_after(moment)

    def _die_before(self) -> Moment | None:
        moment = self._fuse.burn()
        if moment == "before":
            kill_self()
        return moment


class KillingStorage(LocalStorage):
    """A lake's folder until the fuse is burnt."""

    def __init__(self, root: Path, fuse: Fuse) -> None:
        super().__init__(root)
        self._fuse = fuse

    def create(self, name: str) -> Upload:
        """Begin a file."""
        moment = self._fuse.burn()
        if moment == "before":
            kill_self()
        upload = super().create(name)
        _die_after(moment)
        return upload

    def commit(self, upload: Upload, name: str) -> None:
        """Make a file durable and visible; dying half way leaves it durable under its other name."""
        moment = self._fuse.burn()
        if moment == "before":
            kill_self()
        if moment == "half":
            upload.make_durable()
            kill_self()
        super().commit(upload, name)
        _die_after(moment)


def _die_after(moment: Moment | None) -> None:
    if moment in ("half", "after"):
        kill_self()
