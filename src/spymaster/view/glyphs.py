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
    hatch: str
    gap: str
    level_line: str
    up: str
    down: str
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
    mark: str
    rule: str
    tick: str
    minus: str
    dot: str
    half: str
    light: str
    times: str
    ellipsis: str


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
    hatch="╱",
    gap="┊",
    level_line="┄",
    up="↑",
    down="↓",
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
    mark="▎",
    rule="─",
    tick="╵",
    minus="−",
    dot="·",
    half="▀",
    light="●",
    times="×",
    ellipsis="…",
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
    hatch="/",
    gap=":",
    level_line="-",
    up="^",
    down="v",
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
    mark="|",
    rule="-",
    tick="'",
    minus="-",
    dot=".",
    half=" ",
    light="*",
    times="x",
    ellipsis=".",
)

SETS: Final = {"unicode": UNICODE, "ascii": ASCII}

STATE_ROLES: Final = ("vacuum", "consumed", "weak", "neutral", "absorption", "wall", "muted")
"""Colour role by ``BarrierState`` code."""

STATE_WORDS: Final = ("VACUUM", "CONSUMED", "WEAK", "NEUTRAL", "ABSORPTION", "WALL", "unseen")

SIGNAL_ROLES: Final = ("muted", "break", "reject", "contest")
"""Colour role by ``Signal`` code."""

SIGNAL_WORDS: Final = ("", "BREAK", "REJECT", "CONTEST")
