"""What was understood of levels pasted into the cockpit, before anything is done with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Final

from textual.binding import Binding, BindingType

from spymaster.market.levels import format_price_e9
from spymaster.session.levels.pasted import Pasted
from spymaster.signals.frame import Frame
from spymaster.tui.host import Cockpit
from spymaster.tui.options import AppOptions
from spymaster.tui.pages.page import PageScreen
from spymaster.tui.themes.library import Theme
from spymaster.view.drawing.cells import Line, Row, Rows, blank, clip

_NAME: Final = 42


class PastedLevelsScreen(PageScreen):
    """Lists levels and what was left out with its reason. ``store`` is called when the user takes them."""

    NAME = "pasted"
    TITLE_WORDS = ("PASTED LEVELS", "what was understood, before any of it is kept")
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "store", show=False)]

    def __init__(
        self,
        cockpit: Cockpit,
        theme: Theme,
        options: AppOptions,
        pasted: Pasted,
        profile: str,
        store: Callable[[], None],
    ) -> None:
        super().__init__(cockpit, theme, options)
        self._pasted = pasted
        self._profile = profile
        self._store = store

    def rows(self, frame: Frame | None, width: int) -> Rows:
        """Levels, what was left out, remarks, and what the keys do."""
        found = self._pasted
        rows = [_row(width, (0, self._counts(), "text")), blank(width)]
        for level in sorted(found.levels, key=lambda each: -each.price_e9):
            name = level.id.removeprefix("USER_").replace("_", " ")
            price = format_price_e9(level.price_e9)
            rows.append(_row(width, (2, f"{price:>10}", "text"), (14, clip(name, _NAME), "level_user")))
        if found.left_out:
            rows += [blank(width), _row(width, (0, "LEFT OUT", "degraded*"))]
        for left in found.left_out:
            rows.append(_row(width, (2, clip(left.text, _NAME), "text"), (4 + _NAME, left.reason, "muted")))
        if found.remarks:
            rows += [blank(width), _row(width, (0, "TAKEN FOR REMARKS", "muted*"))]
            rows += [_row(width, (2, clip(text, width - 2), "muted")) for text in found.remarks]
        rows += [blank(width), self._keys(width)]
        return tuple(rows)

    def _counts(self) -> str:
        found = self._pasted
        return f"{len(found.levels)} understood, {len(found.left_out)} left out, {len(found.remarks)} remarks"

    def _keys(self, width: int) -> Row:
        if not self._pasted.levels:
            return _row(width, (0, "Esc", "bright*"), (5, "back: nothing here is a level", "muted"))
        what = f"store them as a set of {self._profile.upper()} levels"
        return _row(width, (0, "Enter", "bright*"), (7, what, "muted"), (10 + len(what), "Esc", "bright*"))

    def action_store(self) -> None:
        """Take them."""
        if self._pasted.levels:
            self.dismiss()
            self._store()


def _row(width: int, *parts: tuple[int, str, str]) -> Row:
    line = Line(width)
    for x, text, ink in parts:
        line.put(x, clip(text, max(width - x, 0)), ink.rstrip("*"), bold=ink.endswith("*"))
    return line.row()
