"""The program's log, newest line last."""

from __future__ import annotations

import logging
import time

from spymaster.signals.frame import Frame
from spymaster.tui.host import Cockpit
from spymaster.tui.logbook import LINES, LogBook
from spymaster.tui.options import AppOptions
from spymaster.tui.pages.page import PageScreen
from spymaster.tui.themes.library import Theme
from spymaster.view.drawing.cells import Line, Row, Rows, clip
from spymaster.view.drawing.glyphs import SETS, Glyphs
from spymaster.view.pages.blocks import text_line


class LogScreen(PageScreen):
    """Lines of the log with time and weight; it follows the newest until it is scrolled."""

    NAME = "log"
    FOLLOWS = True
    TITLE_WORDS = ("LOG", "of this program, newest last")

    def __init__(self, cockpit: Cockpit, theme: Theme, options: AppOptions, book: LogBook) -> None:
        super().__init__(cockpit, theme, options)
        self._book = book

    def rows(self, frame: Frame | None, width: int) -> Rows:
        """All lines that are kept."""
        lines = self._book.last(LINES)
        if not lines:
            return (text_line("nothing has been logged yet", width, "muted"),)
        return tuple(_line(entry, width, SETS[self._options.glyphs]) for entry in lines)


def _line(entry: tuple[float, int, str], width: int, signs: Glyphs) -> Row:
    created, level, text = entry
    ink = "blind" if level >= logging.ERROR else "degraded" if level >= logging.WARNING else "muted"
    mark = signs.blind if level >= logging.ERROR else signs.degraded if level >= logging.WARNING else signs.dot
    line = Line(width)
    stamp = time.strftime("%H:%M:%S", time.localtime(created))
    line.runs(0, [(stamp, "muted"), (f" {mark} ", ink)])
    line.put(11, clip(" ".join(text.split()), width - 11), "text")
    return line.row()
