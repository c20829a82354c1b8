"""The latest messages of a Session, for any number of readers that each go at their own pace."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Final, Literal

import msgspec

from spymaster.bus.desk.bell import Bell
from spymaster.bus.gateway.classic import classic_text
from spymaster.signals.alert_structs import AlertMessage, AlertResolved
from spymaster.signals.flow.structs import MarketFlow
from spymaster.signals.said.viewport import LevelsViewport
from spymaster.signals.structs import LevelSignals

KEPT: Final = 256
"""Messages a reader may be behind: about half a minute."""
Form = Literal["native", "classic"]
Message = LevelSignals | AlertMessage | MarketFlow | LevelsViewport

_json: Final = msgspec.json.Encoder()


class Envelope(msgspec.Struct, frozen=True, omit_defaults=True):
    """A message as it is sent. ``seq`` rises by one with each; ``cached``: it was there before the reader came."""

    subject: str
    seq: int
    data: msgspec.Raw
    cached: bool = False


class Skipped(msgspec.Struct, frozen=True):
    """Said to a reader that was too slow: so many messages were left out."""

    messages: int
    subject: str = "skipped"


class Entry:
    """One message, encoded when a reader first wants it and then for all of them."""

    def __init__(
        self, seq: int, message: Message, flow: MarketFlow | None, viewport: LevelsViewport | None = None
    ) -> None:
        self.seq, self.message = seq, message
        self._flow, self._viewport = flow, viewport
        self._native = ""
        self._classic: str | None = None

    def native(self, *, cached: bool = False) -> str:
        """As the program's own form."""
        if cached:
            return self._enveloped(cached=True)
        self._native = self._native or self._enveloped(cached=False)
        return self._native

    def _enveloped(self, *, cached: bool) -> str:
        data = msgspec.Raw(_json.encode(self.message))
        return _json.encode(Envelope(_subject(self.message), self.seq, data, cached)).decode()

    def classic(self) -> str:
        """As the predecessor's form; empty for what it does not know."""
        if self._classic is None:
            message = self.message
            self._classic = ""
            if isinstance(message, LevelSignals):
                self._classic = classic_text(message, self._flow, self._viewport)
        return self._classic


class MessageLog:
    """The latest ``kept`` messages and what stands: newest signals, flow and viewport, and the alerts that are on."""

    def __init__(self, kept: int = KEPT) -> None:
        self._entries: deque[Entry] = deque(maxlen=kept)
        self._signals: Entry | None = None
        self._flow: Entry | None = None
        self._viewport: Entry | None = None
        self._standing: dict[str, Entry] = {}
        self.next = 0
        """Number of the message to come."""
        self.news = Bell()

    def add(self, message: Message) -> None:
        """Keep a message and wake the readers."""
        flow = self._flow.message if self._flow is not None else None
        viewport = self._viewport.message if self._viewport is not None else None
        assert flow is None or isinstance(flow, MarketFlow)
        assert viewport is None or isinstance(viewport, LevelsViewport)
        entry = Entry(self.next, message, flow, viewport)
        self.next += 1
        self._entries.append(entry)
        if isinstance(message, LevelSignals):
            self._signals = entry
        elif isinstance(message, MarketFlow):
            self._flow = entry
        elif isinstance(message, LevelsViewport):
            self._viewport = entry
        elif isinstance(message, AlertResolved):
            self._standing.pop(message.id, None)
        elif message.outcome is None or message.id in self._standing:
            # what became of an alert that is over does not have it stand again
            self._standing[message.id] = entry
        self.news.ring()

    def begin_anew(self) -> None:
        """What stood was another run's."""
        self._signals = self._flow = self._viewport = None
        self._standing.clear()

    def standing(self) -> Iterator[Entry]:
        """What a reader that comes now is told first."""
        for entry in (self._flow, self._signals, self._viewport, *self._standing.values()):
            if entry is not None:
                yield entry

    def since(self, seq: int) -> tuple[list[Entry], int]:
        """The messages from a number on, and how many of them are gone."""
        first = self._entries[0].seq if self._entries else self.next
        if seq >= first:
            return [entry for entry in self._entries if entry.seq >= seq], 0
        latest = max((first, *(entry.seq for entry in (self._flow, self._signals) if entry is not None)))
        return [entry for entry in self._entries if entry.seq >= latest], latest - seq


def _subject(message: Message) -> str:
    if isinstance(message, LevelSignals):
        return "levels.signals"
    if isinstance(message, LevelsViewport):
        return "levels.viewport"
    return "market.flow" if isinstance(message, MarketFlow) else "levels.alerts"
