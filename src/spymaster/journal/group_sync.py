"""Group fsync in a thread of its own: what is written is on the disk a tenth of a second or a megabyte later."""

from __future__ import annotations

import threading
from typing import Final

from spymaster.journal.files import Files

SYNC_AFTER_S: Final = 0.1
SYNC_AFTER_BYTES: Final = 1024 * 1024


class GroupSync:
    """Syncs one file at a time. What arrives while a sync runs belongs to the next one, so the appender never waits.

    The loss on power failure is what was appended within ``after_s`` or ``after_bytes``, whichever is less, and while
    one sync took.
    """

    def __init__(self, files: Files, after_s: float = SYNC_AFTER_S, after_bytes: int = SYNC_AFTER_BYTES) -> None:
        self._files = files
        self._after_s = after_s
        self._after_bytes = after_bytes
        self._changed = threading.Condition()
        self._descriptor = -1
        self._unsynced = 0
        self._syncing = False
        self._closed = False
        self._failure: OSError | None = None
        self._thread = threading.Thread(target=self._run, name="journal-sync", daemon=True)
        self._thread.start()

    def follow(self, descriptor: int) -> None:
        """Sync this file from now on; the one before is let go. -1: none."""
        with self._changed:
            self._changed.wait_for(lambda: not self._syncing)
            self._descriptor = descriptor
            self._unsynced = 0

    def wrote(self, count: int) -> None:
        """So many bytes more are waiting."""
        with self._changed:
            before, self._unsynced = self._unsynced, self._unsynced + count
            if not before or before < self._after_bytes <= self._unsynced:
                self._changed.notify_all()

    def sync_now(self) -> None:
        """Wait until everything written so far is on the disk. Raises OSError."""
        with self._changed:
            self._changed.wait_for(lambda: not self._syncing)
            self._unsynced = 0
            if self._descriptor >= 0:
                self._files.sync(self._descriptor)

    def take_failure(self) -> OSError | None:
        """Why a sync failed since this was last asked, or None."""
        failure, self._failure = self._failure, None
        return failure

    def close(self) -> None:
        """End the thread. Safe to call twice."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._unsynced > 0 or self._closed)
                self._changed.wait_for(lambda: self._unsynced >= self._after_bytes or self._closed, self._after_s)
                if self._closed:
                    return
                if not self._unsynced or self._descriptor < 0:
                    continue
                descriptor, self._unsynced, self._syncing = self._descriptor, 0, True
            try:
                self._files.sync(descriptor)
            except OSError as error:
                self._failure = error
            with self._changed:
                self._syncing = False
                self._changed.notify_all()
