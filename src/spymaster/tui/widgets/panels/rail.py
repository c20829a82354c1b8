"""The level rail between heatmap and ladder, and the next levels beyond its ends."""

from __future__ import annotations

from typing import ClassVar

from spymaster.tui.widgets.base import RowWidget, own_css


class Rail(RowWidget):
    """The levels on the price axis."""

    DEFAULT_CSS = own_css(__file__)
    HELP: ClassVar[str | None] = """\
# Levels on the axis

Shape of the barrier, kind, score and signal. `■ ◆` hold, `□ ◇` give way; filled squares and hollow ones: nobody trades
there; diamonds: somebody does. `+1`: another level on the same row. Arrows at the ends: the next level off the screen.
"""
