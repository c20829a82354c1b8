"""The program's log, newest line last."""

from __future__ import annotations

import logging
import time
from typing import ClassVar

from textual.binding import Binding, BindingType

from spymaster.tui.logbook import LINES, LogBook
from spymaster.tui.screens.page import GROUND, PageScreen
from spymaster.tui.themes.library import Theme
from spymaster.view.drawing.cells import Line, Row, Rows, clip


class LogScreen(PageScreen):
    """Lines of the log with time and weight."""

    REFRESH_S = 1.0
    FULL = True
    BINDINGS: ClassVar[list[BindingType]] = [Binding("l", "close", show=False)]

    def __init__(self, theme: Theme, book: LogBook) -> None:
        super().__init__(theme)
        self._book = book

    def rows(self, width: int) -> Rows:
        """All lines that are kept."""
        title = Line(width, GROUND)
        title.runs(0, [("LOG", "bright*"), ("   of this program, newest last", "muted")])
        lines = self._book.last(LINES)
        if not lines:
            empty = Line(width, GROUND)
            empty.put(0, "nothing has been logged yet", "muted")
            return (title.row(), Line(width, GROUND).row(), empty.row())
        return (title.row(), Line(width, GROUND).row(), *(_line(entry, width) for entry in lines))


def _line(entry: tuple[float, int, str], width: int) -> Row:
    created, level, text = entry
    ink = "blind" if level >= logging.ERROR else "degraded" if level >= logging.WARNING else "muted"
    mark = "✕" if level >= logging.ERROR else "!" if level >= logging.WARNING else "·"
    line = Line(width, GROUND)
    stamp = time.strftime("%H:%M:%S", time.localtime(created))
    line.runs(0, [(stamp, "muted"), (f" {mark} ", ink)])
    line.put(11, clip(" ".join(text.split()), width - 11), "text")
    return line.row()
