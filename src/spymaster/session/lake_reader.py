"""Reads a lake beside a session: what a screen asks of the days before is answered in a thread of its own."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable

from spymaster.errors import UserError

_log = logging.getLogger(__name__)


class LakeReader:
    """Does jobs in their order, in a thread of its own that begins with the first. ``what``: is read, for the log where
    a job cannot read it."""

    def __init__(self, name: str, what: str) -> None:
        self._name, self._what = name, what
        self._jobs: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def ask(self, job: Callable[[], None]) -> None:
        """Put a job down; returns at once."""
        self._jobs.put(job)
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name=self._name, daemon=True)
            self._thread.start()

    def wait(self) -> None:
        """Until everything asked for so far has been read."""
        done = threading.Event()
        self.ask(done.set)
        done.wait()

    def _work(self) -> None:
        while True:
            job = self._jobs.get()
            try:
                job()
            except (UserError, OSError) as error:
                _log.warning("%s: %s", self._what, error)
