"""One level: its history above one time axis, and all that is known about it."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from textual.binding import BindingType

from spymaster.signals.frame import Command, Frame, FrameSource
from spymaster.signals.said.viewport import Similar
from spymaster.tui.host import Cockpit
from spymaster.tui.keys.actions import Scope
from spymaster.tui.keys.bindings import bindings_for
from spymaster.tui.options import AppOptions
from spymaster.tui.screens.over import OverScreen
from spymaster.tui.themes.library import Theme
from spymaster.view.cockpit import Panels
from spymaster.view.layout import Layout
from spymaster.view.level_detail import (
    WINDOWS_S,
    DetailState,
    detail_panels,
    detail_rects,
    edge_panels,
)
from spymaster.view.state import ViewState


class LevelScreen(OverScreen):
    """Stays with its level, however near others come, until another one is chosen."""

    NAME = "level"
    PANELS = ("level_title", "level_plots", "level_facts", "note")
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for(Scope.LEVELS, Scope.LEVEL, Scope.MOMENTS)]

    def __init__(self, cockpit: Cockpit, source: FrameSource, theme: Theme, options: AppOptions) -> None:
        super().__init__(cockpit, theme, options)
        self._source = source
        self._past_tests = options.past_tests
        self._detail = DetailState(cockpit.view_state.picked)

    @property
    def detail(self) -> DetailState:
        """Which level is shown, and over which span."""
        return self._detail

    def arranged(self, width: int, height: int, time_bar: bool) -> Layout:
        """Plots left, facts right."""
        return detail_rects(width, height, time_bar)

    def panels(self, frame: Frame | None, state: ViewState, layout: Layout) -> Panels:
        """The level now and before."""
        if self._detail.level_id is None and self.items:
            self._detail = DetailState(self.items[0].id, self._detail.window_s)
        level_id = self._detail.level_id
        history = self._source.level_history(level_id, self._detail.window_s) if level_id is not None else None
        past = None
        if self._past_tests is not None and level_id is not None and frame is not None:
            past = self._past_tests(level_id, frame.t_ns)
        return detail_panels(frame, self.items, history, replace(self._detail, past=past), state, layout)

    def edges(self, frame: Frame | None, state: ViewState, layout: Layout) -> Panels:
        """Headers, time bar and keys."""
        return edge_panels(frame, state, layout, state.keys)

    @property
    def level_meant(self) -> str:
        """Id of the level shown."""
        return self._detail.level_id or super().level_meant

    def _choose(self, index: int) -> None:
        if self.items:
            level_id = self.items[min(max(index, 0), len(self.items) - 1)].id
            self._detail = DetailState(level_id, self._detail.window_s)
            self._cockpit.pick(level_id)
            self.redraw()

    def _place_now(self) -> int:
        ids = [item.id for item in self.items]
        return ids.index(self._detail.level_id) if self._detail.level_id in ids else -1

    def action_list_down(self) -> None:
        """The next level from the nearest on."""
        self._choose(self._place_now() + 1)

    def action_list_up(self) -> None:
        """The level before it."""
        self._choose(self._place_now() - 1)

    def action_list_first(self) -> None:
        """The nearest level."""
        self._choose(0)

    def action_list_last(self) -> None:
        """The furthest level."""
        self._choose(len(self.items) - 1)

    def action_window_shorter(self) -> None:
        """A shorter window."""
        self._turn(-1)

    def action_window_longer(self) -> None:
        """A longer window."""
        self._turn(+1)

    def _turn(self, by: int) -> None:
        index = min(max(WINDOWS_S.index(self._detail.window_s) + by, 0), len(WINDOWS_S) - 1)
        self._detail = DetailState(self._detail.level_id, WINDOWS_S[index])
        self.redraw()

    @property
    def _similar(self) -> tuple[Similar, ...]:
        """The past attempts most like the one that is on at this level; none where no model tells them."""
        viewport = self._frame.viewport if self._frame is not None else None
        target = viewport.of(self._detail.level_id or "") if viewport is not None else None
        return target.chances.similar if target is not None and target.chances is not None else ()

    def action_similar_next(self) -> None:
        """Choose the next of the attempts like this one."""
        count = len(self._similar)
        if not count:
            self._cockpit.say("no attempt like this one is known")
            return
        self._detail = replace(self._detail, similar=(self._detail.similar + 1) % count)
        self.redraw()

    def action_similar_go(self) -> None:
        """Go to the moment of the chosen one, where it is in the recording that is replayed."""
        similar = self._similar
        if not similar:
            self._cockpit.say("no attempt like this one is known")
            return
        chosen = similar[min(self._detail.similar, len(similar) - 1)]
        if chosen.is_here:
            self.ask(Command.SEEK, chosen.t_ns)
        else:
            self._cockpit.say(f"its recording is not the one that is replayed: {chosen.recording}")

    def action_ablation(self) -> None:
        """Tell the score without the next force too, or without none."""
        self._cockpit.action_ablation()

    def action_copy_row(self) -> None:
        """Copy the level as tab-separated text."""
        self._cockpit.copy_level(self._detail.level_id)
