"""From a Session's snaps to messages: kept in the Session's thread, encoded in the gateway's."""

from __future__ import annotations

import logging
from collections import Counter, deque
from dataclasses import dataclass
from typing import Any, Final, Protocol

from numpy.typing import NDArray

from spymaster.bus.desk.bell import Bell
from spymaster.bus.gateway.messages import MessageLog
from spymaster.market.frames import ConfigFrame
from spymaster.signals.alert_structs import AlertRaised
from spymaster.signals.blocks import Block, UnpublishableValueError
from spymaster.signals.encode import SignalEncoder
from spymaster.signals.feed_words import FeedWords
from spymaster.signals.flow.encode import FlowEncoder
from spymaster.signals.said.viewport import LevelsViewport
from spymaster.signals.structs import ProfileName

WAITING: Final = 256
"""Blocks that wait for the gateway's thread; when there are more the oldest go, and are counted."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class KeptBlock:
    """A copy of a block, its unused places left out."""

    snaps: NDArray[Any]
    rows: NDArray[Any]
    numbers: NDArray[Any]
    flows: NDArray[Any]
    alerts: NDArray[Any]
    strikes: NDArray[Any]


def kept(block: Block) -> KeptBlock:
    """A copy of what messages are made of."""
    levels = int(block.snaps["levels"].max(initial=0))
    strikes = int(block.snaps["options"]["strikes"].max(initial=0))
    return KeptBlock(
        snaps=block.snaps.copy(),
        rows=block.rows[: len(block.snaps), :levels].copy(),
        numbers=block.numbers[: len(block.snaps), :levels].copy(),
        flows=block.flows[:0].copy(),
        alerts=block.alerts.copy(),
        strikes=block.strikes[: len(block.snaps), :strikes].copy(),
    )


@dataclass(frozen=True, slots=True)
class _Begins:
    config: ConfigFrame
    words: FeedWords


class Feed(Protocol):
    """Where the messages of a gateway come from. ``snaps``, ``dropped`` and ``alerts`` are for its metrics."""

    @property
    def snaps(self) -> int:
        """Snaps so far."""
        ...

    @property
    def dropped(self) -> int:
        """Blocks of snaps that the gateway was too slow for."""
        ...

    @property
    def alerts(self) -> Counter[str]:
        """Raised so far, by signal."""
        ...

    async def run(self) -> None:
        """Put messages into the log, until cancelled."""
        ...


class SignalFeed:
    """Makes the messages of a Session (a ``Feed``). ``begins`` and ``on_block`` run in its thread, ``run`` in the
    gateway's."""

    def __init__(self, log: MessageLog) -> None:
        self._log = log
        self._waiting: deque[_Begins | KeptBlock | LevelsViewport] = deque(maxlen=WAITING)
        self._bell = Bell()
        self._signals: SignalEncoder | None = None
        self._flows: FlowEncoder | None = None
        self.dropped = 0
        """Blocks that the gateway's thread was too slow for."""
        self.snaps = 0
        self.unpublishable = 0
        self.alerts: Counter[str] = Counter()
        """Raised so far, by signal."""

    def begins(self, config: ConfigFrame, words: FeedWords) -> None:
        """Snaps of a configuration are about to come."""
        self._put(_Begins(config, words))

    def on_block(self, block: Block) -> None:
        """Keep what is to be sent of a block."""
        if len(block.snaps) or len(block.alerts):
            self._put(kept(block))

    def scored(self, viewport: LevelsViewport) -> None:
        """Keep what a model has said of the levels in view."""
        self._put(viewport)

    async def run(self) -> None:
        """Encode what was kept, until cancelled."""
        while True:
            heard = self._bell.listen()
            if not self._waiting:
                await heard
            heard.cancel()
            while self._waiting:
                self._take(self._waiting.popleft())

    def _put(self, item: _Begins | KeptBlock | LevelsViewport) -> None:
        if len(self._waiting) == WAITING:
            self.dropped += 1
        self._waiting.append(item)
        self._bell.ring()

    def _take(self, item: _Begins | KeptBlock | LevelsViewport) -> None:
        if isinstance(item, _Begins):
            profile: ProfileName = "spy" if item.config.profile == "spy" else "es"
            ids = tuple(level.id for level in item.config.user_levels)
            self._signals = SignalEncoder(profile, ids, item.words)
            self._flows = FlowEncoder(profile)
            return
        if isinstance(item, LevelsViewport):
            self._log.add(item)
            return
        if self._signals is None or self._flows is None:
            return
        try:
            for flow in self._flows.messages(item):
                self._log.add(flow)
            for alert in self._signals.alerts(item):
                self.alerts[alert.signal] += isinstance(alert, AlertRaised)
                self._log.add(alert)
            for signals in self._signals.signals(item):
                self.snaps += 1
                self._log.add(signals)
        except UnpublishableValueError as error:
            self.unpublishable += 1
            _log.error("gateway: a snap is not sent: %s", error)
