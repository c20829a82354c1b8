"""A worker on a queue: takes a day, computes it, and says that it is done once its results are on the disk."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from spymaster.bus.nats.broker import MismatchError, NotStoredError
from spymaster.bus.nats.work_queue import Taken
from spymaster.errors import UserError
from spymaster.research.bus_loop import QueueThread
from spymaster.research.item import MOST_BEGINNINGS, Item, give_up, work_on
from spymaster.research.local_pool import one_core

_TAKE_S: Final = 5.0
_PAUSE_S: Final = 1.0


class BusWorker:
    """``say``: told in a line of every day, and of a server that is away."""

    def __init__(self, queue: QueueThread, say: Callable[[str], None], *, take_s: float = _TAKE_S) -> None:
        self._queue, self._say, self._take_s = queue, say, take_s
        self._is_away = False

    def run(self) -> None:
        """Work until the process is ended. Raises UserError where this machine cannot, OSError for its disk."""
        one_core()
        while True:
            self.step()

    def step(self) -> bool:
        """Take a piece and do it; false where there was none."""
        try:
            taken = self._queue.ask(lambda queue: queue.take(self._take_s))
        except NotStoredError as error:
            if not self._is_away:
                self._say(f"worker: the queue is away ({error}); it is tried again")
            self._is_away = True
            time.sleep(_PAUSE_S)
            return False
        except MismatchError as error:
            raise UserError("the queue", str(error), "or put another name behind its address") from None
        self._is_away = False
        if taken is None:
            return False
        is_done = False
        try:
            self._do(taken)
            is_done = True
        finally:
            # where the server does not hear it, the piece is given out again and found done
            with contextlib.suppress(NotStoredError):
                self._queue.ask(lambda queue: queue.done(taken) if is_done else queue.give_back(taken))
        return True

    def _do(self, taken: Taken) -> None:
        item = msgspec.json.decode(taken.data, type=Item)
        for path in (item.results, *item.day.paths, *item.day.warmup):
            if not Path(path).exists():
                raise UserError(
                    path, "is not on this machine", "share it, under the same path as where the plan is run"
                )
        if taken.beginnings > MOST_BEGINNINGS:
            self._say(f"worker: {item.words} is given up, begun {MOST_BEGINNINGS} times")
            give_up(item, MOST_BEGINNINGS)
            return
        began_s = time.monotonic()
        with self._queue.keeping(taken):
            work_on(item)
        count = len(item.wanted)
        self._say(
            f"worker: {item.words}, {count} result{'s' if count != 1 else ''}, {time.monotonic() - began_s:.1f} s"
        )
