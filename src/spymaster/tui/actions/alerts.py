"""What the cockpit does about alerts: it rings for them, lets them be acknowledged, and silences them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any

from spymaster.alerts.standing import AlertStanding, RuleAlert, SnoozeKind
from spymaster.signals.frame import AlertView, Frame
from spymaster.tui.actions.snooze import HINT, SnoozeError, understood
from spymaster.tui.bell import AlertBell, BellPlan, notification
from spymaster.tui.options import AppOptions
from spymaster.view.drawing.numbers import clock
from spymaster.view.state import ViewState


class AlertActions:
    """The part of the cockpit that is about alerts; the cockpit itself keeps frame, view and options."""

    _frame: Frame | None
    _view: ViewState
    _options: AppOptions
    _bell: AlertBell
    _fault: str = ""
    _failed: int = 0

    @property
    @abstractmethod
    def level_meant(self) -> str:
        """Id of the picked level, or of the nearest."""

    @abstractmethod
    def say(self, text: str) -> None:
        """Show a sentence for a few seconds."""

    @abstractmethod
    def _change(self, **changes: Any) -> None: ...

    @abstractmethod
    def _prompt(self, hint: str, then: Callable[[str | None], None]) -> None: ...

    @abstractmethod
    def _alert_ids(self) -> tuple[str, ...]: ...

    def _own_alerts(self, frame: Frame | None) -> AlertStanding:
        """What there is of one's own rules; on a Session elsewhere they are judged here, over the frames shown."""
        watch = self._options.alerts
        if watch is None:
            return AlertStanding(is_on=False)
        if self._options.attached is not None and frame is not None:
            watch.on_frame(frame)
        return watch.desk.standing()

    def _sound(self, frame: Frame | None, own: AlertStanding, now: float) -> str:
        """What to write to the terminal for a frame: a bell, a notification, or nothing."""
        ring = self._bell.ring(frame, now, own, self._bell_plan) if frame is not None else None
        return notification(ring.text, bell=ring.bell, notify=ring.notify) if ring is not None else ""

    @property
    def _bell_plan(self) -> BellPlan:
        watch = self._options.alerts
        return BellPlan() if watch is None else BellPlan(watch.alerts.bell, watch.alerts.notify, watch.judges)

    def _new_trouble(self, own: AlertStanding) -> str:
        """What is wrong with the rules' file or their command, once."""
        fault, failed = own.fault, own.failed
        news = ""
        if fault and fault != self._fault:
            news = f"{fault}; the alert rules stay as they were"
        elif failed > self._failed:
            news = f"alert command failed: {own.last_failure}"
        self._fault, self._failed = fault, failed
        return news

    def action_acknowledge(self) -> None:
        """Acknowledge the picked alert, or all."""
        picked = self._view.picked_alert
        self._change(acked=self._view.acked | ({picked} if picked else set(self._alert_ids())))

    def action_acknowledge_all(self) -> None:
        """Acknowledge every alert."""
        self._change(acked=self._view.acked | set(self._alert_ids()))
        self.say("all alerts acknowledged")

    def action_snooze(self) -> None:
        """Silence the level meant, or end its silence."""
        level = self._level_of_alert() or self.level_meant
        if not level:
            self.say("no level to silence yet")
            return
        there = any(one.kind == "level" and one.name == level for one in self._view.own.snoozes)
        self._silence("level", level, 0.0 if there else self._usual_min)

    def action_snooze_choose(self) -> None:
        """Ask whom to silence and for how long."""
        self._prompt(HINT, self._snooze_typed)

    @property
    def _usual_min(self) -> float:
        watch = self._options.alerts
        return watch.alerts.snooze if watch is not None else 0.0

    def _level_of_alert(self) -> str:
        """The level of the picked alert while the list of alerts is selected."""
        if self._view.panel != "alerts" or self._frame is None:
            return ""
        alerts: tuple[AlertView | RuleAlert, ...] = (*self._frame.alerts, *self._view.own.alerts)
        return next((one.level_id for one in alerts if one.id == self._view.picked_alert), "")

    def _snooze_typed(self, typed: str | None) -> None:
        watch = self._options.alerts
        if typed is None or watch is None:
            return
        levels = [view.id for view in self._frame.level_views] if self._frame is not None else []
        try:
            wish = understood(typed, self._usual_min, levels, watch.alerts.rules)
        except SnoozeError as error:
            self.say(str(error))
            return
        if wish is None:
            watch.desk.wake()
            self.say("nothing is silenced any more")
        else:
            self._silence(wish.kind, wish.name, wish.minutes)

    def _silence(self, kind: SnoozeKind, name: str, minutes: float) -> None:
        watch = self._options.alerts
        if watch is None or self._frame is None:
            self.say("alerts cannot be silenced here")
            return
        snooze = watch.desk.snooze(kind, name, minutes, self._frame.t_ns)
        self._change(own=watch.desk.standing())
        until = f"silent until {clock(snooze.until_ns)}: no bell, no notification, no command"
        self.say(f"{snooze.words} {until if minutes > 0 else 'not silenced any more'}")
