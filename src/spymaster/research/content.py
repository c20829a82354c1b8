"""What files hold, by the hash of their content: each is read once, and again only when it has changed."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec

from spymaster.atomic_output import write_whole

_READ_BYTES: Final = 4 * 1024 * 1024


class _Known(msgspec.Struct, frozen=True, array_like=True):
    """A file as it was when it was read."""

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    sha256: str


class ContentIndex:
    """Hashes of files, remembered in ``place`` beside size, times and inode. It can be deleted at any time.

    Raises OSError where a file cannot be read.
    """

    def __init__(self, place: Path) -> None:
        self._place = place
        self._known: dict[str, _Known] = {}
        self._is_changed = False
        self.read_bytes = 0
        """How much had to be read."""
        with contextlib.suppress(OSError, msgspec.MsgspecError):
            self._known = msgspec.json.decode(place.read_bytes(), type=dict[str, _Known])

    def sha256_of(self, path: Path) -> str:
        """The hash of a file's content."""
        status = path.stat()
        known = self._known.get(str(path))
        if known is None or known != _known_as(status, known.sha256):
            known = _known_as(status, self._read(path))
            self._known[str(path)] = known
            self._is_changed = True
        return known.sha256

    def of_files(self, files: Iterable[tuple[str, Path]]) -> list[tuple[str, str]]:
        """(name, hash) of files, by name. ``files``: each with the name it counts under."""
        return sorted((name, self.sha256_of(path)) for name, path in files)

    def save(self) -> None:
        """Remember what was learnt. Raises OSError."""
        if self._is_changed:
            self._place.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._place, msgspec.json.encode(self._known))
            self._is_changed = False

    def _read(self, path: Path) -> str:
        digest = hashlib.sha256()
        with path.open("rb") as file:
            while piece := file.read(_READ_BYTES):
                digest.update(piece)
                self.read_bytes += len(piece)
        return digest.hexdigest()


def digest_of(*parts: object) -> str:
    """A hash of plain values: equal where these are, whoever asks on whatever machine."""
    return hashlib.sha256(msgspec.msgpack.encode(parts, order="deterministic")).hexdigest()[:32]


def _known_as(status: os.stat_result, sha256: str) -> _Known:
    return _Known(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, sha256)
