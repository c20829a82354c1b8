"""Answers screens on a local socket: a connection is greeted, then asks and is answered, one question at a time."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from pathlib import Path
from typing import Final

import msgspec

from spymaster.bus.desk.frame_desk import FrameDesk, read_ask
from spymaster.bus.socket.streams import framed, read_message
from spymaster.bus.wire.exchange import MOST_ASK_BYTES, Hello
from spymaster.bus.wire.packing import WireError

MOST_SCREENS: Final = 64
"""Connections at a time; a further one is closed at once."""

_log = logging.getLogger(__name__)


class SocketServer:
    """Serves a desk on a listening socket of this user's until it is cancelled."""

    def __init__(self, desk: FrameDesk, hello: Hello, at: socket.socket, path: Path) -> None:
        self._desk, self._hello, self._at, self._path = desk, hello, at, path
        self._talks: set[asyncio.Task[None]] = set()

    @property
    def screens(self) -> int:
        """Connections now."""
        return len(self._talks)

    async def serve(self) -> None:
        """Until cancelled; the socket is gone afterwards."""
        server = await asyncio.start_unix_server(self._greet, sock=self._at, limit=MOST_ASK_BYTES)
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            # waiting for the server to be closed would mean waiting for its screens to go
            server.close()
            for talk in self._talks:
                talk.cancel()
            with contextlib.suppress(OSError):
                self._path.unlink()

    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.current_task()
        assert talk is not None
        self._talks.add(talk)
        try:
            if self.screens > MOST_SCREENS:
                _log.warning("attach: refused: %d screens are attached already", MOST_SCREENS)
                return
            # a message is handed over when the one before has left: what is not read by the other side does not pile up
            writer.transport.set_write_buffer_limits(high=0)
            await self._talk(reader, writer)
        except WireError as error:
            _log.warning("attach: a screen was sent away: %s", error)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            # gone, or sent away with everybody at the end: the library logs a cancelled conversation as a fault
            pass
        finally:
            self._talks.discard(talk)
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _send(writer, msgspec.msgpack.encode(self._hello))
        while True:
            ask = read_ask(await read_message(reader, MOST_ASK_BYTES))
            await _send(writer, await self._desk.answer(ask))


async def _send(writer: asyncio.StreamWriter, message: bytes) -> None:
    writer.write(framed(message))
    await writer.drain()
