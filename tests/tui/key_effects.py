"""What each action of the registry visibly does: the table that the walk over all keys holds the screens to.

A new action needs a line here. ``first``: keys that make the effect possible, such as scrolling away before going back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from spymaster.signals.frame import Command


@dataclass(frozen=True)
class Seen:
    """What can be seen of the application at a moment."""

    screen: str
    view: Any
    asked: tuple[Command, ...]
    detail: Any
    chart: Any
    choice: Any
    first_row: int
    picked: str
    note: str
    clipboard: str
    saved: int
    exported: int
    repaints: int
    theme: str
    ended: tuple[Any, ...]
    opened: int
    taken: tuple[str, ...]


Effect = Callable[[Seen, Seen], bool]


@dataclass(frozen=True)
class Does:
    """An effect, and the keys (of the toolkit) that must be pressed before it can be seen."""

    effect: Effect
    first: tuple[str, ...] = ()


def asks(*commands: Command) -> Effect:
    """The source is asked for one of these, and for nothing else."""
    return lambda before, after: after.asked != () and set(after.asked) <= set(commands)


def changes(*names: str) -> Effect:
    """What the user chose on the cockpit differs in one of these."""
    return lambda before, after: any(getattr(before.view, name) != getattr(after.view, name) for name in names)


def differs(name: str) -> Effect:
    """Something that can be seen is not as it was."""
    return lambda before, after: bool(getattr(before, name) != getattr(after, name))


def opens(screen: str) -> Effect:
    """The screen comes up; where it was up already, it goes. Without a session that is said."""
    return lambda before, after: (after.screen == screen) is not (before.screen == screen) or "no session" in after.note


def says(*words: str) -> Effect:
    """A sentence with one of these words in it is shown."""
    return lambda before, after: any(word in after.note for word in words)


def takes(kind: str) -> Effect:
    """A choice of the start screen is started."""
    return lambda before, after: kind in after.taken


def leaves(before: Seen, after: Seen) -> bool:
    """What covers the cockpit goes; from the cockpit and from the start screen the program is left."""
    if before.screen in ("CockpitScreen", "StartScreen"):
        return after.ended != ()
    return after.screen != before.screen and after.ended == ()


def opens_another(before: Seen, after: Seen) -> bool:
    """The caller is told and the screen ends; where nothing is open that is said."""
    return (after.opened == before.opened + 1 and after.ended != ()) or "nothing else to open" in after.note


def moves_in_a_list(before: Seen, after: Seen) -> bool:
    """Another level: on the cockpit the picked one, on a level's page the one shown."""
    return bool(before.view.picked != after.view.picked or before.detail != after.detail)


EFFECTS: Final[dict[str, Does]] = {
    "centre": Does(changes("recentre")),
    "zoom_in": Does(changes("zoom"), ("minus",)),
    "zoom_out": Does(changes("zoom")),
    "layer_liquidity": Does(changes("layers")),
    "layer_states": Does(changes("layers")),
    "layer_fate": Does(changes("layers")),
    "contrast_more": Does(changes("heat_top")),
    "contrast_less": Does(changes("heat_top")),
    "contrast_auto": Does(changes("heat_top"), ("left_parenthesis",)),
    "seconds_less": Does(changes("seconds_per_column"), ("greater_than_sign", "greater_than_sign")),
    "seconds_more": Does(changes("seconds_per_column"), ("less_than_sign", "less_than_sign")),
    "panel_next": Does(changes("panel")),
    "panel_previous": Does(changes("panel")),
    "jump": Does(opens("JumpScreen")),
    "list_down": Does(moves_in_a_list),
    "list_up": Does(moves_in_a_list, ("j", "j")),
    "list_order": Does(changes("list_order")),
    "list_which": Does(changes("list_which")),
    "list_first": Does(moves_in_a_list, ("end",)),
    "list_last": Does(moves_in_a_list),
    "level_detail": Does(opens("LevelScreen")),
    "level_focus": Does(changes("side")),
    "level_nearest": Does(changes("picked"), ("j", "j")),
    "alert_next": Does(asks(Command.NEXT_ALERT)),
    "alert_previous": Does(asks(Command.PREVIOUS_ALERT)),
    "acknowledge": Does(changes("acked")),
    "acknowledge_all": Does(says("all alerts acknowledged")),
    "snooze": Does(says("silence", "no level")),
    "snooze_choose": Does(opens("PromptScreen")),
    "ablation": Does(changes("without")),
    "save_text": Does(differs("exported")),
    "goto": Does(opens("PromptScreen")),
    "copy_row": Does(differs("clipboard")),
    "play_pause": Does(asks(Command.PLAY, Command.PAUSE)),
    "step_snap": Does(asks(Command.STEP_SNAP)),
    "back_snap": Does(asks(Command.BACK_SNAP)),
    "step_record": Does(asks(Command.STEP_RECORD)),
    "back_record": Does(asks(Command.BACK_RECORD)),
    "step_second": Does(asks(Command.STEP_SECOND)),
    "back_second": Does(asks(Command.BACK_SECOND)),
    "touch_next": Does(asks(Command.NEXT_TOUCH)),
    "touch_previous": Does(asks(Command.PREVIOUS_TOUCH)),
    "slower": Does(asks(Command.SLOWER)),
    "faster": Does(asks(Command.FASTER)),
    "loop_mark": Does(asks(Command.LOOP_MARK)),
    "restart": Does(asks(Command.RESTART)),
    "back": Does(leaves),
    "window_shorter": Does(differs("detail")),
    "window_longer": Does(differs("detail")),
    "similar_next": Does(says("like this one")),
    "similar_go": Does(says("like this one")),
    "chart_older": Does(differs("chart"), ("1",)),
    "chart_newer": Does(differs("chart"), ("1", "left", "left")),
    "chart_closer": Does(differs("chart"), ("minus",)),
    "chart_wider": Does(differs("chart"), ("plus",)),
    "chart_oldest": Does(differs("chart"), ("1",)),
    "chart_newest": Does(differs("chart"), ("1", "home")),
    "chart_minutes_1": Does(differs("chart"), ("2",)),
    "chart_minutes_2": Does(differs("chart"), ("1",)),
    "chart_minutes_5": Does(differs("chart"), ("1",)),
    "chart_minutes_15": Does(differs("chart"), ("1",)),
    "chart_profile": Does(differs("chart")),
    "flow_premium": Does(differs("choice"), ("2",)),
    "flow_delta": Does(differs("choice"), ("1",)),
    "flow_gamma": Does(differs("choice"), ("1",)),
    "flow_shorter": Does(differs("choice"), ("minus",)),
    "flow_longer": Does(differs("choice"), ("plus",)),
    "flow_total": Does(differs("choice")),
    "practice": Does(asks(Command.PRACTICE)),
    "practice_buy": Does(says("practice is off")),
    "practice_sell": Does(says("practice is off")),
    "practice_buy_market": Does(says("practice is off")),
    "practice_sell_market": Does(says("practice is off")),
    "practice_flat": Does(says("practice is off")),
    "practice_set": Does(says("practice is off")),
    "practice_export": Does(says("practice is off")),
    "page_down": Does(differs("first_row"), ("home",)),
    "page_up": Does(differs("first_row"), ("end",)),
    "page_forward": Does(differs("first_row"), ("home",)),
    "page_back": Does(differs("first_row"), ("end",)),
    "page_top": Does(differs("first_row"), ("end",)),
    "page_end": Does(differs("first_row"), ("home",)),
    "page_find": Does(opens("PromptScreen")),
    "start_down": Does(differs("picked"), ("home",)),
    "start_up": Does(differs("picked"), ("end",)),
    "start_first": Does(differs("picked"), ("end",)),
    "start_last": Does(differs("picked"), ("home",)),
    "start_take": Does(takes("recording"), ("home", "j")),
    "start_live": Does(takes("live")),
    "start_demo": Does(takes("demo")),
    "start_find": Does(opens("PromptScreen")),
    "chart": Does(opens("ChartScreen")),
    "flow": Does(opens("FlowScreen")),
    "health": Does(opens("HealthScreen")),
    "doctor": Does(opens("DoctorScreen")),
    "settings": Does(opens("SettingsScreen")),
    "log": Does(opens("LogScreen")),
    "theme_next": Does(differs("theme")),
    "redraw": Does(differs("repaints")),
    "save_screen": Does(differs("saved")),
    "command_palette": Does(opens("CommandPalette")),
    "help": Does(opens("HelpScreen")),
    "open": Does(opens_another),
    "quit": Does(leaves),
}
