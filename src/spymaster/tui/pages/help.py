"""Help: what every key does, what every word and every mark means."""

from __future__ import annotations

from spymaster.signals.frame import Frame
from spymaster.tui.keys.legend import found_in_help, help_rows
from spymaster.tui.pages.page import PageScreen
from spymaster.view.drawing.cells import Rows
from spymaster.view.drawing.glyphs import SETS


class HelpScreen(PageScreen):
    """The keys as they are bound now, then the words, then the marks."""

    NAME = "help"
    TITLE_WORDS = ("HELP", "keys, words, marks; scores are no probabilities")
    _made: tuple[tuple[int, str, str], Rows] = ((0, "", ""), ())

    def rows(self, frame: Frame | None, width: int) -> Rows:
        """The whole of it."""
        return self.found(frame, width, "")

    def found(self, frame: Frame | None, width: int, find: str) -> Rows:
        """What of it holds a word. Made once for a width, a theme and a word."""
        wanted = (width, self.theme.name, find)
        if self._made[0] != wanted:
            given = (width, self._options.keymap, SETS[self._options.glyphs], self.theme.name)
            self._made = (wanted, found_in_help(*given, find) if find else help_rows(*given))
        return self._made[1]
