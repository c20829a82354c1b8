"""Base of the pages: rows between the cockpit's edges, scrolled and searched by keys. Time goes on below them."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import ClassVar, cast

from textual import events
from textual.binding import BindingType

from spymaster.signals.frame import Frame
from spymaster.tui.host import Cockpit, Host
from spymaster.tui.keys.actions import Scope
from spymaster.tui.keys.bindings import bindings_for
from spymaster.tui.options import AppOptions
from spymaster.tui.pages.no_cockpit import NoCockpit
from spymaster.tui.pointer import SCROLL_ROWS
from spymaster.tui.screens.over import OverScreen
from spymaster.tui.screens.prompt import PromptScreen
from spymaster.tui.themes.library import Theme
from spymaster.view.cockpit import Panels
from spymaster.view.drawing.cells import Line, Rows
from spymaster.view.layout import Layout
from spymaster.view.pages.page import PageLook, holding, page_edges, page_panels, page_rects
from spymaster.view.state import ViewState

REFRESH_S = 1.0
"""How often a page is drawn anew where no cockpit below it pulls frames."""


class PageScreen(OverScreen):
    """A subclass says what its rows are. It lies over a cockpit, or over a start screen, which has none."""

    CSS_PATH = Path(__file__).with_name("page.tcss")
    PANELS = ("page_title", "page", "note")
    TITLE_WORDS: ClassVar[tuple[str, str]]
    """The title, and what the page is about."""
    FOLLOWS: ClassVar[bool] = False
    """Whether it stays at its last row until it is scrolled away from there."""
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for(Scope.PAGE, Scope.MOMENTS)]

    def __init__(self, cockpit: Cockpit, theme: Theme, options: AppOptions) -> None:
        super().__init__(cockpit, theme, options)
        self._first = 0
        self._at_end = self.FOLLOWS
        self._find = ""
        self._shown_rows = 0

    @abstractmethod
    def rows(self, frame: Frame | None, width: int) -> Rows:
        """Everything the page has to say, for a width in cells."""

    def found(self, frame: Frame | None, width: int, find: str) -> Rows:
        """What is left of it where something is looked for."""
        return holding(self.rows(frame, width), find)

    @property
    def first_row(self) -> int:
        """The first row shown."""
        return self._first

    @property
    def find(self) -> str:
        """What is looked for."""
        return self._find

    @property
    def host(self) -> Host:
        """The application."""
        return cast("Host", self.app)

    def on_mount(self) -> None:
        """Where nothing below pulls frames, the page looks for itself."""
        super().on_mount()
        if isinstance(self._cockpit, NoCockpit):
            self.set_interval(REFRESH_S, lambda: self._cockpit.feed(self))

    def arranged(self, width: int, height: int, time_bar: bool) -> Layout:
        """Title and page between the edges."""
        return page_rects(width, height, time_bar, isinstance(self._cockpit, NoCockpit))

    def panels(self, frame: Frame | None, state: ViewState, layout: Layout) -> Panels:
        """The page from its first row on."""
        rect = layout.rects["page"]
        rows = self.found(frame, rect.width, self._find) if self._find else self.rows(frame, rect.width)
        if self._find and not rows:
            line = Line(rect.width)
            line.put(0, f"nothing here holds {self._find!r}; look again, or for nothing to see all", "muted")
            rows = (line.row(),)
        self._shown_rows = len(rows)
        last = max(len(rows) - rect.height, 0)
        self._first = last if self._at_end else min(self._first, last)
        title, words = self.TITLE_WORDS
        return page_panels(frame, rows, PageLook(title, words, self._first, self._find), state, layout)

    def edges(self, frame: Frame | None, state: ViewState, layout: Layout) -> Panels:
        """Headers, what is said, time bar and keys."""
        return page_edges(frame, state, layout)

    def _scroll(self, by: int) -> None:
        height = self._layout_now().rects["page"].height
        last = max(self._shown_rows - height, 0)
        self._first = min(max(self._first + by, 0), last)
        self._at_end = self.FOLLOWS and self._first == last
        self.redraw()

    def _page_rows(self) -> int:
        return max(self._layout_now().rects["page"].height - 2, 1)

    def action_page_down(self) -> None:
        """One row further."""
        self._scroll(+1)

    def action_page_up(self) -> None:
        """One row back."""
        self._scroll(-1)

    def action_page_forward(self) -> None:
        """One screen further, two rows of it seen again."""
        self._scroll(+self._page_rows())

    def action_page_back(self) -> None:
        """One screen back."""
        self._scroll(-self._page_rows())

    def action_page_top(self) -> None:
        """The first row."""
        self._scroll(-self._shown_rows)

    def action_page_end(self) -> None:
        """The last row."""
        self._scroll(+self._shown_rows)

    def action_page_find(self) -> None:
        """Leave only what holds a word."""
        self.app.push_screen(PromptScreen("/", "a word to look for; empty shows everything"), self._look_for)

    def _look_for(self, typed: str | None) -> None:
        if typed is not None:
            self._find, self._first = typed.strip(), 0
            self.redraw()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Further rows."""
        self._scroll(+SCROLL_ROWS)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Rows before."""
        self._scroll(-SCROLL_ROWS)
