"""Taking up a journal that an earlier process left: its torn tail is cut away, other damage is refused."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

from spymaster.journal.errors import JournalDamage
from spymaster.journal.files import Files
from spymaster.journal.format import (
    SEGMENT_HEADER_BYTES,
    SUFFIX,
    FrameKind,
    Position,
    StoredFrame,
    segment_path,
    segments_in,
)
from spymaster.journal.reader import JournalReader


@dataclass(frozen=True, slots=True)
class Recovered:
    """How an earlier process left a journal. ``end``: behind its last whole frame. ``cut_bytes``: of a frame that was
    not whole and has been cut away. ``ended``: its writer had closed it."""

    session: str
    end: Position
    next_seq: int
    clock_ns: int
    cut_bytes: int
    ended: bool


def recover(folder: Path, files: Files) -> Recovered | None:
    """Cut a torn tail away; None where there is no journal yet. Raises JournalDamage, and then changes nothing."""
    for leftover in folder.glob(f"*{SUFFIX}.tmp"):
        files.remove(leftover)
    cut = _remove_headless(folder, files)
    known = segments_in(folder)
    if not known:
        return None
    reader = JournalReader(folder, Position(known[-1], SEGMENT_HEADER_BYTES))
    with contextlib.closing(reader):
        last: StoredFrame | None = None
        for frame in reader.frames():
            last = frame
        reader.check_tail()
        if reader.header is None:
            raise JournalDamage(segment_path(folder, known[-1]), 0, "the header is incomplete")
        if reader.tail_bytes:
            cut += reader.tail_bytes
            _cut(files, segment_path(folder, known[-1]), reader.position.offset)
        return Recovered(
            session=reader.header.session,
            end=reader.position,
            next_seq=reader.header.first_seq if last is None else last.next_seq,
            clock_ns=reader.header.clock_ns if last is None else last.clock_ns,
            cut_bytes=cut,
            ended=last is not None and last.kind is FrameKind.END,
        )


def _remove_headless(folder: Path, files: Files) -> int:
    """A last segment that has not even a header holds nothing."""
    known = segments_in(folder)
    if not known:
        return 0
    path = segment_path(folder, known[-1])
    size = path.stat().st_size
    if size >= SEGMENT_HEADER_BYTES:
        return 0
    files.remove(path)
    return size


def _cut(files: Files, path: Path, length: int) -> None:
    descriptor = files.open_to_append(path)
    try:
        files.truncate(descriptor, length)
        files.sync(descriptor)
    finally:
        files.close(descriptor)
