"""What goes into the journal before the engine sees it, and what the engine made of it afterwards."""

from __future__ import annotations

from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from spymaster.journal.clock import NO_LIMIT, piece_of, split_at_hours
from spymaster.journal.codec import (
    STRIKE_BLOCK,
    TEST_BLOCK,
    encode_alerts,
    encode_frame,
    encode_records,
    encode_signals,
)
from spymaster.journal.format import MAX_PAYLOAD_BYTES, FrameFlag
from spymaster.journal.writer import JournalWriter
from spymaster.ledger.rows import NO_TESTS
from spymaster.market.batches import Batch
from spymaster.market.frames import ConfigFrame, Frame, RecordsFrame, WatermarkFrame
from spymaster.market.kinds import NS_PER_S
from spymaster.market.rows import LEVEL_ROW, SNAP
from spymaster.market.sessions import SESSION

_MOST_RECORD_BYTES: Final = MAX_PAYLOAD_BYTES // 4
_DAY_NS: Final = 86_400 * NS_PER_S


class Published(Protocol):
    """Consecutive snaps as an engine hands them over (``physics.engine.SnapBlock``)."""

    @property
    def snaps(self) -> NDArray[Any]:
        """SNAP rows."""
        ...

    @property
    def rows(self) -> NDArray[Any]:
        """LEVEL_ROW [snap, level], ``snaps[k].levels`` of each row meant."""
        ...

    @property
    def alerts(self) -> NDArray[Any]:
        """ALERT_ROW of all the snaps."""
        ...

    @property
    def strikes(self) -> NDArray[Any]:
        """STRIKE_ROW [snap, strike], ``snaps[k].options.strikes`` of each row meant."""
        ...


class JournalInlet:
    """Writes a session's frames. A RECORDS frame never spans an hour of the clock: it is cut where the hour changes.

    ``strikes``: whether what was made of the options' strikes is written too, which a mirror sends and nobody else
    reads.
    """

    def __init__(self, writer: JournalWriter, *, strikes: bool = False) -> None:
        self._writer = writer
        self._strikes = strikes
        self._limit_ns = NO_LIMIT

    def on_frame(self, frame: Frame, flags: FrameFlag = FrameFlag.NONE) -> None:
        """Append what arrived. To be called before anything is computed from it."""
        if isinstance(frame, RecordsFrame):
            clock_ns = self._writer.clock_ns
            if FrameFlag.BACKFILL in flags:
                self._append(frame.batch, clock_ns, flags)
                return
            for batch, after_ns in split_at_hours(frame.batch, clock_ns, self._limit_ns):
                self._append(batch, after_ns, flags)
            return
        if isinstance(frame, ConfigFrame):
            self._limit_ns = _last_close_ns(frame) + _DAY_NS
        clock_ns = frame.clock_ns if isinstance(frame, WatermarkFrame) else self._writer.clock_ns
        self._writer.append(encode_frame(frame), clock_ns=clock_ns, flags=flags)

    def publish(self, block: Published, tests: NDArray[Any] = NO_TESTS) -> None:
        """Append what the engine made of the records so far. ``tests``: TEST rows that were decided at the snaps."""
        snaps = block.snaps
        if len(snaps):
            levels = [block.rows[k, :count] for k, count in enumerate(snaps["levels"].tolist())]
            others = {STRIKE_BLOCK: _strikes_of(block)} if self._strikes else {}
            if len(tests):
                others[TEST_BLOCK] = tests
            self._writer.append(encode_signals(snaps, np.concatenate(levels), others), clock_ns=self._writer.clock_ns)
        if len(block.alerts):
            self._writer.append(encode_alerts(block.alerts), clock_ns=self._writer.clock_ns)

    def publish_tests(self, tests: NDArray[Any]) -> None:
        """Append tests that no snap decided: what was open when the run ended."""
        if len(tests):
            nothing = encode_signals(np.zeros(0, SNAP), np.zeros(0, LEVEL_ROW), {TEST_BLOCK: tests})
            self._writer.append(nothing, clock_ns=self._writer.clock_ns)

    def _append(self, batch: Batch, clock_ns: int, flags: FrameFlag) -> None:
        if sum(rows.nbytes for rows in batch.arrays.values()) > _MOST_RECORD_BYTES and len(batch) > 1:
            middle = len(batch) // 2
            self._append(piece_of(batch, 0, middle), clock_ns, flags)
            self._append(piece_of(batch, middle, len(batch)), clock_ns, flags)
            return
        self._writer.append(encode_records(batch), clock_ns=clock_ns, flags=flags)


def _strikes_of(block: Published) -> NDArray[Any]:
    counts = block.snaps["options"]["strikes"].astype(np.int64)
    return block.strikes[np.arange(block.strikes.shape[1]) < counts[:, np.newaxis]]


def _last_close_ns(frame: ConfigFrame) -> int:
    sessions = np.frombuffer(frame.sessions, SESSION)
    return int(sessions["close_ns"].max()) if len(sessions) else NO_LIMIT - _DAY_NS
