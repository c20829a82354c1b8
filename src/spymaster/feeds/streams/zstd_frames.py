"""Following the frame structure of a zstd stream as its bytes go by, to know whether its end is the true end.

The decompressor reports a file that was cut between two blocks as a clean end. Reading the block headers (three bytes
each, RFC 8878) tells the difference, at a few microseconds per 128 KiB of compressed data.
"""

from __future__ import annotations

import enum
from typing import Final

ZSTD_MAGIC: Final = b"\x28\xb5\x2f\xfd"
SKIPPABLE_MAGICS: Final = range(0x184D2A50, 0x184D2A60)
_ZSTD: Final = int.from_bytes(ZSTD_MAGIC, "little")
_RLE_BLOCK: Final = 1
_RAW_OR_COMPRESSED: Final = (0, 4)
"""The low three bits of a block header that is not the last and is followed by as many bytes as it says."""
_CHECKSUM_BYTES: Final = 4


class _Part(enum.Enum):
    """What stands at the position the tracker waits for."""

    MAGIC = enum.auto()
    DESCRIPTOR = enum.auto()
    BLOCK_HEADER = enum.auto()
    SKIPPABLE_SIZE = enum.auto()
    NOT_ZSTD = enum.auto()


_WIDTHS: Final = {_Part.MAGIC: 4, _Part.DESCRIPTOR: 1, _Part.BLOCK_HEADER: 3, _Part.SKIPPABLE_SIZE: 4}


class FrameTracker:
    """Fed the compressed bytes in order, in any pieces; knows whether they end where a frame ends."""

    def __init__(self) -> None:
        self._part = _Part.MAGIC
        self._skip = 0
        self._held = b""
        self._has_checksum = False

    def feed(self, data: bytes) -> None:
        """Take the next piece of the compressed stream."""
        at, size = 0, len(data)
        while at < size and self._part is not _Part.NOT_ZSTD:
            if self._skip:
                if self._part is _Part.BLOCK_HEADER and not self._held:
                    at = self._run(data, at)
                step = min(self._skip, size - at)
                self._skip -= step
                at += step
                continue
            need = _WIDTHS[self._part] - len(self._held)
            self._held += data[at : at + need]
            at += need
            if at <= size:
                value, self._held = int.from_bytes(self._held, "little"), b""
                self._take(value)

    @property
    def at_frame_end(self) -> bool:
        """True when everything fed so far is whole frames (also when nothing was fed)."""
        return self._part is _Part.MAGIC and not self._held and not self._skip

    @property
    def at_block_end(self) -> bool:
        """True between two parts of a frame: before a block's header, or before the checksum behind the last block."""
        before_block = self._part is _Part.BLOCK_HEADER and not self._held and not self._skip
        return before_block or (self._part is _Part.MAGIC and self._has_checksum and self._skip == _CHECKSUM_BYTES)

    def _run(self, data: bytes, at: int) -> int:
        """The tight loop over blocks that end in ``data`` and are not the last of their frame; returns where it is."""
        skip, last_header = self._skip, len(data) - 3
        while at + skip <= last_header:
            offset = at + skip
            header = data[offset] | data[offset + 1] << 8 | data[offset + 2] << 16
            if header & 7 not in _RAW_OR_COMPRESSED:
                break
            at, skip = offset + 3, header >> 3
        self._skip = skip
        return at

    def _take(self, value: int) -> None:
        if self._part is _Part.BLOCK_HEADER:
            last, kind, size = value & 1, value >> 1 & 3, value >> 3
            self._skip = 1 if kind == _RLE_BLOCK else size
            if last:
                self._skip += _CHECKSUM_BYTES if self._has_checksum else 0
                self._part = _Part.MAGIC
        elif self._part is _Part.DESCRIPTOR:
            self._has_checksum = bool(value & 4)
            self._skip = _frame_header_rest(value)
            self._part = _Part.BLOCK_HEADER
        elif self._part is _Part.SKIPPABLE_SIZE:
            self._skip = value
            self._part = _Part.MAGIC
        elif value == _ZSTD:
            self._part = _Part.DESCRIPTOR
        else:
            self._part = _Part.SKIPPABLE_SIZE if value in SKIPPABLE_MAGICS else _Part.NOT_ZSTD


def _frame_header_rest(descriptor: int) -> int:
    """Bytes of a frame header after its descriptor byte: window, dictionary id, content size."""
    single_segment = descriptor >> 5 & 1
    content_size = (1 if single_segment else 0, 2, 4, 8)[descriptor >> 6]
    return (1 - single_segment) + (0, 1, 2, 4)[descriptor & 3] + content_size
