"""What a gateway gives to its clients when the session is elsewhere: taken off the bus as it was published there."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

import msgspec

from spymaster.bus.gateway.messages import MessageLog
from spymaster.bus.nats.broker import MismatchError, NotStoredError
from spymaster.bus.nats.connection import Connection
from spymaster.bus.nats.names import ALERTS, FLOW, LEVELS_STREAM, SIGNALS, Header
from spymaster.bus.nats.receiver import Delivery, Receiver
from spymaster.bus.nats.streams import ConsumerSpec
from spymaster.signals.alert_structs import AlertMessage, AlertRaised
from spymaster.signals.flow.structs import MarketFlow
from spymaster.signals.structs import LevelSignals

_AGAIN_S: Final = 0.5
_DECODERS: Final[dict[str, msgspec.json.Decoder[Any]]] = {
    SIGNALS: msgspec.json.Decoder(LevelSignals),
    ALERTS: msgspec.json.Decoder(AlertMessage),
    FLOW: msgspec.json.Decoder(MarketFlow),
}

_log = logging.getLogger(__name__)


class BusFeed:
    """Puts signals, flow and alerts of the bus into a log (a ``gateway.feed.Feed``). ``name``: of its durable consumer,
    another one for each gateway.

    It begins with what stands: the alerts of the latest run, and its newest signals. What comes while the connection is
    lost comes afterwards, each message once.
    """

    def __init__(self, log: MessageLog, make: Callable[[], Connection], name: str) -> None:
        self._log, self._make, self._name = log, make, name
        self._last = 0
        self._session = ""
        self.snaps = self.dropped = self.unreadable = 0
        self.alerts: Counter[str] = Counter()
        """Raised so far, by signal."""
        self.problem = "waiting for a run on the bus"
        """What is wrong, in words; empty while nothing is."""

    async def run(self) -> None:
        """Until cancelled."""
        receiver = Receiver(self._make(), ConsumerSpec(self._name), stream=LEVELS_STREAM)
        try:
            while True:
                try:
                    await self._follow(receiver)
                except (NotStoredError, MismatchError) as error:
                    self.problem = f"the bus: {error}"
                await asyncio.sleep(_AGAIN_S)
        finally:
            await receiver.close()

    async def _follow(self, receiver: Receiver) -> None:
        if not self._last:
            newest = await receiver.newest(SIGNALS)
            if newest is None:
                return
            self._session = newest.session
            for earlier in await receiver.said(ALERTS, newest.session):
                if earlier.seq < newest.seq:
                    self._take(earlier)
            self._last = newest.seq - 1
        await receiver.open_at(self._last + 1)
        self.problem = ""
        while True:
            deliveries = await receiver.fetch()
            for one in deliveries:
                self._take(one)
            await receiver.acknowledge([one.receipt for one in deliveries])

    def _take(self, one: Delivery) -> None:
        """Once, whatever is delivered again."""
        if one.seq <= self._last:
            return
        self._last = one.seq
        session = one.headers.get(Header.SESSION, "")
        if session != self._session:
            self._session = session
            self._log.begin_anew()
        decoder = _DECODERS.get(one.subject)
        if decoder is None:
            return
        try:
            message = decoder.decode(one.data)
        except msgspec.MsgspecError as error:
            self.unreadable += 1
            _log.warning("gateway: a message of another version of the program is left out (%s)", error)
            return
        self.snaps += isinstance(message, LevelSignals)
        if isinstance(message, AlertRaised):
            self.alerts[message.signal] += 1
        self._log.add(message)
