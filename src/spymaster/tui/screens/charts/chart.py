"""The price chart: candles of 1 to 15 minutes with averages, levels, alerts and the session's volume by price."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from textual.binding import BindingType

from spymaster.signals.chart.bars import Chart
from spymaster.signals.frame import Frame, FrameSource
from spymaster.tui.host import Cockpit
from spymaster.tui.keys.actions import Scope
from spymaster.tui.keys.bindings import bindings_for
from spymaster.tui.options import AppOptions
from spymaster.tui.screens.over import OverScreen
from spymaster.tui.themes.library import Theme
from spymaster.view.chart.look import ChartState, Look, chart_rects, furthest_back, look_at, next_width
from spymaster.view.chart.panels import chart_panels
from spymaster.view.cockpit import Panels
from spymaster.view.layout import Grade, Layout
from spymaster.view.level_detail import edge_panels
from spymaster.view.state import ViewState


class ChartScreen(OverScreen):
    """Follows the newest bar until it is scrolled back."""

    NAME = "chart"
    PANELS = ("chart_title", "chart")
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for(Scope.CHART)]

    def __init__(self, cockpit: Cockpit, source: FrameSource, theme: Theme, options: AppOptions) -> None:
        super().__init__(cockpit, theme, options)
        self._source = source
        self._chart = source.chart()
        self._state_now = ChartState()

    @property
    def chart(self) -> ChartState:
        """Where the chart looks."""
        return self._state_now

    def arranged(self, width: int, height: int, time_bar: bool) -> Layout:
        """The chart between the edges."""
        return chart_rects(width, height, time_bar)

    def panels(self, frame: Frame | None, state: ViewState, layout: Layout) -> Panels:
        """The bars as they are now; a chart that was scrolled back stays where it is."""
        before, self._chart = self._chart, self._source.chart()
        if self._state_now.back and (look := self._look()) is not None:
            newer = furthest_back(self._chart.bars, look) - furthest_back(before.bars, look)
            self._state_now = replace(self._state_now, back=max(self._state_now.back + newer, 0))
        return chart_panels(frame, self.items, self._chart, self._state_now, state, layout)

    def edges(self, frame: Frame | None, state: ViewState, layout: Layout) -> Panels:
        """Headers, time bar and keys."""
        return edge_panels(frame, state, layout, state.keys)

    def _look(self, chart: Chart | None = None) -> Look | None:
        """What is drawn where; None where the screen is too small for a chart."""
        layout = self._layout_now()
        if layout.grade is Grade.TINY:
            return None
        return look_at((chart or self._chart).bars, self._state_now, layout, self._view.glyphs, self._view.picked)

    def _use(self, choice: ChartState) -> None:
        """Another choice, as far back as the bars reach."""
        self._state_now = choice
        if (look := self._look()) is not None:
            back = min(max(self._state_now.back, 0), furthest_back(self._chart.bars, look))
            self._state_now = replace(self._state_now, back=back)
        self.redraw()

    def _scroll(self, parts: float) -> None:
        """By so many widths of the chart, to the past if positive."""
        if (look := self._look()) is not None:
            by = max(round(abs(parts) * look.columns), 1)
            self._use(replace(self._state_now, back=self._state_now.back + (by if parts > 0 else -by)))

    def _use_minutes(self, minutes: int) -> None:
        """The bar at the right stays there."""
        if (look := self._look()) is not None:
            self._use(replace(self._state_now, minutes=minutes, back=self._state_now.back * look.minutes // minutes))

    def _widen(self, by: int) -> None:
        if (look := self._look()) is not None:
            self._use(replace(self._state_now, cells=next_width(look.each, by)))

    def action_chart_minutes_1(self) -> None:
        """Bars of one minute."""
        self._use_minutes(1)

    def action_chart_minutes_2(self) -> None:
        """Bars of two minutes."""
        self._use_minutes(2)

    def action_chart_minutes_5(self) -> None:
        """Bars of five minutes."""
        self._use_minutes(5)

    def action_chart_minutes_15(self) -> None:
        """Bars of fifteen minutes."""
        self._use_minutes(15)

    def action_chart_profile(self) -> None:
        """The volume profile on or off."""
        self._use(replace(self._state_now, profile=not self._state_now.profile))

    def action_chart_older(self) -> None:
        """Earlier bars."""
        self._scroll(+0.25)

    def action_chart_newer(self) -> None:
        """Later bars."""
        self._scroll(-0.25)

    def action_chart_oldest(self) -> None:
        """The oldest bars."""
        self._use(replace(self._state_now, back=len(self._chart.bars)))

    def action_chart_newest(self) -> None:
        """The newest bars, and follow them."""
        self._use(replace(self._state_now, back=0))

    def action_chart_closer(self) -> None:
        """Fewer, wider bars."""
        self._widen(+1)

    def action_chart_wider(self) -> None:
        """More, narrower bars."""
        self._widen(-1)
