"""The thread through which everything leaves for the terminal: the event loop never waits for a slow one."""

from __future__ import annotations

import os
import select
import threading
from collections import deque
from collections.abc import Callable
from typing import Final

CHUNK_BYTES: Final = 4096


class OutputThread(threading.Thread):
    """Writes bytes to a file descriptor in order. ``send`` never blocks; a failed write ends it through ``on_lost``.

    ``pull`` is asked for more whenever nothing waits and ``poke`` was called; it returns nothing when there is none.
    """

    def __init__(
        self,
        fileno: int,
        on_taken: Callable[[int], None],
        on_lost: Callable[[], None],
        pull: Callable[[], bytes] = bytes,
    ) -> None:
        super().__init__(daemon=True, name="terminal-output")
        self._fileno = fileno
        self._pull = pull
        self._poked = False
        self._on_taken = on_taken
        self._on_lost = on_lost
        self._waiting: deque[bytes] = deque()
        self._changed = threading.Condition()
        self._closing = False

    def send(self, data: bytes) -> None:
        """Queue bytes; those of one call stay together."""
        with self._changed:
            self._waiting.extend(data[at : at + CHUNK_BYTES] for at in range(0, len(data), CHUNK_BYTES))
            self._changed.notify()

    def poke(self) -> None:
        """There may be something to pull."""
        with self._changed:
            self._poked = True
            self._changed.notify()

    def discard(self) -> int:
        """Forget what has not been written yet; returns how many bytes that were."""
        with self._changed:
            size = sum(map(len, self._waiting))
            self._waiting.clear()
        return size

    def close(self, timeout_s: float) -> None:
        """Write what is left, waiting no longer than ``timeout_s`` for a terminal that does not read."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self.join(timeout_s)

    def run(self) -> None:
        """Write until closed or until the terminal is gone."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._poked or self._closing)
                chunk = self._waiting.popleft() if self._waiting else b""
                if not chunk and self._closing:
                    return
                if not chunk:
                    self._poked = False
            if not chunk and not (chunk := self._pulled()):
                continue
            if not self._write(chunk):
                self.discard()
                self._on_lost()
                return

    def _pulled(self) -> bytes:
        chunk = self._pull()
        if chunk:
            # There may be more; what was sent meanwhile goes first.
            with self._changed:
                self._poked = True
        return chunk

    def _write(self, chunk: bytes) -> bool:
        view = memoryview(chunk)
        while view:
            try:
                count = os.write(self._fileno, view)
            except BlockingIOError:
                select.select([], [self._fileno], [], 0.1)
                continue
            except OSError:
                return False
            self._on_taken(count)
            view = view[count:]
        return True
