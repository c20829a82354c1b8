"""What lies below a page where there is no cockpit: over the start screen, before anything was chosen."""

from __future__ import annotations

import time
from collections.abc import Callable

from spymaster.signals.frame import Command
from spymaster.tui.host import Follower
from spymaster.tui.options import AppOptions
from spymaster.tui.themes.library import Theme
from spymaster.view.state import ViewState

NOTHING_PLAYS = "nothing plays yet: Enter on the start screen begins"


class NoCockpit:
    """Stands in a ``Cockpit``'s place: nothing plays, no frame comes, and what is asked for is answered in words."""

    in_replay = False
    playing = False
    seeking = False
    level_meant = ""

    def __init__(self, options: AppOptions, colours: Callable[[], Theme]) -> None:
        self._view = ViewState(width=80, height=24, glyphs=options.glyphs)
        self._colours = colours
        self._over: Follower | None = None

    @property
    def view_state(self) -> ViewState:
        """What the user chose: nothing."""
        return self._view

    def say(self, text: str) -> None:
        """Show a sentence on the page, until there is another one."""
        self._view = ViewState(width=80, height=24, glyphs=self._view.glyphs, note=text)
        if self._over is not None:
            self.feed(self._over)

    def ask(self, command: Command, value: float = 0.0, subject: str = "") -> None:
        """Nothing can be asked."""
        self.say(NOTHING_PLAYS)

    def feed(self, over: Follower) -> None:
        """No frame."""
        self._over = over
        over.follow(None, self._view, self._colours(), time.monotonic())

    def pick(self, level_id: str) -> None:
        """There is no level."""

    def action_ablation(self) -> None:
        """There is no level."""

    def copy_level(self, level_id: str | None) -> None:
        """There is no level."""

    def action_goto(self) -> None:
        """There is no place to go to."""
        self.say(NOTHING_PLAYS)

    def action_alert_next(self) -> None:
        """There is no alert."""
        self.say(NOTHING_PLAYS)

    def action_alert_previous(self) -> None:
        """There is no alert."""
        self.say(NOTHING_PLAYS)
