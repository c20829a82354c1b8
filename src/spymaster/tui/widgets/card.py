"""The card over the heatmap: why nothing there can be believed or shown, and what to do."""

from __future__ import annotations

from spymaster.tui.widgets.base import RowWidget, own_css


class CardBox(RowWidget):
    """A few rows on a layer above the panels."""

    DEFAULT_CSS = own_css(__file__)
