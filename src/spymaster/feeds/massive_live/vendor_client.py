"""The vendor's own client, held so that it reports every fault at once and never decides anything by itself.

Left alone it tries for ever, without a word, to reach a server that refuses; takes the close codes 1000 and 1001 for
the end of the day; subscribes whatever the answer to its key was; and keeps all statuses to itself. So its connections
are made through a class of ours, which sees each message before the client does and ends the life with the first fault.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterable
from typing import Any, Final, Protocol

from polygon import WebSocketClient
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus

from spymaster.feeds.live.supervision import Fault, FaultKind, Limits
from spymaster.feeds.massive_live.plan import Cluster, MassiveAddress
from spymaster.feeds.massive_live.statuses import NO_CLOSE_FRAME, closed, not_opened

_MOST_FRAME_BYTES: Final = 64 * 1024 * 1024
_FRAMES_AHEAD: Final = 1024


class Watched(Protocol):
    """The life of a connection, as the client sees it (``life.Life``): it is shown everything."""

    bytes_seen: int

    @property
    def topics(self) -> frozenset[str]:
        """What to subscribe."""
        ...

    @property
    def is_started(self) -> bool:
        """Whether the vendor has let us in."""
        ...

    def opened(self) -> None:
        """A connection is there."""
        ...

    def take(self, data: bytes) -> Fault | None:
        """A message came; why it is the last, if it is."""
        ...

    def end(self, fault: Fault) -> None:
        """It is over for this reason."""
        ...


class _EndedError(Exception):
    """The life is over: unwinds the client."""


class VendorClient:
    """One client object for one life."""

    def __init__(self, life: Watched, address: MassiveAddress, cluster: Cluster, limits: Limits) -> None:
        self._life = life
        self._limits = limits
        self._address = address
        self._connections: list[_WatchedConnection] = []
        self._client = WebSocketClient(
            api_key=address.key,
            feed=address.socket_host,
            market=cluster.value,
            raw=True,
            secure=address.is_secure,
            subscriptions=sorted(life.topics),
            max_reconnects=0,
        )

    async def run(self, ended: asyncio.Future[Fault]) -> Fault:
        """Until it ends, for whatever reason."""
        task = asyncio.create_task(self._connect())
        opening = asyncio.get_running_loop().call_later(self._limits.connect_s, self._check_opening)
        try:
            waiting: set[asyncio.Future[Any]] = {task, ended}
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            if not ended.done():
                return self._of_client(task)
            return ended.result()
        finally:
            opening.cancel()
            task.cancel()
            for connection in self._connections:
                connection.transport.abort()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await task

    def change(self, added: Iterable[str], dropped: Iterable[str]) -> None:
        """Subscribe and unsubscribe; the client sends it with the next message it reads, at the latest in a second."""
        if added:
            self._client.subscribe(*sorted(added))
        if dropped:
            self._client.unsubscribe(*sorted(dropped))

    async def _connect(self) -> None:
        async def ignore(_frame: object) -> None:
            """The connection has taken it already."""

        ear = _quiet_logger(self._hear_log)
        await self._client.connect(
            ignore,
            create_connection=self._make,
            logger=ear,
            open_timeout=self._limits.connect_s,
            ping_interval=self._limits.heartbeat_s,
            ping_timeout=self._limits.heartbeat_grace_s,
            max_size=_MOST_FRAME_BYTES,
            max_queue=_FRAMES_AHEAD,
        )

    def _make(self, *arguments: Any, **options: Any) -> _WatchedConnection:
        connection = _WatchedConnection(self._life, *arguments, **options)
        self._connections.append(connection)
        self._life.opened()
        return connection

    def _hear_log(self, record: logging.LogRecord) -> None:
        """The library tells of a connection that could not be made in its log and nowhere else."""
        if "connect failed" in record.msg:
            detail = str(record.args[-1]) if isinstance(record.args, tuple) and record.args else record.getMessage()
            self._life.end(Fault(FaultKind.REFUSED, self._address.without_key(detail)))

    def _check_opening(self) -> None:
        if not self._life.is_started:
            self._life.end(Fault(FaultKind.TIMED_OUT, f"not let in within {self._limits.connect_s:g} s"))

    def _of_client(self, task: asyncio.Task[None]) -> Fault:
        """The client itself gave up, which it has no reason for."""
        error = None if task.cancelled() else task.exception()
        detail = "the client returned" if error is None else f"{type(error).__name__}: {error}"
        return Fault(FaultKind.RESET, self._address.without_key(detail))


class _WatchedConnection(ClientConnection):
    """A connection that shows its life everything that comes and every way it ends."""

    def __init__(self, life: Watched, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._life = life

    def data_received(self, data: bytes) -> None:
        """Bytes came, be it an answer to a ping."""
        self._life.bytes_seen += len(data)
        super().data_received(data)

    async def handshake(self, *arguments: Any, **options: Any) -> None:
        """Open; a refusal is told before the client swallows it."""
        try:
            await super().handshake(*arguments, **options)
        except InvalidStatus as refusal:
            self._life.end(not_opened(refusal.response.status_code))
            raise

    async def recv(self, decode: bool | None = None) -> Any:
        """The next message, as bytes."""
        try:
            data = await super().recv(decode=False)
        except ConnectionClosed as error:
            frame = error.rcvd or error.sent
            code, reason = (NO_CLOSE_FRAME, "") if frame is None else (frame.code, frame.reason)
            self._life.end(closed(code, reason))
            raise _EndedError from None
        fault = self._life.take(data)
        if fault is not None:
            self._life.end(fault)
            raise _EndedError
        return data


def _quiet_logger(hear: Any) -> logging.Logger:
    """A logger of the connection's own: the library's would write the key out at its most talkative level."""
    logger = logging.Logger("spymaster.massive", logging.INFO)
    logger.propagate = False
    handler = logging.Handler()
    handler.emit = hear  # type: ignore[method-assign]
    logger.addHandler(handler)
    return logger
