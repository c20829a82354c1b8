"""Who holds what only one process may hold, such as a vendor's key: a locked file that says who, and since when.

The system lets go of the lock with the process, however it ends, so that a file left behind locks nobody out.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import hashlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from spymaster.errors import UserError

_POLL_S: Final = 0.1
_MOST_BYTES: Final = 4096


class Owner(msgspec.Struct, frozen=True):
    """Who holds it: a process, since when (UTC seconds), and the folder it records into."""

    pid: int
    since_s: float
    out: str

    def __str__(self) -> str:
        since = dt.datetime.fromtimestamp(self.since_s).astimezone()
        return f"process {self.pid} since {since:%Y-%m-%d %H:%M:%S}, recording into {self.out}"


def lock_of(folder: Path, kind: str, what: str) -> Path:
    """The lock of a thing in a folder: named by a digest, so that a key cannot be had from it."""
    return folder / f"{kind}-{hashlib.sha256(what.encode()).hexdigest()[:16]}.lock"


@contextlib.contextmanager
def owned(path: Path, what: str, out: Path) -> Iterator[None]:
    """Hold a lock inside. ``what``: the thing in words, for whom it is refused. Raises UserError where another does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _refused(path, what) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, msgspec.json.encode(Owner(os.getpid(), time.time(), str(out.absolute()))), 0)
        yield
    finally:
        os.close(descriptor)


def owner_of(path: Path) -> Owner | None:
    """Who holds a lock now; None where nobody does, whatever an earlier one left in the file."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read(descriptor)
    finally:
        os.close(descriptor)
    return None


def ask_to_end(path: Path, timeout_s: float, wait: Callable[[float], object] = time.sleep) -> Owner | None:
    """Have whoever holds a lock stop and seal, and wait until it is free. Returns who it was, None for nobody.

    Raises UserError where it does not end in time.
    """
    owner = owner_of(path)
    if owner is None:
        return None
    until_s = time.monotonic() + timeout_s
    told = 0
    while (holder := owner_of(path)) is not None:
        owner = holder
        if owner.pid != told and owner.pid > 0:
            told = owner.pid
            with contextlib.suppress(ProcessLookupError):
                os.kill(owner.pid, signal.SIGTERM)
        if time.monotonic() > until_s:
            remedy = f"wait, or end it at once with: kill -9 {owner.pid}"
            raise UserError(owner.out, f"{owner} has not ended within {timeout_s:.0f} s", remedy)
        wait(_POLL_S)
    return owner


def _read(descriptor: int) -> Owner:
    try:
        return msgspec.json.decode(os.pread(descriptor, _MOST_BYTES, 0), type=Owner)
    except msgspec.DecodeError:
        # it has the lock and has not written yet who it is
        return Owner(0, time.time(), "a folder not yet known")


def _refused(path: Path, what: str) -> UserError:
    owner = owner_of(path)
    if owner is None:
        return UserError(what, "was in use a moment ago", "try again")
    remedy = f"look at it with: spymaster-tui attach {owner.out}; end it with: spymaster-tui run {owner.out} --stop"
    return UserError(what, f"in use by {owner}", remedy)
