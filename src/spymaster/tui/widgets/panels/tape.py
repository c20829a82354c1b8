"""The tape."""

from __future__ import annotations

from typing import ClassVar

from spymaster.tui.widgets.base import RowWidget, own_css


class Tape(RowWidget):
    """Aggressive orders, put together again from their fills."""

    DEFAULT_CSS = own_css(__file__)
    HELP: ClassVar[str | None] = """\
# Tape

The newest orders of at least the size in the title. `▴` a buyer lifted the ask, `▾` a seller hit the bid; large marks
and bold sizes are large orders. `3 lvl`: prices it took; `sweep`: four or more; `↓1.25`: points from its first price
to its last.
"""
