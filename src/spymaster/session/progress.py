"""Progress of a long run on stderr: a line that rewrites itself on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, TextIO

_TERMINAL_EVERY_S: Final = 0.2
_PLAIN_EVERY_S: Final = 10.0


class Progress:
    """Shows how far a run has come. ``now_s``: a monotonic clock."""

    def __init__(self, stream: TextIO, label: str, now_s: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._label = label
        self._now_s = now_s
        self._terminal = stream.isatty()
        self._every_s = _TERMINAL_EVERY_S if self._terminal else _PLAIN_EVERY_S
        self._last_s = now_s()
        self._shown = False

    def show(self, share: float, detail: str) -> None:
        """Say that ``share`` (0 to 1) is done, if enough time has passed since the last word."""
        now = self._now_s()
        if now - self._last_s < self._every_s:
            return
        self._last_s = now
        text = f"{self._label} {min(max(share, 0.0), 1.0):4.0%}  {detail}"
        self._stream.write(f"\r{text}\x1b[K" if self._terminal else f"{text}\n")
        self._stream.flush()
        self._shown = True

    def close(self) -> None:
        """Leave a clean line behind."""
        if self._terminal and self._shown:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
