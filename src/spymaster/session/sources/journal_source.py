"""A session's own journal as a source: its frames in the order in which it lived them."""

from __future__ import annotations

import contextlib
from collections.abc import Generator
from pathlib import Path
from typing import Final

from spymaster.journal.codec import EndFrame, decode_frame
from spymaster.journal.errors import JournalError
from spymaster.journal.format import (
    SEGMENT_HEADER_BYTES,
    FormatError,
    FrameFlag,
    FrameKind,
    Position,
    StoredFrame,
    segment_path,
    segments_in,
)
from spymaster.journal.reader import JournalReader
from spymaster.market.batches import Batch
from spymaster.market.frames import ConfigFrame, Frame, RecordsFrame
from spymaster.market.params import PARAMS

_OUTPUTS: Final = frozenset({FrameKind.SIGNAL, FrameKind.ALERT})


class JournalSource:
    """The engine's inputs of a recorded session. Raises JournalError where there is no usable journal.

    What the engine once published and what was fetched later (BACKFILL) is passed over, so that an engine given these
    frames publishes the same again. ``problems`` and ``is_torn`` are complete once the frames have been read.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        known = segments_in(folder)
        if not known:
            raise JournalError(folder, "there is no journal in it", "name a folder with *.journal files")
        if known[0] != 1:
            raise JournalError(
                segment_path(folder, 1), "is no longer there: its records are in Parquet only", "replay the lake"
            )
        self._problems: list[str] = []
        self.next_position = Position(1, SEGMENT_HEADER_BYTES)
        """Where the frame after the latest one begins."""
        self.config = self._find_config()
        self.first_ns, self.last_ns = self._span(known[-1])

    @property
    def problems(self) -> tuple[str, ...]:
        """What was wrong with the journal, a line each."""
        return tuple(self._problems)

    @property
    def is_torn(self) -> bool:
        """Whether its writer never closed it, or could not write all of it."""
        return bool(self._problems)

    def frames(self, start: Position | None = None) -> Generator[Frame, None, None]:
        """The inputs as lived, from a position (``next_position``) or from the beginning on."""
        self._problems.clear()
        for stored in self._stored(start or Position(1, SEGMENT_HEADER_BYTES)):
            self.next_position = stored.end
            if stored.kind in _OUTPUTS or FrameFlag.BACKFILL in stored.flags:
                continue
            frame = self._decoded(stored)
            if isinstance(frame, EndFrame):
                if not frame.complete:
                    self._problems.append(f"{self._folder}: not everything was recorded ({frame.reason})")
                return
            yield frame
        self._problems.append(f"{self._folder}: torn, its recording was not closed; every whole frame was used")

    def backfilled(self) -> Generator[Batch, None, None]:
        """What was fetched later to fill holes, in the order it came."""
        for stored in self._stored(Position(1, SEGMENT_HEADER_BYTES)):
            if stored.kind is FrameKind.RECORDS and FrameFlag.BACKFILL in stored.flags:
                frame = self._decoded(stored)
                assert isinstance(frame, RecordsFrame)
                yield frame.batch

    def close(self) -> None:
        """Nothing is held between two frames."""

    def _find_config(self) -> ConfigFrame:
        for stored in self._stored(Position(1, SEGMENT_HEADER_BYTES)):
            if stored.kind is FrameKind.CONFIG:
                config = self._decoded(stored)
                assert isinstance(config, ConfigFrame)
                if len(config.params) != PARAMS.itemsize:
                    raise self._unusable(stored, "its configuration is that of another version of this program")
                return config
            if stored.kind is FrameKind.RECORDS:
                raise self._unusable(stored, "records come before the configuration")
        raise JournalError(self._folder, "holds no configuration yet", "record a session first")

    def _span(self, last_segment: int) -> tuple[int, int]:
        """Where the clock began and where it stands at the end, ns."""
        with contextlib.closing(JournalReader(self._folder)) as reader:
            first = next(reader.frames())
            begin_ns = reader.header.clock_ns if reader.header is not None else 0
        end_ns = begin_ns or first.clock_ns
        for stored in self._stored(Position(last_segment, SEGMENT_HEADER_BYTES)):
            end_ns = max(end_ns, stored.clock_ns)
        return begin_ns or first.clock_ns, end_ns

    def _stored(self, start: Position) -> Generator[StoredFrame, None, None]:
        with contextlib.closing(JournalReader(self._folder, start)) as reader:
            yield from reader.frames()
            reader.check_tail()

    def _decoded(self, stored: StoredFrame) -> Frame | EndFrame:
        try:
            return decode_frame(stored)
        except FormatError as error:
            raise self._unusable(stored, str(error)) from None

    def _unusable(self, stored: StoredFrame, problem: str) -> JournalError:
        path = segment_path(self._folder, stored.segment)
        return JournalError(path, f"frame at byte {stored.offset}: {problem}", "use the version that recorded it")
