"""The two top rows, each in a left and a right cut: the clock changes faster than the rates."""

from __future__ import annotations

from typing import ClassVar

from spymaster.tui.widgets.base import RowWidget, own_css


class HeaderCut(RowWidget):
    """One end of the first row."""

    DEFAULT_CSS = own_css(__file__)
    HELP: ClassVar[str | None] = """\
# Header

Symbols with their last prices, the time in New York and where the records come from. An amber row is a replay, a violet
one a simulation. The right end says how old the picture on this terminal is: amber from 250 ms, red from one second.
"""


class TrustCut(RowWidget):
    """One end of the second row."""

    HELP: ClassVar[str | None] = """\
# Trust

One light for each input. `●` fresh and complete; `!` degraded, with the reason; `✕` blind: nothing is computed from it;
`·` not configured.
"""
