"""Rings for a new alert: a bell and a desktop notification, at most one in a while, never in a replay."""

from __future__ import annotations

from typing import Final

from spymaster.signals.frame import Frame, Mode

REST_S: Final = 2.0


class AlertBell:
    """Remembers which alerts it has seen. The alerts of the first frame are old news."""

    def __init__(self) -> None:
        self._seen: set[str] | None = None
        self._rung_at = float("-inf")

    def ring(self, frame: Frame, now: float) -> str | None:
        """What to say about the newest new alert inside the signal window, None to stay silent."""
        ids = {alert.id for alert in frame.alerts}
        fresh = [] if self._seen is None else [alert for alert in frame.alerts if alert.id not in self._seen]
        self._seen = ids
        due = [alert for alert in fresh if alert.in_window and alert.resolved_ns is None]
        if not due or frame.header.mode is not Mode.LIVE or now - self._rung_at < REST_S:
            return None
        self._rung_at = now
        newest = max(due, key=lambda alert: alert.t_ns)
        return f"{newest.signal} {newest.level_id} {newest.price:g}, score {newest.score:.0f}"


def notification(text: str) -> str:
    """The bell and an OSC 9 notification; control characters in the text are dropped."""
    return "\a\x1b]9;" + "".join(char for char in text if char.isprintable()) + "\x1b\\"
