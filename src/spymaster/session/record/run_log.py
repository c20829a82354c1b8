"""Logs beside a journal: what a session said, what its sidecar said; kept to a size, and nothing lost between files."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Final

SESSION_LOG: Final = "session.log"
PACKAGE_LOGGER: Final = "spymaster"
_FORM: Final = "%(asctime)s %(levelname)s %(name)s: %(message)s"


@dataclass(frozen=True, slots=True)
class LogLimits:
    """How large a log becomes, bytes, and how many files of it there are at most, at least two."""

    max_bytes: int = 10_000_000
    keep: int = 5


class RunLog:
    """What the program's loggers say while a run is written down, in ``session.log`` beside its journal.

    One process writes it. Where the disk refuses, lines go to standard error.
    """

    def __init__(self, limits: LogLimits) -> None:
        self._limits = limits
        self._handler: logging.Handler | None = None
        self._logger = logging.getLogger(PACKAGE_LOGGER)
        self._level = self._logger.level

    def begin(self, journal: Path) -> None:
        """Write beside this journal from now on."""
        self.close()
        limits = self._limits
        try:
            handler = _Rotating(
                journal / SESSION_LOG, maxBytes=limits.max_bytes, backupCount=limits.keep - 1, encoding="utf-8"
            )
        except OSError as error:
            print(f"{journal / SESSION_LOG}: no log is written ({error.strerror})", file=sys.stderr)
            return
        handler.setFormatter(logging.Formatter(_FORM))
        self._handler = handler
        if self._logger.getEffectiveLevel() > logging.INFO:
            self._logger.setLevel(logging.INFO)
        self._logger.addHandler(handler)

    def close(self) -> None:
        """Write no more. Safe to call twice."""
        if self._handler is not None:
            self._logger.removeHandler(self._handler)
            self._logger.setLevel(self._level)
            self._handler.close()
            self._handler = None


@contextlib.contextmanager
def run_log(limits: LogLimits, *, aloud: bool = True) -> Iterator[RunLog]:
    """A log that is closed at the end. ``aloud``: warnings go to standard error too, as they do without a log; not
    where a screen is drawn there."""
    log = RunLog(limits)
    # a logger without a handler says warnings on standard error; with one it must be told to
    loud = logging.StreamHandler()
    loud.setLevel(logging.WARNING)
    logger = logging.getLogger(PACKAGE_LOGGER)
    is_alone = aloud and not logger.handlers
    if is_alone:
        logger.addHandler(loud)
    try:
        yield log
    finally:
        log.close()
        if is_alone:
            logger.removeHandler(loud)


class _Rotating(RotatingFileHandler):
    def handleError(self, record: logging.LogRecord) -> None:
        """A line that the disk refuses is said where somebody may see it."""
        with contextlib.suppress(OSError):
            sys.stderr.write(f"{self.format(record)}\n")


def rotated(path: Path, limits: LogLimits) -> None:
    """Before a log is opened anew to be appended to: a full one becomes ``.1``, that ``.2``; the oldest goes.

    Nothing is done where the disk refuses: a log that is too long is better than none.
    """
    with contextlib.suppress(OSError):
        if path.stat().st_size < limits.max_bytes:
            return
        for number in range(limits.keep - 1, 0, -1):
            older = path.with_name(f"{path.name}.{number}")
            newer = path if number == 1 else path.with_name(f"{path.name}.{number - 1}")
            if newer.exists():
                newer.replace(older)
