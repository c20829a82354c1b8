"""Option flow over time: premium, delta or gamma of calls and puts above and below spot."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from textual.binding import BindingType

from spymaster.signals.frame import Frame, FrameSource
from spymaster.tui.host import Cockpit
from spymaster.tui.keys.actions import Scope
from spymaster.tui.keys.bindings import bindings_for
from spymaster.tui.options import AppOptions
from spymaster.tui.screens.over import OverScreen
from spymaster.tui.themes.library import Theme
from spymaster.view.chart.flow import WINDOWS_S, FlowState, flow_panels
from spymaster.view.chart.look import chart_rects
from spymaster.view.cockpit import Panels
from spymaster.view.layout import Layout
from spymaster.view.level_detail import edge_panels
from spymaster.view.state import ViewState


class FlowScreen(OverScreen):
    """Four lanes on one time axis, the newest column at the right."""

    NAME = "flow"
    PANELS = ("chart_title", "chart")
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for(Scope.FLOW, Scope.MOMENTS)]

    def __init__(self, cockpit: Cockpit, source: FrameSource, theme: Theme, options: AppOptions) -> None:
        super().__init__(cockpit, theme, options)
        self._source = source
        self._choice = FlowState()

    @property
    def choice(self) -> FlowState:
        """What is shown."""
        return self._choice

    def arranged(self, width: int, height: int, time_bar: bool) -> Layout:
        """As the price chart."""
        return chart_rects(width, height, time_bar)

    def panels(self, frame: Frame | None, state: ViewState, layout: Layout) -> Panels:
        """The flow as it is now."""
        return flow_panels(frame, self.items, self._source.chart(), self._choice, state, layout)

    def edges(self, frame: Frame | None, state: ViewState, layout: Layout) -> Panels:
        """Headers, time bar and keys."""
        return edge_panels(frame, state, layout, state.keys)

    def _use(self, choice: FlowState) -> None:
        self._choice = choice
        self.redraw()

    def _turn(self, by: int) -> None:
        index = min(max(WINDOWS_S.index(self._choice.window_s) + by, 0), len(WINDOWS_S) - 1)
        self._use(replace(self._choice, window_s=WINDOWS_S[index]))

    def action_flow_premium(self) -> None:
        """What was paid."""
        self._use(replace(self._choice, metric="premium"))

    def action_flow_delta(self) -> None:
        """Delta customers took over."""
        self._use(replace(self._choice, metric="delta"))

    def action_flow_gamma(self) -> None:
        """Gamma customers took over."""
        self._use(replace(self._choice, metric="gamma"))

    def action_flow_shorter(self) -> None:
        """Shorter columns."""
        self._turn(-1)

    def action_flow_longer(self) -> None:
        """Longer columns."""
        self._turn(+1)

    def action_flow_total(self) -> None:
        """The sum so far, or each column's flow a minute."""
        self._use(replace(self._choice, total=not self._choice.total))
