"""Blocks of snaps to their sinks: in a thread of their own, one block behind the engine, or in the engine's."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from queue import SimpleQueue
from types import TracebackType
from typing import Protocol, Self

from spymaster.physics.engine import SnapBlock


class Sink(Protocol):
    """Takes what the engine computed; the block's arrays are valid during the call only, which may be in any thread."""

    def on_block(self, block: SnapBlock) -> None:
        """Use consecutive snaps."""
        ...


class Delivery:
    """Hands blocks to sinks while the engine computes the next one: one block at a time and in order.

    To be used as a context, whose end waits for the block under way. What a sink raises is raised by the ``give`` or
    the ``settle`` after it, and no sink gets a later block.
    """

    def __init__(self, sinks: Sequence[Sink]) -> None:
        self._sinks = tuple(sinks)
        self._given: SimpleQueue[SnapBlock | None] = SimpleQueue()
        self._taken: SimpleQueue[BaseException | None] = SimpleQueue()
        self._is_under_way = False
        self._thread = threading.Thread(target=self._deliver, name="sinks", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._given.put(None)
        self._thread.join()

    def give(self, block: SnapBlock) -> None:
        """Hand on a block once the one before it has been taken."""
        self.settle()
        self._is_under_way = True
        self._given.put(block)

    def settle(self) -> None:
        """Wait until the block under way has been taken."""
        if self._is_under_way:
            error = self._taken.get()
            self._is_under_way = False
            if error is not None:
                raise error

    def _deliver(self) -> None:
        """The thread: the boundary at which an error of a sink crosses over to the one who gives."""
        while (block := self._given.get()) is not None:
            try:
                for sink in self._sinks:
                    sink.on_block(block)
            except BaseException as error:
                self._taken.put(error)
            else:
                self._taken.put(None)


class InlineDelivery:
    """Gives blocks to sinks in the thread of the engine: where each process is to take one core."""

    def __init__(self, sinks: Sequence[Sink]) -> None:
        self._sinks = tuple(sinks)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is under way."""

    def give(self, block: SnapBlock) -> None:
        """Hand a block to each sink."""
        for sink in self._sinks:
            sink.on_block(block)

    def settle(self) -> None:
        """Nothing is under way."""
