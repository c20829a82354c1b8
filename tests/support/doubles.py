"""A lake in memory, for tests of what feeds it."""

from __future__ import annotations

from collections.abc import Sequence

from spymaster.journal.clock import hour_of
from spymaster.journal.format import FrameKind, Position, StoredFrame
from spymaster.market.manifest import RunStatus

Kept = tuple[int, int, int, bytes]


class Shelf:
    """What is durable: hour -> what its frames said. Lives on when a recorder dies."""

    def __init__(self) -> None:
        self.hours: dict[int, list[Kept]] = {}
        self.sealed: tuple[RunStatus, str] | None = None
        self.refusals: list[OSError] = []

    def all(self) -> list[Kept]:
        """Everything in order."""
        return [frame for hour in sorted(self.hours) for frame in self.hours[hour]]


class ShelfRecorder:
    """Keeps frames an hour at a time, as the lake does; ``Shelf.refusals`` are raised when an hour is closed."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._open: list[Kept] = []
        self._hour: int | None = None
        self.open_hour_start: Position | None = None

    def on_frame(self, frame: StoredFrame) -> Sequence[object]:
        """Keep a frame; the hour before it becomes durable when it begins another."""
        durable: Sequence[object] = ()
        hour = hour_of(frame.clock_ns)
        if self._hour is not None and hour > self._hour:
            durable = self._close()
            self.open_hour_start = frame.position
        self.open_hour_start = self.open_hour_start or frame.position
        self._hour = hour
        if frame.kind is not FrameKind.END:
            self._open.append((frame.kind, frame.count, frame.first_seq, bytes(frame.payload)))
        return durable

    def seal(self, status: RunStatus = RunStatus.SEALED, reason: str = "") -> Sequence[object]:
        """The last hour becomes durable."""
        durable = self._close()
        self._shelf.sealed = (status, reason)
        return durable

    def discard(self) -> None:
        """Forget the open hour."""
        self._open.clear()

    def _close(self) -> Sequence[object]:
        if self._shelf.refusals:
            raise self._shelf.refusals.pop(0)
        if self._hour is None:
            return ()
        self._shelf.hours[self._hour] = self._open
        self._open = []
        return (self._hour,)
