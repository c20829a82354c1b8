"""The folder that makes seeking fast: copies of compressed files that can be entered, and checkpoints.

Everything in it can be deleted at any time. It is kept under a size; what was not used for longest goes first.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import shutil
from pathlib import Path
from typing import Final

import msgspec

from spymaster.feeds.dbn.files import DbnFile
from spymaster.feeds.streams.file_identity import file_identity
from spymaster.feeds.streams.seek_copy import SeekCopy
from spymaster.feeds.streams.seekable import SeekableFile
from spymaster.market.kernel_cache import host_hash, write_refusal
from spymaster.market.kernels.sources import engine_hash
from spymaster.session.replay.checkpoints import CheckpointStore

_WORTH_BYTES: Final = 1024 * 1024
"""A compressed file smaller than this is read again faster than a copy of it is made."""
_COPIES: Final = "files"
_RUNS: Final = "checkpoints"

_log = logging.getLogger(__name__)


class CachePlan(msgspec.Struct, frozen=True):
    """What a replay may keep. ``folder`` None: nothing on disk, checkpoints in memory. ``worth_bytes``: compressed size
    from which a file is copied."""

    folder: Path | None = None
    max_bytes: int = 2_000_000_000
    max_checkpoints: int = 100
    every_ns: int = 300 * 1_000_000_000
    worth_bytes: int = _WORTH_BYTES


class ReplayCache:
    """The cache of one replay."""

    def __init__(self, plan: CachePlan) -> None:
        self._plan = plan
        self._folder = plan.folder if plan.max_bytes > 0 else None
        self._say_if_not_writable()
        self._copies: dict[Path, SeekableFile] = {}
        self._in_use: set[Path] = set()

    def _say_if_not_writable(self) -> None:
        """A cache that cannot be written is still read; what is missing costs time each time, never a replay."""
        if self._folder is None:
            return
        refusal = write_refusal(self._folder)
        if refusal is not None:
            reason = (refusal.strerror or str(refusal)).lower()
            _log.warning("seeking is not made faster: %s cannot be written (%s)", self._folder, reason)

    def copy_of(self, file: DbnFile) -> SeekableFile | None:
        """The copy of a file that can be entered; None where it needs none or may have none."""
        if self._folder is None or not file.is_zstd:
            return None
        if file.path not in self._copies:
            try:
                if file.path.stat().st_size < self._plan.worth_bytes:
                    return None
                name = file_identity(file.path).hex()[:32]
            except OSError:
                return None
            path = self._folder / _COPIES / f"{name}.blocks"
            # a copy is about as large as its file
            room = self._plan.max_bytes - sum(known.stat().st_size for known in self._copies)
            self._in_use |= {path, path.with_suffix(".index")}
            self._copies[file.path] = SeekableFile(file.path, SeekCopy(path, room))
        return self._copies[file.path]

    def checkpoint_store(self, identity: bytes) -> CheckpointStore:
        """The checkpoints of a source (its ``identity``), computed by these kernels on this machine."""
        whole = hashlib.sha256(identity + f"{engine_hash()}-{host_hash()}".encode()).digest()
        folder = None
        if self._folder is not None:
            folder = self._folder / _RUNS / whole.hex()[:32]
            self._in_use.add(folder)
            with contextlib.suppress(OSError):
                os.utime(folder)
            self.trim()
        return CheckpointStore(folder, whole, every_ns=self._plan.every_ns, most=self._plan.max_checkpoints)

    def trim(self) -> None:
        """Delete what was not used for longest until the folder is within its size; never what is in use here."""
        if self._folder is None:
            return
        entries = sorted(self._entries(), key=lambda entry: entry[0])
        total = sum(size for _, size, _ in entries)
        for _, size, path in entries:
            if total <= self._plan.max_bytes:
                return
            if path in self._in_use:
                continue
            total -= size
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                with contextlib.suppress(OSError):
                    path.unlink()

    def close(self) -> None:
        """Keep what there is. Safe to call twice."""
        for copy in self._copies.values():
            copy.close()
        self._copies = {}
        self.trim()
        self._in_use = set()

    def _entries(self) -> list[tuple[float, int, Path]]:
        """(when last used, bytes, path) of every copy and every run's checkpoints."""
        assert self._folder is not None
        found: list[tuple[float, int, Path]] = []
        for room in (_COPIES, _RUNS):
            with contextlib.suppress(OSError):
                for path in (self._folder / room).iterdir():
                    status = path.stat()
                    size = sum(each.stat().st_size for each in path.iterdir()) if path.is_dir() else status.st_size
                    found.append((status.st_mtime, size, path))
        return found
