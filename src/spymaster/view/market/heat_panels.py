"""The heatmap's panels of one screen: it remembers seconds, scale and painted columns from one frame to the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from spymaster.signals.frame import HeatColumns
from spymaster.view.drawing.axis import PriceAxis
from spymaster.view.drawing.cells import Rows, blank
from spymaster.view.drawing.glyphs import SETS
from spymaster.view.layout import BAND, Layout
from spymaster.view.market import heat_head
from spymaster.view.market.heat import Band, Lines, page_of
from spymaster.view.market.heat_column import HeatLook
from spymaster.view.market.heat_history import CAPACITY, HeatHistory
from spymaster.view.market.heat_scale import HeatScale, steady, visible_scale
from spymaster.view.state import Quality, ViewState

HEAD_ZOOMS: Final = (2, 4)


class HeatPanels:
    """Bands, head and time axis. ``history``: the seconds known."""

    def __init__(self) -> None:
        self.history = HeatHistory()
        self._scale = HeatScale()
        self._scaled_for: tuple[object, ...] = ()
        self._bands: dict[tuple[int, int], Band] = {}
        self._bands_for: tuple[object, ...] = ()
        self._texts: dict[str, Rows] = {}
        self._texts_for: tuple[object, ...] = ()
        self._wanted = 0
        self._reach = 0

    @property
    def top(self) -> float:
        """Contracts at which the scale ends that is chosen from what is visible; 0 before there is any depth."""
        return self._scale.high

    def load(self, columns: HeatColumns) -> None:
        """Take over many columns at once: on start, after a seek, after a hole."""
        self.history.merge(columns)
        self.history.holed = False
        self._reach = columns.first if 0 < len(columns) < self._wanted else 0

    def missing_seconds(self, layout: Layout, state: ViewState) -> int:
        """Seconds the screen would like to have and has not; 0 where none is missing or no older one is had."""
        newest = self.history.newest
        self._wanted = min(layout.heat_width * _seconds(layout, state), CAPACITY)
        if not self._wanted or newest < 0:
            return 0
        reach = self._reach if self._reach <= newest else 0
        oldest = max(newest - self._wanted + 1, reach, 0)
        return self._wanted if self.history.holed or self.history.second(oldest) is None else 0

    def panels(
        self, layout: Layout, state: ViewState, axis: PriceAxis, lines: Lines, stale: bool, stopped: str
    ) -> Mapping[str, Rows]:
        """Rows by panel name. ``lines``: the role of a level's line by row; ``stopped``: since when nothing arrives."""
        if not layout.bands or self.history.newest < 0:
            return self._nothing(layout, state)
        look = self._look(layout, state, axis, stale)
        page = page_of(self.history, look.seconds)
        key = (look, self.history.epoch)
        if key != self._bands_for:
            self._bands, self._bands_for = {}, key
        first = page - len(layout.bands) + 1
        kept: dict[tuple[int, int], Band] = {}
        out: dict[str, Rows] = {}
        for index, width in enumerate(layout.bands):
            place = (first + index, width)
            band = kept[place] = self._bands.get(place) or Band(look, *place)
            out[f"heat_{index}"] = band.rows(self.history, lines)
        self._bands = kept
        return out | self._head(layout, look, stopped)

    def _nothing(self, layout: Layout, state: ViewState) -> dict[str, Rows]:
        hatch = SETS[state.glyphs].hatch
        out: dict[str, Rows] = {}
        for index, width in enumerate(layout.bands):
            out[f"heat_{index}"] = (((hatch * width, "hatch"),),) * layout.axis_rows
        for name in ("heat_head", "time_axis"):
            if rect := layout.rect(name):
                out[name] = (blank(rect.width),) * rect.height
        return out

    def _look(self, layout: Layout, state: ViewState, axis: PriceAxis, stale: bool) -> HeatLook:
        two_prices = state.zoom in HEAD_ZOOMS and state.quality < Quality.NO_HALF_BLOCKS
        look = HeatLook(
            axis=axis,
            seconds=_seconds(layout, state),
            scale=self._scale,
            layers=state.layers,
            stale=stale,
            halves=two_prices and state.glyphs == "unicode" and not state.shades,
            glyphs=state.glyphs,
            shades=state.shades,
        )
        page = page_of(self.history, look.seconds)
        view = (axis.zoom, look.halves, look.seconds, state.limits, self.history.epoch)
        if (page, *view) != self._scaled_for:
            cells = range((page + 1) * BAND - layout.heat_width, (page + 1) * BAND)
            fresh = visible_scale(self.history, axis, cells, look.seconds, state.limits, look.halves)
            same = self._scaled_for[1:] == view
            self._scale = steady(self._scale, fresh) if same else fresh
            self._scaled_for = (page, *view)
        return replace(look, scale=self._scale.topped(state.heat_top))

    def _head(self, layout: Layout, look: HeatLook, stopped: str) -> dict[str, Rows]:
        newest = self.history.newest
        key = (newest, self.history.epoch, look.seconds, look.layers, look.scale, stopped, layout, look.glyphs)
        if key != self._texts_for:
            width = layout.heat_width
            gaps = heat_head.visible_gaps(self.history, look.seconds, width) if layout.two_heads else []
            texts: dict[str, Rows] = {
                "heat_head": heat_head.heat_head(look, width, layout.two_heads, gaps),
                "time_axis": (heat_head.time_axis(self.history, look, width, stopped),),
            }
            self._texts = {name: rows for name, rows in texts.items() if layout.rect(name)}
            self._texts_for = key
        return self._texts


def _seconds(layout: Layout, state: ViewState) -> int:
    return state.seconds_per_column or layout.seconds
