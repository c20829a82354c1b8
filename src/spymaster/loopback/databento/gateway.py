"""A Databento Live gateway on this machine, for ``live --demo``, measurements and tests.

The vendor's own client connects to it by its ``gateway`` and ``port`` parameters. It plays a recorded or simulated
session at any speed and, asked to, does everything wrong that a gateway, a network or a key can do wrong.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import Final, Self

from spymaster.loopback.databento.reel import Reel
from spymaster.loopback.databento.session import GatewayConnection
from spymaster.loopback.pace import Pace
from spymaster.loopback.troubles import Act, Trouble

DEMO_KEY: Final = "db-loopbackdemokeynotasecret0000"
"""The key that a gateway accepts unless told others: it opens nothing but this."""
HOST: Final = "127.0.0.1"
_SLOW_AFTER_S: Final = 1.0


class DatabentoGateway:
    """Serves ``reels``, one a dataset, in a thread of its own. Use as a context manager.

    ``speed``: event seconds a second, infinite for as fast as it is read. ``script``: what shall go wrong, by
    connection. ``start_ns``: where its time begins, by default at the first record. ``slow_after_s``: how long a client
    may leave a large backlog unread before it is told that it is slow. ``keeps_writes``: whether each connection notes
    when it was sent what.
    """

    def __init__(
        self,
        reels: Iterable[Reel],
        *,
        speed: float = 1.0,
        script: Sequence[Trouble] = (),
        keys: Iterable[str] = (DEMO_KEY,),
        start_ns: int | None = None,
        slow_after_s: float = _SLOW_AFTER_S,
        keeps_writes: bool = False,
        port: int = 0,
    ) -> None:
        self.reels: Mapping[str, Reel] = {reel.dataset: reel for reel in reels}
        self.keys = frozenset(keys)
        first_ns = min(reel.first_ns for reel in self.reels.values())
        self.pace = Pace(first_ns if start_ns is None else start_ns, speed)
        self.slow_after_s = slow_after_s
        self.keeps_writes = keeps_writes
        self.host = HOST
        self.port = port
        self.connections: list[GatewayConnection] = []
        """All that there were, in the order they came."""
        self.acts: list[tuple[float, Act]] = []
        """What went wrong on purpose so far, and when (``time.monotonic``)."""
        self._script = list(script)
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None
        self._thread = threading.Thread(target=self._run, name="loopback-databento", daemon=True)
        self._ready = threading.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def strike(self, trouble: Trouble) -> None:
        """Let something go wrong now, on the latest connection that is open."""
        self._loop.call_soon_threadsafe(self._strike, trouble)

    def refuse(self, seconds: float) -> None:
        """Take no connections for so long. To be called in the gateway's thread."""
        task = self._loop.create_task(self._closed_for(seconds))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _strike(self, trouble: Trouble) -> None:
        if self.connections:
            self.connections[-1].strike(trouble)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._listen())
        self._ready.set()
        try:
            self._loop.run_forever()
        finally:
            if self._server is not None:
                self._server.close()
            tasks = asyncio.all_tasks(self._loop)
            for task in tasks:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
            self._loop.close()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _closed_for(self, seconds: float) -> None:
        assert self._server is not None
        self._server.close()
        await asyncio.sleep(seconds)
        await self._listen()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = GatewayConnection(self, len(self.connections), self._script, reader, writer)
        self.connections.append(connection)
        with contextlib.suppress(asyncio.CancelledError):
            await connection.run()
