"""Settings as they are in force, read only: each value with where it comes from."""

from __future__ import annotations

from spymaster.config.origins import Setting
from spymaster.errors import UserError
from spymaster.signals.frame import Frame
from spymaster.tui.host import Cockpit
from spymaster.tui.options import AppOptions
from spymaster.tui.pages.page import PageScreen
from spymaster.tui.themes.library import Theme
from spymaster.view.drawing.cells import Rows
from spymaster.view.pages.blocks import text_line
from spymaster.view.pages.settings import settings_rows


class SettingsScreen(PageScreen):
    """Everything that is set, as it was when the page was opened."""

    NAME = "settings"
    TITLE_WORDS = ("SETTINGS", "as they are in force; changed in files, in the environment, on the command line")

    def __init__(self, cockpit: Cockpit, theme: Theme, options: AppOptions) -> None:
        super().__init__(cockpit, theme, options)
        self._refused = ""
        self._settings: tuple[Setting, ...] = ()
        try:
            self._settings = options.settings() if options.settings is not None else ()
        except UserError as error:
            self._refused = str(error)

    def rows(self, frame: Frame | None, width: int) -> Rows:
        """All of them."""
        return self.found(frame, width, "")

    def found(self, frame: Frame | None, width: int, find: str) -> Rows:
        """Those that hold a word anywhere, their heads with them."""
        if self._refused:
            return (text_line(self._refused, width, "degraded"),)
        if not self._settings:
            return (text_line("nothing is known here of how this was set", width, "muted"),)
        return settings_rows(self._settings, width, find)
