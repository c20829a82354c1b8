"""The rows of a screen that covers the cockpit, each panel in a widget of its own so that only changes are painted."""

from __future__ import annotations

from collections.abc import Iterable

from textual.widget import Widget

from spymaster.tui.themes.library import Theme
from spymaster.tui.widgets.base import Painter, RowWidget
from spymaster.tui.widgets.lines import PlainRows
from spymaster.view.drawing.cells import Rows
from spymaster.view.layout import Layout


class PanelStack:
    """Widgets by panel name. The screen composes them, places them by a layout and shows rows in them."""

    def __init__(self, theme: Theme, names: Iterable[str]) -> None:
        self._theme = theme
        painter = Painter(theme)
        self._widgets: dict[str, RowWidget] = {name: PlainRows(painter, id=f"over-{name}") for name in names}

    @property
    def theme(self) -> Theme:
        """The theme in use."""
        return self._theme

    def widgets(self) -> Iterable[Widget]:
        """All widgets, to be composed once."""
        return self._widgets.values()

    def widget(self, name: str) -> RowWidget:
        """A widget by its panel name. Raises ``KeyError``."""
        return self._widgets[name]

    def place(self, layout: Layout) -> None:
        """Move the widgets to their cells; those left out are hidden."""
        for name, widget in self._widgets.items():
            rect = layout.rect(name)
            widget.display = rect is not None
            if rect is not None:
                widget.styles.offset = (rect.x, rect.y)
                widget.styles.width = rect.width
                widget.styles.height = rect.height

    def show(self, panels: dict[str, Rows]) -> int:
        """Show the rows. Returns the number of rows to be painted."""
        return sum(self._widgets[name].show(rows) for name, rows in panels.items())

    def set_theme(self, theme: Theme) -> None:
        """Repaint everything in another theme."""
        self._theme = theme
        painter = Painter(theme)
        for widget in self._widgets.values():
            widget.use(painter)
