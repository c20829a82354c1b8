"""What the cockpit gives away as text: levels and alerts, to the clipboard and as files."""

from __future__ import annotations

from abc import abstractmethod

from spymaster.signals.frame import Frame
from spymaster.tui.host import Host
from spymaster.tui.options import AppOptions
from spymaster.tui.row_text import alert_line, level_line
from spymaster.tui.save_tables import save_tables
from spymaster.view.state import ViewState


class TextActions:
    """The part of the cockpit that copies and exports; the cockpit itself keeps frame, view and options."""

    _frame: Frame | None
    _view: ViewState
    _options: AppOptions

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
