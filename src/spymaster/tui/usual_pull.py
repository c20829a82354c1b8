"""What today is beside the days before, asked once a second of event time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

from spymaster.market.kinds import NS_PER_S
from spymaster.signals.frame import Frame, FrameSource
from spymaster.signals.header_parts import Usual


class UsualPull:
    """Keeps the last answer. ``ask`` None: nobody compares."""

    def __init__(self, source: FrameSource, ask: Callable[[Frame, NDArray[Any]], Usual | None] | None) -> None:
        self._source = source
        self._ask = ask
        self._asked: int | None = None
        self._told: Usual | None = None

    def look(self, frame: Frame | None) -> Usual | None:
        """The answer for this frame, or for one of the same second."""
        if self._ask is None or frame is None:
            return None
        second = frame.header.t_ns // NS_PER_S
        # An answer that was still being read is asked for again.
        if second != self._asked or self._told is None or self._told.liquidity != self._told.liquidity:
            self._asked = second
            self._told = self._ask(frame, self._source.chart().bars)
        return self._told
