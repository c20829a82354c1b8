"""A follower's memory as bytes and back: what is used of it, for a Session's checkpoints."""

from __future__ import annotations

import struct
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.features.memory import (
    BIN,
    BINS,
    CLOCK,
    FED,
    LEVELS,
    MEMO,
    POINT,
    RING,
    RINGS,
    WINDOWS_S,
    Memory,
    new_memory,
)
from spymaster.ledger.rows import SLOT
from spymaster.market.kinds import NS_PER_S
from spymaster.market.rows import LEVEL_ROW

Array = NDArray[Any]

_WIDTH: Final = len(LEVEL_ROW.names or ())
_COUNTS: Final = struct.Struct("<5q")
_OLDEST_S: Final = max(WINDOWS_S) + 2
_ROW: Final = np.dtype(("<f8", (_WIDTH,)))
_RING: Final = np.dtype((POINT, (RING,)))


def pack_memory(memory: Memory, last: Array, numbers: Array) -> bytes:
    """Everything that rows of later snaps may rest on. last FED[0 or 1], numbers float64[L, fields]: the last snap."""
    slots = np.flatnonzero(memory.slots["used"])
    rings = np.flatnonzero(memory.owners)
    seconds = memory.bins["second"]
    bins = np.flatnonzero(seconds > max(0, int(memory.clock[0]["last_ns"]) // NS_PER_S - _OLDEST_S))
    parts = [
        memory.clock,
        slots,
        memory.slots[slots],
        memory.memos[slots],
        rings,
        memory.owners[rings],
        memory.rings[rings],
        memory.bins[bins],
        last,
        numbers,
    ]
    counts = _COUNTS.pack(len(slots), len(rings), len(bins), len(last), len(numbers))
    return counts + b"".join(np.ascontiguousarray(part).tobytes() for part in parts)


def unpack_memory(packed: bytes) -> tuple[Memory, Array, Array]:
    """The memory, and the last snap as it was packed. Raises ValueError for what is no such memory."""
    if len(packed) < _COUNTS.size:
        raise ValueError(f"{len(packed)} bytes are no memory of features")
    slots, rings, bins, last, levels = _COUNTS.unpack_from(packed)
    shapes = [
        (CLOCK, 1),
        (np.dtype("<i8"), slots),
        (SLOT, slots),
        (MEMO, slots),
        (np.dtype("<i8"), rings),
        (np.dtype("<i8"), rings),
        (_RING, rings),
        (BIN, bins),
        (FED, last),
        (_ROW, levels),
    ]
    sizes = [dtype.itemsize * count for dtype, count in shapes]
    if min(sizes) < 0 or _COUNTS.size + sum(sizes) != len(packed):
        raise ValueError(f"{len(packed)} bytes are no memory of features")
    parts, at = [], _COUNTS.size
    for (dtype, count), size in zip(shapes, sizes, strict=True):
        parts.append(np.frombuffer(packed, dtype, count, at))
        at += size
    return _filled(parts), parts[8].copy(), parts[9].reshape(levels, _WIDTH).copy()


def _filled(parts: list[Array]) -> Memory:
    clock, slots, slot_rows, memo_rows, rings, owners, ring_rows, bins = parts[:8]
    if (slots < 0).any() or (slots >= LEVELS).any() or (rings < 0).any() or (rings >= RINGS).any():
        raise ValueError("places of levels are beyond the memory of features")
    memory = new_memory()
    memory.clock[:] = clock
    memory.slots[slots] = slot_rows
    memory.memos[slots] = memo_rows
    memory.owners[rings] = owners
    memory.rings[rings] = ring_rows
    memory.bins[bins["second"] % BINS] = bins
    return memory
