"""Signals and alerts of a gateway, one after the other, over lost connections: each once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

import msgspec

from spymaster.bus.attach.source import AGAIN_S
from spymaster.bus.attach.ways import LostError, RefusedError

ALERTS: Final = "levels.alerts"
SIGNALS: Final = "levels.signals"
_KEPT_ALERTS: Final = 4096

Receive = Callable[[], str]
"""The next message of a connection. Raises LostError."""


class _Message(msgspec.Struct, frozen=True):
    subject: str
    data: msgspec.Raw = msgspec.Raw(b"")
    messages: int = 0


class _Known(msgspec.Struct, frozen=True):
    """By what a message is known again."""

    ts_event_ns: int
    id: str = ""
    event: str = ""


_messages: Final = msgspec.json.Decoder(_Message)
_known: Final = msgspec.json.Decoder(_Known)


class GatewayLines:
    """Follows a gateway. ``connect``: makes a connection or raises LostError; ``say``: is told in a line what went
    wrong; ``wait``: for a time, or until an event."""

    def __init__(
        self,
        connect: Callable[[], Receive],
        say: Callable[[str], None],
        wait: Callable[[threading.Event, float], bool] = threading.Event.wait,
    ) -> None:
        self._connect, self._say, self._wait = connect, say, wait
        self._never = threading.Event()
        self._newest_ns = -1
        self._alerts: dict[_Known, None] = {}

    def follow(self, write: Callable[[str, bytes], None]) -> None:
        """Give each message's subject and JSON to ``write``, for ever. Raises RefusedError where nobody is let in."""
        tries, told = 0, ""
        while True:
            try:
                receive = self._connect()
                if told:
                    self._say("connected again")
                tries, told = 0, ""
                while True:
                    self._take(receive(), write)
            except RefusedError:
                raise
            except LostError as error:
                if str(error) != told:
                    self._say(f"connection lost: {error}; trying again")
                    told = str(error)
            self._wait(self._never, AGAIN_S[min(tries, len(AGAIN_S) - 1)])
            tries += 1

    def _take(self, text: str, write: Callable[[str, bytes], None]) -> None:
        try:
            message = _messages.decode(text)
            if message.subject == "skipped":
                self._say(f"too slow: {message.messages} messages were left out")
            elif message.subject in (SIGNALS, ALERTS) and self._is_new(message):
                write(message.subject, bytes(message.data))
        except msgspec.MsgspecError:
            raise RefusedError("what answers there is no gateway of this program") from None

    def _is_new(self, message: _Message) -> bool:
        """Who connects again is told again what stands."""
        known = _known.decode(message.data)
        if message.subject == SIGNALS:
            is_new = known.ts_event_ns > self._newest_ns
            self._newest_ns = max(self._newest_ns, known.ts_event_ns)
            return is_new
        is_new = known not in self._alerts
        self._alerts[known] = None
        if len(self._alerts) > _KEPT_ALERTS:
            del self._alerts[next(iter(self._alerts))]
        return is_new
