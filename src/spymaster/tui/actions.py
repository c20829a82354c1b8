"""Everything a key or the command palette can do: one registry. Keys are bound to it by ``keymap``."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final


class Scope(enum.StrEnum):
    """Where an action is offered."""

    APP = "app"
    """On every screen."""
    COCKPIT = "cockpit"
    """On the cockpit."""
    REPLAY = "replay"
    """On the cockpit, of use in a replay only."""


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do. ``word`` stands in the footer, ``legend`` in the list of keys (actions of equal legend share a
    line), ``description`` in the palette; ``footer``: its place in the footer, None where it is left out. The method
    ``action_<name>`` of the app (scope APP) or of the cockpit screen carries it out."""

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
    Action("list_down", Scope.COCKPIT, "move", "move in a list", "Next row of the selected list"),
    Action("list_up", Scope.COCKPIT, "move", "move in a list", "Previous row of the selected list"),
    Action("list_first", Scope.COCKPIT, "move", "ends of a list", "First row of the selected list"),
    Action("list_last", Scope.COCKPIT, "move", "ends of a list", "Last row of the selected list"),
    Action(
        "level_focus",
        Scope.COCKPIT,
        "level",
        "open the level",
        "Show the picked level closely, or the strikes again",
        14,
    ),
    Action("level_nearest", Scope.COCKPIT, "nearest", "nearest level", "Follow the nearest level again"),
    Action("alert_next", Scope.COCKPIT, "alert", "next, last alert", "Next alert", 15),
    Action("alert_previous", Scope.COCKPIT, "alert", "next, last alert", "Previous alert", 15),
    Action("acknowledge", Scope.COCKPIT, "ack", "acknowledge", "Acknowledge the picked alert, or all of them", 16),
    Action("goto", Scope.COCKPIT, "go to", "go to a price", "Go to a price", 18),
    Action("copy_row", Scope.COCKPIT, "copy", "copy the level", "Copy the picked level as a line of text"),
    Action("play_pause", Scope.REPLAY, "play", "play, pause", "Play or pause the replay", 0),
    Action("step_snap", Scope.REPLAY, "snap", "step one snap", "Step one snap", 1),
    Action("step_record", Scope.REPLAY, "record", "step one record", "Step one record", 2),
    Action("step_second", Scope.REPLAY, "second", "step one second", "Step one second", 3),
    Action("slower", Scope.REPLAY, "speed", "slower, faster", "Replay slower", 4),
    Action("faster", Scope.REPLAY, "speed", "slower, faster", "Replay faster", 4),
    Action("restart", Scope.REPLAY, "restart", "start again", "Start the replay again", 19),
    Action("health", Scope.APP, "health", "session health", "Session health"),
    Action("log", Scope.APP, "log", "log", "Log of this program"),
    Action("theme_next", Scope.APP, "theme", "next theme", "Next theme"),
    Action("save_screen", Scope.APP, "save", "save the screen", "Save the screen as an SVG file"),
    Action("command_palette", Scope.APP, "commands", "all commands", "All commands", 30),
    Action("help", Scope.APP, "help", "this page", "Legend and keys"),
    Action("quit", Scope.APP, "quit", "quit", "Quit", 31),
)

BY_NAME: Final = {action.name: action for action in ACTIONS}
