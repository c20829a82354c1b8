"""The way to a Session over a NATS server: the same exchange as on its local socket."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from spymaster.bus.attach.ways import LostError, plain
from spymaster.bus.nats.asking import Asker, Serves
from spymaster.bus.nats.broker import NotStoredError
from spymaster.bus.nats.connection import Connection
from spymaster.bus.wire.packing import WireError
from spymaster.event_loop import run_in_loop

Result = TypeVar("Result")


class NatsWay:
    """A connection to whoever serves frames under a name (a ``Way``). ``make``: a connection to the server. Its loop
    runs while a call does. Raises LostError where nobody answers."""

    def __init__(self, make: Callable[[], Connection], name: str, timeout_s: float) -> None:
        self._loop = asyncio.new_event_loop()
        self._one = threading.Lock()
        self._closing = threading.Event()
        self._task: asyncio.Task[Any] | None = None
        self._asker = Asker(make())
        try:
            self._run(self._asker.open(name), timeout_s)
            self.send(b"")
        except LostError:
            self.close()
            raise

    def send(self, message: bytes) -> None:
        """Send a message."""
        self._run(self._asker.ask(message), None)

    def receive(self, timeout_s: float) -> bytes:
        """The next message."""
        return plain(self._run(self._asker.answer(timeout_s), None))

    def close(self) -> None:
        """End the connection."""
        self._closing.set()
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._cancel)
        with self._one:
            if not self._loop.is_closed():
                self._loop.run_until_complete(self._asker.close())
                self._loop.run_until_complete(_ended())
                self._loop.close()

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _run(self, work: Coroutine[Any, Any, Result], timeout_s: float | None) -> Result:
        with self._one:
            if self._closing.is_set():
                work.close()
                raise LostError("the connection was closed")
            self._task = self._loop.create_task(asyncio.wait_for(work, timeout_s))
            try:
                found: Result = self._loop.run_until_complete(self._task)
            except asyncio.CancelledError:
                raise LostError("the connection was closed") from None
            except TimeoutError:
                raise LostError("no answer in time") from None
            except NotStoredError as error:
                raise LostError(str(error)) from None
            except ValueError as error:
                raise WireError(str(error)) from None
            finally:
                self._task = None
            return found


def serving_on(make: Callable[[], Connection], patience_s: float) -> list[Serves]:
    """Everybody who serves frames on a server. Raises LostError where it cannot be asked."""

    async def ask() -> list[Serves]:
        asker = Asker(make())
        try:
            return await asker.found(patience_s)
        finally:
            await asker.close()

    try:
        return run_in_loop(ask)
    except NotStoredError as error:
        raise LostError(str(error)) from None


async def _ended() -> None:
    """Until the client's own tasks have ended: a loop that is closed before says so on the terminal."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
