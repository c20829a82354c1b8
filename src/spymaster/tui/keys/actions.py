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
    FLOW = "flow"
    """On the option flow."""
    OVER = "over"
    """On the screens that cover the cockpit."""
    REPLAY = "replay"
    """On all of these, of use in a replay only."""
    MOMENTS = "moments"
    """As REPLAY, but not on the price chart, which needs the keys."""
    PLACES = "places"
    """On the cockpit and on everything that covers it."""
    PAGE = "page"
    """On the pages: help, health, doctor, settings and log."""
    START = "start"
    """On the start screen."""
    PRACTICE = "practice"
    """On the cockpit, of use in a replay only."""

    @property
    def screens(self) -> frozenset[str]:
        """The screens that offer it, by their names."""
        return _SCREENS[self]

    @property
    def replays(self) -> bool:
        """Whether it is of use in a replay only."""
        return self in (Scope.REPLAY, Scope.MOMENTS, Scope.PRACTICE)


PAGES: Final = ("help", "health", "doctor", "settings", "log")
"""Names of the pages that a key opens."""
_ALL_PAGES: Final = (*PAGES, "pasted")

_SCREENS: Final[Mapping[Scope, frozenset[str]]] = {
    Scope.APP: frozenset(("cockpit", "level", "chart", "flow", "start", *_ALL_PAGES)),
    Scope.COCKPIT: frozenset(("cockpit",)),
    Scope.LEVELS: frozenset(("cockpit", "level")),
    Scope.LEVEL: frozenset(("level",)),
    Scope.CHART: frozenset(("chart",)),
    Scope.FLOW: frozenset(("flow",)),
    Scope.OVER: frozenset(("level", "chart", "flow", *_ALL_PAGES)),
    Scope.REPLAY: frozenset(("cockpit", "level", "chart", "flow", *_ALL_PAGES)),
    Scope.MOMENTS: frozenset(("cockpit", "level", "flow", *_ALL_PAGES)),
    Scope.PLACES: frozenset(("cockpit", "level", "chart", "flow", *_ALL_PAGES)),
    Scope.PAGE: frozenset(_ALL_PAGES),
    Scope.START: frozenset(("start",)),
    Scope.PRACTICE: frozenset(("cockpit",)),
}


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do. ``label`` stands in the footer, ``legend`` in the list of keys (actions of equal legend share a
    line), ``description`` in the palette; ``footer``: its place in the footer, None where it is left out, and
    ``replay_footer`` in a replay's, where that differs. The method ``action_<name>`` of the app (scope APP) or of the
    screen that offers it carries it out."""

    name: str
    scope: Scope
    label: str
    legend: str
    description: str
    footer: int | None = None
    replay_footer: int | None = None


ACTIONS: Final[tuple[Action, ...]] = (
    Action("centre", Scope.COCKPIT, "centre", "centre on last", "Centre the axis on the last price", 100),
    Action("zoom_in", Scope.COCKPIT, "zoom", "ticks per row", "Fewer ticks per row", 110),
    Action("zoom_out", Scope.COCKPIT, "zoom", "ticks per row", "More ticks per row", 110),
    Action("layer_liquidity", Scope.COCKPIT, "layer", "liquidity, state", "Liquidity in the heatmap on or off", 120),
    Action("layer_states", Scope.COCKPIT, "layer", "liquidity, state", "Barrier states in the heatmap on or off", 120),
    Action("layer_fate", Scope.COCKPIT, "fate", "fate of orders", "Pulled, eaten and refilled in the heatmap, or not"),
    Action("contrast_more", Scope.COCKPIT, "contrast", "contrast", "Brighter heatmap: fewer contracts are the most"),
    Action("contrast_less", Scope.COCKPIT, "contrast", "contrast", "Darker heatmap: more contracts are the most"),
    Action("contrast_auto", Scope.COCKPIT, "contrast", "own contrast", "The heatmap's scale follows what is visible"),
    Action("seconds_less", Scope.COCKPIT, "s/col", "seconds / column", "Fewer seconds per heatmap column"),
    Action("seconds_more", Scope.COCKPIT, "s/col", "seconds / column", "More seconds per heatmap column"),
    Action("panel_next", Scope.COCKPIT, "panel", "next, last panel", "Select the next panel", 130),
    Action("panel_previous", Scope.COCKPIT, "panel", "next, last panel", "Select the previous panel"),
    Action("jump", Scope.COCKPIT, "jump", "jump to a panel", "Jump to a panel by its letter", 170),
    Action("list_down", Scope.LEVELS, "move", "move in a list", "Next row of the selected list, or next level", 60),
    Action("list_up", Scope.LEVELS, "move", "move in a list", "Previous row of the selected list, or last level", 60),
    Action("list_order", Scope.COCKPIT, "order", "order, choice", "Levels by distance, by score, or by kind"),
    Action("list_which", Scope.COCKPIT, "which", "order, choice", "All levels, those judged, those signalling"),
    Action("list_first", Scope.LEVELS, "move", "ends of a list", "First row of the selected list"),
    Action("list_last", Scope.LEVELS, "move", "ends of a list", "Last row of the selected list"),
    Action("level_detail", Scope.COCKPIT, "level", "open the level", "The level's own screen: history and facts", 140),
    Action("level_focus", Scope.COCKPIT, "side", "strikes or focus", "Strikes, focus on the level, or both"),
    Action("ablation", Scope.LEVELS, "without", "without a force", "The score without barrier, fuel or tape"),
    Action("level_nearest", Scope.COCKPIT, "nearest", "nearest level", "Follow the nearest level again"),
    Action("alert_next", Scope.PLACES, "alert", "next, last alert", "Next alert; in a replay, its moment", 150, 45),
    Action("alert_previous", Scope.PLACES, "alert", "next, last alert", "Previous alert, or its moment", 150, 45),
    Action("acknowledge", Scope.COCKPIT, "ack", "acknowledge", "Acknowledge the picked alert, or all of them", 160),
    Action("acknowledge_all", Scope.COCKPIT, "ack all", "acknowledge all", "Acknowledge every alert"),
    Action("snooze", Scope.COCKPIT, "silence", "silence the level", "Silence the alerts of the level, or end that"),
    Action("snooze_choose", Scope.COCKPIT, "silence", "silence whom", "Silence all, a kind, a rule: whom and how long"),
    Action("goto", Scope.PLACES, "go to", "price or time", "Go to a price, or in a replay to a time", 180, 48),
    Action("copy_row", Scope.LEVELS, "copy", "copy level, alert", "Copy the picked level or alert as text", 200),
    Action("save_text", Scope.COCKPIT, "export", "levels as files", "Export levels and alerts as text files"),
    Action("play_pause", Scope.REPLAY, "play", "play, pause", "Play or pause the replay", 0),
    Action("step_snap", Scope.REPLAY, "snap", "step one snap", "Step one snap", 10),
    Action("back_snap", Scope.REPLAY, "snap", "step one snap", "One snap back", 10),
    Action("step_record", Scope.REPLAY, "record", "step one record", "Step one record", 20),
    Action("back_record", Scope.REPLAY, "record", "step one record", "One record back", 20),
    Action("step_second", Scope.MOMENTS, "second", "step one second", "Step one second"),
    Action("back_second", Scope.MOMENTS, "second", "step one second", "One second back"),
    Action("slower", Scope.REPLAY, "speed", "slower, faster", "Replay slower", 40),
    Action("faster", Scope.REPLAY, "speed", "slower, faster", "Replay faster", 40),
    Action("touch_next", Scope.MOMENTS, "touch", "next, last touch", "The level's next touch", 46),
    Action("touch_previous", Scope.MOMENTS, "touch", "next, last touch", "The level's touch before", 46),
    Action("loop_mark", Scope.REPLAY, "loop", "repeat a range", "Begin a range to repeat, end it, take it away", 49),
    Action("restart", Scope.REPLAY, "restart", "start again", "Start the replay again", 190),
    Action("practice", Scope.PRACTICE, "practice", "practice", "Practice: paper orders on the ladder, on or off"),
    Action("practice_buy", Scope.PRACTICE, "buy", "buy, sell on paper", "Practice: buy at cursor, limit or stop"),
    Action("practice_sell", Scope.PRACTICE, "sell", "buy, sell on paper", "Practice: sell at cursor, limit or stop"),
    Action("practice_buy_market", Scope.PRACTICE, "buy", "the same at market", "Practice: buy at the market"),
    Action("practice_sell_market", Scope.PRACTICE, "sell", "the same at market", "Practice: sell at the market"),
    Action("practice_flat", Scope.PRACTICE, "out", "out of everything", "Practice: cancel and leave at the market"),
    Action("practice_set", Scope.PRACTICE, "set", "size, stop, target", "Practice: size, stop, target, latency"),
    Action("practice_export", Scope.PRACTICE, "export", "export the journal", "Practice: the journal into a file"),
    Action("back", Scope.OVER, "back", "back", "Back to the screen below", 50),
    Action("window_shorter", Scope.LEVEL, "window", "history window", "A shorter window of the level's history", 70),
    Action("window_longer", Scope.LEVEL, "window", "history window", "A longer window of the level's history", 70),
    Action("similar_next", Scope.LEVEL, "like it", "attempts like it", "The next of the past attempts like this one"),
    Action("similar_go", Scope.LEVEL, "go there", "go to that attempt", "Go to the past attempt that is chosen"),
    Action("chart_minutes_1", Scope.CHART, "minutes", "minutes of a bar", "Bars of one minute", 60),
    Action("chart_minutes_2", Scope.CHART, "minutes", "minutes of a bar", "Bars of two minutes", 60),
    Action("chart_minutes_5", Scope.CHART, "minutes", "minutes of a bar", "Bars of five minutes", 60),
    Action("chart_minutes_15", Scope.CHART, "minutes", "minutes of a bar", "Bars of fifteen minutes", 60),
    Action("chart_profile", Scope.CHART, "profile", "volume profile", "Volume profile, POC and value area", 95),
    Action("chart_older", Scope.CHART, "scroll", "scroll the chart", "Earlier bars", 80),
    Action("chart_newer", Scope.CHART, "scroll", "scroll the chart", "Later bars", 80),
    Action("chart_closer", Scope.CHART, "zoom", "zoom the chart", "Fewer, wider bars", 90),
    Action("chart_wider", Scope.CHART, "zoom", "zoom the chart", "More, narrower bars", 90),
    Action("chart_oldest", Scope.CHART, "oldest", "ends of the chart", "The oldest bars"),
    Action("chart_newest", Scope.CHART, "newest", "ends of the chart", "The newest bars", 100),
    Action("flow_premium", Scope.FLOW, "metric", "flow: of what", "Option flow as premium", 60),
    Action("flow_delta", Scope.FLOW, "metric", "flow: of what", "Option flow as delta", 60),
    Action("flow_gamma", Scope.FLOW, "metric", "flow: of what", "Option flow as gamma", 60),
    Action("flow_shorter", Scope.FLOW, "window", "flow: seconds", "Option flow in shorter spans", 70),
    Action("flow_longer", Scope.FLOW, "window", "flow: seconds", "Option flow in longer spans", 70),
    Action("flow_total", Scope.FLOW, "total, rate", "flow: total, rate", "Option flow summed up, or a minute", 80),
    Action("page_down", Scope.PAGE, "scroll", "scroll a page", "Scroll the page down", 60),
    Action("page_up", Scope.PAGE, "scroll", "scroll a page", "Scroll the page up", 60),
    Action("page_forward", Scope.PAGE, "screen", "a screen of it", "One screen of the page further"),
    Action("page_back", Scope.PAGE, "screen", "a screen of it", "One screen of the page back"),
    Action("page_top", Scope.PAGE, "top", "ends of a page", "The first row of the page"),
    Action("page_end", Scope.PAGE, "end", "ends of a page", "The last row of the page"),
    Action("page_find", Scope.PAGE, "find", "find on a page", "Leave only the rows that hold a word", 55),
    Action("start_down", Scope.START, "move", "choose a start", "The next thing to start", 20),
    Action("start_up", Scope.START, "move", "choose a start", "The thing to start before", 20),
    Action("start_first", Scope.START, "ends", "ends of the starts", "The first thing to start"),
    Action("start_last", Scope.START, "ends", "ends of the starts", "The last thing to start"),
    Action("start_take", Scope.START, "start", "start it", "Start what is chosen, or say what it lacks", 10),
    Action("start_live", Scope.START, "live", "start live", "Start a live session", 30),
    Action("start_demo", Scope.START, "demo", "start the demo", "Start the bundled simulated recording", 40),
    Action("start_find", Scope.START, "find", "find a start", "Leave only what holds a word", 50),
    Action("chart", Scope.APP, "chart", "price chart", "Price chart", 210),
    Action("flow", Scope.APP, "flow", "option flow", "Option flow over time", 220),
    Action("health", Scope.APP, "health", "session health", "Session health"),
    Action("doctor", Scope.APP, "doctor", "doctor", "Doctor: what of this machine needs a look", 220),
    Action("settings", Scope.APP, "settings", "settings", "Settings, and where each comes from", 230),
    Action("log", Scope.APP, "log", "log", "Log of this program"),
    Action("theme_next", Scope.APP, "theme", "next theme", "Next theme"),
    Action("redraw", Scope.APP, "redraw", "draw anew", "Draw the whole screen anew, over what others wrote on it"),
    Action("save_screen", Scope.APP, "save", "save the screen", "Save the screen as an SVG file"),
    Action("command_palette", Scope.APP, "commands", "all commands", "All commands", 300),
    Action("help", Scope.APP, "help", "this page", "Help: keys, words and marks"),
    Action("open", Scope.APP, "open", "open another", "Open another recording, or go live: ends this replay"),
    Action("quit", Scope.APP, "quit", "leave, quit", "Quit; on a page, leave the page", 310),
)

OF_A_SESSION: Final = frozenset(("chart", "flow", "health", "open"))
"""Actions of scope APP that need a session: not offered on the start screen, where their keys say so."""

BY_NAME: Final = {action.name: action for action in ACTIONS}
