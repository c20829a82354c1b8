"""One writer a journal: a lock file that names its holder and that the system lets go when the holder dies."""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import os
import time
from pathlib import Path
from typing import Final

import msgspec

from spymaster.journal.errors import JournalError

WRITER_LOCK: Final = "writer.lock"
_TIMEOUT_S: Final = 0.3
"""Asking whether a lock is held takes it for a moment: a writer that comes just then tries again."""
_RETRY_S: Final = 0.01


class Holder(msgspec.Struct, frozen=True):
    """Who holds a lock, since when (ISO, UTC)."""

    pid: int
    since: str


class FileLock:
    """Holds a lock file until closed. Raises JournalError naming the holder when another process has it."""

    def __init__(self, path: Path, what: str, timeout_s: float = _TIMEOUT_S) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        deadline_s = time.monotonic() + timeout_s
        while not _try_lock(self._descriptor):
            if time.monotonic() >= deadline_s:
                os.close(self._descriptor)
                raise JournalError(path, f"{what} is under way in {_named(holder_of(path))}", "stop that one first")
            time.sleep(_RETRY_S)
        since = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, msgspec.json.encode(Holder(os.getpid(), since)), 0)

    @property
    def is_closed(self) -> bool:
        """Whether it was let go."""
        return self._descriptor < 0

    def close(self) -> None:
        """Let go. Safe to call twice."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def is_held(path: Path) -> bool:
    """Whether a living process holds a lock."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        return not _try_lock(descriptor)
    finally:
        os.close(descriptor)


def holder_of(path: Path) -> Holder | None:
    """What the lock file says about its latest holder."""
    with contextlib.suppress(OSError, msgspec.MsgspecError):
        return msgspec.json.decode(path.read_bytes(), type=Holder)
    return None


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _named(holder: Holder | None) -> str:
    return f"process {holder.pid}, since {holder.since}" if holder is not None else "another process"
