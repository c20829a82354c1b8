"""What screens may ask: of the application they are shown by, and of the cockpit that some of them cover.

The application makes the screens and so knows them all; they know no more of it, and of each other, than this.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeAlias

from spymaster.signals.frame import Command
from spymaster.tui.keys.actions import Action
from spymaster.tui.options import AppOptions
from spymaster.tui.terminal.canvas import Canvas
from spymaster.tui.terminal.driver import PacedDriver
from spymaster.tui.terminal.link import LinkState
from spymaster.tui.themes.library import ThemeLibrary
from spymaster.view.state import ViewState

if TYPE_CHECKING:
    from spymaster.signals.frame import Frame
    from spymaster.tui.themes.library import Theme


class Follower(Protocol):
    """A screen over the cockpit that shows the frames which the cockpit pulls."""

    def follow(self, frame: Frame | None, view: ViewState, theme: Theme, now_s: float) -> None:
        """Show a frame with what the user chose on the cockpit. ``now_s``: a clock that never goes back."""


class Cockpit(Protocol):
    """The cockpit as the screens that cover it know it."""

    @property
    def in_replay(self) -> bool:
        """True where the source can be played and stepped."""

    @property
    def playing(self) -> bool:
        """True while event time runs."""

    @property
    def seeking(self) -> bool:
        """True while the replay is on its way to a moment."""

    @property
    def level_meant(self) -> str:
        """Id of the picked level, or of the nearest; empty without one."""

    @property
    def view_state(self) -> ViewState:
        """What the user chose."""

    def ask(self, command: Command, value: float = 0.0, subject: str = "") -> None:
        """Ask the source of a replay for something."""

    def feed(self, over: Follower) -> None:
        """Show a screen that has just come to lie over the cockpit what is shown there."""

    def pick(self, level_id: str) -> None:
        """Choose a level."""

    def action_ablation(self) -> None:
        """Tell the level's score without the next force too, or without none."""

    def copy_level(self, level_id: str | None) -> None:
        """Copy a level as tab-separated text; the nearest where it is None."""

    def say(self, text: str) -> None:
        """Show a sentence for a few seconds."""

    def action_goto(self) -> None:
        """Ask for a price or a time and go there."""

    def action_alert_next(self) -> None:
        """The next alert; in a replay its moment."""

    def action_alert_previous(self) -> None:
        """The alert before; in a replay its moment."""


Level: TypeAlias = tuple[str, str, float]
"""A level's id, its label, and its price in the profile's unit."""


class Host(Protocol):
    """The application as its screens and its palette know it."""

    options: AppOptions
    library: ThemeLibrary

    @property
    def pacer(self) -> PacedDriver | None:
        """The output driver, None where there is no terminal."""

    def link_state(self) -> LinkState:
        """The link to the terminal; an idle one where there is no terminal."""

    @property
    def canvas(self) -> Canvas | None:
        """What the terminal shows, for who paints on it past the toolkit; None where that cannot be done now."""

    def send_painted(self) -> None:
        """Send what was put on the canvas, as a frame."""

    def data_pulled(self, now: float) -> None:
        """The next paint shows data pulled at ``now`` (monotonic)."""

    def open_level(self, cockpit: Cockpit) -> None:
        """The screen of the level picked on the cockpit, or of the nearest."""

    def offers(self, action: Action) -> bool:
        """True where the action can be carried out now."""

    def copy_text(self, text: str, name: str) -> str:
        """Send a text towards the terminal's clipboard; returns what to say of it. ``name``: of what it is."""

    def choose_theme(self, name: str) -> None:
        """Use the theme of that name. Raises ``KeyError``."""

    def levels_shown(self) -> tuple[Level, ...]:
        """The levels that can be gone to, nearest first."""

    def place_typed(self, typed: str) -> str | None:
        """What going to a typed price or time would do, in words; None for what is neither."""

    def go_to(self, typed: str) -> None:
        """Go to a typed price or time."""

    def go_to_level(self, level_id: str) -> None:
        """Pick a level and hold its price in the middle."""

    async def perform(self, action: Action) -> None:
        """Carry an action out as its key would."""
