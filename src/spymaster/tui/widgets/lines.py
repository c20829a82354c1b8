"""Single rows: the rule, the sentence about the level, the keys, the replay's time bar, and the four lines of a tiny
terminal."""

from __future__ import annotations

from typing import ClassVar

from spymaster.tui.widgets.base import RowWidget, own_css


class PlainRows(RowWidget):
    """Rows without a behaviour of their own."""

    DEFAULT_CSS = own_css(__file__)


class TimeBarRow(RowWidget):
    """Where in the recording the replay stands."""

    HELP: ClassVar[str | None] = """\
# Time bar

`━` played, `─` ahead; alerts and gaps stand in their places; `[ ]` a range that repeats.
"""
