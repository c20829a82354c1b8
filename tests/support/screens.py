"""The cockpit as text, and as an app that shows one frame."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

import msgspec
from textual.app import App
from textual.widget import Widget

from spymaster.signals.frame import Frame, Mode, RecordingLight
from spymaster.tui.cockpit_layout import CockpitPanels
from spymaster.tui.themes.library import load_themes
from spymaster.view.cockpit import CockpitProjector, Panels
from spymaster.view.drawing.cells import Rows, text_of
from spymaster.view.layout import Layout, layout_for
from spymaster.view.state import ScreenStats, ViewState

STATS = ScreenStats(screen_age_ms=41.0, bytes_per_s=6100.0)


RECORDING = RecordingLight(is_on=True, written_bytes=1_240_000_000)


def view_state(width: int, height: int, **changes: Any) -> ViewState:
    """A usual state of the screen at that size."""
    return ViewState(width, height, **({"stats": STATS} | changes))


def being_recorded(frame: Frame) -> Frame:
    """The frame, a live one with its recording light on unless its header says something else."""
    if frame.header.mode is not Mode.LIVE or frame.header.recording != RecordingLight():
        return frame
    return dataclasses.replace(frame, header=msgspec.structs.replace(frame.header, recording=RECORDING))


def projected(
    frame: Frame | None, width: int, height: int, *, time_bar: bool = False, **changes: Any
) -> tuple[Layout, Panels]:
    """Layout and rows of one frame."""
    layout = layout_for(width, height, time_bar)
    frame = being_recorded(frame) if frame is not None else None
    return layout, CockpitProjector().project(frame, view_state(width, height, **changes), layout, 0.0)


def placed_text(layout: Layout, panels: Panels) -> str:
    """A screen without cards as lines of text; blanks at their ends are cut off."""
    lines = [[" "] * layout.width for _ in range(layout.height)]
    for name, place in layout.rects.items():
        _write(lines, place.x, place.y, panels[name])
    return "\n".join("".join(line).rstrip() for line in lines)


def as_text(layout: Layout, panels: Panels) -> str:
    """The screen as lines of text; blanks at their ends are cut off. A card lies over the rail's rows."""
    lines = [[" "] * layout.width for _ in range(layout.height)]
    for name, place in layout.rects.items():
        _write(lines, place.x, place.y, panels.get(name, ()))
    if card := panels.get("card"):
        axis = layout.rects["rail"]
        _write(lines, 1, axis.y + (axis.height - len(card)) // 2, card)
    return "\n".join("".join(line).rstrip() for line in lines)


def _write(lines: list[list[str]], x: int, y: int, rows: Rows) -> None:
    for at, row in enumerate(rows):
        text = text_of(row)
        lines[y + at][x : x + len(text)] = text


class CockpitApp(App[None]):
    """The cockpit's panels alone, showing what the test applies."""

    CSS = "Screen { layers: panels cards; overflow: hidden; }"

    def __init__(self, width: int, height: int, theme: str = "dark", *, time_bar: bool = False) -> None:
        super().__init__()
        self._asked = (width, height, time_bar)
        self.theme_in_use = load_themes().get(theme)
        self.panels = CockpitPanels(self.theme_in_use)

    def compose(self) -> Iterable[Widget]:
        yield from self.panels.widgets()

    def on_mount(self) -> None:
        """TableKey the panels on the theme's ground."""
        self.screen.styles.background = self.theme_in_use.hex("ground")
        self.panels.place(*self._asked)

    def show(self, frame: Frame | None, now_s: float = 0.0, **changes: Any) -> int:
        """Apply a frame; returns the rows to be painted."""
        return self.panels.apply(frame, view_state(self._asked[0], self._asked[1], **changes), now_s)
