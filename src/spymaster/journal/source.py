"""The one seam through which records reach a Session: live feeds, files, recordings and tests all look like this."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

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


class SeekableSource(Source, Protocol):
    """A source that can be entered where a frame began before. ``frames()`` may be asked for again."""

    def position(self) -> bytes:
        """Where the frame after the latest one begins; asked for between two frames of records."""
        ...

    def frames_from(self, position: bytes) -> Iterator[Frame]:
        """The frames from a position of the same source on, without CONFIG. Raises ValueError for any other bytes."""
        ...

    def identity(self) -> bytes:
        """What tells this source's records and CONFIG from all others', for caches; changes when the files do."""
        ...
