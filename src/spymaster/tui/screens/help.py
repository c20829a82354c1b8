"""Help: what every mark means and what every key does."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from spymaster.tui.keys.legend import legend_rows
from spymaster.tui.options import AppOptions
from spymaster.tui.screens.page import PageScreen
from spymaster.tui.themes.library import Theme
from spymaster.view.drawing.cells import Rows
from spymaster.view.drawing.glyphs import SETS


class HelpScreen(PageScreen):
    """The legend, and the keys as they are bound now."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("question_mark,f1", "close", show=False)]

    def __init__(self, theme: Theme, options: AppOptions) -> None:
        super().__init__(theme)
        self._options = options

    def rows(self, width: int) -> Rows:
        """The legend."""
        return legend_rows(width, self._options.keymap, SETS[self._options.glyphs], self._theme.name)
