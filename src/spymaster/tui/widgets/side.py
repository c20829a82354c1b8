"""The column right of the ladder: strikes and focus."""

from __future__ import annotations

from typing import ClassVar

from spymaster.tui.widgets.base import RowWidget, own_css


class SideColumn(RowWidget):
    """Gamma by strike, option flow, and the focus on one level."""

    DEFAULT_CSS = own_css(__file__)
    HELP: ClassVar[str | None] = """\
# Strikes and focus

Negative dealer gamma left, it amplifies moves; positive right, it damps them. Below, the picked level or else the
nearest: its state, its meter, the three forces in points from 50, the flows at the barrier, order-flow imbalance
towards the break in best queues, how price comes near, the way to the next obstacle, and the levels that stand
together with it. As much as fits; `Enter` opens all of it.
"""
