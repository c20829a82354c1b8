"""Workers on a queue: pieces are put there, and done when their results lie in the folder, whoever put them there."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec

from spymaster.bus.nats.broker import MismatchError, NotStoredError
from spymaster.bus.nats.work_queue import WorkQueue
from spymaster.errors import UserError
from spymaster.research.bus_loop import QueueThread
from spymaster.research.item import Item
from spymaster.research.local_pool import Watching
from spymaster.research.results import Results

_LOOK_S: Final = 0.5
_AGAIN_S: Final = 30.0
"""What is not done is put there again so often: a queue that was lost is filled anew, and one that was not says so."""


class BusPool:
    """``url``: for messages. ``now_s``, ``sleep``: seams."""

    def __init__(
        self,
        make: Callable[[], WorkQueue],
        url: str,
        *,
        now_s: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._make, self._url = make, url
        self._now_s, self._sleep = now_s, sleep

    def run(self, items: Sequence[Item], watching: Watching) -> None:
        """Have all items done by whoever takes them. Raises UserError where the server cannot be used at first."""
        left = {item.key: item for item in items}
        with QueueThread(self._make) as queue:
            try:
                queue.ask(lambda one: one.open())
            except (NotStoredError, MismatchError) as error:
                raise UserError(self._url, str(error), "see whether a NATS server with JetStream runs there") from None
            again_s, said = self._now_s(), ""
            while left:
                if self._now_s() >= again_s:
                    problem = self._put(queue, list(left.values()))
                    if problem and problem != said:
                        watching.on_problem(problem)
                    said, again_s = problem, self._now_s() + _AGAIN_S
                for key in [key for key, item in left.items() if is_settled(item)]:
                    watching.on_done(left.pop(key), 0.0)
                if left:
                    self._sleep(_LOOK_S)

    def _put(self, queue: QueueThread, items: Sequence[Item]) -> str:
        """Put what is not in the queue there; what is to be said of it, "" where all is well."""
        try:
            before = queue.ask(lambda one: one.look())
            for item in items:
                data = msgspec.json.encode(item)
                queue.ask(lambda one, item=item, data=data: one.put(item.key, data))  # type: ignore[misc]
        except NotStoredError as error:
            return f"{self._url} is away ({error}); what workers have they finish"
        except MismatchError as error:
            return f"{self._url}: {error}"
        if not before.takers and not before.under_way:
            return f"nobody takes days there: start workers with 'spymaster-tui research worker {self._url}'"
        return ""


def is_settled(item: Item) -> bool:
    """Whether every result of an item is there, or has failed."""
    results = Results(Path(item.results))
    return all(results.has(one) or results.failure(one) is not None for one in item.wanted)
