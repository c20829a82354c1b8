"""One line to type into, at the foot of the screen."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.screen import ModalScreen
from textual.widgets import Input, Label


class PromptScreen(ModalScreen[str | None], inherit_bindings=False):
    """Asks for a line; gives back what was typed, None if it was given up."""

    CSS_PATH = "prompt.tcss"
    BINDINGS = [Binding("escape", "give_up", show=False)]  # noqa: RUF012 - the toolkit wants a plain list

    def __init__(self, sign: str, hint: str) -> None:
        super().__init__()
        self._sign = sign
        self._hint = hint

    def compose(self) -> ComposeResult:
        """The sign and the field."""
        with Horizontal():
            yield Label(self._sign)
            field = Input(placeholder=self._hint)
            # A blinking cursor would be a frame twice a second.
            field.cursor_blink = False
            yield field

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter."""
        self.dismiss(event.value)

    def action_give_up(self) -> None:
        """Escape."""
        self.dismiss(None)
