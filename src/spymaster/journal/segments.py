"""The files a journal is written to: one is open at its end, the next begins when it is full."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Final

from spymaster.journal.files import Files, write_all
from spymaster.journal.format import (
    SEGMENT_HEADER_BYTES,
    FrameContent,
    FrameFlag,
    Position,
    SegmentHeader,
    frame_bytes,
    pack_frame,
    pack_segment_header,
    segment_path,
)
from spymaster.journal.group_sync import GroupSync

SEGMENT_BYTES: Final = 256 * 1024 * 1024


class SegmentFiles:
    """Appends to the newest segment of a folder. Every method raises OSError when the system refuses; what a refused
    ``append`` left half written is cut away before the next one."""

    def __init__(self, folder: Path, session: str, segment_bytes: int, files: Files, sync: GroupSync) -> None:
        self._folder = folder
        self._session = session
        self._segment_bytes = segment_bytes
        self._files = files
        self._sync = sync
        self._descriptor = -1
        self._is_repaired = True
        self.end = Position(0, 0)
        self.written_bytes = 0

    def create(self, segment: int, first_seq: int, clock_ns: int, previous_bytes: int) -> None:
        """Begin a segment. It gets its name when its header is on the disk, so that every segment has one."""
        path = segment_path(self._folder, segment)
        temporary = path.with_name(f"{path.name}.tmp")
        header = SegmentHeader(self._session, segment, first_seq, clock_ns, previous_bytes)
        descriptor = self._files.open_to_append(temporary)
        try:
            self._files.truncate(descriptor, 0)
            write_all(self._files, descriptor, [pack_segment_header(header)], 0)
            self._files.sync(descriptor)
            self._files.replace(temporary, path)
        except BaseException:
            self._files.close(descriptor)
            raise
        self._take(descriptor, Position(segment, SEGMENT_HEADER_BYTES))

    def resume(self, end: Position) -> None:
        """Go on behind the last frame of a segment."""
        self._take(self._files.open_to_append(segment_path(self._folder, end.segment)), end)

    def append(self, content: FrameContent, flags: FrameFlag, first_seq: int, clock_ns: int) -> None:
        """Write a frame behind the last one, in a new segment where it no longer fits into this one."""
        self.repair()
        if self.end.offset > SEGMENT_HEADER_BYTES and (
            self.end.offset + frame_bytes(content.length) > self._segment_bytes
        ):
            # the length of this one stands in the next one's header: it must be on the disk first
            self._sync.sync_now()
            self.create(self.end.segment + 1, first_seq, clock_ns, self.end.offset)
        buffers = pack_frame(content, flags=flags, first_seq=first_seq, clock_ns=clock_ns, segment=self.end.segment)
        self._is_repaired = False
        offset = write_all(self._files, self._descriptor, buffers, self.end.offset)
        self._is_repaired = True
        self.written_bytes += offset - self.end.offset
        self._sync.wrote(offset - self.end.offset)
        self.end = Position(self.end.segment, offset)

    def repair(self) -> None:
        """Cut away what a refused write left behind."""
        if not self._is_repaired:
            self._files.truncate(self._descriptor, self.end.offset)
            self._is_repaired = True

    def close(self) -> None:
        """Let the file go, without a half-written frame if the system allows. Safe to call twice."""
        with contextlib.suppress(OSError):
            self.repair()
        self._take(-1, self.end)

    def _take(self, descriptor: int, end: Position) -> None:
        self._sync.follow(descriptor)
        if self._descriptor >= 0:
            self._files.close(self._descriptor)
        self._descriptor, self.end = descriptor, end
