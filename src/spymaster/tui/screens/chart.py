"""The price chart: two-minute bars with their averages and the levels."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from numpy.typing import NDArray
from textual.binding import BindingType

from spymaster.signals.frame import Frame, FrameSource
from spymaster.tui.host import Cockpit
from spymaster.tui.keys.actions import Scope
from spymaster.tui.keys.bindings import bindings_for
from spymaster.tui.options import AppOptions
from spymaster.tui.screens.over import OverScreen
from spymaster.tui.themes.library import Theme
from spymaster.view.chart import (
    ZOOMS,
    ChartState,
    chart_panels,
    chart_rects,
    furthest_back,
    plot_cells,
    zoom_of,
)
from spymaster.view.cockpit import Panels
from spymaster.view.layout import Layout
from spymaster.view.level_detail import edge_panels
from spymaster.view.state import ViewState


class ChartScreen(OverScreen):
    """Follows the newest bar until it is scrolled back."""

    NAME = "chart"
    PANELS = ("chart_title", "chart")
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for(Scope.CHART, Scope.SPEED)]

    def __init__(self, cockpit: Cockpit, source: FrameSource, theme: Theme, options: AppOptions) -> None:
        super().__init__(cockpit, theme, options)
        self._source = source
        self._chart = ChartState()
        self._bars: NDArray[Any] = source.chart()

    @property
    def chart(self) -> ChartState:
        """Where the chart looks."""
        return self._chart

    def arranged(self, width: int, height: int, time_bar: bool) -> Layout:
        """The chart between the edges."""
        return chart_rects(width, height, time_bar)

    def panels(self, frame: Frame | None, state: ViewState, layout: Layout) -> Panels:
        """The bars as they are now; a chart that was scrolled back stays where it is."""
        bars = self._source.chart()
        if self._chart.back and len(bars) > len(self._bars) and ZOOMS[self._zoom()][0] == 1:
            self._chart = replace(self._chart, back=self._chart.back + len(bars) - len(self._bars))
        self._bars = bars
        return chart_panels(frame, self.items, bars, self._chart, state, layout)

    def edges(self, frame: Frame | None, state: ViewState, layout: Layout) -> Panels:
        """Headers, time bar and keys."""
        return edge_panels(frame, state, layout, state.keys)

    def _cells(self) -> int:
        return plot_cells(self._layout_now())

    def _zoom(self) -> int:
        return zoom_of(len(self._bars), self._chart, self._cells())

    def _scroll(self, parts: float) -> None:
        """By so many widths of the chart, to the past if positive."""
        count = max(self._cells() // ZOOMS[self._zoom()][1], 1)
        self._look_back(self._chart.back + round(parts * count))

    def _look_back(self, back: int) -> None:
        furthest = furthest_back(len(self._bars), self._chart, self._cells())
        self._chart = replace(self._chart, back=min(max(back, 0), furthest))
        self.redraw()

    def _zoom_by(self, by: int) -> None:
        """The bar at the right stays there."""
        before = self._zoom()
        zoom = min(max(before + by, 0), len(ZOOMS) - 1)
        back = self._chart.back * ZOOMS[before][0] // ZOOMS[zoom][0]
        self._chart = ChartState(zoom, back)
        self._look_back(back)

    def action_chart_older(self) -> None:
        """Earlier bars."""
        self._scroll(+0.25)

    def action_chart_newer(self) -> None:
        """Later bars."""
        self._scroll(-0.25)

    def action_chart_oldest(self) -> None:
        """The oldest bars."""
        self._look_back(len(self._bars))

    def action_chart_newest(self) -> None:
        """The newest bars, and follow them."""
        self._look_back(0)

    def action_chart_closer(self) -> None:
        """Fewer, wider bars."""
        self._zoom_by(+1)

    def action_chart_wider(self) -> None:
        """More, narrower bars."""
        self._zoom_by(-1)
