"""The one seam through which records reach a Session: live feeds, files, recordings and tests all look like this."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from spymaster.journal.format import FrameFlag
from spymaster.market.frames import Frame


class Source(Protocol):
    """A stream of journal frames.

    ``frames()`` yields a CONFIG frame before the first RECORDS frame. A RECORDS frame's arrays are valid until the
    next frame is asked for.
    """

    def frames(self) -> Iterator[Frame]:
        """Yield the frames in order; ends when the source is exhausted."""
        ...

    def close(self) -> None:
        """Release files and threads. Safe to call twice."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Arrival:
    """A frame as it arrived live, with what else is true of it. BACKFILL: for the journal alone, not for an engine."""

    frame: Frame
    flags: FrameFlag = FrameFlag.NONE

    @property
    def is_for_engine(self) -> bool:
        """Whether an engine is to be given it, once it is journalled."""
        return FrameFlag.BACKFILL not in self.flags


class LiveSource(Source, Protocol):
    """A source that goes on while the market does. ``arrivals()`` is what a recorder takes, ``frames()`` the same
    without what is for the journal alone."""

    def arrivals(self) -> Iterator[Arrival]:
        """Yield what arrives, the journal's part included; ends when the source is closed or cannot go on."""
        ...
