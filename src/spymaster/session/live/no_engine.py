"""In the place of an engine where nothing is to be computed: whoever records alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from spymaster.market.frames import ConfigFrame, Frame

_CLOCK: Final = np.zeros(1, np.dtype([("first_ns", np.int64), ("now_ns", np.int64)]))


class NoEngine:
    """Takes frames as ``physics.engine.Engine`` does and publishes nothing."""

    def __init__(self) -> None:
        self.config: ConfigFrame | None = None
        self.state: dict[str, Any] = {"clock": _CLOCK}

    def feed(self, frame: Frame) -> Iterator[Any]:
        """Nothing comes of it."""
        if isinstance(frame, ConfigFrame):
            self.config = frame
        return iter(())

    def finish(self) -> Iterator[Any]:
        """Nothing is left."""
        return iter(())

    def counters(self) -> dict[str, int]:
        """Nothing was counted."""
        return {}
