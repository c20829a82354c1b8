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
