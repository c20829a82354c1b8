"""Jump mode: a letter on every panel, the next key chooses."""

from __future__ import annotations

from collections.abc import Mapping

from textual import events
from textual.app import ComposeResult
from textual.geometry import Region
from textual.screen import ModalScreen
from textual.widgets import Static

from spymaster.tui.panel_table import GROUPS


class JumpScreen(ModalScreen[str | None], inherit_bindings=False):
    """Shows the letters; gives back the name of the panel, None for any other key."""

    CSS_PATH = "jump.tcss"

    def __init__(self, regions: Mapping[str, Region]) -> None:
        super().__init__()
        self._regions = regions

    def compose(self) -> ComposeResult:
        """A label at each panel's corner."""
        for name, region in self._regions.items():
            label = Static(f" {GROUPS[name]} ")
            label.styles.offset = region.offset
            yield label

    def on_key(self, event: events.Key) -> None:
        """Any key ends the mode."""
        event.stop()
        chosen = (name for name in self._regions if GROUPS[name] == event.character)
        self.dismiss(next(chosen, None))
