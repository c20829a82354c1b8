"""The characters of states, sides, signals and bars: shape says what colour repeats."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Glyphs:
    """One set of characters, each a single cell. ``states`` and ``signals`` are indexed by their codes."""

    states: tuple[str, ...]
    signals: tuple[str, ...]
    green: str
    degraded: str
    blind: str
    absent: str
    buy: str
    sell: str
    large_buy: str
    large_sell: str
    held_buy: str
    """A large buyer whom the price did not follow: those who sold to him still stand there."""
    held_sell: str
    spread: str
    """What makes a trade's mark as long as it was large."""
    shades: str
    """From nothing resting to most, where there are too few colours."""
    hatch: str
    gap: str
    level_line: str
    up: str
    down: str
    clear: str
    blocked: str
    spot: str
    path: str
    """Straight, down-right, down-left, up-left, up-right, upright: ``─╭╮╯╰│``."""
    ribbon: str
    """Three heights."""
    track: str
    cross: str
    value: str
    value_left: str
    value_right: str
    axis: str
    eighths: str
    """Left-aligned bars of 0 to 8 eighths of a cell."""
    bars: str
    """Bars of 0 to 8 eighths of a cell from below."""
    slopes: str
    """A line at the foot, in the middle and at the top of a cell."""
    rising: str
    """A candle that closed higher: wick, body, body below a wick, body above a wick; then the lower and the upper half
    of a wick, and of a body."""
    falling: str
    """The same of one that closed lower."""
    mark: str
    rule: str
    tick: str
    minus: str
    dot: str
    half: str
    light: str
    times: str
    ellipsis: str
    hushed: str
    """Instead of a signal's own character while signals do not count; empty where it keeps its own."""
    change: str
    """Before a span: added minus pulled in it."""
    at_least: str
    own: str
    """Before an alert of one's own rules."""


UNICODE: Final = Glyphs(
    states=("□", "◇", "▫", "·", "◆", "■", "·"),
    signals=(" ", "▶", "◀", "╳"),
    green="●",
    degraded="!",
    blind="✕",
    absent="·",
    buy="▴",
    sell="▾",
    large_buy="▲",
    large_sell="▼",
    held_buy="△",
    held_sell="▽",
    spread="▬",
    shades=" ·░▒▓█",
    hatch="╱",
    gap="┊",
    level_line="┄",
    up="↑",
    down="↓",
    clear="→",
    blocked="┤",
    spot="▸",
    path="─╭╮╯╰│",
    ribbon="▁▂▃",
    track="─",
    cross="┼",
    value="━",
    value_left="╸",
    value_right="╺",
    axis="│",
    eighths=" ▏▎▍▌▋▊▉█",
    bars=" ▁▂▃▄▅▆▇█",
    slopes="▁─▔",
    rising="│┃╽╿╷╵╻╹",
    falling="│█▄▀╷╵▄▀",
    mark="▎",
    rule="─",
    tick="╵",
    minus="−",
    dot="·",
    half="▀",
    light="●",
    times="×",
    ellipsis="…",
    hushed="◦",
    change="±",
    at_least="≥",
    own="⚑",
)

ASCII: Final = Glyphs(
    states=("o", "%", ".", "-", "*", "#", "-"),
    signals=(" ", ">", "<", "x"),
    green="+",
    degraded="!",
    blind="X",
    absent="-",
    buy="^",
    sell="v",
    large_buy="^",
    large_sell="v",
    held_buy="A",
    held_sell="V",
    spread="=",
    shades=" .:;%@",
    hatch="/",
    gap=":",
    level_line="-",
    up="^",
    down="v",
    clear=">",
    blocked="|",
    spot=">",
    path="-++++|",
    ribbon="__=",
    track="-",
    cross="+",
    value="=",
    value_left="=",
    value_right="=",
    axis="|",
    eighths="    #####",
    bars="  ...::##",
    slopes="_-~",
    rising="|HHH||HH",
    falling="|###||##",
    mark="|",
    rule="-",
    tick="'",
    minus="-",
    dot=".",
    half=" ",
    light="*",
    times="x",
    ellipsis=".",
    hushed="",
    change="+-",
    at_least=">=",
    own="!",
)

SETS: Final = {"unicode": UNICODE, "ascii": ASCII}

STATE_ROLES: Final = ("vacuum", "consumed", "weak", "neutral", "absorption", "wall", "muted")
"""Colour role by ``BarrierState`` code."""

STATE_NAMES: Final = ("VACUUM", "CONSUMED", "WEAK", "NEUTRAL", "ABSORPTION", "WALL", "unseen")

SIGNAL_ROLES: Final = ("muted", "break", "reject", "contest")
"""Colour role by ``Signal`` code."""

SIGNAL_NAMES: Final = ("", "BREAK", "REJECT", "CONTEST")
