"""The application: wiring of source, screens, keys, themes and the paced output."""

from __future__ import annotations

import gc
import logging
import os
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any, Final

from textual.binding import Binding
from textual.command import CommandPalette
from textual.driver import Driver
from textual.events import Paste
from textual.filter import NoColor
from textual.screen import Screen

from spymaster.alerts.standing import AlertStanding
from spymaster.atomic_output import write_whole
from spymaster.signals.frame import FrameSource
from spymaster.tui.host import Cockpit, Level
from spymaster.tui.keys.actions import OF_A_SESSION, Action, Scope
from spymaster.tui.keys.bindings import bindings_for, textual_keymap
from spymaster.tui.keys.commands import ActionCommands, PlaceCommands, ThemeCommands
from spymaster.tui.keys.key_gate import Typed
from spymaster.tui.keys.pasted import pasted_line
from spymaster.tui.logbook import LogBook
from spymaster.tui.options import AppOptions, Ending
from spymaster.tui.pages.doctor import DoctorScreen
from spymaster.tui.pages.health import HealthScreen
from spymaster.tui.pages.help import HelpScreen
from spymaster.tui.pages.log import LogScreen
from spymaster.tui.pages.no_cockpit import NoCockpit
from spymaster.tui.pages.settings import SettingsScreen
from spymaster.tui.picture import picture
from spymaster.tui.screens.charts.chart import ChartScreen
from spymaster.tui.screens.charts.flow import FlowScreen
from spymaster.tui.screens.cockpit import CockpitScreen
from spymaster.tui.screens.level import LevelScreen
from spymaster.tui.screens.over import OverScreen
from spymaster.tui.screens.start import StartScreen
from spymaster.tui.terminal.ascii_filter import AsciiFilter
from spymaster.tui.terminal.clipboard import copy_of
from spymaster.tui.terminal.colour import ColourDepth
from spymaster.tui.terminal.driver import PacedDriver
from spymaster.tui.terminal.folder_watch import FolderWatch
from spymaster.tui.terminal.paced_app import PacedApp
from spymaster.tui.themes.library import Theme, load_themes
from spymaster.tui.themes.textual_theme import textual_theme

THEME_WATCH_S: Final = 1.0
_NO_SESSION: Final = "there is no session yet: start one first"

_log = logging.getLogger(__name__)


class SpymasterApp(PacedApp, inherit_bindings=False):
    """The cockpit on a frame source, or another first screen made by ``first_screen`` from the theme."""

    TITLE = "spymaster-tui"
    CSS_PATH = "app.tcss"
    COMMANDS = {ActionCommands, PlaceCommands, ThemeCommands}  # noqa: RUF012 - the toolkit wants a plain set
    BINDINGS = [*bindings_for(Scope.APP), Binding("ctrl+c", "interrupt", show=False, priority=True)]  # noqa: RUF012

    def __init__(
        self,
        source: FrameSource | None,
        options: AppOptions,
        first_screen: Callable[[Theme], Screen[Any]] | None = None,
        driver_class: type[Driver] = PacedDriver,
    ) -> None:
        super().__init__(driver_class=driver_class)
        self.options = options
        self.source = source
        self.book = LogBook()
        self.library = load_themes(options.theme_folder)
        self._first_screen = first_screen
        self._preview: Theme | None = None
        self._theme_watch = FolderWatch(options.theme_folder)
        if options.colour is ColourDepth.NONE:
            self._filters = [NoColor()]
        if options.glyphs == "ascii":
            self._filters.append(AsciiFilter())
        self.animation_level = "none"
        self.set_keymap(textual_keymap(options.keymap))
        for theme in self.library.themes.values():
            self.register_theme(textual_theme(theme))
        self.colours = self._theme_for(options)
        self.theme = textual_theme(self.colours).name

    def _theme_for(self, options: AppOptions) -> Theme:
        """The wanted theme; a terminal of 256 colours gets the exact ones instead of shades made from the dark one."""
        themes = self.library.themes
        few = options.colour is ColourDepth.PALETTE_256 and options.theme == "dark"
        return themes["256"] if few else themes.get(options.theme, themes["dark"])

    def on_mount(self) -> None:
        """Show the first screen."""
        for failure in self.library.failures:
            _log.warning("%s", failure)
        if self.options.theme not in self.library.themes:
            _log.warning("theme %r: not one of %s", self.options.theme, ", ".join(sorted(self.library.themes)))
        self.push_screen(self._first())
        if self.options.theme_folder is not None:
            self.set_interval(THEME_WATCH_S, self._watch_themes)
        self.call_after_refresh(self._painted)

    def _painted(self) -> None:
        """What exists by now is not worth the collector's time again."""
        gc.freeze()
        if self.options.on_ready is not None:
            self.options.on_ready()

    def _watch_themes(self) -> None:
        """Take over what changed in the user's theme folder; a file that cannot be used changes nothing."""
        if not self._theme_watch.changed():
            return
        self.library = load_themes(self.options.theme_folder)
        for theme in self.library.themes.values():
            self.register_theme(textual_theme(theme))
        if self.library.failures:
            self.say(self.library.failures[0])
        elif self.colours.name in self.library.themes:
            self.use_theme(self.library.themes[self.colours.name])

    def _first(self) -> Screen[Any]:
        if self._first_screen is not None:
            return self._first_screen(self.colours)
        if self.source is None:
            raise ValueError("a cockpit needs a source of frames")
        return CockpitScreen(self.source, self.colours, self.options)

    def as_typed(self, event: Typed) -> Typed:
        """A paste is one line, wherever it is typed; what is left out of it is said."""
        if not isinstance(event, Paste) or self.focused is None:
            return event
        line, left_out = pasted_line(event.text)
        if left_out:
            self.say(left_out)
        return Paste(line)

    @property
    def cockpit(self) -> CockpitScreen | None:
        """The cockpit, wherever it is in the pile of screens; None without one."""
        return next((screen for screen in self.screen_stack if isinstance(screen, CockpitScreen)), None)

    @property
    def main_screen(self) -> CockpitScreen | OverScreen | None:
        """The cockpit or what covers it, below palette, pages and prompts; None without a cockpit."""
        mains = (screen for screen in reversed(self.screen_stack) if isinstance(screen, CockpitScreen | OverScreen))
        return next(mains, None)

    def offers(self, action: Action) -> bool:
        """True where the action can be carried out now."""
        main, cockpit = self.main_screen, self.cockpit
        if action.name == "open":
            return self.options.on_open is not None and cockpit is not None and cockpit.in_replay
        if action.scope is Scope.APP:
            return self.source is not None or action.name not in OF_A_SESSION
        if main is None or cockpit is None or main.NAME not in action.scope.screens:
            return False
        return cockpit.in_replay or not action.scope.replays

    async def perform(self, action: Action) -> None:
        """Carry an action out as its key would."""
        target = self if action.scope is Scope.APP else self.main_screen
        if target is not None:
            await self.run_action(action.name, target)

    def use_theme(self, theme: Theme) -> None:
        """Change the colours of everything."""
        self.colours = theme
        name = textual_theme(theme).name
        if name == self.theme:
            # A file of the same name with other colours is no change to the toolkit.
            self.mutate_reactive(SpymasterApp.theme)
        self.theme = name
        for screen in self.screen_stack:
            if isinstance(screen, CockpitScreen | StartScreen):
                screen.set_theme(theme)

    def choose_theme(self, name: str) -> None:
        """Use the theme of that name, which may be shown already. Raises ``KeyError``."""
        self._preview = None
        self.use_theme(self.library.themes[name])
        self.say(f"theme {name}")

    def on_command_palette_option_highlighted(self, event: CommandPalette.OptionHighlighted) -> None:
        """A theme under the cursor of the palette is shown at once; anything else brings the chosen one back."""
        hit = getattr(event.highlighted_event.option, "hit", None)
        command = getattr(hit, "command", None)
        if isinstance(command, partial) and command.func == self.choose_theme:
            self._preview = self._preview or self.colours
            self.use_theme(self.library.themes[command.args[0]])
        else:
            self._end_preview()

    def on_command_palette_closed(self, event: CommandPalette.Closed) -> None:
        """The palette was left without choosing."""
        if not event.option_selected:
            self._end_preview()

    def _end_preview(self) -> None:
        chosen, self._preview = self._preview, None
        if chosen is not None and chosen is not self.colours:
            self.use_theme(chosen)

    def copy_to_clipboard(self, text: str) -> None:
        """Send a text towards the terminal's clipboard, through a multiplexer where there is one."""
        self.copy_text(text, "text")

    def copy_text(self, text: str, name: str) -> str:
        """Send a text towards the terminal's clipboard; returns what to say of it. ``name``: of what it is."""
        self._clipboard = text
        if self.pacer is None:
            return f"{name} copied"
        copy = copy_of(text, os.environ)
        if copy.sequence:
            self.pacer.write(copy.sequence)
        if not copy.sequence:
            return f"{name} {copy.note}"
        return f"{name} copied, {copy.note}" if copy.note else f"{name} copied"

    def levels_shown(self) -> tuple[Level, ...]:
        """The levels that can be gone to, nearest first."""
        return self.cockpit.levels_shown() if self.cockpit is not None else ()

    def place_typed(self, typed: str) -> str | None:
        """What going to a typed price or time would do, in words; None for what is neither."""
        return self.cockpit.place_typed(typed) if self.cockpit is not None else None

    def go_to(self, typed: str) -> None:
        """Go to a typed price or time."""
        if self.cockpit is not None:
            self.cockpit.go_to(typed)

    def go_to_level(self, level_id: str) -> None:
        """Pick a level and hold its price in the middle."""
        if self.cockpit is not None:
            self.cockpit.go_to_level(level_id)

    def on_app_focus(self) -> None:
        """The terminal has the focus again."""
        if self.cockpit is not None:
            self.cockpit.focus_came()

    def action_theme_next(self) -> None:
        """The next theme by name."""
        names = sorted(self.library.themes)
        self.use_theme(self.library.themes[names[(names.index(self.colours.name) + 1) % len(names)]])
        self.say(f"theme {self.colours.name}")

    def action_help(self) -> None:
        """Keys, words and marks; again to close."""
        self._toggle(HelpScreen, lambda: HelpScreen(self._below, self.shown_colours, self.options))

    def action_log(self) -> None:
        """The program's log; again to close."""
        self._toggle(LogScreen, lambda: LogScreen(self._below, self.shown_colours, self.options, self.book))

    def action_doctor(self) -> None:
        """What of this machine needs a look; again to close."""
        self._toggle(DoctorScreen, lambda: DoctorScreen(self._below, self.shown_colours, self.options))

    def action_settings(self) -> None:
        """What is set, and where it comes from; again to close."""
        self._toggle(SettingsScreen, lambda: SettingsScreen(self._below, self.shown_colours, self.options))

    def action_health(self) -> None:
        """Session health; again to close."""
        if self.source is None:
            self.say(_NO_SESSION)
        else:
            page = (self._below, self.shown_colours, self.options, self.alert_standing)
            self._toggle(HealthScreen, lambda: HealthScreen(*page))

    def alert_standing(self) -> AlertStanding:
        """What one's own rules and their command are at."""
        watch = self.options.alerts
        return watch.desk.standing() if watch is not None else AlertStanding(is_on=False)

    @property
    def _below(self) -> Cockpit:
        """What a page lies over."""
        return self.cockpit or NoCockpit(self.options, lambda: self.colours)

    def action_open(self) -> None:
        """End this replay and choose something else; a live session is not given up for that."""
        if self.options.on_open is None or self.cockpit is None:
            self.say("there is nothing else to open from here: q, then spymaster-tui")
        elif not self.cockpit.in_replay:
            self.say("this session goes on: q ends it, then spymaster-tui opens another")
        else:
            self.options.on_open()
            self.exit(Ending.QUIT)

    def action_chart(self) -> None:
        """The price chart; again to close."""
        source, cockpit = self.source, self.cockpit
        if source is None or cockpit is None:
            self.say(_NO_SESSION)
        else:
            self._toggle(ChartScreen, lambda: ChartScreen(cockpit, source, self.shown_colours, self.options))

    def action_flow(self) -> None:
        """The option flow over time; again to close."""
        source, cockpit = self.source, self.cockpit
        if source is None or cockpit is None:
            self.say(_NO_SESSION)
        else:
            self._toggle(FlowScreen, lambda: FlowScreen(cockpit, source, self.shown_colours, self.options))

    def open_level(self, cockpit: Cockpit) -> None:
        """The screen of the level picked on the cockpit, or of the nearest."""
        if self.source is not None:
            self.push_screen(LevelScreen(cockpit, self.source, self.shown_colours, self.options))

    @property
    def shown_colours(self) -> Theme:
        """The theme the cockpit is drawn in now."""
        return self.cockpit.shown_theme if self.cockpit is not None else self.colours

    def _toggle(self, kind: type[Screen[Any]], make: Callable[[], Screen[Any]]) -> None:
        """Open a screen, close it where it is on top, come back to it where it lies below others."""
        if isinstance(self.screen, kind):
            self.pop_screen()
        elif not self.screen.is_modal:
            if any(isinstance(screen, kind) for screen in self.screen_stack):
                while not isinstance(self.screen, kind):
                    self.pop_screen()
            else:
                self.push_screen(make())

    def action_redraw(self) -> None:
        """Send every cell again, whatever the terminal shows."""
        if self.pacer is not None:
            self.pacer.forget_screen()
        self.screen.refresh()

    def action_save_screen(self) -> None:
        """Write the screen as an SVG file named by the moment."""
        path = self.options.save_folder / f"spymaster-{datetime.now():%Y%m%d-%H%M%S}.svg"
        try:
            write_whole(path, picture(self).encode())
        except OSError as error:
            self.say(f"{path}: not saved: {error.strerror}")
        else:
            self.say(f"saved {path}")

    def say(self, text: str) -> None:
        """Tell the user something in the cockpit's line, and in the log."""
        if self.cockpit is not None:
            self.cockpit.say(text)
        else:
            _log.info("%s", text)
            if isinstance(self.screen, StartScreen):
                self.screen.say(text)

    def action_interrupt(self) -> None:
        """As SIGINT."""
        self.exit(Ending.INTERRUPTED)

    async def action_quit(self) -> None:
        """Leave a page or what else covers the cockpit; from there, and from the start screen, the program."""
        if isinstance(self.screen, OverScreen):
            self.pop_screen()
        else:
            self.exit(Ending.QUIT)
