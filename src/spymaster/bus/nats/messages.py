"""From the journal's frames to the messages of the bus, each with an id that is the same whenever it is made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import msgspec

from spymaster.bus.nats.arrow_batches import parts_of
from spymaster.bus.nats.level_messages import block_of_alerts, block_of_signals, has_flow
from spymaster.bus.nats.names import ALERTS, CONTROL, FLOW, MSG_ID, SIGNALS, Header, subject_of
from spymaster.journal.codec import decode_alerts, decode_frame, decode_signals
from spymaster.journal.format import FrameFlag, FrameKind, StoredFrame
from spymaster.lake.tables.routing import RouterState, TableRouter
from spymaster.market.frames import ConfigFrame, FeedStatusFrame, GapFrame, MappingFrame, RecordsFrame
from spymaster.signals.encode import SignalEncoder
from spymaster.signals.feed_words import FeedWords
from spymaster.signals.flow.encode import FlowEncoder
from spymaster.signals.structs import ProfileName

_JSON: Final = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class Message:
    """One message. ``frame``: number of the engine's input that it is of; for outputs, of the next one."""

    subject: str
    headers: dict[str, str]
    data: bytes
    frame: int

    @property
    def id(self) -> str:
        """By which the server knows a repetition."""
        return self.headers[MSG_ID]

    @property
    def size(self) -> int:
        """Bytes, about."""
        return len(self.data) + sum(len(name) + len(value) for name, value in self.headers.items())


class Knowledge(msgspec.Struct, frozen=True):
    """What a maker of messages has learned from the frames before, for one that goes on at a later frame.

    ``frame``: number of the next input of the engine. ``profile`` is empty before the first CONFIG.
    """

    frame: int = 0
    profile: str = ""
    user_ids: tuple[str, ...] = ()
    words: dict[str, dict[int, str]] = {}
    router: RouterState | None = None


class MessageMaker:
    """Makes the messages of one run. ``market``: also those of what arrived, not of signals and alerts alone.
    ``mode``: what the run is.

    Frames are to be given in the journal's order, each once. ``make`` raises ``journal.format.FormatError`` for a frame
    that holds nonsense.
    """

    def __init__(
        self, session: str, symbol: str, *, market: bool, mode: str = "LIVE", knows: Knowledge | None = None
    ) -> None:
        knows = knows or Knowledge()
        self._session = session
        self._market, self._mode = market, mode
        self._words = FeedWords()
        self._words.restore(knows.words)
        self._router = TableRouter(symbol)
        if knows.router is not None:
            self._router.restore(knows.router)
        self._frame = knows.frame
        self._profile, self._user_ids = knows.profile, knows.user_ids
        self._encoder, self._flows = self._new_encoders()

    def knowledge(self) -> Knowledge:
        """What was learned up to here."""
        return Knowledge(self._frame, self._profile, self._user_ids, self._words.snapshot(), self._router.snapshot())

    @property
    def next_frame(self) -> int:
        """Number of the next input of the engine."""
        return self._frame

    def make(self, stored: StoredFrame) -> list[Message]:
        """The messages of the next frame, none where it is not to be mirrored."""
        if stored.kind is FrameKind.SIGNAL:
            return list(self._signals(stored))
        if stored.kind is FrameKind.ALERT:
            return list(self._alerts(stored))
        return self._input(stored)

    def _signals(self, stored: StoredFrame) -> Iterator[Message]:
        rows = decode_signals(stored)
        block = block_of_signals(rows)
        for flow in self._flows.messages(block) if has_flow(rows) else ():
            name = f"{self._session}:FLOW:{stored.first_seq}:{flow.ts_event_ns}"
            yield self._output(FLOW, stored, name, self._flows.json(flow))
        for message in self._encoder.signals(block):
            name = f"{self._session}:{stored.kind.name}:{stored.first_seq}:{message.ts_event_ns}"
            yield self._output(SIGNALS, stored, name, self._encoder.json(message))

    def _alerts(self, stored: StoredFrame) -> Iterator[Message]:
        for number, message in enumerate(self._encoder.alerts(block_of_alerts(decode_alerts(stored)))):
            # several of one level may be said at one moment: the frame's place tells them apart
            place = f"{stored.first_seq}:{stored.segment}.{stored.offset}.{number}"
            name = f"{self._session}:{stored.kind.name}:{place}"
            yield self._output(ALERTS, stored, name, self._encoder.json(message))

    def _input(self, stored: StoredFrame) -> list[Message]:
        if stored.kind is FrameKind.RECORDS and not self._market:
            return []
        content = decode_frame(stored)
        if isinstance(content, RecordsFrame):
            backfill = FrameFlag.BACKFILL in stored.flags
            parts = list(parts_of(content.batch, self._router, backfill=backfill))
            made = [
                self._piece(stored, subject_of(part.table), part.kind.name, part.first_seq, part.rows, part.data)
                for part in parts
            ]
        else:
            if isinstance(content, ConfigFrame):
                self._router.configure(content)
                self._profile = content.profile
                self._user_ids = tuple(level.id for level in content.user_levels)
                self._encoder, self._flows = self._new_encoders()
            elif isinstance(content, MappingFrame):
                self._router.learn(content)
            elif isinstance(content, FeedStatusFrame | GapFrame):
                self._words.take(content)
            if not self._market:
                return []
            made = [self._piece(stored, CONTROL, stored.kind.name, stored.first_seq, 0, _JSON.encode(content))]
        if not made:
            return []
        for number, message in enumerate(made, 1):
            message.headers[Header.PIECE] = f"{number}/{len(made)}"
        self._frame += 1
        return made

    def _piece(self, stored: StoredFrame, subject: str, kind: str, first_seq: int, count: int, data: bytes) -> Message:
        name = f"{self._session}:{kind}:{first_seq}"
        if not count:
            # a quiet market has many frames between two records
            name += f":{stored.segment}.{stored.offset}"
        headers = self._headers(name, kind, first_seq, count)
        headers[Header.FRAME] = str(self._frame)
        headers[Header.FLAGS] = str(int(stored.flags))
        headers[Header.CLOCK] = str(stored.clock_ns)
        return Message(subject, headers, data, self._frame)

    def _output(self, subject: str, stored: StoredFrame, name: str, data: bytes) -> Message:
        headers = self._headers(name, "FLOW" if subject == FLOW else stored.kind.name, stored.first_seq, 1)
        return Message(subject, headers, data, self._frame)

    def _headers(self, name: str, kind: str, first_seq: int, count: int) -> dict[str, str]:
        return {
            MSG_ID: name,
            Header.SESSION: self._session,
            Header.MODE: self._mode,
            Header.PROFILE: self._profile,
            Header.KIND: kind,
            Header.FIRST_SEQ: str(first_seq),
            Header.COUNT: str(count),
        }

    def _new_encoders(self) -> tuple[SignalEncoder, FlowEncoder]:
        profile: ProfileName = "spy" if self._profile == "spy" else "es"
        return SignalEncoder(profile, self._user_ids, self._words), FlowEncoder(profile)
