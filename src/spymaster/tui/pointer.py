"""What the mouse points at."""

from __future__ import annotations

from typing import Final

from textual.geometry import Offset

from spymaster.tui.cockpit_layout import CockpitPanels

AXIS_PANELS: Final = ("heat", "rail", "ladder")
SCROLL_ROWS: Final = 3
"""Rows of the axis that one step of the wheel moves."""

_PANELS: Final = (*AXIS_PANELS, "side", "levels", "alerts", "tape")


def panel_at(panels: CockpitPanels, at: Offset) -> str | None:
    """Name of the panel at a cell of the screen."""
    regions = ((name, panels.region(name)) for name in _PANELS)
    return next((name for name, region in regions if region is not None and region.contains_point(at)), None)


def level_at(panels: CockpitPanels, at: Offset) -> str | None:
    """Id of the level whose row in the table is at a cell of the screen."""
    region = panels.region("levels")
    if region is None or not region.contains_point(at):
        return None
    index, ids = at.y - region.y, panels.level_ids
    return ids[index] if index < len(ids) else None
