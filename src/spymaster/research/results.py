"""The folder of results: each in a folder of its own, named by what it depends on, whole or not there.

``STEP/DATE/KEY/`` holds a result's Parquet files and ``result.json``, which says what they are of. It is written under
another name and renamed, so that whoever dies leaves nothing that looks like a result, and of two who compute the same
one is kept: they are the same bytes.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import secrets
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from spymaster.atomic_output import sync_folder, write_whole
from spymaster.interrupts import held

RESULT: Final = "result.json"
INDEX: Final = "content.json"
NOTHING: Final = "nothing"
"""The fact of a result that is empty because nothing was recorded: why."""
_PARTIAL: Final = "partial"
_FAILURES: Final = "failures"
_FORGOTTEN_S: Final = 7 * 86_400.0
"""What another machine left half done is deleted after so long."""
_READ_BYTES: Final = 4 * 1024 * 1024


class Wanted(msgspec.Struct, frozen=True):
    """A result that is wanted. ``step``: its id; ``date``: yyyymmdd; ``key``: hash of all that it depends on."""

    step: str
    date: int
    key: str

    @property
    def place(self) -> str:
        """Its folder within the results."""
        date = str(self.date)
        return f"{self.step.replace(' ', '-')}/{date[:4]}-{date[4:6]}-{date[6:]}/{self.key}"


class ResultFile(msgspec.Struct, frozen=True):
    """A file of a result: its path below the result's folder, its rows, its size and its SHA-256."""

    path: str
    rows: int
    bytes: int
    sha256: str


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What ``result.json`` says. ``facts``: figures of the step; nothing of who computed it, when or where."""

    step: str
    date: int
    key: str
    simulated: bool
    inputs: str
    settings: Any
    code: str
    files: tuple[ResultFile, ...]
    facts: dict[str, Any]


class Failure(msgspec.Struct, frozen=True):
    """Why a result could not be had. ``trace``: of an error that is a fault of the program's own."""

    step: str
    date: int
    name: str
    reason: str
    trace: str = ""


class Results:
    """A folder of results. Everything raises OSError where the disk or the network refuses."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def has(self, wanted: Wanted) -> bool:
        """Whether a result is there."""
        return (self.root / wanted.place / RESULT).is_file()

    def receipt(self, wanted: Wanted) -> Receipt:
        """What a result says of itself."""
        return msgspec.json.decode((self.root / wanted.place / RESULT).read_bytes(), type=Receipt)

    def new_folder(self) -> Path:
        """A folder to write a result in, on the same file system."""
        made = self.root / _PARTIAL / f"{platform.node()}.{os.getpid()}.{secrets.token_hex(4)}"
        made.mkdir(parents=True)
        return made

    def keep(self, folder: Path, wanted: Wanted, receipt: Receipt) -> None:
        """Make what was written in a folder of ``new_folder`` a result: durable, then visible."""
        write_whole(folder / RESULT, msgspec.json.format(msgspec.json.encode(receipt), indent=1) + b"\n")
        final = self.root / wanted.place
        # a folder that is new stands in one that has to be told so
        changed = [final.parent, *(above.parent for above in (final.parent, final.parent.parent) if not above.exists())]
        final.parent.mkdir(parents=True, exist_ok=True)
        with held():
            try:
                folder.rename(final)
            except OSError:
                # somebody else was here before, with the same
                if not self.has(wanted):
                    raise
                shutil.rmtree(folder)
            for folder_with_new_names in changed:
                sync_folder(folder_with_new_names)
        self.forgive(wanted)

    def discard(self, folder: Path) -> None:
        """Give up what was written."""
        shutil.rmtree(folder, ignore_errors=True)

    def fail(self, wanted: Wanted, failure: Failure) -> None:
        """Write down why there is no result."""
        place = self._failure(wanted)
        place.parent.mkdir(parents=True, exist_ok=True)
        write_whole(place, msgspec.json.format(msgspec.json.encode(failure), indent=1) + b"\n")

    def failure(self, wanted: Wanted) -> Failure | None:
        """Why there is none, where that is known."""
        with contextlib.suppress(FileNotFoundError, msgspec.MsgspecError):
            return msgspec.json.decode(self._failure(wanted).read_bytes(), type=Failure)
        return None

    def forgive(self, wanted: Wanted) -> None:
        """Forget an earlier failure: it is tried again, or was overcome."""
        self._failure(wanted).unlink(missing_ok=True)

    def clean(self) -> None:
        """Delete what workers that died have left half done."""
        for folder in self._left_behind():
            shutil.rmtree(folder, ignore_errors=True)

    def _left_behind(self) -> Iterator[Path]:
        with contextlib.suppress(FileNotFoundError):
            for folder in (self.root / _PARTIAL).iterdir():
                host, _, rest = folder.name.rpartition(".")[0].rpartition(".")
                if host == platform.node() and rest.isdecimal():
                    gone = not _is_there(int(rest))
                else:
                    gone = time.time() - folder.stat().st_mtime > _FORGOTTEN_S
                if gone:
                    yield folder

    def _failure(self, wanted: Wanted) -> Path:
        return self.root / _FAILURES / f"{wanted.key}.json"


def files_in(folder: Path, rows: dict[str, int]) -> tuple[ResultFile, ...]:
    """What was written in a folder, by path. ``rows``: of each file."""
    found = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        digest = hashlib.sha256()
        with path.open("rb") as file:
            while piece := file.read(_READ_BYTES):
                digest.update(piece)
        found.append(ResultFile(name, rows[name], path.stat().st_size, digest.hexdigest()))
    return tuple(found)


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
