"""The alert list."""

from __future__ import annotations

from typing import ClassVar

from spymaster.tui.widgets.base import RowWidget, own_css


class Alerts(RowWidget):
    """Signals that are on, then those that ended."""

    DEFAULT_CSS = own_css(__file__)
    HELP: ClassVar[str | None] = """\
# Alerts

`▶` BREAK, `◀` REJECT, `╳` CONTEST, with the way the price is expected to go. Those that are on come first, with a bar
at the left until they are acknowledged.
"""
