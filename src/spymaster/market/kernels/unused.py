"""Compiled kernels that nothing uses any more, of sources or versions that are gone: forgotten after a while.

A process has in memory what it uses, and compiles what is missing: forgetting a kernel costs time at worst.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

KEPT_DAYS: Final = 30
"""How long a kernel is kept that nothing uses."""
MOST_BYTES: Final = 256 * 1024 * 1024
"""How much is kept at most beside what was used today. An engine takes 4 MB, and an edit of a kernel adds to that."""
FOLDERS: Final = "kernels-*"
"""Folders of kernels, below the cache's base: one for each interpreter, numba and processor."""
_DAY_S: Final = 86_400.0


class Kept(NamedTuple):
    """Some of what is kept: how many files, and their bytes."""

    files: int
    bytes: int


class _Entry(NamedTuple):
    used_s: float
    bytes: int
    path: Path
    files: int


def note_use(path: Path, now_s: float) -> None:
    """Have a file count as used now. Noted once a day."""
    with contextlib.suppress(OSError):
        if now_s - path.stat().st_mtime > _DAY_S:
            os.utime(path, (now_s, now_s))


def kept_below(base: Path) -> Kept:
    """All kernels that are kept below a cache's base."""
    return _sum(_entries(base))


def forget_unused(base: Path, now_s: float) -> Kept:
    """Remove what nothing used for so many days, and beyond so many bytes what was used longest ago; nothing of a day.

    Returns what was removed.
    """
    entries = sorted(_entries(base))
    left = sum(entry.bytes for entry in entries)
    removed = []
    for entry in entries:
        age_s = now_s - entry.used_s
        if age_s > KEPT_DAYS * _DAY_S or (left > MOST_BYTES and age_s > _DAY_S):
            left -= entry.bytes
            removed.append(entry)
            _remove(entry.path)
    for folder in base.glob(FOLDERS):
        with contextlib.suppress(OSError):
            # only where nothing is left in it
            folder.rmdir()
    return _sum(removed)


def _sum(entries: list[_Entry]) -> Kept:
    return Kept(sum(entry.files for entry in entries), sum(entry.bytes for entry in entries))


def _entries(base: Path) -> list[_Entry]:
    return [entry for folder in base.glob(FOLDERS) for entry in _in_folder(folder)]


def _in_folder(folder: Path) -> Iterator[_Entry]:
    """Files of a folder of kernels, and as one each the folders that numba keeps in its own way."""
    # somebody else may remove what we look at
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            with contextlib.suppress(OSError):
                parts = list(path.rglob("*")) if path.is_dir() else []
                found = [one.stat() for one in (path, *parts)]
                files = [one for one in found if not path.is_dir() or one is not found[0]]
                yield _Entry(max(one.st_mtime for one in found), sum(one.st_size for one in files), path, len(files))


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
        return
    with contextlib.suppress(OSError):
        path.unlink()
