"""The price ladder in six cuts, each repainted at its own pace, with head and foot."""

from __future__ import annotations

from typing import ClassVar

from spymaster.tui.widgets.base import RowWidget, own_css


class LadderCut(RowWidget):
    """One column of the ladder, or its head or foot."""

    DEFAULT_CSS = own_css(__file__)
    HELP: ClassVar[str | None] = """\
# Ladder

Bids left, asks right of the price. `±10s`: contracts added minus pulled in ten seconds; bold in the colour of a wall
where much was stacked, of a vacuum where much was pulled. `~486` was the size when it was last in sight. Totals of the
visible book stand at the foot.
"""
