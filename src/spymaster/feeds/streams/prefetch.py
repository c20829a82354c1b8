"""Reading ahead: decompression in a thread of its own, into a few buffers that go round; or none of that."""

from __future__ import annotations

import threading
from collections.abc import Generator
from queue import SimpleQueue
from typing import Final, Protocol, TypeVar

from spymaster.market.batches import Batch

BUFFERS: Final = 3
"""One being filled, one waiting, one in use."""

SlotT = TypeVar("SlotT")


class BatchReader(Protocol[SlotT]):
    """What can be read ahead."""

    def slot(self) -> SlotT:
        """A fresh buffer."""
        ...

    def read(self, slot: SlotT) -> Batch | None:
        """The next batch, in ``slot``; None at the end."""
        ...


def read_ahead(reader: BatchReader[SlotT]) -> Generator[Batch, None, None]:
    """The reader's batches, read by another thread while the consumer works; each is valid until the next is asked for.

    Whatever the reader raises is raised here. Closing the iterator ends the thread and waits for it.
    """
    free: SimpleQueue[SlotT | None] = SimpleQueue()
    ready: SimpleQueue[tuple[Batch, SlotT] | BaseException | None] = SimpleQueue()
    for _ in range(BUFFERS):
        free.put(reader.slot())
    thread = threading.Thread(target=_fill, args=(reader, free, ready), name="read-ahead", daemon=True)
    thread.start()
    try:
        while (item := ready.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            batch, slot = item
            yield batch
            free.put(slot)
    finally:
        free.put(None)
        thread.join()


def read_inline(reader: BatchReader[SlotT]) -> Generator[Batch, None, None]:
    """The same batches, read by the consumer's own thread into one buffer: where each process is to take one core."""
    slot = reader.slot()
    while (batch := reader.read(slot)) is not None:
        yield batch


def _fill(
    reader: BatchReader[SlotT],
    free: SimpleQueue[SlotT | None],
    ready: SimpleQueue[tuple[Batch, SlotT] | BaseException | None],
) -> None:
    """The thread: the boundary at which an error of the reader crosses over to the consumer."""
    try:
        while (slot := free.get()) is not None:
            batch = reader.read(slot)
            if batch is None:
                break
            ready.put((batch, slot))
        ready.put(None)
    except BaseException as error:
        ready.put(error)
