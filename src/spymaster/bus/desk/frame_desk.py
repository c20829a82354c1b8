"""Answers screens: each question waits for a newer frame, the Session waits for nothing."""

from __future__ import annotations

import asyncio
from typing import Final

import msgspec

from spymaster.bus.desk.bell import Bell, heard_within
from spymaster.bus.wire.exchange import HEAT_SECONDS, MOST_ASK_BYTES, Ask
from spymaster.bus.wire.frames import Told, encode_answer, newer_columns
from spymaster.bus.wire.packing import WireError
from spymaster.signals.frame import Frame, FrameSource, HeatColumns

PATIENCE_S: Final = 0.5
"""After so long without anything newer a question is answered with that: the screen knows that we are there."""

_asks: Final = msgspec.msgpack.Decoder(Ask)


def read_ask(message: bytes) -> Ask:
    """A question. Raises WireError, whose text holds nothing of the message."""
    if len(message) > MOST_ASK_BYTES:
        raise WireError(f"a question of more than {MOST_ASK_BYTES} bytes")
    try:
        return _asks.decode(message)
    except msgspec.MsgspecError:
        raise WireError("a question that cannot be read") from None


class FrameDesk:
    """Answers questions about a source from an event loop. ``news`` is rung when there is a newer frame."""

    def __init__(self, source: FrameSource, news: Bell, patience_s: float = PATIENCE_S) -> None:
        self._source = source
        self._news = news
        self._patience_s = patience_s

    async def answer(self, ask: Ask) -> bytes:
        """The answer to a question, once there is something newer or for too long has not been."""
        frame = await self._newer(ask.after)
        told = self._told(frame, ask)
        if told.heat is not None and len(told.heat) > len(frame.heat if frame is not None else ()):
            # an hour of columns is megabytes: others are answered meanwhile
            return await asyncio.to_thread(encode_answer, told)
        return encode_answer(told)

    async def _newer(self, after: int) -> Frame | None:
        heard = self._news.listen()
        frame = self._source.latest()
        if frame is not None and frame.number != after and (frame.t_ns or after < 0):
            heard.cancel()
            return frame
        # before the first snap a frame is made at each look, and none of them is worth hurrying for
        await heard_within(heard, self._patience_s)
        frame = self._source.latest()
        return frame if frame is not None and frame.number != after else None

    def _told(self, frame: Frame | None, ask: Ask) -> Told:
        return Told(
            frame=frame,
            heat=None if frame is None else self._heat(frame, ask.heat_after),
            chart=self._source.chart() if ask.chart else None,
            history=self._source.level_history(ask.history, ask.seconds) if ask.history else None,
        )

    def _heat(self, frame: Frame, after: int) -> HeatColumns:
        heat = frame.heat
        newest = heat.first + len(heat) - 1
        if 0 <= after <= newest and after >= heat.first - 1:
            return newer_columns(heat, after)
        if 0 <= after <= newest:
            return self._source.heat(min(newest - after + 1, HEAT_SECONDS))
        # nothing there, or columns of a time that the Session has gone back before
        return self._source.heat(HEAT_SECONDS) if len(heat) else heat
