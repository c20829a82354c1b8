"""The heatmap in bands of eight cells, with its title and its time axis."""

from __future__ import annotations

from typing import ClassVar

from spymaster.tui.widgets.base import RowWidget, own_css

_HELP = """\
# Heatmap

Time runs to the right, prices upwards. Brighter cells: more contracts resting there. `╱` out of sight, which is not
the same as empty; `┊` a hole in the data. The line is the last price, `▴ ▾` are large trades by aggressor. A ribbon on
a level's row is its barrier state; its height is the confidence.
"""


class HeatBand(RowWidget):
    """Eight cells of the heatmap: a changed cell costs no more than its band."""

    DEFAULT_CSS = own_css(__file__)
    HELP: ClassVar[str | None] = _HELP


class HeatHead(RowWidget):
    """Title, settings and the notes over gaps."""

    HELP: ClassVar[str | None] = _HELP


class TimeAxis(RowWidget):
    """Clock times below the heatmap."""

    HELP: ClassVar[str | None] = _HELP
