"""A page of rows over the cockpit: scrolled by keys, closed by escape. Help, log and health are pages."""

from __future__ import annotations

from typing import ClassVar, Final

from rich.segment import Segment
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.geometry import Size
from textual.screen import ModalScreen
from textual.strip import Strip
from textual.widget import Widget

from spymaster.tui.themes.library import Theme
from spymaster.view.drawing.cells import Rows, blank

GROUND: Final = "raised"


class PageRows(Widget):
    """Draws rows; only those that changed are painted again."""

    DEFAULT_CSS = "PageRows { height: auto; width: 1fr; }"

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._rows: Rows = ()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as there are rows."""
        return max(len(self._rows), 1)

    def show(self, rows: Rows, theme: Theme) -> None:
        """Draw these rows in this theme."""
        if theme is self._theme and rows == self._rows:
            return
        grown = len(rows) != len(self._rows)
        self._rows, self._theme = rows, theme
        self.refresh(layout=grown)

    def render_line(self, y: int) -> Strip:
        """One row in the theme's styles."""
        width = self.size.width
        row = self._rows[y] if y < len(self._rows) else blank(width, GROUND)
        strip = Strip([Segment(text, self._theme.style(name)) for text, name in row])
        return strip.adjust_cell_length(width, self._theme.style(f"text/{GROUND}"))


class PageScreen(ModalScreen[None], inherit_bindings=False):
    """Base of the pages: a subclass says what its rows are."""

    CSS_PATH = "page.tcss"
    REFRESH_S: ClassVar[float | None] = None
    FULL: ClassVar[bool] = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "close", show=False),
        Binding("j,down", "scroll(1)", show=False),
        Binding("k,up", "scroll(-1)", show=False),
        Binding("pagedown,space", "scroll(12)", show=False),
        Binding("pageup", "scroll(-12)", show=False),
        Binding("home,g", "scroll(-9999)", show=False),
        Binding("end,G", "scroll(9999)", show=False),
    ]

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme

    def rows(self, width: int) -> Rows:
        """What the page says, for a width in cells."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        """One scrolled page."""
        self.set_class(self.FULL, "-full")
        with VerticalScroll(id="page", can_focus=False):
            yield PageRows(self._theme)

    def on_mount(self) -> None:
        """Keep a page of changing facts fresh."""
        if self.REFRESH_S is not None:
            self.set_interval(self.REFRESH_S, self.update_rows)
        self.update_rows()

    def on_resize(self) -> None:
        """The rows depend on the width."""
        self.update_rows()

    def update_rows(self) -> None:
        """Ask for the rows again."""
        inner = min(self.size.width, 9999 if self.FULL else 112) - 6
        self.query_one(PageRows).show(self.rows(inner), self._theme)

    def set_theme(self, theme: Theme) -> None:
        """Change the colours."""
        self._theme = theme
        self.update_rows()

    def action_scroll(self, by: int) -> None:
        """Move the page."""
        self.query_one("#page", VerticalScroll).scroll_relative(y=by, animate=False)

    def action_close(self) -> None:
        """Back to the screen below."""
        self.dismiss()
