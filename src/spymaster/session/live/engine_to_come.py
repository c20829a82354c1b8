"""A live market while the engine is being compiled: journalled and shown as it is, and lived from the journal later."""

from __future__ import annotations

from collections.abc import Generator

from spymaster.journal.format import Position
from spymaster.market.frames import ConfigFrame, Frame, RecordsFrame
from spymaster.session.frames.raw_market import RawMarket
from spymaster.session.record.recording import RunRecording
from spymaster.session.sources.journal_source import JournalSource
from spymaster.session.warmup import Compiling
from spymaster.signals.frame import Frame as Picture
from spymaster.signals.run_state import RunState


class EngineToCome:
    """In the place of an engine until there is one. ``work``: how far compiling has come."""

    def __init__(self, work: Compiling) -> None:
        self.work = work
        self._market: RawMarket | None = None
        self._begins: Position | None = None

    def begins(self, recording: RunRecording) -> None:
        """The journal is open: what is written from here on is of this session."""
        self._begins = recording.position

    def take(self, frame: Frame) -> None:
        """A frame that was journalled."""
        if isinstance(frame, ConfigFrame):
            self._market = RawMarket(frame)
        elif isinstance(frame, RecordsFrame) and self._market is not None:
            self._market.begin(frame.batch)
            self._market.take()

    def picture(self, number: int, run: RunState) -> Picture | None:
        """The market as its records show it; None before any."""
        return self._market.frame(number, run) if self._market is not None and self._market.t_ns else None

    def lived(self, recording: RunRecording) -> Generator[Frame, None, None]:
        """What an engine would have been given, out of the journal."""
        yield from JournalSource(recording.journal).frames(self._begins)
