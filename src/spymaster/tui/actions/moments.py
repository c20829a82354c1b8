"""What the cockpit does about places: prices on the axis, alerts in the list, and in a replay moments of time."""

from __future__ import annotations

import dataclasses
from abc import abstractmethod
from collections.abc import Callable
from typing import Any

from spymaster.alerts.standing import RuleAlert
from spymaster.signals.frame import AlertView, Command, Frame, FrameSource, Phase
from spymaster.tui.actions.lists import ListActions
from spymaster.tui.actions.replay import ReplayActions
from spymaster.tui.goto import GotoError, moment_for, tick_for
from spymaster.view.state import ViewState


class MomentActions(ReplayActions, ListActions):
    """The part of the cockpit that goes to places; the cockpit itself keeps frame, view and source."""

    _frame: Frame | None
    _view: ViewState
    _source: FrameSource
    _answered: str = ""

    @property
    @abstractmethod
    def in_replay(self) -> bool:
        """True where the source can be played and stepped."""

    @abstractmethod
    def say(self, text: str) -> None:
        """Show a sentence for a few seconds."""

    @abstractmethod
    def _change(self, **changes: Any) -> None: ...

    @abstractmethod
    def _look_soon(self) -> None: ...

    @abstractmethod
    def _prompt(self, hint: str, then: Callable[[str | None], None]) -> None: ...

    @property
    def playing(self) -> bool:
        """True while event time runs."""
        return self._frame is not None and self._frame.header.phase is Phase.PLAYING

    @property
    def seeking(self) -> bool:
        """True while the replay is on its way to a moment."""
        return self._frame is not None and self._frame.header.phase is Phase.SEEKING

    @property
    def level_meant(self) -> str:
        """Id of the picked level, or of the nearest."""
        views = self._frame.level_views if self._frame is not None else ()
        return self._view.picked or (views[0].id if views else "")

    def ask(self, command: Command, value: float = 0.0, subject: str = "") -> None:
        """Ask the source of a replay for something, and show its answer as soon as it is there."""
        if not self.in_replay:
            self.say("a live session cannot be played, stepped or sped up")
            return
        self._source.send(command, value, subject)
        self._look_soon()

    def new_answer(self, frame: Frame | None) -> str:
        """What the replay has to say about what was asked of it, once."""
        answer = frame.replay.answer if frame is not None and frame.replay is not None else ""
        fresh = answer if answer != self._answered else ""
        self._answered = answer
        return fresh

    def action_level_nearest(self) -> None:
        """Follow the nearest level again; on the way to a moment, stop there instead."""
        if self.seeking:
            self.ask(Command.CANCEL)
        else:
            self._change(picked=None, picked_alert=None)

    def action_alert_next(self) -> None:
        """Next alert."""
        self._step_alert(+1, Command.NEXT_ALERT)

    def action_alert_previous(self) -> None:
        """Previous alert."""
        self._step_alert(-1, Command.PREVIOUS_ALERT)

    def _step_alert(self, by: int, command: Command) -> None:
        if self.in_replay:
            self.ask(command)
            return
        self._view = dataclasses.replace(self._view, panel="alerts")
        self._move_in_list(None, by)

    def go_to_alert(self, alert_id: str | None) -> bool:
        """Go to the moment an alert was raised; False where there is no such alert or no such way."""
        alerts: tuple[AlertView | RuleAlert, ...] = ()
        if self._frame is not None and self.in_replay:
            alerts = (*self._frame.alerts, *self._view.own.alerts)
        alert = next((alert for alert in alerts if alert.id == alert_id), None)
        if alert is not None:
            self.ask(Command.SEEK_ALERT, alert.t_ns)
        return alert is not None

    def action_goto(self) -> None:
        """Ask for a price to hold in the middle, in a replay for a time too."""
        hint = "price, such as 687.5 or 6871.25" + ("; or time, such as 10:30" if self.in_replay else "")
        self._prompt(hint, self._go)

    def levels_shown(self) -> tuple[tuple[str, str, float], ...]:
        """Id, label and price of every level, nearest first."""
        frame = self._frame
        if frame is None:
            return ()
        rows = zip(frame.level_views, frame.levels, strict=True)
        return tuple((view.id, view.label, float(row["price"])) for view, row in rows)

    def place_typed(self, typed: str) -> str | None:
        """What going to a typed price or time would do, in words; None for what is neither."""
        if self._frame is None:
            return None
        try:
            if ":" in typed:
                moment_for(typed, self._frame.header)
                return f"Go to the time {typed.strip()}" if self.in_replay else None
            tick_for(typed, self._frame.header)
        except GotoError:
            return None
        return f"Go to the price {typed.strip()}"

    def go_to(self, typed: str) -> None:
        """Go to a typed price or time."""
        self._go(typed)

    def go_to_level(self, level_id: str) -> None:
        """Pick a level and hold its price in the middle."""
        price = next((price for known, _, price in self.levels_shown() if known == level_id), None)
        if price is not None:
            self._change(picked=level_id)
            self._go(f"{price:.2f}")

    def _go(self, typed: str | None) -> None:
        if not typed or not typed.strip():
            return
        if self._frame is None:
            self.say("no price to go from yet: wait for the first book")
            return
        try:
            if ":" in typed:
                self.ask(Command.SEEK, moment_for(typed, self._frame.header))
            else:
                tick = tick_for(typed, self._frame.header)
                self._change(pinned_tick=tick, recentre=self._view.recentre + 1)
        except GotoError as error:
            self.say(str(error))
