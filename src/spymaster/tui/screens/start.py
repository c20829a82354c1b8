"""The start screen: live, a recording, or the demo. Nothing is opened before the user has chosen."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import Screen

from spymaster.tui.options import Ending
from spymaster.tui.screens.page import GROUND, PageRows
from spymaster.tui.themes.library import Theme
from spymaster.view.drawing.cells import Line, Row, Rows, blank, clip


class Kind(enum.StrEnum):
    """What can be started."""

    LIVE = "live"
    RECORDING = "recording"
    DEMO = "demo"


@dataclass(frozen=True, slots=True)
class StartChoice:
    """One thing to start. ``detail`` says what it is; ``missing`` why it cannot be started now, empty if it can."""

    kind: Kind
    title: str
    detail: str = ""
    path: Path | None = None
    missing: str = ""


HEADS: Final = {Kind.LIVE: "LIVE", Kind.RECORDING: "RECORDINGS", Kind.DEMO: "DEMO"}


class StartScreen(Screen[None], inherit_bindings=False):
    """A list of choices; ``chosen`` is called with the one that was taken, and the application ends."""

    CSS_PATH = "start.tcss"
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "move(1)", show=False),
        Binding("k,up", "move(-1)", show=False),
        Binding("enter", "take", show=False),
        Binding("L", "take_kind('live')", show=False),
        Binding("d", "take_kind('demo')", show=False),
    ]

    def __init__(self, theme: Theme, choices: tuple[StartChoice, ...], chosen: Callable[[StartChoice], None]) -> None:
        super().__init__()
        self._theme = theme
        self._choices = choices
        self._chosen = chosen
        self._at = next((n for n, choice in enumerate(choices) if not choice.missing), 0)
        self._said = ""

    def compose(self) -> ComposeResult:
        """One page."""
        with VerticalScroll(id="page", can_focus=False):
            yield PageRows(self._theme)

    def on_mount(self) -> None:
        """Show the list."""
        self._show()

    def on_resize(self) -> None:
        """The rows depend on the width."""
        self._show()

    def set_theme(self, theme: Theme) -> None:
        """Change the colours."""
        self._theme = theme
        self._show()

    def _show(self) -> None:
        width = min(self.size.width, 92) - 6
        self.query_one(PageRows).show(start_rows(self._choices, self._at, self._said, width), self._theme)

    def action_move(self, by: int) -> None:
        """The next or the previous choice."""
        self._at = min(max(self._at + by, 0), len(self._choices) - 1)
        self._said = ""
        self._show()

    def action_take(self) -> None:
        """Start the picked choice, or say why it cannot be started."""
        if not self._choices:
            return
        choice = self._choices[self._at]
        if choice.missing:
            self._said = choice.missing
            self._show()
            return
        self._chosen(choice)
        self.app.exit(Ending.QUIT)

    def action_take_kind(self, kind: str) -> None:
        """Start the first choice of a kind."""
        for at, choice in enumerate(self._choices):
            if choice.kind == kind:
                self._at = at
                self.action_take()
                return


def start_rows(choices: tuple[StartChoice, ...], picked: int, said: str, width: int) -> Rows:
    """The list under its headings, then a remark and the keys."""
    rows = [_text("spymaster-tui", "bright*", width), _text("break or reject, how sure, and why", "muted", width)]
    kind = None
    for at, choice in enumerate(choices):
        if choice.kind is not kind:
            kind = choice.kind
            rows += [blank(width, GROUND), _text(HEADS[kind], "muted*", width)]
        rows.append(_choice_row(choice, at == picked, width))
    rows += [blank(width, GROUND), _text(said, "degraded", width), _keys(width)]
    return tuple(rows)


def _text(text: str, ink: str, width: int) -> Row:
    line = Line(width, GROUND)
    line.put(0, clip(text, width), ink)
    return line.row()


def _choice_row(choice: StartChoice, picked: bool, width: int) -> Row:
    line = Line(width, "selected" if picked else GROUND)
    if picked:
        line.put(0, "▎", "bright")
    line.put(2, clip(choice.title, 28), "muted" if choice.missing else "bright" if picked else "text")
    line.put(32, clip(choice.missing or choice.detail, width - 32), "muted")
    return line.row()


_KEYS: Final = (
    ("Enter", "start"), ("j k", "move"), ("d", "demo"), ("L", "live"), ("l", "log"), ("?", "help"), ("q", "quit"),
)  # fmt: skip


def _keys(width: int) -> Row:
    line = Line(width, GROUND)
    x = 0
    for key, word in _KEYS:
        x = line.runs(x, [(key, "bright*"), (f" {word}", "muted")]) + 3
    return line.row()
