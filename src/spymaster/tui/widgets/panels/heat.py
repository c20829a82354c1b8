"""The heatmap in bands of eight cells, with its title and its time axis."""

from __future__ import annotations

from typing import ClassVar

from spymaster.tui.widgets.base import RowWidget, own_css

_HELP = """\
# Heatmap

Time runs to the right, prices upwards; before the recording it is blank. Brighter cells: more contracts resting
there; the head says from how many to how many, `( )` set it by hand, `0` leaves it to what is visible. `╱` out of
sight, which is not the same as empty; `┊` a hole in the data. The line is the last price. `▴ ▾` are large trades by
aggressor: `▲` is as many contracts as the head says, `▲▬▬` three times that. `△ ▽` were absorbed: those who were hit
still show as much at that price. `3` shows what became of resting orders: `□` pulled, `◇` eaten, `◆` eaten and
refilled. A ribbon on a level's row is its barrier state; its height is the confidence.
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
