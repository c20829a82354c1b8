"""The start screen: live, recordings, journals, lakes, what was opened last, the demo. Nothing is opened here."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen

from spymaster.tui.keys.actions import Scope
from spymaster.tui.keys.bindings import bindings_for
from spymaster.tui.keys.keymap import footer_pairs
from spymaster.tui.options import AppOptions, Ending
from spymaster.tui.screens.prompt import PromptScreen
from spymaster.tui.themes.library import Theme
from spymaster.tui.widgets.base import Painter
from spymaster.tui.widgets.lines import PlainRows
from spymaster.view.pages.start import Kind, StartChoice, StartLook, start_rows

__all__ = ["Kind", "StartChoice", "StartScreen"]


class StartScreen(Screen[None], inherit_bindings=False):
    """A list of choices; ``chosen`` is called with the one that was taken, and the application ends. ``notes``: what
    could not be read while they were put together."""

    CSS_PATH = "start.tcss"
    AUTO_FOCUS = ""
    NAME = "start"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for(Scope.START)]

    def __init__(
        self,
        theme: Theme,
        options: AppOptions,
        choices: tuple[StartChoice, ...],
        chosen: Callable[[StartChoice], None],
        notes: tuple[str, ...] = (),
    ) -> None:
        super().__init__()
        self._theme = theme
        self._options = options
        self._choices = choices
        self._chosen = chosen
        self._notes = notes
        self._said: tuple[str, ...] = ()
        self._find = ""
        self._at = next((n for n, choice in enumerate(choices) if not choice.missing), 0)
        self._rows = PlainRows(Painter(theme), id="start-rows")

    @property
    def shown(self) -> tuple[StartChoice, ...]:
        """The choices that hold what was looked for."""
        return tuple(choice for choice in self._choices if choice.holds(self._find))

    @property
    def said(self) -> tuple[str, ...]:
        """What is said until the next move."""
        return self._said

    @property
    def picked(self) -> StartChoice | None:
        """The choice that would be started."""
        return self.shown[self._at] if self.shown else None

    def compose(self) -> ComposeResult:
        """One widget."""
        yield self._rows

    def on_mount(self) -> None:
        """Show the list."""
        self.styles.background = self._theme.hex("ground")
        self.show_rows()

    def on_resize(self) -> None:
        """The rows depend on the size."""
        self.show_rows()

    def set_theme(self, theme: Theme) -> None:
        """Change the colours."""
        self._theme = theme
        self.styles.background = theme.hex("ground")
        self._rows.use(Painter(theme))

    def show_rows(self) -> None:
        """Draw what is there now."""
        width, height = self.size
        self._rows.styles.width, self._rows.styles.height = width, height
        keys = footer_pairs(self._options.keymap, False, False, self.NAME)
        look = StartLook(self._at, self._find, (*self._said, *self._notes), keys, self._options.glyphs)
        self._rows.show(start_rows(self.shown, look, width, height))

    def say(self, text: str) -> None:
        """Show a sentence until the next move."""
        self._said = (text,)
        self.show_rows()

    def _move_to(self, at: int) -> None:
        self._at = min(max(at, 0), max(len(self.shown) - 1, 0))
        self._said = ()
        self.show_rows()

    def action_start_down(self) -> None:
        """The next choice."""
        self._move_to(self._at + 1)

    def action_start_up(self) -> None:
        """The choice before."""
        self._move_to(self._at - 1)

    def action_start_first(self) -> None:
        """The first choice."""
        self._move_to(0)

    def action_start_last(self) -> None:
        """The last choice."""
        self._move_to(len(self.shown) - 1)

    def action_start_take(self) -> None:
        """Start the picked choice; what it lacks is said below the list already."""
        if self.picked is not None and not self.picked.missing:
            self._chosen(self.picked)
            self.app.exit(Ending.QUIT)

    def action_start_live(self) -> None:
        """Start a live session, or pick it and so say what it lacks."""
        self._take_kind(Kind.LIVE)

    def action_start_demo(self) -> None:
        """Start the bundled recording."""
        self._take_kind(Kind.DEMO)

    def _take_kind(self, kind: Kind) -> None:
        self._find = ""
        found = [at for at, choice in enumerate(self.shown) if choice.kind is kind]
        if found:
            self._move_to(next((at for at in found if not self.shown[at].missing), found[0]))
            self.action_start_take()

    def action_start_find(self) -> None:
        """Leave only what holds a word."""
        self.app.push_screen(PromptScreen("/", "a word to look for; empty shows everything"), self._look_for)

    def _look_for(self, typed: str | None) -> None:
        if typed is not None:
            self._find = typed.strip()
            self._move_to(0)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The next choice."""
        self._move_to(self._at + 1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The choice before."""
        self._move_to(self._at - 1)
