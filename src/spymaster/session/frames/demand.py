"""Whether a newer frame is worth making: a Session makes them as often as somebody takes them."""

from __future__ import annotations

from typing import Final

from spymaster.signals.frame import Frame

MOST_OFTEN_S: Final = 0.1
UNASKED_S: Final = 1.0
"""A frame is made after so long even if nobody wants one: whoever looks once in a while sees how things stand."""


class Demand:
    """Written by whoever takes frames, in any thread, and read by the Session that makes them."""

    def __init__(self) -> None:
        self._taken: Frame | None = None
        self._is_wanted = False

    def take(self, frame: Frame | None) -> Frame | None:
        """Hand out the newest frame. Who takes the same one again has shown it and wants a newer one."""
        if frame is self._taken:
            self._is_wanted = True
        self._taken = frame
        return frame

    def made(self) -> None:
        """A frame was made."""
        self._is_wanted = False

    def is_due(self, since_s: float) -> bool:
        """Whether one should be made now, ``since_s`` seconds after the last."""
        return since_s >= (MOST_OFTEN_S if self._is_wanted else UNASKED_S)
