"""A Massive server on this machine, WebSocket and REST, for ``live --demo``, measurements and tests.

The vendor's own clients connect to it when they are given its host and no TLS. It plays a recorded or simulated session
at any speed and, asked to, does everything wrong that such a server, a network or a key can do wrong.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import Final, Self

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response

from spymaster.loopback.massive.chain import LoopbackChain
from spymaster.loopback.massive.reel import OPTIONS, STOCKS, MassiveReel
from spymaster.loopback.massive.rest import RestInterface, packaged_conditions
from spymaster.loopback.massive.served import Holder
from spymaster.loopback.massive.socket import SocketConnection
from spymaster.loopback.massive.troubles import MassiveAct, MassiveTrouble, RestTrouble
from spymaster.loopback.pace import Pace

DEMO_KEY: Final = "massive-loopback-demo-key-not-a-secret"
"""The key that a server accepts unless told others: it opens nothing but this."""
HOST: Final = "127.0.0.1"
MOST_QUOTES: Final = 1000
_CLUSTERS: Final = frozenset({STOCKS, OPTIONS})
_POLICY: Final = 1008


class MassiveServer:
    """Serves a reel in a thread of its own, WebSocket and REST on one port. Use as a context manager.

    ``speed``: event seconds a second, infinite for as fast as it is read. ``script``, ``rest_script``: what shall go
    wrong. ``conditions``: letter -> code that its list of conditions gives. ``pace``: another
    vendor's, to play in one time with it. ``is_exclusive``: one connection a key and
    cluster, as the vendor has it; a further one ends the one before. ``keeps_frames``: whether each connection
    remembers what it was sent.
    """

    def __init__(
        self,
        reel: MassiveReel,
        *,
        speed: float = 1.0,
        script: Sequence[MassiveTrouble] = (),
        rest_script: Sequence[RestTrouble] = (),
        keys: Iterable[str] = (DEMO_KEY,),
        conditions: Mapping[str, int] | None = None,
        start_ns: int | None = None,
        pace: Pace | None = None,
        most_quotes: int = MOST_QUOTES,
        is_exclusive: bool = True,
        keeps_frames: bool = False,
        port: int = 0,
    ) -> None:
        self.reel = reel
        self.keys = frozenset(keys)
        self.pace = pace or Pace(reel.first_ns if start_ns is None else start_ns, speed)
        self.chain = LoopbackChain(reel)
        self.rest = RestInterface(self, rest_script)
        self.conditions = packaged_conditions() if conditions is None else dict(conditions)
        self.most_quotes = most_quotes
        self.keeps_frames = keeps_frames
        self.port = port
        self.connections: list[SocketConnection] = []
        """All that there were, in the order they came."""
        self.acts: list[tuple[float, MassiveAct]] = []
        """What went wrong on purpose so far, and when (``time.monotonic``)."""
        self._script = tuple(script)
        self._is_exclusive = is_exclusive
        self._numbers: Counter[str] = Counter()
        self._holders: dict[str, Holder] = {}
        self._loop = asyncio.new_event_loop()
        self._server: Server | None = None
        self._thread = threading.Thread(target=self._run, name="loopback-massive", daemon=True)
        self._ready = threading.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def socket_host(self) -> str:
        """Host and port for the WebSocket client."""
        return f"{HOST}:{self.port}"

    @property
    def rest_host(self) -> str:
        """Host and port for the REST client."""
        return f"{HOST}:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def script_of(self, cluster: str, number: int) -> list[MassiveTrouble]:
        """What goes wrong on one connection."""
        return [one for one in self._script if one.connection in (None, number) and one.cluster in ("", cluster)]

    def acted(self, trouble: MassiveTrouble) -> None:
        """Something goes wrong now."""
        self.acts.append((time.monotonic(), trouble.act))

    async def take_place(self, connection: Holder) -> None:
        """A connection was let in: whoever held the place of its cluster is closed."""
        older = self._holders.get(connection.cluster)
        self._holders[connection.cluster] = connection
        if older is not None and self._is_exclusive:
            await older.evict()

    def refuse(self, seconds: float) -> None:
        """Take no connections for so long. To be called in the server's thread."""
        task = self._loop.create_task(self._closed_for(seconds))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._open())
        self._ready.set()
        try:
            self._loop.run_forever()
        finally:
            if self._server is not None:
                self._server.close(close_connections=False)
            tasks = asyncio.all_tasks(self._loop)
            for task in tasks:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
            self._loop.close()

    async def _open(self) -> None:
        self._server = await serve(
            self._serve,
            HOST,
            self.port,
            process_request=self._answer,
            ping_interval=None,
            close_timeout=1,
            # at its most talkative the library's own writes keys out
            logger=logging.Logger("loopback-massive", logging.CRITICAL),
        )
        self.port = next(iter(self._server.sockets)).getsockname()[1]

    async def _closed_for(self, seconds: float) -> None:
        assert self._server is not None
        self._server.close(close_connections=False)
        await asyncio.sleep(seconds)
        await self._open()

    async def _answer(self, _connection: ServerConnection, request: Request) -> Response | None:
        if "Upgrade" in request.headers:
            return None
        return await self.rest.answer(request)

    async def _serve(self, socket: ServerConnection) -> None:
        cluster = "" if socket.request is None else socket.request.path.strip("/")
        if cluster not in _CLUSTERS:
            await socket.close(_POLICY, "no such cluster")
            return
        connection = SocketConnection(self, cluster, self._numbers[cluster], socket)
        self._numbers[cluster] += 1
        self.connections.append(connection)
        await connection.run()
        if self._holders.get(cluster) is connection:
            del self._holders[cluster]
