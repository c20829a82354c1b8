"""The signal hash: one number for everything an engine published, equal exactly when it published the same."""

from __future__ import annotations

from typing import Final

import xxhash

from spymaster.market.rows import LEVEL_ROW
from spymaster.signals.blocks import Block

_TIME_BYTES: Final = 8
_DIGEST_BYTES: Final = 16


class SignalHash:
    """The chain h = XXH3-128(h || T || rows) over all snaps, from 16 zero bytes.

    T is int64, rows are the packed LEVEL_ROW records of the snap's published levels, nearest first: the columns of
    ``HASH_ORDER`` in that order, all little-endian. h enters in canonical (big-endian) form. How snaps are divided into
    blocks makes no difference.

    Absent values have one pattern, 7ff8000000000000: the engine sees to that when it has written a row.
    An engine that is given a digest makes the same chain by itself (``physics.row_hash``).
    """

    def __init__(self, digest: bytes = bytes(_DIGEST_BYTES)) -> None:
        """``digest``: of the snaps before, to go on from."""
        if len(digest) != _DIGEST_BYTES:
            raise ValueError(f"a signal hash is {_DIGEST_BYTES} bytes, not {len(digest)}")
        self._hash = xxhash.xxh3_128()
        self._digest = digest

    @property
    def digest(self) -> bytes:
        """The hash so far: 16 bytes."""
        return self._digest

    def update(self, block: Block) -> None:
        """Take in the snaps of a block. Nothing is copied, so this costs little more than reading the rows."""
        if not len(block.snaps):
            return
        data = block.numbers.data.cast("B")
        stride = block.numbers.shape[1] * LEVEL_ROW.itemsize
        times = block.snaps["t_ns"].tobytes()
        step, digest = self._hash, self._digest
        for k, levels in enumerate(block.snaps["levels"].tolist()):
            step.reset()
            step.update(digest + times[k * _TIME_BYTES : (k + 1) * _TIME_BYTES])
            step.update(data[k * stride : k * stride + levels * LEVEL_ROW.itemsize])
            digest = step.digest()
        self._digest = digest

    def hexdigest(self) -> str:
        """The hash so far: 32 hexadecimal digits."""
        return self._digest.hex()
