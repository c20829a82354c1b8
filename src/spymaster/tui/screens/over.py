"""Base of the screens that cover the cockpit and are fed by it: a level's own screen and the price chart."""

from __future__ import annotations

import dataclasses
import time
from abc import abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen

from spymaster.signals.frame import Command, Frame, Phase
from spymaster.tui.actions.replay import ReplayActions
from spymaster.tui.host import Cockpit
from spymaster.tui.keys.actions import Scope
from spymaster.tui.keys.bindings import bindings_for
from spymaster.tui.keys.keymap import footer_pairs
from spymaster.tui.options import AppOptions
from spymaster.tui.panel_stack import PanelStack
from spymaster.tui.themes.library import Theme
from spymaster.view.cockpit import Panels
from spymaster.view.drawing.cells import Rows
from spymaster.view.layout import Layout
from spymaster.view.levels.items import LevelItem, level_items
from spymaster.view.state import ViewState

MIDDLE_EVERY_S: Final = 0.5
"""Shortest time between two repaints of what is between the edges."""

EDGES: Final = ("header_left", "header_right", "trust_left", "trust_right", "rule", "time_bar", "footer", "tiny")
_JITTER_S: Final = 0.06


class OverScreen(ReplayActions, Screen[None], inherit_bindings=False):
    """Shows the frames the cockpit pulls. A subclass says what stands where and what its rows are."""

    CSS_PATH = Path(__file__).with_name("over.tcss")
    AUTO_FOCUS = ""
    NAME: ClassVar[str]
    PANELS: ClassVar[Sequence[str]]
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for(Scope.OVER, Scope.REPLAY, Scope.PLACES)]

    def __init__(self, cockpit: Cockpit, theme: Theme, options: AppOptions) -> None:
        super().__init__()
        self._cockpit = cockpit
        self._options = options
        self._stack = PanelStack(theme, (*EDGES, *self.PANELS))
        self._frame: Frame | None = None
        self._view = cockpit.view_state
        self._middle_at = float("-inf")
        self.items: tuple[LevelItem, ...] = ()

    @property
    def theme(self) -> Theme:
        """The theme in use."""
        return self._stack.theme

    def panel(self, name: str) -> Rows:
        """The rows of a panel that are on the screen. Raises ``KeyError``."""
        return self._stack.widget(name).rows

    @abstractmethod
    def arranged(self, width: int, height: int, time_bar: bool) -> Layout:
        """What stands where."""

    @abstractmethod
    def panels(self, frame: Frame | None, state: ViewState, layout: Layout) -> Panels:
        """The rows of everything."""

    @abstractmethod
    def edges(self, frame: Frame | None, state: ViewState, layout: Layout) -> Panels:
        """The rows that follow every frame."""

    @property
    def playing(self) -> bool:
        """True while event time runs."""
        return self._cockpit.playing

    @property
    def seeking(self) -> bool:
        """True while the replay is on its way to a moment."""
        return self._cockpit.seeking

    @property
    def level_meant(self) -> str:
        """Id of the level picked on the cockpit, or the nearest."""
        return self._cockpit.level_meant

    def ask(self, command: Command, value: float = 0.0, subject: str = "") -> None:
        """Ask the source of a replay for something."""
        self._cockpit.ask(command, value, subject)

    def compose(self) -> ComposeResult:
        """The panels."""
        yield from self._stack.widgets()

    def on_mount(self) -> None:
        """Show what the cockpit shows."""
        self.styles.background = self.theme.hex("ground")
        self._place()
        self._cockpit.feed(self)

    def on_resize(self) -> None:
        """Arrange the panels for the new size."""
        self._place()
        self.redraw()

    def _layout_now(self) -> Layout:
        return self.arranged(self.size.width, self.size.height, self._cockpit.in_replay)

    def _place(self) -> None:
        self._stack.place(self._layout_now())

    def follow(self, frame: Frame | None, view: ViewState, theme: Theme, now_s: float) -> None:
        """Show a frame with what the user chose on the cockpit. ``now_s``: a clock that never goes back."""
        if theme is not self._stack.theme:
            self._stack.set_theme(theme)
            self.styles.background = theme.hex("ground")
        playing = frame is not None and frame.header.phase is Phase.PLAYING
        changed = view.note != self._view.note or view.picked != self._view.picked or not playing
        changed = changed or view.without != self._view.without
        self._frame, self._view = frame, view
        self.items = level_items(frame) if frame is not None else ()
        if changed or now_s - self._middle_at >= MIDDLE_EVERY_S - _JITTER_S:
            self.redraw(now_s)
        else:
            layout = self._layout_now()
            self._stack.show(self.edges(frame, self._state(), layout))

    def redraw(self, now_s: float | None = None) -> None:
        """Show everything at once."""
        self._middle_at = time.monotonic() if now_s is None else now_s
        self._stack.show(self.panels(self._frame, self._state(), self._layout_now()))

    def _state(self) -> ViewState:
        cockpit = self._cockpit
        keys = footer_pairs(self._options.keymap, cockpit.in_replay, cockpit.playing, self.NAME)
        return dataclasses.replace(self._view, width=self.size.width, height=self.size.height, keys=keys)

    def action_goto(self) -> None:
        """Ask for a price or a time, as on the cockpit."""
        self._cockpit.action_goto()

    def action_alert_next(self) -> None:
        """The moment of the next alert."""
        self._to_alert(self._cockpit.action_alert_next)

    def action_alert_previous(self) -> None:
        """The moment of the alert before."""
        self._to_alert(self._cockpit.action_alert_previous)

    def _to_alert(self, go: Callable[[], None]) -> None:
        if self._cockpit.in_replay:
            go()
        else:
            self._cockpit.say("alerts are picked on the cockpit; in a replay these keys go to their moments")

    def action_back(self) -> None:
        """Back to the screen below."""
        self.dismiss()
