"""Rings for a new alert: bell and desktop notification, at most one in a while, in a replay only where asked for."""

from __future__ import annotations

from typing import Final, NamedTuple

from spymaster.alerts.standing import NEWS_NS, AlertStanding, RuleAlert
from spymaster.signals.frame import AlertView, Frame, Mode

REST_S: Final = 2.0
_LONGEST: Final = 200


class BellPlan(NamedTuple):
    """What may ring. ``in_replay``: there too."""

    bell: bool = True
    notify: bool = True
    in_replay: bool = False


class Ring(NamedTuple):
    """What is said, and how."""

    text: str
    bell: bool
    notify: bool


class AlertBell:
    """Remembers which alerts it has seen. The alerts of the first frame are old news."""

    def __init__(self) -> None:
        self._seen: set[str] | None = None
        self._rung_at = float("-inf")

    def ring(
        self, frame: Frame, now: float, own: AlertStanding | None = None, plan: BellPlan | None = None
    ) -> Ring | None:
        """What to say about the newest new alert that may ring, None to stay silent. ``own``: alerts of one's own rules
        and what is snoozed; of the engine's alerts those inside the signal window ring."""
        own, plan = own or AlertStanding(), plan or BellPlan()
        there: tuple[AlertView | RuleAlert, ...] = (*frame.alerts, *own.alerts)
        seen, self._seen = self._seen, {alert.id for alert in there}
        if seen is None or (frame.header.mode is not Mode.LIVE and not plan.in_replay):
            return None
        signals = [alert for alert in frame.alerts if alert.id not in seen and _rings(alert, frame, own)]
        ruled = [alert for alert in own.alerts if alert.id not in seen and _rings_by_rule(alert, frame, own)]
        bell = plan.bell and (bool(signals) or any(alert.bell for alert in ruled))
        notify = plan.notify and (bool(signals) or any(alert.notify for alert in ruled))
        if not (bell or notify) or now - self._rung_at < REST_S:
            return None
        self._rung_at = now
        due: list[AlertView | RuleAlert] = [*signals, *ruled]
        return Ring(_said(max(due, key=lambda alert: alert.t_ns)), bell, notify)


def kind_of(level_id: str, frame: Frame | None) -> str:
    """The kind of a level by its id, also of one that is no longer published; USER for a name of one's own."""
    views = frame.level_views if frame is not None else ()
    known = next((view.kind for view in views if view.id == level_id), None)
    return known or level_id.rpartition("_")[0] or level_id


def _rings(alert: AlertView, frame: Frame, own: AlertStanding) -> bool:
    kind = kind_of(alert.level_id, frame)
    return alert.in_window and alert.resolved_ns is None and not _silent(own, "", kind, alert.level_id, frame.t_ns)


def _rings_by_rule(alert: RuleAlert, frame: Frame, own: AlertStanding) -> bool:
    fresh = alert.ended_ns is None and frame.t_ns - alert.t_ns < NEWS_NS
    return fresh and not _silent(own, alert.rule, alert.kind, alert.level_id, frame.t_ns)


def _silent(own: AlertStanding, rule: str, kind: str, level_id: str, t_ns: int) -> bool:
    return any(one.covers(rule, kind, level_id) for one in own.snoozes if t_ns < one.until_ns)


def _said(alert: AlertView | RuleAlert) -> str:
    if isinstance(alert, RuleAlert):
        return f"{alert.rule}: {alert.level_id} {alert.price:g}, {alert.says}"
    return f"{alert.signal} {alert.level_id} {alert.price:g}, score {alert.score:.0f}"


def notification(text: str, *, bell: bool = True, notify: bool = True) -> str:
    """The bell and an OSC 9 notification. Nothing in the text can end it, begin another sequence, or be taken for one
    of the numbered commands (``9;4;...``) that some terminals read there."""
    plain = "".join(char for char in text if char.isprintable()).replace(";", ",")[:_LONGEST]
    return ("\a" if bell else "") + (f"\x1b]9;{plain}\x1b\\" if notify else "")
