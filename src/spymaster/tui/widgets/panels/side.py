"""The column right of the ladder: strikes and focus."""

from __future__ import annotations

from typing import ClassVar

from spymaster.tui.widgets.base import RowWidget, own_css


class SideColumn(RowWidget):
    """Gamma by strike, option flow, and the focus on one level."""

    DEFAULT_CSS = own_css(__file__)
    HELP: ClassVar[str | None] = """\
# Strikes and focus

Negative dealer gamma left, it amplifies moves; positive right, it damps them; dim where its sign is in doubt. Beside
it what was traded today in contracts and in dollars of the unit at the head, calls left, puts right. `H`: ES contracts
dealers trade for a point of ES, with its 90 % band; `±`: another view of who holds what says otherwise. `sides`: share
of the volume whose side is known. A wall is a `pin` where dealers are long gamma, a `slip` where they are short. The
flow wave: delta customers bought (up) and sold (down) in calls and puts.

Below, the picked level or else the nearest: its state, its meter, the three forces in points from 50, its gamma, the
flows at the barrier, order-flow imbalance towards the break in best queues, how price comes near, the way to the next
obstacle, and the levels that stand together with it. As much as fits; `Enter` opens all of it.
"""
