"""The mirror: follows a journal and brings what it holds to a server, without ever being waited for.

It reads the journal by itself, at its own place, so that a server that is slow or gone delays nothing but the mirror.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from spymaster.bus.nats.broker import Wire
from spymaster.bus.nats.messages import Message, MessageMaker
from spymaster.bus.nats.place import MirrorPlace, read_place, write_place
from spymaster.bus.nats.publisher import FLIGHT_BYTES, FLIGHT_MESSAGES, GivenUpError, Publisher
from spymaster.journal.errors import JournalError
from spymaster.journal.files import Files
from spymaster.journal.format import FormatError, FrameKind, Position
from spymaster.journal.lock import WRITER_LOCK, is_held
from spymaster.journal.mirror_plan import MirrorPlan
from spymaster.journal.mirror_status import MirrorState, MirrorStatus, write_mirror_status
from spymaster.journal.reader import JournalReader

POLL_S: Final = 0.05
_SAY_EVERY_S: Final = 0.5
_PLACE_EVERY_S: Final = 1.0


class Mirror:
    """Mirrors one journal to its end: to the writer's last frame, or to the last whole one of a writer that is gone."""

    def __init__(
        self,
        journal: Path,
        plan: MirrorPlan,
        wire: Wire,
        *,
        files: Files | None = None,
        now_s: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._journal, self._plan, self._wire = journal, plan, wire
        self._files = files
        self._now_s, self._sleep = now_s, sleep
        self._publisher = Publisher(
            wire,
            pace_bytes_s=plan.pace_bytes_s,
            may_try=self._may_try,
            waits=self._on_wait,
            now_s=now_s,
            sleep=sleep,
        )
        self._reader: JournalReader | None = None
        self._place = read_place(journal)
        self._state, self._reason = MirrorState.STARTING, ""
        self._said_s = self._placed_s = now_s() - 1e9
        self._caught_up_ns = time.time_ns()
        self._is_over = False
        self._stopped = False

    @property
    def first_segment(self) -> int:
        """The first segment of the journal that is still needed."""
        return self._place.segment if self._place is not None else 1

    def stop(self) -> None:
        """Leave what is not there yet. May be called from another thread."""
        self._stopped = True

    async def run(self) -> bool:
        """Follow to the end; whether everything is on the server. Raises JournalError where the journal is damaged."""
        self._say()
        try:
            with contextlib.closing(JournalReader(self._journal, self._start())) as reader:
                self._reader = reader
                await self._follow(reader)
            self._set(MirrorState.DONE, "")
        except GivenUpError as error:
            self._set(MirrorState.LEFT, str(error))
        except (JournalError, FormatError) as error:
            self._set(MirrorState.LEFT, str(error))
            if isinstance(error, JournalError):
                raise
            raise JournalError(self._journal, str(error), "use the version that recorded it") from error
        finally:
            self._reader = None
            await self._wire.close()
        return self._state is MirrorState.DONE

    def _start(self) -> Position | None:
        return self._place.position if self._place is not None else None

    async def _follow(self, reader: JournalReader) -> None:
        maker: MessageMaker | None = None
        while True:
            # asked before reading, so that what a writer wrote before it died is still read
            alive = is_held(self._journal / WRITER_LOCK)
            flight: list[Message] = []
            ended = False
            for stored in reader.frames():
                if maker is None:
                    maker = await self._maker(reader)
                flight += maker.make(stored)
                ended = stored.kind is FrameKind.END
                if _is_full(flight):
                    await self._send(flight, maker, stored.end)
                    flight = []
            self._is_over = ended or not alive
            if maker is not None:
                await self._send(flight, maker, reader.position)
            if self._is_over:
                return
            if self._stopped:
                raise GivenUpError("it was stopped")
            self._on_wait("", False)
            self._say()
            await self._sleep(POLL_S)

    async def _maker(self, reader: JournalReader) -> MessageMaker:
        """Made once the journal says whose it is; the server is not asked for anything before."""
        assert reader.header is not None
        knows = self._place.knows if self._place is not None else None
        await self._publisher.begin(knows.frame if knows is not None else 0)
        plan = self._plan
        return MessageMaker(reader.header.session, plan.symbol, market=plan.market, mode=plan.mode, knows=knows)

    async def _send(self, flight: list[Message], maker: MessageMaker, upto: Position) -> None:
        """Bring a flight there, then move the place. ``upto``: what comes after its last frame."""
        if flight:
            await self._publisher.send(flight, maker.next_frame)
        is_due = self._is_over or self._now_s() - self._placed_s >= _PLACE_EVERY_S
        if is_due and (self._place is None or self._place.position != upto):
            self._placed_s = self._now_s()
            place = MirrorPlace(upto.segment, upto.offset, maker.knowledge())
            with contextlib.suppress(OSError):
                # a place that could not be written costs repetitions, which the server knows by their ids
                write_place(self._journal, place, self._files)
                self._place = place
        self._say()

    def _may_try(self, silent_s: float) -> bool:
        if self._stopped:
            return False
        self._say()
        over = self._is_over or not is_held(self._journal / WRITER_LOCK)
        return not over or silent_s < self._plan.patience_s

    def _on_wait(self, reason: str, mismatch: bool) -> None:
        waiting = MirrorState.REFUSED if mismatch else MirrorState.WAITING
        state, reason = (waiting, reason) if reason else (MirrorState.FOLLOWING, "")
        if (state, reason) != (self._state, self._reason):
            self._set(state, reason)

    def _set(self, state: MirrorState, reason: str) -> None:
        self._state, self._reason = state, reason
        self._said_s = self._now_s() - 1e9
        self._say()

    def _say(self) -> None:
        if self._now_s() - self._said_s < _SAY_EVERY_S:
            return
        self._said_s = self._now_s()
        behind = self._reader.bytes_behind() if self._reader is not None else 0
        now_ns = time.time_ns()
        if not behind and self._state in (MirrorState.FOLLOWING, MirrorState.DONE):
            self._caught_up_ns = now_ns
        counts = self._publisher.counts
        write_mirror_status(
            self._journal,
            MirrorStatus(os.getpid(), self._state, now_ns, self._caught_up_ns, behind, counts, self._reason),
        )


def _is_full(flight: list[Message]) -> bool:
    return len(flight) >= FLIGHT_MESSAGES or sum(message.size for message in flight) >= FLIGHT_BYTES
