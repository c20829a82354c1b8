"""The cockpit's widgets, where they stand, and how often each of them may be repainted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from textual.geometry import Region
from textual.widget import Widget

from spymaster.alerts.standing import RuleAlert
from spymaster.signals.frame import Frame, HeatColumns
from spymaster.tui.panel_table import HEAT, PANELS, of_group
from spymaster.tui.terminal.canvas import Canvas
from spymaster.tui.themes.library import Theme
from spymaster.tui.widgets.base import Painter, RowWidget
from spymaster.view.cockpit import CockpitProjector
from spymaster.view.drawing.axis import PriceAxis
from spymaster.view.drawing.cells import Rows
from spymaster.view.edges.alerts import listed
from spymaster.view.edges.cards import blind_inputs
from spymaster.view.layout import Layout, Rect, layout_for
from spymaster.view.state import Quality, ScreenStats, ViewState

_JITTER_S: Final = 0.06


class CockpitPanels:
    """Owns the widgets of the cockpit and keeps them up to date. The screen places them and calls ``apply``."""

    def __init__(self, theme: Theme) -> None:
        self._painter = Painter(theme)
        self._projector = CockpitProjector()
        self._widgets = {name: panel.widget(self._painter, id=f"panel-{name}") for name, panel in PANELS.items()}
        self._layout = layout_for(0, 0)
        self._shown_at: dict[str, float] = {}
        self._structure: tuple[object, ...] = ()
        self._frame: Frame | None = None
        self._own: tuple[RuleAlert, ...] = ()
        self._missing = 0

    @property
    def theme(self) -> Theme:
        """The theme in use."""
        return self._painter.theme

    @property
    def layout(self) -> Layout:
        """Where everything stands now."""
        return self._layout

    @property
    def axis(self) -> PriceAxis:
        """The price axis of the last frame."""
        return self._projector.axis

    @property
    def heat_top(self) -> float:
        """Contracts at which the heatmap's scale ends that follows what is visible."""
        return self._projector.heat.top

    @property
    def level_ids(self) -> tuple[str, ...]:
        """Ids of the levels in the table's order."""
        return tuple(item.id for item in self._projector.listed)

    @property
    def alert_ids(self) -> tuple[str, ...]:
        """Ids of the alerts in the list's order."""
        return tuple(one.id for one in listed(self._frame.alerts, self._own)) if self._frame is not None else ()

    @property
    def needs_heat(self) -> int:
        """Seconds of heat the screen has room for and has not; 0 where nothing is missing."""
        return self._missing

    def widgets(self) -> Iterable[Widget]:
        """All widgets, to be composed once."""
        return self._widgets.values()

    def widget(self, name: str) -> RowWidget:
        """A widget by its panel name. Raises ``KeyError``."""
        return self._widgets[name]

    def place(self, width: int, height: int, time_bar: bool = False) -> None:
        """Move the widgets to their cells in a terminal of that size; those left out are hidden."""
        self._layout = layout_for(width, height, time_bar)
        for name, widget in self._widgets.items():
            _move(widget, self._layout.rect(name))
        self._structure = ()

    def region(self, name: str) -> Region | None:
        """Cells of a panel: heat, rail, ladder, side, levels, alerts or tape; None where it is left out."""
        rects = [rect for panel in of_group(name) if (rect := self._layout.rect(panel.name)) is not None]
        return Region.from_union([Region(p.x, p.y, p.width, p.height) for p in rects]) if rects else None

    def set_theme(self, theme: Theme) -> None:
        """Repaint everything in another theme."""
        self._painter = Painter(theme)
        for widget in self._widgets.values():
            widget.use(self._painter)

    def load_heat(self, columns: HeatColumns) -> None:
        """Take over many heat columns at once."""
        self._projector.heat.load(columns)
        self._missing = 0

    def apply(self, frame: Frame | None, state: ViewState, now_s: float, canvas: Canvas | None = None) -> int:
        """Show a frame. ``now_s``: a clock that never goes back. ``canvas``: what is changed is put on it where nothing
        lies over the panels; None leaves all painting to the toolkit. Returns the number of rows to be painted."""
        self._frame, self._own = frame, state.own.alerts
        self._projector.follow(frame, state, self._layout, now_s)
        self._missing = self._projector.heat.missing_seconds(self._layout, state) if frame is not None else 0
        resting: frozenset[str] = frozenset()
        if not self._structure_changed(frame, state):
            resting = frozenset(n for n in self._layout.rects if not self._due(n, state.quality, now_s))
        panels = self._projector.panels(frame, state, self._layout, resting)
        if "card" in panels or self._widgets["card"].display:
            canvas = None
        painted = 0
        for name, rows in panels.items():
            if name != "card" and name not in resting:
                self._shown_at[name] = now_s
                painted += self._show(name, rows, canvas)
        return painted + self._show_card(panels.get("card", ()))

    def _show(self, name: str, rows: Rows, canvas: Canvas | None) -> int:
        widget, rect = self._widgets[name], self._layout.rect(name)
        if canvas is None or rect is None:
            return widget.show(rows)
        return widget.paint(rows, canvas, Region(rect.x, rect.y, rect.width, rect.height))

    def _structure_changed(self, frame: Frame | None, state: ViewState) -> bool:
        """Whether rows mean something else than before, so that all panels must change together."""
        signals = tuple((item.id, item.signal) for item in self._projector.items if item.signalling)
        phase = frame.header.phase if frame is not None else None
        chosen = replace(state, stats=ScreenStats())
        structure = (self.axis, self._layout, chosen, signals, phase, bool(blind_inputs(frame)))
        changed = structure != self._structure
        self._structure = structure
        return changed

    def _due(self, name: str, quality: Quality, now_s: float) -> bool:
        panel = PANELS[name]
        every = panel.every_s
        if quality >= Quality.ONE_HZ:
            every = max(every, 1.0)
        if panel.group == HEAT and quality >= Quality.SLOW_MARKS:
            every = 2.0 if quality < Quality.ROWS else 10.0
        if quality >= Quality.ROWS and panel.spared:
            every = 10.0
        return now_s - self._shown_at.get(name, -1e9) >= every - _JITTER_S

    def _show_card(self, rows: tuple[tuple[tuple[str, str], ...], ...]) -> int:
        card = self._widgets["card"]
        if not rows:
            card.display = False
            return 0
        width, height = sum(len(text) for text, _ in rows[0]), len(rows)
        axis_y, axis_rows = self._axis_span()
        rail = self._layout.rect("rail")
        room = rail.x + rail.width - 1 if rail is not None and self._layout.bands else 0
        x = 1 + (room - width) // 2 if width <= room else max((self._layout.width - width) // 2, 0)
        _move(card, Rect(x, max(axis_y + (axis_rows - height) // 2, 0), width, height))
        return card.show(rows)

    def _axis_span(self) -> tuple[int, int]:
        rect = self._layout.rect("rail")
        return (rect.y, rect.height) if rect else (0, self._layout.height)


def _move(widget: RowWidget, rect: Rect | None) -> None:
    if rect is None:
        widget.display = False
        return
    styles = widget.styles
    styles.offset = (rect.x, rect.y)
    styles.width = rect.width
    styles.height = rect.height
    widget.display = True
