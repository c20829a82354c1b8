"""A crash matrix: writers and sidecars killed at random and at chosen moments, and what is left looked at each time."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, Final

import msgspec

from spymaster.bench.crash_children import ACKS, FRAMES, Job, frame
from spymaster.bench.crash_seams import Moment
from spymaster.journal.codec import encode_frame
from spymaster.journal.format import FrameKind
from spymaster.journal.reader import JournalReader

_MOMENTS: Final[tuple[Moment, ...]] = ("before", "half", "after")
_MEMORY: Final = "/dev/shm"
_CALLS: Final = {"write": 220, "follow": 30}
"""About how many calls that change files a whole run makes."""

_LONGEST_MS: Final = {"write": 25.0, "follow": 250.0}


class CrashFault(AssertionError):
    """What a kill left behind is not what was promised."""


class CrashCount(msgspec.Struct):
    """How many processes were killed, and how many ended before they could be."""

    kills: int = 0
    survivors: int = 0


class Left(msgspec.Struct, frozen=True):
    """What a writer left behind: how many frames, and whether it had closed the journal."""

    frames: int
    ended: bool


class CrashMatrix:
    """Kills writers and sidecars in a folder of its own. Same seed, same kills; those by time vary with the machine.

    The folder is in memory where there is such a place: what a killed process leaves is the same there, and the disk is
    not waited for thousands of times.
    """

    def __init__(self, seed: int) -> None:
        self._temporary = tempfile.TemporaryDirectory(dir=_MEMORY if os.access(_MEMORY, os.W_OK) else None)
        self._folder = Path(self._temporary.name)
        self._dice = random.Random(seed)
        self._runs = 0
        self._server = subprocess.Popen(
            [sys.executable, "-m", "spymaster.bench.crash_children"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def close(self) -> None:
        """End the process that the killed ones are forked from, and remove the folder."""
        _pipe(self._server.stdin).close()
        self._server.wait()
        _pipe(self._server.stdout).close()
        self._temporary.cleanup()

    def kill_writers(self, kills: int) -> CrashCount:
        """Kill writers of one journal after the other until each is complete. Raises CrashFault."""
        count = CrashCount()
        while count.kills < kills:
            journal, lake = self._fresh()
            while not self._do("write", journal, lake, count):
                if check_journal(journal).ended:
                    break
            if check_journal(journal) != Left(FRAMES, ended=True):
                raise CrashFault(
                    f"{journal}: {check_journal(journal)} of {FRAMES} frames when its writer had closed it"
                )
            shutil.rmtree(journal.parent)
        return count

    def kill_sidecars(self, kills: int) -> CrashCount:
        """Kill sidecars of a finished journal until the lake is whole. Raises CrashFault."""
        count = CrashCount()
        journal, lake = self._fresh()
        self._serve(Job("write", str(journal), str(lake), -1, "before"))
        self._serve(Job("follow", str(journal), str(lake), -1, "before"))
        wanted = files_of(lake)
        while count.kills < kills:
            for path in journal.glob("sidecar.*"):
                path.unlink()
            shutil.rmtree(lake)
            while not self._do("follow", journal, lake, count):
                check_lake(lake)
            if files_of(lake) != wanted:
                raise CrashFault(f"{lake}: killed and restarted sidecars left another lake than one that was not")
        return count

    def _fresh(self) -> tuple[Path, Path]:
        self._runs += 1
        run = self._folder / f"run-{self._runs}"
        (run / "journal").mkdir(parents=True)
        (run / "lake").mkdir()
        return run / "journal", run / "lake"

    def _do(self, what: str, journal: Path, lake: Path, count: CrashCount) -> bool:
        """Kill one process at some moment; True when it ended by itself, its work done."""
        by_time = self._dice.random() < 0.3
        job = Job(
            "write" if what == "write" else "follow",
            str(journal),
            str(lake),
            fuse=-1 if by_time else self._dice.randrange(_CALLS[what]),
            moment=self._dice.choice(_MOMENTS),
            after_ms=self._dice.uniform(0.1, _LONGEST_MS[what]) if by_time else 0.0,
        )
        status = self._serve(job)
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
            count.kills += 1
            return False
        if status:
            raise CrashFault(f"{journal}: a process ended with status {status} after {job}")
        count.survivors += 1
        return True

    def _serve(self, job: Job) -> int:
        stdin = _pipe(self._server.stdin)
        stdin.write(msgspec.json.encode(job) + b"\n")
        stdin.flush()
        return int(_pipe(self._server.stdout).readline())


def check_journal(journal: Path) -> Left:
    """What a journal holds: exactly the first frames of its run, and none fewer than were acknowledged.

    Raises CrashFault, or JournalError where it cannot be read.
    """
    found = []
    if any(journal.glob("*.journal")):
        with contextlib.closing(JournalReader(journal)) as reader:
            found = [(stored.kind, bytes(stored.payload)) for stored in reader.frames()]
            reader.check_tail()
    ended = bool(found) and found[-1][0] is FrameKind.END
    count = len(found) - ended
    if tuple(found[:count]) != _contents()[:count]:
        raise CrashFault(f"{journal}: its {count} frames are not the first {count} of what was appended")
    acks = journal / ACKS
    acknowledged = acks.stat().st_size if acks.exists() else 0
    if count < acknowledged:
        raise CrashFault(f"{journal}: {acknowledged} frames were appended and {count} are left")
    return Left(count, ended)


def check_lake(lake: Path) -> None:
    """Every Parquet file of a lake can be read. Raises CrashFault."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    for path in lake.rglob("*.parquet"):
        try:
            pq.read_table(path)
        except (OSError, pa.ArrowException) as error:
            raise CrashFault(f"{path}: cannot be read after a kill ({error})") from None


def files_of(lake: Path) -> dict[str, str]:
    """Every whole file of a lake and the hash of what is in it."""
    paths = (path for path in lake.rglob("*") if path.is_file() and path.suffix in (".parquet", ".json"))
    return {path.relative_to(lake).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


@functools.cache
def _contents() -> tuple[tuple[FrameKind, bytes], ...]:
    """The frames of a run, as they stand in a journal."""
    contents = (encode_frame(frame(index)) for index in range(FRAMES))
    return tuple((content.kind, b"".join(part.tobytes() for part in content.parts)) for content in contents)


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None
    return stream
