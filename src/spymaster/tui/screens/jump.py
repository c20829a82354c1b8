"""Jump mode: a letter on every panel, the next key chooses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from textual import events
from textual.app import ComposeResult
from textual.geometry import Region
from textual.screen import ModalScreen
from textual.widgets import Static

LETTERS: Final[Mapping[str, str]] = {
    "heat": "h", "rail": "r", "ladder": "d", "side": "s", "levels": "l", "alerts": "a", "tape": "t",
}  # fmt: skip
"""The letter of each panel; it stays the same at every size."""


class JumpScreen(ModalScreen[str | None], inherit_bindings=False):
    """Shows the letters; gives back the name of the panel, None for any other key."""

    CSS_PATH = "jump.tcss"

    def __init__(self, regions: Mapping[str, Region]) -> None:
        super().__init__()
        self._regions = regions

    def compose(self) -> ComposeResult:
        """A label at each panel's corner."""
        for name, region in self._regions.items():
            label = Static(f" {LETTERS[name]} ")
            label.styles.offset = region.offset
            yield label

    def on_key(self, event: events.Key) -> None:
        """Any key ends the mode."""
        event.stop()
        chosen = (name for name in self._regions if LETTERS[name] == event.character)
        self.dismiss(next(chosen, None))
