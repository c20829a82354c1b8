"""A recording as if it were a market: its frames when they are due, for whoever publishes it on the bus."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from spymaster.journal.clock import NO_LIMIT, split_at_hours
from spymaster.journal.source import Arrival, Source
from spymaster.market.frames import Frame, RecordsFrame
from spymaster.session.replay.pacing import Pacer


class PlayedArrivals:
    """Plays a source (``LiveArrivals``). ``pacer``: event time against the wall clock; None for as fast as it goes.
    ``is_ended`` says whether it was played to its end."""

    def __init__(self, source: Source, pacer: Pacer | None) -> None:
        self._source, self._pacer = source, pacer
        self._closing = threading.Event()
        self.problem = ""
        self.is_ended = False

    def frames(self) -> Iterator[Frame]:
        """What an engine is given."""
        return (arrival.frame for arrival in self.arrivals())

    def arrivals(self) -> Iterator[Arrival]:
        """Everything, until the source is exhausted or ``close``."""
        clock_ns = 0
        try:
            for frame in self._source.frames():
                if self._closing.is_set():
                    return
                if isinstance(frame, RecordsFrame) and self._pacer is not None:
                    for _, after_ns in split_at_hours(frame.batch, clock_ns, NO_LIMIT):
                        clock_ns = after_ns
                    wait_s = self._pacer.wait_s(clock_ns)
                    if wait_s > 0.0 and self._closing.wait(wait_s):
                        return
                yield Arrival(frame)
            self.is_ended = True
        finally:
            self._source.close()

    def close(self) -> None:
        """End. Safe to call twice and from another thread."""
        self._closing.set()
