"""Reading a journal, also while it is being written: whole frames only, each proven by its check sum."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from spymaster.journal.errors import JournalDamage, JournalError
from spymaster.journal.format import (
    ALIGNMENT,
    FRAME_HEADER_BYTES,
    MARKER,
    SEGMENT_HEADER_BYTES,
    FormatError,
    FrameHeader,
    Position,
    SegmentHeader,
    StoredFrame,
    check_frame,
    segment_path,
    segments_in,
    unpack_frame_header,
    unpack_segment_header,
)

_CHUNK_BYTES: Final = 1024 * 1024
_MARKER_BYTES: Final = MARKER.to_bytes(4, "little")


class JournalReader:
    """Reads frames from a position on. ``start`` None: from the oldest segment there is.

    ``frames()`` may be asked again and again: each time it yields what has become whole since. Where it stopped at
    bytes that are no whole frame, ``tail_bytes`` says how many and ``tail_problem`` why; whether they are damage or
    merely the end of a torn or growing journal is for ``check_tail`` to find out.
    """

    def __init__(self, folder: Path, start: Position | None = None) -> None:
        self._folder = folder
        self._descriptor = -1
        self._next_seq: int | None = None
        self.header: SegmentHeader | None = None
        """Of the segment being read; None before it was opened."""
        self.tail_bytes = 0
        self.tail_problem = ""
        known = segments_in(folder)
        if not known:
            raise JournalError(folder, "there is no journal in it", "name a folder with *.journal files")
        self.position = start if start is not None else Position(known[0], SEGMENT_HEADER_BYTES)
        if self.position.segment not in known:
            raise JournalError(
                segment_path(folder, self.position.segment), "is no longer there", "read from a later segment"
            )

    def frames(self) -> Iterator[StoredFrame]:
        """Every whole frame from the present position on, as far as there are any now.

        Raises JournalDamage where segments do not follow one another.
        """
        while self._open():
            yield from self._frames_of_segment()
            if not self._has_next():
                return
            # what was still growing at the first look is final now that there is a next segment
            yield from self._frames_of_segment()
            if not self._enter_next():
                return

    def check_tail(self) -> None:
        """Raise JournalDamage when sound frames follow the bytes that are none."""
        if not self.tail_bytes or self._descriptor < 0:
            return
        at = self._find_frame_after(self.position.offset)
        if at is not None:
            raise JournalDamage(self._path, self.position.offset, f"{self.tail_problem}, yet byte {at} begins a frame")

    def bytes_behind(self) -> int:
        """Bytes of the journal beyond the present position."""
        behind = -self.position.offset
        for segment in segments_in(self._folder):
            if segment >= self.position.segment:
                behind += segment_path(self._folder, segment).stat().st_size
        return max(behind, 0)

    def close(self) -> None:
        """Let go of the file. Safe to call twice."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    @property
    def _path(self) -> Path:
        return segment_path(self._folder, self.position.segment)

    def _open(self) -> bool:
        """Have the segment open and its header proven; False while it has no whole header yet."""
        if self._descriptor >= 0:
            return True
        descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            header = self._header(descriptor)
            if header is None:
                os.close(descriptor)
                return False
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        self.header = header
        if self._next_seq is None and self.position.offset == SEGMENT_HEADER_BYTES:
            self._next_seq = header.first_seq
        return True

    def _header(self, descriptor: int) -> SegmentHeader | None:
        data = os.pread(descriptor, SEGMENT_HEADER_BYTES, 0)
        if len(data) < SEGMENT_HEADER_BYTES and self.position.segment == segments_in(self._folder)[-1]:
            self.tail_bytes, self.tail_problem = len(data), "the header is incomplete"
            return None
        try:
            header = unpack_segment_header(data)
        except FormatError as error:
            raise JournalDamage(self._path, 0, str(error)) from None
        if header.segment != self.position.segment:
            raise JournalDamage(self._path, 0, f"it is segment {header.segment} by its header")
        return header

    def _frames_of_segment(self) -> Iterator[StoredFrame]:
        self.tail_bytes, self.tail_problem = 0, ""
        wanted = _CHUNK_BYTES
        while True:
            start = self.position.offset
            chunk = self._read(start, wanted)
            at = 0
            try:
                while at < len(chunk):
                    frame = self._frame_at(chunk, at)
                    at = frame.end.offset - start
                    self.position = frame.end
                    yield frame
            except _Incomplete as more:
                if at == 0 and more.needed > len(chunk):
                    if len(chunk) == wanted and more.needed > wanted:
                        wanted = more.needed
                        continue
                    self._note_tail(len(chunk), "the frame is incomplete")
                    return
            except FormatError as error:
                self._note_tail(self._bytes_from(self.position.offset), str(error))
                return
            if len(chunk) < wanted and at == len(chunk):
                return
            wanted = _CHUNK_BYTES

    def _frame_at(self, chunk: NDArray[np.uint8], at: int) -> StoredFrame:
        header = _whole_header(chunk, at)
        body = at + FRAME_HEADER_BYTES
        payload = chunk[body : body + header.length]
        check_frame(chunk[at:body].data, payload, chunk[body + header.length : at + header.frame_bytes].tobytes())
        if header.segment != self.position.segment:
            raise JournalDamage(self._path, self.position.offset, f"a frame of segment {header.segment}")
        if self._next_seq is not None and header.first_seq != self._next_seq:
            problem = f"a frame of record {header.first_seq} where {self._next_seq} comes next"
            raise JournalDamage(self._path, self.position.offset, problem)
        frame = StoredFrame(
            header.kind,
            header.flags,
            header.version,
            header.count,
            header.first_seq,
            header.clock_ns,
            payload.data,
            self.position.segment,
            self.position.offset,
        )
        self._next_seq = frame.next_seq
        return frame

    def _has_next(self) -> bool:
        """Whether the journal goes on in another segment."""
        later = [segment for segment in segments_in(self._folder) if segment > self.position.segment]
        if later and later[0] != self.position.segment + 1:
            missing = segment_path(self._folder, self.position.segment + 1)
            raise JournalError(missing, "is missing between others", "fetch the whole journal again")
        return bool(later)

    def _enter_next(self) -> bool:
        """Go on to the next segment; False while that one has no whole header."""
        if self.tail_bytes:
            raise JournalDamage(self._path, self.position.offset, self.tail_problem)
        here, descriptor = self.position, self._descriptor
        self.position, self._descriptor = Position(here.segment + 1, SEGMENT_HEADER_BYTES), -1
        if not self._open():
            self.position, self._descriptor = here, descriptor
            return False
        os.close(descriptor)
        header = self.header
        if header is not None and header.previous_bytes != here.offset:
            missing = f"{header.previous_bytes - here.offset} bytes missing"
            raise JournalDamage(segment_path(self._folder, here.segment), here.offset, missing)
        if header is not None and header.first_seq != self._next_seq:
            raise JournalDamage(self._path, 0, f"begins at record {header.first_seq}, not {self._next_seq}")
        return True

    def _read(self, offset: int, count: int) -> NDArray[np.uint8]:
        """Up to ``count`` bytes in memory of their own."""
        chunk = np.empty(max(min(count, self._bytes_from(offset)), 0), np.uint8)
        taken = os.preadv(self._descriptor, [chunk.data], offset) if len(chunk) else 0
        return chunk[:taken]

    def _bytes_from(self, offset: int) -> int:
        return os.fstat(self._descriptor).st_size - offset

    def _note_tail(self, count: int, problem: str) -> None:
        self.tail_bytes, self.tail_problem = count, problem

    def _find_frame_after(self, offset: int) -> int | None:
        """Where the next sound frame of this segment begins behind an unsound one."""
        at = offset + ALIGNMENT
        while self._bytes_from(at) >= FRAME_HEADER_BYTES:
            chunk = self._read(at, _CHUNK_BYTES).tobytes()
            found = chunk.find(_MARKER_BYTES)
            while found >= 0:
                if (at + found) % ALIGNMENT == 0 and self._is_frame(at + found):
                    return at + found
                found = chunk.find(_MARKER_BYTES, found + 1)
            at += max(len(chunk) - ALIGNMENT, ALIGNMENT) // ALIGNMENT * ALIGNMENT
        return None

    def _is_frame(self, offset: int) -> bool:
        try:
            header = unpack_frame_header(self._read(offset, FRAME_HEADER_BYTES).data)
            chunk = self._read(offset, header.frame_bytes)
            _whole_header(chunk, 0)
            end = FRAME_HEADER_BYTES + header.length
            check_frame(chunk[:FRAME_HEADER_BYTES].data, chunk[FRAME_HEADER_BYTES:end], chunk[end:].tobytes())
        except (FormatError, _Incomplete):
            return False
        return True


class _Incomplete(Exception):
    """A chunk ends inside a frame; ``needed``: bytes of the whole frame, or of its header."""

    def __init__(self, needed: int) -> None:
        self.needed = needed


def _whole_header(chunk: NDArray[np.uint8], at: int) -> FrameHeader:
    """The header of a frame that is wholly in the chunk."""
    left = len(chunk) - at
    if left < FRAME_HEADER_BYTES:
        raise _Incomplete(FRAME_HEADER_BYTES)
    header = unpack_frame_header(chunk[at : at + FRAME_HEADER_BYTES].data)
    if header.frame_bytes > left:
        raise _Incomplete(header.frame_bytes)
    return header
