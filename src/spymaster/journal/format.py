"""The journal's file format: segments of frames.

A segment is a file ``00000001.journal`` with a header and frames one after the other, everything little-endian and each
frame on a multiple of 8 bytes. A frame is a header {marker, length of the payload, kind, flags, version of the payload,
count, first seq, clock, segment, CRC-32C over header and payload}, the payload, and zeros up to the next multiple of 8.

``first_seq`` of a RECORDS frame is the number of its first record and ``count`` how many it has; numbers are contiguous
from 0. Every other frame carries the number that the next record will get, so that a missing frame shows. The segment's
header carries the same number, and the length of the segment before, so that a missing or shortened one shows.
"""

from __future__ import annotations

import enum
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import google_crc32c
import numpy as np
from numpy.typing import NDArray

VERSION: Final = 1
"""Version of segments and frame headers. Payloads have their own, in the frame's header."""

ALIGNMENT: Final = 8
MAX_PAYLOAD_BYTES: Final = 64 * 1024 * 1024
"""No frame is longer, so that a damaged length cannot ask for more memory than this."""

MARKER: Final = 0xF7A3_E5D9
"""Begins every frame: what is searched for behind damage."""

_MAGIC: Final = b"SPYJRNL\x00"
_SEGMENT: Final = struct.Struct("<8sII32sQQqQI4x")
_FRAME: Final = struct.Struct("<IIBBHIQqII")
_CRC_BYTES: Final = 4
_SEGMENT_PAD: Final = 4
_SESSION_BYTES: Final = 32
SEGMENT_HEADER_BYTES: Final = _SEGMENT.size
FRAME_HEADER_BYTES: Final = _FRAME.size
SUFFIX: Final = ".journal"


Buffer = bytes | memoryview


class FrameKind(enum.IntEnum):
    """What a frame holds. The number is written and therefore never changes."""

    RECORDS = 1
    WATERMARK = 2
    FEED_STATUS = 3
    MAPPING = 4
    CONFIG = 5
    GAP = 6
    SIGNAL = 7
    ALERT = 8
    END = 9


class FrameFlag(enum.IntFlag):
    """What else is true of a frame. BACKFILL: records of a hole, fetched later; engine and replay pass them over."""

    NONE = 0
    BACKFILL = 1


class FormatError(ValueError):
    """Bytes that are no frame or no segment header: one phrase that says why."""


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place between two frames: the segment's number and an offset in its file, bytes."""

    segment: int
    offset: int


@dataclass(frozen=True, slots=True)
class SegmentHeader:
    """How a segment begins. ``session``: id of the run, at most 32 bytes of ASCII. ``first_seq``: number of the next
    record. ``clock_ns``: the clock before it. ``previous_bytes``: length of the segment before, 0 for the first."""

    session: str
    segment: int
    first_seq: int
    clock_ns: int
    previous_bytes: int


@dataclass(frozen=True, slots=True)
class FrameHeader:
    """A frame without its payload. ``length``: bytes of the payload. ``clock_ns``: the running maximum of record time
    with this frame, ns UTC. ``version``: of the payload's layout."""

    kind: FrameKind
    flags: FrameFlag
    version: int
    count: int
    first_seq: int
    clock_ns: int
    segment: int
    length: int
    crc: int

    @property
    def frame_bytes(self) -> int:
        """Bytes from the start of this frame to the start of the next."""
        return frame_bytes(self.length)


@dataclass(frozen=True, slots=True)
class StoredFrame:
    """A frame as it stands in the journal, its check sum proven right.

    ``payload`` is writable memory of its own, aligned to 8 bytes, so that the arrays decoded from it are views.
    ``segment`` and ``offset`` are where the frame begins.
    """

    kind: FrameKind
    flags: FrameFlag
    version: int
    count: int
    first_seq: int
    clock_ns: int
    payload: memoryview
    segment: int
    offset: int

    @property
    def position(self) -> Position:
        """Where the frame begins."""
        return Position(self.segment, self.offset)

    @property
    def next_seq(self) -> int:
        """Number of the record after this frame."""
        return self.first_seq + (self.count if self.kind is FrameKind.RECORDS else 0)

    @property
    def end(self) -> Position:
        """Where the next frame begins, if it is in the same segment."""
        return Position(self.segment, self.offset + frame_bytes(len(self.payload)))


@dataclass(frozen=True, slots=True)
class FrameContent:
    """A frame's content before the writer gives it a number and a place. ``parts`` follow one another in the payload;
    they may be views of the arrays they were made from."""

    kind: FrameKind
    version: int
    count: int
    parts: tuple[NDArray[np.uint8], ...]

    @property
    def length(self) -> int:
        """Bytes of the payload."""
        return sum(len(part) for part in self.parts)


def frame_bytes(length: int) -> int:
    """Bytes of a whole frame whose payload has ``length``."""
    return FRAME_HEADER_BYTES + length + -length % ALIGNMENT


def segment_path(folder: Path, segment: int) -> Path:
    """The file of a segment."""
    return folder / f"{segment:08}{SUFFIX}"


def segments_in(folder: Path) -> list[int]:
    """Numbers of the segments in a folder, ascending."""
    names = (path.name.removesuffix(SUFFIX) for path in folder.glob(f"*{SUFFIX}"))
    return sorted(int(name) for name in names if name.isascii() and name.isdigit())


def pack_segment_header(header: SegmentHeader) -> bytes:
    """The bytes a segment begins with."""
    session = header.session.encode("ascii")
    if not 0 < len(session) <= _SESSION_BYTES:
        raise FormatError(f"a session id has 1 to {_SESSION_BYTES} characters")
    numbers = (header.segment, header.first_seq, header.clock_ns, header.previous_bytes)
    fields = (_MAGIC, VERSION, _SEGMENT.size, session, *numbers)
    return _SEGMENT.pack(*fields, google_crc32c.value(_SEGMENT.pack(*fields, 0)))


def unpack_segment_header(data: bytes) -> SegmentHeader:
    """What a segment says of itself. Raises FormatError."""
    if len(data) < _SEGMENT.size:
        raise FormatError("the header is incomplete")
    *fields, crc = _SEGMENT.unpack_from(data)
    magic, version, size, session, segment, first_seq, clock_ns, previous = fields
    if magic != _MAGIC:
        raise FormatError("not a journal")
    if version != VERSION or size != _SEGMENT.size:
        raise FormatError(f"written in version {version} of the format, this program reads {VERSION}")
    if google_crc32c.value(_SEGMENT.pack(*fields, 0)) != crc or any(data[_SEGMENT.size - _SEGMENT_PAD : _SEGMENT.size]):
        raise FormatError("the check sum of the header is wrong")
    name = session.rstrip(b"\x00").decode("ascii", "replace")
    return SegmentHeader(name, segment, first_seq, clock_ns, previous)


def pack_frame(frame: FrameContent, *, flags: FrameFlag, first_seq: int, clock_ns: int, segment: int) -> list[Buffer]:
    """A frame as buffers to be written one after the other. Raises FormatError for a payload that is too long."""
    length = frame.length
    if length > MAX_PAYLOAD_BYTES:
        raise FormatError(f"a frame of {length} bytes is longer than the {MAX_PAYLOAD_BYTES} that are allowed")
    head = (MARKER, length, int(frame.kind), int(flags), frame.version, frame.count, first_seq, clock_ns, segment)
    crc = google_crc32c.value(_FRAME.pack(*head, 0)[:-_CRC_BYTES])
    for part in frame.parts:
        crc = google_crc32c.extend(crc, part)
    buffers: list[Buffer] = [_FRAME.pack(*head, crc), *(part.data for part in frame.parts)]
    if length % ALIGNMENT:
        buffers.append(bytes(-length % ALIGNMENT))
    return buffers


def unpack_frame_header(data: memoryview) -> FrameHeader:
    """The header of a frame; its payload has not been looked at. Raises FormatError where no frame can begin."""
    if len(data) < _FRAME.size:
        raise FormatError("the frame's header is incomplete")
    marker, length, kind, flags, version, count, first_seq, clock_ns, segment, crc = _FRAME.unpack_from(data)
    if marker != MARKER:
        raise FormatError("no frame begins here")
    if length > MAX_PAYLOAD_BYTES:
        raise FormatError(f"a frame cannot have {length} bytes")
    try:
        kind = FrameKind(kind)
    except ValueError:
        raise FormatError(f"there is no kind of frame with the number {kind}") from None
    return FrameHeader(kind, FrameFlag(flags), version, count, first_seq, clock_ns, segment, length, crc)


def check_frame(header: memoryview, payload: NDArray[np.uint8], padding: bytes) -> None:
    """Prove a frame whole: its check sum, and the zeros behind it. Raises FormatError."""
    found = int.from_bytes(header[_FRAME.size - _CRC_BYTES : _FRAME.size], "little")
    crc = google_crc32c.value(bytes(header[: _FRAME.size - _CRC_BYTES]))
    if google_crc32c.extend(crc, payload) != found:
        raise FormatError("the check sum of the frame is wrong")
    if any(padding):
        raise FormatError("the bytes behind the frame are not zero")
