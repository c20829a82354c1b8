"""The last lines of the program's log, kept for the log screen."""

from __future__ import annotations

import logging
from collections import deque
from typing import Final

LINES: Final = 2000


class LogBook(logging.Handler):
    """A log handler that keeps the last lines as (wall clock, level, text). ``revision`` rises with every line."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: deque[tuple[float, int, str]] = deque(maxlen=LINES)
        self.revision = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line."""
        self._lines.append((record.created, record.levelno, record.getMessage()))
        self.revision += 1

    def last(self, count: int) -> list[tuple[float, int, str]]:
        """Up to ``count`` newest lines, oldest first."""
        return list(self._lines)[-count:] if count > 0 else []
