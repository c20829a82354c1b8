"""Everything a key or the command palette can do: one registry. Keys are bound to it by ``keymap``."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


class Scope(enum.StrEnum):
    """Where an action is offered."""

    APP = "app"
    """On every screen."""
    COCKPIT = "cockpit"
    """On the cockpit."""
    LEVELS = "levels"
    """On the cockpit and on a level's own screen."""
    LEVEL = "level"
    """On a level's own screen."""
    CHART = "chart"
    """On the price chart."""
    OVER = "over"
    """On the screens that cover the cockpit."""
    REPLAY = "replay"
    """On all of these, of use in a replay only."""
    SPEED = "speed"
    """As REPLAY, but not on a level's own screen, which needs the keys."""

    @property
    def screens(self) -> frozenset[str]:
        """The screens that offer it, among ``cockpit``, ``level`` and ``chart``."""
        return _SCREENS[self]

    @property
    def replays(self) -> bool:
        """Whether it is of use in a replay only."""
        return self in (Scope.REPLAY, Scope.SPEED)


_SCREENS: Final[Mapping[Scope, frozenset[str]]] = {
    Scope.APP: frozenset(("cockpit", "level", "chart")),
    Scope.COCKPIT: frozenset(("cockpit",)),
    Scope.LEVELS: frozenset(("cockpit", "level")),
    Scope.LEVEL: frozenset(("level",)),
    Scope.CHART: frozenset(("chart",)),
    Scope.OVER: frozenset(("level", "chart")),
    Scope.REPLAY: frozenset(("cockpit", "level", "chart")),
    Scope.SPEED: frozenset(("cockpit", "chart")),
}


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do. ``word`` stands in the footer, ``legend`` in the list of keys (actions of equal legend share a
    line), ``description`` in the palette; ``footer``: its place in the footer, None where it is left out. The method
    ``action_<name>`` of the app (scope APP) or of the screen that offers it carries it out."""

    name: str
    scope: Scope
    word: str
    legend: str
    description: str
    footer: int | None = None


ACTIONS: Final[tuple[Action, ...]] = (
    Action("centre", Scope.COCKPIT, "centre", "centre on last", "Centre the axis on the last price", 10),
    Action("zoom_in", Scope.COCKPIT, "zoom", "ticks per row", "Fewer ticks per row", 11),
    Action("zoom_out", Scope.COCKPIT, "zoom", "ticks per row", "More ticks per row", 11),
    Action("layer_liquidity", Scope.COCKPIT, "layer", "liquidity, state", "Liquidity in the heatmap on or off", 12),
    Action("layer_states", Scope.COCKPIT, "layer", "liquidity, state", "Barrier states in the heatmap on or off", 12),
    Action("seconds_less", Scope.COCKPIT, "s/col", "seconds / column", "Fewer seconds per heatmap column"),
    Action("seconds_more", Scope.COCKPIT, "s/col", "seconds / column", "More seconds per heatmap column"),
    Action("panel_next", Scope.COCKPIT, "panel", "next, last panel", "Select the next panel", 13),
    Action("panel_previous", Scope.COCKPIT, "panel", "next, last panel", "Select the previous panel"),
    Action("jump", Scope.COCKPIT, "jump", "jump to a panel", "Jump to a panel by its letter", 17),
    Action("list_down", Scope.LEVELS, "move", "move in a list", "Next row of the selected list, or next level", 6),
    Action("list_up", Scope.LEVELS, "move", "move in a list", "Previous row of the selected list, or last level", 6),
    Action("list_first", Scope.LEVELS, "move", "ends of a list", "First row of the selected list"),
    Action("list_last", Scope.LEVELS, "move", "ends of a list", "Last row of the selected list"),
    Action("level_detail", Scope.COCKPIT, "level", "open the level", "The level's own screen: history and facts", 14),
    Action("level_focus", Scope.COCKPIT, "side", "strikes or focus", "Strikes, focus on the level, or both"),
    Action("level_nearest", Scope.COCKPIT, "nearest", "nearest level", "Follow the nearest level again"),
    Action("alert_next", Scope.COCKPIT, "alert", "next, last alert", "Next alert", 15),
    Action("alert_previous", Scope.COCKPIT, "alert", "next, last alert", "Previous alert", 15),
    Action("acknowledge", Scope.COCKPIT, "ack", "acknowledge", "Acknowledge the picked alert, or all of them", 16),
    Action("goto", Scope.COCKPIT, "go to", "go to a price", "Go to a price", 18),
    Action("copy_row", Scope.LEVELS, "copy", "copy the level", "Copy the picked level as a line of text", 20),
    Action("play_pause", Scope.REPLAY, "play", "play, pause", "Play or pause the replay", 0),
    Action("step_snap", Scope.REPLAY, "snap", "step one snap", "Step one snap", 1),
    Action("step_record", Scope.REPLAY, "record", "step one record", "Step one record", 2),
    Action("step_second", Scope.REPLAY, "second", "step one second", "Step one second", 3),
    Action("slower", Scope.SPEED, "speed", "slower, faster", "Replay slower", 4),
    Action("faster", Scope.SPEED, "speed", "slower, faster", "Replay faster", 4),
    Action("restart", Scope.REPLAY, "restart", "start again", "Start the replay again", 19),
    Action("back", Scope.OVER, "back", "back", "Back to the screen below", 5),
    Action("window_shorter", Scope.LEVEL, "window", "history window", "A shorter window of the level's history", 7),
    Action("window_longer", Scope.LEVEL, "window", "history window", "A longer window of the level's history", 7),
    Action("chart_older", Scope.CHART, "scroll", "scroll the chart", "Earlier bars", 8),
    Action("chart_newer", Scope.CHART, "scroll", "scroll the chart", "Later bars", 8),
    Action("chart_closer", Scope.CHART, "zoom", "zoom the chart", "Fewer, wider bars", 9),
    Action("chart_wider", Scope.CHART, "zoom", "zoom the chart", "More, narrower bars", 9),
    Action("chart_oldest", Scope.CHART, "oldest", "ends of the chart", "The oldest bars"),
    Action("chart_newest", Scope.CHART, "newest", "ends of the chart", "The newest bars", 10),
    Action("chart", Scope.APP, "chart", "price chart", "Price chart", 21),
    Action("health", Scope.APP, "health", "session health", "Session health"),
    Action("log", Scope.APP, "log", "log", "Log of this program"),
    Action("theme_next", Scope.APP, "theme", "next theme", "Next theme"),
    Action("save_screen", Scope.APP, "save", "save the screen", "Save the screen as an SVG file"),
    Action("command_palette", Scope.APP, "commands", "all commands", "All commands", 30),
    Action("help", Scope.APP, "help", "this page", "Legend and keys"),
    Action("quit", Scope.APP, "quit", "quit", "Quit", 31),
)

BY_NAME: Final = {action.name: action for action in ACTIONS}
