"""Serves a Session to others: a thread with a loop of its own beside it, which the Session never waits for."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final

from spymaster.bus.desk.bell import Bell
from spymaster.bus.desk.frame_desk import FrameDesk
from spymaster.bus.desk.frame_service import FrameService
from spymaster.bus.nats.asking import Serves, plain_name
from spymaster.bus.socket.places import listening, own_folder, runtime_folder, socket_of
from spymaster.bus.socket.server import SocketServer
from spymaster.bus.wire.exchange import LAYOUT, PROTOCOL, Hello
from spymaster.errors import UserError
from spymaster.market.frames import ConfigFrame
from spymaster.signals.blocks import Block
from spymaster.signals.feed_words import FeedWords
from spymaster.signals.frame import FrameSource
from spymaster.signals.said.viewport import LevelsViewport

if TYPE_CHECKING:
    from spymaster.bus.gateway.bind import GatewayPlan
    from spymaster.bus.gateway.feed import Feed, SignalFeed
    from spymaster.bus.gateway.messages import MessageLog
    from spymaster.bus.nats.connection import Connection

_JOIN_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class BusPlan:
    """How a Session's frames are served over NATS. ``name``: what it is called there; ``make``: a connection."""

    name: str
    make: Callable[[], Connection]

    def service(self, desk: FrameDesk, hello: Hello) -> FrameService:
        """What answers there."""
        serves = Serves(plain_name(self.name), hello.program, time.time_ns())
        return FrameService(desk, hello, serves, self.make)


_log = logging.getLogger(__name__)


class Serving:
    """Serves one Session (a ``Watcher`` of it). ``on_socket``: to screens on this machine; ``gateway``: None for none.
    ``out``: where it records, told to screens on this machine. ``bus``: to whom frames are served over NATS, None for
    nobody there; ``feed``: where a gateway's messages come from when they are not the Session's own.

    The gateway's address is taken here, and a UserError raised where it cannot be. Without a place for the local socket
    a Session goes on all the same: ``problem`` says why there is none.
    """

    def __init__(
        self,
        *,
        on_socket: bool,
        gateway: GatewayPlan | None = None,
        out: str = "",
        folder: Path | None = None,
        bus: BusPlan | None = None,
        feed: Callable[[MessageLog], Feed] | None = None,
    ) -> None:
        self._news = Bell()
        self._hello = Hello(PROTOCOL, LAYOUT, version("spymaster-tui"), os.getpid(), out)
        self._plan = gateway
        self._bus = bus
        self._feed: SignalFeed | None = None
        self._other_feed = feed
        self._messages: MessageLog | None = None
        self._web: socket.socket | None = None
        self._local: socket.socket | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._all: asyncio.Task[None] | None = None
        self._thread: threading.Thread | None = None
        self._stopping = False
        self._ready = threading.Event()
        self.problem = ""
        """Why no screen of this machine can attach, empty where one can."""
        self.path = socket_of(os.getpid(), folder or runtime_folder())
        """The local socket."""
        if gateway is not None:
            self._open_gateway(gateway)
        if on_socket:
            self._open_socket(folder or runtime_folder())

    @property
    def address(self) -> tuple[str, int] | None:
        """Where the gateway listens: the port is that of the system's choice where none was asked for."""
        if self._web is None:
            return None
        host, port = self._web.getsockname()[:2]
        return str(host), int(port)

    def begins(self, config: ConfigFrame, words: FeedWords) -> None:
        """Snaps of a configuration are about to come."""
        if self._feed is not None:
            self._feed.begins(config, words)

    def on_block(self, block: Block) -> None:
        """Keep what is to be sent of a block."""
        if self._feed is not None:
            self._feed.on_block(block)

    def published(self) -> None:
        """There is a newer frame."""
        self._news.ring()

    def scored(self, viewport: LevelsViewport) -> None:
        """A model has said something: to be sent, whichever thread it comes from."""
        if self._feed is not None:
            self._feed.scored(viewport)

    def start(self, source: FrameSource) -> None:
        """Begin to answer with a source's frames. Nothing is served where nobody could ask."""
        if self._local is None and self._web is None and self._bus is None:
            return
        self._thread = threading.Thread(target=self._work, args=(source,), name="bus", daemon=True)
        self._thread.start()
        self._ready.wait()

    def stop(self) -> None:
        """Let everybody go. Safe to call twice and before it has begun."""
        loop, everything = self._loop, self._all
        if loop is not None and everything is not None and not self._stopping:
            self._stopping = True
            loop.call_soon_threadsafe(everything.cancel)
        if self._thread is not None:
            self._thread.join(_JOIN_S)
        for held in (self._local, self._web):
            if held is not None:
                held.close()
        if self._local is not None:
            self.path.unlink(missing_ok=True)

    def _open_gateway(self, plan: GatewayPlan) -> None:
        try:
            import starlette
            import uvicorn
        except ImportError:
            remedy = "install the extra: pip install 'spymaster-tui[gateway]'"
            raise UserError("gateway", "its packages are not installed", remedy) from None
        del starlette, uvicorn
        from spymaster.bus.gateway.bind import bound
        from spymaster.bus.gateway.feed import SignalFeed
        from spymaster.bus.gateway.messages import MessageLog

        self._messages = MessageLog()
        if self._other_feed is None:
            self._feed = SignalFeed(self._messages)
        self._web = bound(plan)

    def _open_socket(self, folder: Path) -> None:
        try:
            self._local = listening(socket_of(os.getpid(), own_folder(folder)))
        except UserError as error:
            self.problem = str(error)

    def _work(self, source: FrameSource) -> None:
        try:
            asyncio.run(self._serve(source))
        except asyncio.CancelledError:
            pass
        except Exception as error:
            # the thread's boundary: the Session goes on, and it is said that nobody is served any more
            _log.error("nobody is served any more: %s: %s", type(error).__name__, error)
        finally:
            self._ready.set()

    async def _serve(self, source: FrameSource) -> None:
        self._loop, self._all = asyncio.get_running_loop(), asyncio.current_task()
        self._ready.set()
        desk = FrameDesk(source, self._news)
        async with asyncio.TaskGroup() as group:
            if self._local is not None:
                group.create_task(SocketServer(desk, self._hello, self._local, self.path).serve())
            if self._bus is not None:
                group.create_task(self._bus.service(desk, self._hello).serve())
            if self._web is not None:
                self._serve_web(group, source, desk, self._web)

    def _serve_web(self, group: asyncio.TaskGroup, source: FrameSource, desk: FrameDesk, at: socket.socket) -> None:
        from spymaster.bus.gateway.app import Gateway
        from spymaster.bus.gateway.server import serve_gateway

        assert self._plan is not None
        assert self._messages is not None
        feed = self._feed if self._other_feed is None else self._other_feed(self._messages)
        assert feed is not None
        gateway = Gateway(self._plan, source, desk, feed, self._messages, self._hello)
        group.create_task(feed.run())
        group.create_task(serve_gateway(gateway, at, self._plan.clients))
