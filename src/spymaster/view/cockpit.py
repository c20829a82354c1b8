"""The whole cockpit: a frame and what the user chose become the rows of every panel.

The projector remembers only what steadies the picture: the heatmap's seconds, where the axis stands, and the scales of
bars and colours, which follow the data in jumps so that the screen is not repainted for nothing.
"""

from __future__ import annotations

from typing import Final

from spymaster.market.kinds import NO_TICK
from spymaster.signals.frame import Frame, Mode
from spymaster.view import side
from spymaster.view.drawing.axis import Centring, PriceAxis
from spymaster.view.drawing.cells import Line, Rows, blank
from spymaster.view.drawing.glyphs import SETS
from spymaster.view.drawing.numbers import age, clock
from spymaster.view.edges import alerts, cards, footer, header, practice, time_bar, tiny
from spymaster.view.edges.usual import rule_row
from spymaster.view.edges.why import why_row
from spymaster.view.layout import Grade, Layout
from spymaster.view.levels import level_table, rail
from spymaster.view.levels.items import LevelItem, level_items, picked_item, running_places
from spymaster.view.levels.listing import listed_levels
from spymaster.view.market import ladder, tape
from spymaster.view.market.book import SEEN, BookWindow, book_window
from spymaster.view.market.heat_history import HeatHistory
from spymaster.view.market.heat_panels import HeatPanels
from spymaster.view.market.ladder_look import LadderLook
from spymaster.view.state import ViewState

_SLACK: Final = 0.2

Panels = dict[str, Rows]
"""Rows by panel name; the names are those of the layout's rectangles."""


class CockpitProjector:
    """Turns frames into rows. One for each screen; ``project`` is called with every frame that is drawn."""

    def __init__(self) -> None:
        self.heat = HeatPanels()
        self.axis = PriceAxis(0, 1, 1)
        self.items: tuple[LevelItem, ...] = ()
        self.rects: tuple[LevelItem, ...] = ()
        self.listed: tuple[LevelItem, ...] = ()
        self._centring = Centring()
        self._size_scale = 1.0
        self._volume_scale = 1.0

    @property
    def history(self) -> HeatHistory:
        """The heatmap's seconds."""
        return self.heat.history

    def project(self, frame: Frame | None, state: ViewState, layout: Layout, now_s: float) -> Panels:
        """``follow``, then the rows of every panel of the layout."""
        self.follow(frame, state, layout, now_s)
        return self.panels(frame, state, layout)

    def follow(self, frame: Frame | None, state: ViewState, layout: Layout, now_s: float) -> None:
        """Take over what must not be missed: heat columns, levels, the axis. ``now_s``: a clock that never goes back,
        for how long the axis rests."""
        if frame is not None:
            self.history.merge(frame.heat)
            self.items = level_items(frame)
            self.rects = running_places(self.items, frame)
        self.listed = listed_levels(self.items, state.list_order, state.list_which, state.picked)
        self._centre(frame, state, layout, now_s)

    def panels(
        self, frame: Frame | None, state: ViewState, layout: Layout, resting: frozenset[str] = frozenset()
    ) -> Panels:
        """The rows of the layout's panels, without those that rest and would not be shown anyway."""
        if layout.grade is Grade.TINY:
            return {"tiny": tiny.tiny_rows(frame, self.items, state, layout.width, layout.rects["tiny"].height)}
        out = _Panels(layout, resting)
        self._header(out, frame, state)
        if frame is None or not cards.started(frame):
            self._empty(out, frame, state)
        else:
            self._axis_panels(out, frame, state)
        self._bottom(out, frame, state)
        self._card(out, frame, state)
        return out.rows

    def _centre(self, frame: Frame | None, state: ViewState, layout: Layout, now_s: float) -> None:
        tick: int | None = None
        if frame is not None:
            head = frame.header
            tick = head.es_last_tick if head.es_last_tick != NO_TICK else head.es_bid_tick
            tick = tick if tick != NO_TICK else None
        half_band = max(layout.axis_rows * state.zoom // 4, 1)
        self._centring = self._centring.follow(tick, half_band, state.recentre, state.pinned_tick, now_s)
        self.axis = PriceAxis.centred(self._centring.tick, layout.axis_rows, state.zoom)

    def _header(self, out: _Panels, frame: Frame | None, state: ViewState) -> None:
        for name, build in (
            ("header_left", header.left_row),
            ("header_right", header.right_row),
            ("trust_left", header.trust_left),
            ("trust_right", header.trust_right),
        ):
            if width := out.width(name):
                out.rows[name] = (build(frame, state, width),)

    def _empty(self, out: _Panels, frame: Frame | None, state: ViewState) -> None:
        layout, rows = out.layout, out.layout.axis_rows
        hatch = SETS[state.glyphs].hatch
        for index, width in enumerate(layout.bands):
            out.rows[f"heat_{index}"] = (((hatch * width, "hatch"),),) * rows
        for name, cut in ladder.empty_ladder(layout.ladder, rows, state.glyphs).items():
            out.put(name, cut)
        for name in ("rail", "side"):
            out.clear(name)
        for name, title in (("heat_head", "HEATMAP"), ("rail_head", "  LEVEL"), ("ladder_head", "LADDER")):
            if width := out.width(name):
                line = Line(width)
                line.put(0, title if width >= 16 else title[:5].strip(), "muted", bold=True)
                if name == "heat_head" and width >= 28:
                    line.right(width - 1, "waiting for depth", "muted")
                out.put(name, (line.row(),) + (blank(width),) * (out.height(name) - 1))
        for name in ("time_axis", "rail_foot", "ladder_foot"):
            out.clear(name)

    def _axis_panels(self, out: _Panels, frame: Frame, state: ViewState) -> None:
        window = book_window(frame, self.axis)
        blind = bool(cards.blind_inputs(frame))
        grouped = rail.by_row((*self.items, *self.rects), self.axis)
        self._heat(out, frame, state, blind, grouped)
        self._rail(out, frame, state, blind, grouped, window)
        self._ladder(out, frame, state, window, grouped, blind)
        if width := out.width("side"):
            look = side.SideLook(width, out.height("side"), blind, state.side, state.glyphs, state.without)
            rows = practice.panel(frame, state, width, look.height) or side.side_rows(
                frame, picked_item(self.items, state.picked), self.items, look
            )
            out.put("side", rows)

    def _heat(
        self, out: _Panels, frame: Frame, state: ViewState, blind: bool, grouped: dict[int, list[LevelItem]]
    ) -> None:
        stopped = ""
        if blind:
            ages = [trust.age_ns for trust in cards.blind_inputs(frame) if trust.age_ns is not None]
            stopped = f"stopped {clock(frame.header.t_ns - max(ages))}" if ages else "stopped"
        lines = {row: found[0].role for row, found in grouped.items()}
        stale = blind or self._screen_stale(state)
        out.rows.update(self.heat.panels(out.layout, state, self.axis, lines, stale, stopped))

    @staticmethod
    def _screen_stale(state: ViewState) -> bool:
        shown = state.stats.screen_age_ms
        return shown is not None and shown > header.STALE_MS

    def _rail(
        self,
        out: _Panels,
        frame: Frame,
        state: ViewState,
        blind: bool,
        grouped: dict[int, list[LevelItem]],
        window: BookWindow,
    ) -> None:
        spot_row = self.axis.row_of(window.last_tick) if window.last_tick != NO_TICK else -1
        rect = out.layout.rects["rail"]
        look = rail.RailLook(self.axis, rect.width, blind, frame.header.spot, spot_row, state.picked, state.glyphs)
        if out.width("rail"):
            out.put("rail", rail.rail_rows(grouped, look))
        unit = frame.header.profile.upper()
        if out.width("rail_head"):
            out.put("rail_head", rail.rail_head((*self.items, *self.rects), look, unit, out.layout.two_heads))
        if out.width("rail_foot"):
            out.put("rail_foot", (rail.beyond_row((*self.items, *self.rects), look, False),))

    def _ladder(
        self,
        out: _Panels,
        frame: Frame,
        state: ViewState,
        window: BookWindow,
        grouped: dict[int, list[LevelItem]],
        blind: bool,
    ) -> None:
        self._rescale(window)
        look = LadderLook(
            grid=out.layout.ladder,
            axis=self.axis,
            tinted=frozenset(grouped),
            stale=blind or self._screen_stale(state),
            size_scale=self._size_scale,
            volume_scale=self._volume_scale,
            tick_size=frame.header.tick_size,
            limits=state.limits,
            glyphs=state.glyphs,
            marks=practice.marks(frame, state),
        )
        for name, rows in ladder.ladder_rows(window, look, out.resting).items():
            out.put(name, rows)
        stale = ""
        if look.stale:
            ages = [trust.age_ns for trust in cards.blind_inputs(frame) if trust.age_ns is not None]
            stale = f"STALE {age(max(ages))}" if ages else "STALE"
        if out.width("ladder_head"):
            out.put("ladder_head", ladder.ladder_head(look, frame.header.symbol, stale, out.layout.two_heads))
        if out.width("ladder_foot"):
            out.put("ladder_foot", ladder.ladder_foot(window, look))

    def _rescale(self, window: BookWindow) -> None:
        sizes = sorted(
            size
            for book_side in (window.bid, window.ask)
            for kind, size in zip(book_side.kind, book_side.size, strict=True)
            if kind == SEEN
        )
        if sizes:
            self._size_scale = _steady(self._size_scale, float(sizes[int(len(sizes) * 0.99) - (len(sizes) > 1)]))
        self._volume_scale = _steady(self._volume_scale, float(max(window.volume, default=1)))

    def _bottom(self, out: _Panels, frame: Frame | None, state: ViewState) -> None:
        blind = bool(cards.blind_inputs(frame))
        item = picked_item(self.items, state.picked)
        grid = level_table.fitted(out.layout.table, self.items)
        picked = item.id if item else None
        look = level_table.TableLook(grid, out.layout.level_rows, picked, blind, state.list_which, state.glyphs)
        if width := out.width("levels_left"):
            out.put("levels_left", level_table.left_rows(self.listed, look, width))
        if width := out.width("levels_right"):
            out.put("levels_right", level_table.right_rows(self.listed, look, width))
        if width := out.width("levels_head"):
            shown = (state.list_order, state.list_which)
            out.put("levels_head", level_table.table_head(grid, width, out.height("levels_head"), *shown, state.glyphs))
        if width := out.width("rule"):
            out.put("rule", (rule_row(width, state.stats.usual, state.glyphs),))
        self._lists(out, frame, state)
        if width := out.width("note"):
            out.put("note", (why_row(frame, item, state, width),))
        self._last_rows(out, frame, state)

    def _lists(self, out: _Panels, frame: Frame | None, state: ViewState) -> None:
        head = frame.header if frame is not None else None
        if width := out.width("alerts"):
            # the bell asks the same: a demo is live, whatever its market
            muted = head is not None and head.mode is not Mode.LIVE and not state.rings
            t_ns = head.t_ns if head else 0
            look = alerts.AlertLook(t_ns, state.acked, state.picked_alert, muted, state.glyphs, state.own)
            rows = alerts.alert_rows(frame.alerts if frame else (), look, width, out.height("alerts"))
            if len(rows) == 1 and not out.layout.rect("side"):
                rows = practice.row(frame, state, width) or rows
            out.put("alerts", rows)
        if width := out.width("tape"):
            if frame is None or head is None:
                out.clear("tape")
            else:
                pulse = tape.pulse_of(self.history, head.cvd)
                shape = (width, out.height("tape"), state.glyphs)
                out.put("tape", tape.tape_rows(frame.orders, pulse, head.tick_size, state.limits.tape, *shape))

    @staticmethod
    def _last_rows(out: _Panels, frame: Frame | None, state: ViewState) -> None:
        replaying = out.width("time_bar") > 0
        ground = header.band_of(frame.header if frame else None).ground if replaying else "ground"
        if replaying:
            width = out.width("time_bar")
            row = time_bar.time_bar_row(frame, width, state.glyphs) if frame else blank(width)
            out.put("time_bar", (row,))
        if width := out.width("footer"):
            keys = state.keys or (footer.REPLAY_KEYS if replaying else footer.COCKPIT_KEYS)
            ground = ground if ground != "raised" else "ground"
            out.put("footer", (footer.footer_row(keys, width, ground, state.quality),))

    @staticmethod
    def _card(out: _Panels, frame: Frame | None, state: ViewState) -> None:
        card = cards.card_for(frame, state)
        if card is None:
            return
        widest = out.layout.width - 4
        if card.tone == "blind" and (rect := out.layout.rect("rail")):
            widest = rect.x + rect.width - 2
        rows = cards.card_rows(card, widest, out.layout.axis_rows, state.glyphs)
        out.rows["card"] = rows


class _Panels:
    """The rows while they are collected: panels the layout leaves out are not made."""

    def __init__(self, layout: Layout, resting: frozenset[str]) -> None:
        self.layout = layout
        self.rows: Panels = {}
        self.resting = resting

    def width(self, name: str) -> int:
        rect = None if name in self.resting else self.layout.rect(name)
        return rect.width if rect else 0

    def height(self, name: str) -> int:
        rect = self.layout.rect(name)
        return rect.height if rect else 0

    def put(self, name: str, rows: Rows) -> None:
        if name in self.layout.rects:
            self.rows[name] = rows

    def clear(self, name: str) -> None:
        if rect := self.layout.rect(name):
            self.rows[name] = (blank(rect.width),) * rect.height


def _steady(old: float, new: float) -> float:
    """The old scale while the new one is near it: a new scale repaints every bar."""
    return old if abs(new - old) <= _SLACK * old else max(new, 1.0)
