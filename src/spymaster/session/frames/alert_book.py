"""The alerts a screen lists: raised ones, and what became of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec
from numpy.typing import NDArray

from spymaster.market.rows import Signal
from spymaster.physics.engine import SnapBlock
from spymaster.signals.alert_structs import AlertMessage, AlertResolved
from spymaster.signals.encode import SignalEncoder
from spymaster.signals.frame import AlertView

_KEPT: Final = 200


class AlertBook:
    """The latest alerts, newest first."""

    def __init__(self, encoder: SignalEncoder) -> None:
        self._encoder = encoder
        self._alerts: dict[str, AlertView] = {}
        self.raised: tuple[AlertView, ...] = ()
        """Those raised in the latest block."""

    def restore(self, alerts: Iterable[AlertView]) -> None:
        """Go on from what another book said: ``latest``, the oldest first."""
        self._alerts = {alert.id: alert for alert in alerts}
        self.raised = ()

    def on_block(self, block: SnapBlock) -> None:
        """Let in the alerts of a block."""
        self.raised = ()
        if not len(block.alerts):
            return
        for message in self._encoder.alerts(block):
            known = self._alerts.get(message.id)
            if isinstance(message, AlertResolved):
                if known is not None:
                    self._alerts[message.id] = msgspec.structs.replace(
                        known, resolved_ns=message.ts_event_ns, peak_score=message.peak_score
                    )
            elif message.outcome is not None or (known is not None and known.resolved_ns is not None):
                # what became of an alert says nothing of the level as it is now
                if known is not None:
                    self._alerts[message.id] = _told(known, message)
            else:
                if known is None:
                    self.raised += (_view(message),)
                self._alerts[message.id] = _view(message)
        while len(self._alerts) > _KEPT:
            del self._alerts[next(iter(self._alerts))]

    def follow(self, levels: NDArray[Any]) -> None:
        """Keep the furthest score of each alert that is on. ``levels``: the engine's records of them."""
        for row in levels[levels["signal"] != Signal.NEUTRAL]:
            ident = self._encoder.standing_alert(row)
            known = self._alerts.get(ident)
            if known is not None and known.peak_score != row["peak_score"]:
                self._alerts[ident] = msgspec.structs.replace(known, peak_score=float(row["peak_score"]))

    def latest(self) -> tuple[AlertView, ...]:
        """Newest first."""
        return tuple(reversed(self._alerts.values()))


def _told(known: AlertView, message: AlertMessage) -> AlertView:
    """The alert with what became of it; what its message does not say stays."""
    became = message.outcome
    if became is None:
        return msgspec.structs.replace(known, outcome=message.reason)
    beyond = {"BEYOND": 1, "BACK": -1}.get(became.first or "", 0)
    marks = ((became.after_240s, 240), (became.after_120s, 120), (became.after_30s, 30))
    way, after_s = next(((way, s) for way, s in marks if way is not None), (None, 0))
    return msgspec.structs.replace(
        known,
        outcome=message.reason,
        went=known.direction * beyond,
        went_s=became.first_s or 0.0,
        above=None if way is None else known.direction * way,
        above_s=after_s,
        settled=became.after_240s is not None,
    )


def _view(message: AlertMessage) -> AlertView:
    return AlertView(
        id=message.id,
        t_ns=message.raised_ts_event_ns,
        resolved_ns=None,
        level_id=message.level,
        price=message.price,
        signal=message.signal,
        direction=1 if message.direction == "RESISTANCE" else -1,
        score=message.raised_score,
        peak_score=message.peak_score,
        confidence=message.confidence,
        reason=message.reason,
        in_window=message.in_window,
    )
