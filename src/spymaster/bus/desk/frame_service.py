"""Serves the frames of a Session over a server, beside its local socket: nothing is sent that nobody asked for."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final

import msgspec
import zstandard

from spymaster.bus.desk.frame_desk import FrameDesk, read_ask
from spymaster.bus.nats.asking import Answerer, Serves
from spymaster.bus.nats.broker import NotStoredError
from spymaster.bus.nats.connection import Connection
from spymaster.bus.wire.exchange import Hello
from spymaster.bus.wire.packing import WireError

MOST_QUESTIONS: Final = 64
"""Answered at a time."""
_COMPRESSION: Final = 1
_ASIDE_BYTES: Final = 256 * 1024
"""What is larger is compressed in a thread of its own: others are answered meanwhile."""
_AGAIN_S: Final = 1.0

_log = logging.getLogger(__name__)


class FrameService:
    """Answers screens that come over a server, until it is cancelled. An empty question is answered with a greeting."""

    def __init__(self, desk: FrameDesk, hello: Hello, serves: Serves, make: Callable[[], Connection]) -> None:
        self._desk = desk
        # where it records is nobody's affair on other machines
        self._hello = msgspec.msgpack.encode(msgspec.structs.replace(hello, out=""))
        self._serves, self._make = serves, make
        self._told = ""

    async def serve(self) -> None:
        """Over one connection after the other: the Session takes no notice of a server that is gone."""
        connection = self._make()
        answerer = Answerer(self._serves, self._answer, most=MOST_QUESTIONS, refused=self._say)
        try:
            while True:
                try:
                    await answerer.serve(connection)
                except NotStoredError as error:
                    self._say(str(error))
                await asyncio.sleep(_AGAIN_S)
        finally:
            await connection.close()

    async def _answer(self, question: bytes) -> bytes:
        try:
            answer = await self._desk.answer(read_ask(question)) if question else self._hello
        except WireError as error:
            raise ValueError(str(error)) from None
        if len(answer) < _ASIDE_BYTES:
            return _compressed(answer)
        return await asyncio.to_thread(_compressed, answer)

    def _say(self, words: str) -> None:
        """Once, however often it is so."""
        if words != self._told:
            self._told = words
            _log.warning("frames over the bus: %s", words)


def _compressed(answer: bytes) -> bytes:
    return zstandard.ZstdCompressor(_COMPRESSION).compress(answer)
