"""What the cockpit gives away and takes as text: levels and alerts out, pasted levels in."""

from __future__ import annotations

import math
from abc import abstractmethod
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, cast

from spymaster.session.levels.pasted import Pasted, read_pasted
from spymaster.session.levels.sets import store_set
from spymaster.signals.frame import Frame
from spymaster.tui.host import Cockpit, Host
from spymaster.tui.options import AppOptions
from spymaster.tui.text.pasted_levels import PastedLevelsScreen
from spymaster.tui.text.row_text import alert_line, level_line
from spymaster.tui.text.save_tables import save_tables
from spymaster.view.state import ViewState

if TYPE_CHECKING:
    from textual import events

    from spymaster.tui.themes.library import Theme


class TextActions:
    """The part of the cockpit that copies and exports; the cockpit itself keeps frame, view and options."""

    _frame: Frame | None
    _view: ViewState
    _options: AppOptions

    @abstractmethod
    def _open(self, screen: PastedLevelsScreen) -> None:
        """Show a page over the cockpit."""

    @property
    @abstractmethod
    def shown_theme(self) -> Theme:
        """The theme in use."""

    @property
    @abstractmethod
    def _app(self) -> Host: ...

    @abstractmethod
    def say(self, text: str) -> None:
        """Show a sentence for a few seconds."""

    def action_copy_row(self) -> None:
        """Copy the picked (or nearest) level as tab-separated text; among the alerts the picked (or newest) alert."""
        if self._view.panel != "alerts":
            self.copy_level(self._view.picked)
        elif (line := alert_line(self._frame, self._view.picked_alert)) is None:
            self.say("no alert to copy yet")
        else:
            self.say(self._app.copy_text(line, "alert"))

    def copy_level(self, level_id: str | None) -> None:
        """Copy a level as tab-separated text; the nearest where it is None."""
        line = level_line(self._frame, level_id)
        self.say("no level to copy yet" if line is None else self._app.copy_text(line, "level"))

    def action_save_text(self) -> None:
        """Levels and alerts as files for other programs."""
        self.say(save_tables(self._frame, self._options.save_folder))

    def on_paste(self, event: events.Paste) -> None:
        """Levels pasted where nothing is typed: what was understood of them is shown first."""
        event.stop()
        head = self._frame.header if self._frame is not None else None
        spot = head.spot if head is not None and math.isfinite(head.spot) else None
        pasted = read_pasted(event.text, spot)
        if not (pasted.levels or pasted.left_out):
            self.say("nothing pasted that could be a level")
            return
        profile = head.profile if head is not None else ""
        take = partial(self._store, pasted, profile)
        below = cast("Cockpit", self)
        self._open(PastedLevelsScreen(below, self.shown_theme, self._options, pasted, profile, take))

    def _store(self, pasted: Pasted, profile: str) -> None:
        """Keep them as a named set; a session that runs keeps the levels it began with."""
        name = f"pasted-{datetime.now():%Y%m%d-%H%M%S}"
        try:
            store_set(name, pasted.levels, profile)
        except OSError as error:
            self.say(f"not stored: {error.strerror}")
            return
        left = f", {len(pasted.left_out)} left out" if pasted.left_out else ""
        self.say(f"{len(pasted.levels)} levels stored{left}: begin a session with --levels {name}")
