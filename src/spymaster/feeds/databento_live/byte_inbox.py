"""Bytes on their way from the network's thread to the Session's, without a copy and without a lock."""

from __future__ import annotations

from collections import deque
from typing import Final

import numpy as np
from numpy.typing import NDArray

CHUNK_BYTES: Final = 1024 * 1024
LEAST_ROOM: Final = 128 * 1024
"""A chunk with less room than this is given up for a fresh one: the socket is read in large pieces."""
_CARRY_BYTES: Final = 64 * 1024
"""Kept free in front of a chunk's first byte, for the beginning of a record that the chunk before ends in."""
_SPARE_CHUNKS: Final = 4
MOST_BYTES: Final = 256 * 1024 * 1024


class _Chunk:
    """Bytes from ``start`` to ``end``; the network's thread moves ``end``, the Session's ``start``."""

    __slots__ = ("array", "data", "end", "is_full", "start", "view")

    def __init__(self) -> None:
        self.data = bytearray(_CARRY_BYTES + CHUNK_BYTES)
        self.view = memoryview(self.data)
        self.array: NDArray[np.uint8] = np.frombuffer(self.data, np.uint8)
        self.reset()

    def reset(self) -> None:
        self.start = self.end = _CARRY_BYTES
        self.is_full = False


class ByteInbox:
    """One writer, one reader. The writer asks for ``room``, fills it and says how much by ``filled``.

    The reader looks at what is there with ``look`` and says by ``took`` how much of it was whole records; the rest is
    there again, with what has come behind it, at the next look. Only whole-integer attributes are shared, each written
    by one side alone.
    """

    def __init__(self) -> None:
        first = _Chunk()
        self._chunks: deque[_Chunk] = deque([first])
        self._writing = first
        self._spare: deque[_Chunk] = deque(maxlen=_SPARE_CHUNKS)
        self.received = 0
        """Bytes written so far."""
        self._taken = 0

    @property
    def backlog(self) -> int:
        """Bytes written and not yet taken."""
        return self.received - self._taken

    @property
    def is_overfull(self) -> bool:
        """Whether the writer should stop until the reader has caught up."""
        return self.backlog > MOST_BYTES

    def room(self) -> memoryview:
        """Where the next bytes go. For the writer."""
        chunk = self._writing
        if len(chunk.data) - chunk.end < LEAST_ROOM:
            fresh = self._spare.popleft() if self._spare else _Chunk()
            self._chunks.append(fresh)
            self._writing = fresh
            # only now, so that a reader who sees it full also finds the next one
            chunk.is_full = True
            chunk = fresh
        return chunk.view[chunk.end :]

    def filled(self, count: int) -> None:
        """So many bytes were put there. For the writer."""
        self._writing.end += count
        self.received += count

    def look(self) -> tuple[bytearray, NDArray[np.uint8], int, int] | None:
        """(memory, the same as an array, from, to): bytes not yet taken that follow one another; None without any."""
        chunk = self._chunks[0]
        while chunk.is_full and chunk.start == chunk.end:
            self._chunks.popleft()
            chunk.reset()
            self._spare.append(chunk)
            chunk = self._chunks[0]
        start, end = chunk.start, chunk.end
        return (chunk.data, chunk.array, start, end) if end > start else None

    def took(self, upto: int) -> bool:
        """Everything before this place was whole. Whether another look may bring more at once. For the reader."""
        chunk = self._chunks[0]
        self._taken += upto - chunk.start
        chunk.start = upto
        is_full, end = chunk.is_full, chunk.end
        if not is_full:
            return False
        rest = end - upto
        if rest > _CARRY_BYTES:
            return True
        following = self._chunks[1]
        following.data[following.start - rest : following.start] = chunk.data[upto:end]
        following.start -= rest
        chunk.start = end
        return True
